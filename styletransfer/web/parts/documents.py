"""The project's documents on the page: what README.md and CREDITS.md say is shown from there, not written again."""

from __future__ import annotations

import re
from pathlib import Path

from styletransfer.files import resources

README = resources.README
CREDITS = resources.SAMPLES / "CREDITS.md"


def section(path: Path, title: str) -> str:
    """What stands below a heading of a Markdown file, up to the next heading of its level or above. Raises LookupError
    where there is no such heading."""
    text = path.read_text(encoding="utf-8")
    heading = re.search(rf"^(#+) {re.escape(title)}\n", text, re.MULTILINE)
    if heading is None:
        raise LookupError(f'{path.name} has no heading "{title}".')
    rest = text[heading.end() :]
    following = re.search(rf"^#{{1,{len(heading[1])}}} ", rest, re.MULTILINE)
    return (rest[: following.start()] if following else rest).strip()


def below(text: str, level: int) -> str:
    """Markdown with its headings `level` levels deeper, and without links within it, which lead nowhere on the page."""
    deeper = re.sub(r"^(?=#)", "#" * level, text, flags=re.MULTILINE)
    return re.sub(r"\[([^\]]+)\]\(#[^)]*\)", r"\1", deeper)
