"""Writes the table of formats in docs/formats.md anew, from styletransfer/files/formats.py.

.venv/bin/python -m tools.formats_table
"""

from __future__ import annotations

from pathlib import Path

from styletransfer.files import formats

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "formats.md"
BEGIN, END = "<!-- table: python -m tools.formats_table -->\n", "<!-- end of table -->\n"


def table() -> str:
    """A line for each format."""
    lines = ["| format | endings | what is read in it | read by |", "|---|---|---|---|"]
    for each in formats.FORMATS:
        decoder = "libsndfile" if each.decoder == formats.SOUNDFILE else f"FFmpeg (`{each.decoder}`)"
        lines.append(
            f"| {each.name} | {' '.join(f'`{ending}`' for ending in each.endings)} | {each.codings} | {decoder} |"
        )
    return "\n".join(lines) + "\n"


def with_table(text: str) -> str:
    """The document with the table between its marks."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
