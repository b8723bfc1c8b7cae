"""The samples, their credits and the list of pairings agree."""

import json
import re
from pathlib import Path

import pytest

from styletransfer.engine import loudness
from styletransfer.files import audio
from styletransfer.settings import SAMPLE_RATE_HZ

SAMPLES = Path(__file__).parents[2] / "samples"
PAIRINGS = json.loads((SAMPLES / "pairings.json").read_text())
CREDITS = (SAMPLES / "CREDITS.md").read_text()


def table_rows(title: str) -> list[list[str]]:
    """Cells of the first table below a heading, without its head."""
    section = CREDITS.split(f"# {title}\n", 1)[1].split("\n#", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_the_papers_pairings_in_its_order():
    names = "speech + drums", "instrumental + trumpet", "instrumental + drums", "rhythm + drums", "rhythm + violin"
    assert [pairing["name"] for pairing in PAIRINGS] == list(names)


def test_credits_tabulate_the_pairings():
    assert table_rows("The paper's five pairings") == [[p["name"], p["content"], p["style"]] for p in PAIRINGS]


def test_every_recording_is_credited_and_used():
    files = {path.name for path in SAMPLES.glob("*.flac")}
    rows = {row[0]: row for row in table_rows("Samples")}
    assert set(rows) == files == {p["content"] for p in PAIRINGS} | {p["style"] for p in PAIRINGS}
    for row in rows.values():
        assert len(row) == 7
        assert all(row)
        assert re.search(r"MIT|CC", row[3])


@pytest.mark.parametrize("row", table_rows("Samples"), ids=lambda row: row[0])
def test_recordings_are_as_the_credits_say(row):
    samples = audio.read(SAMPLES / row[0])
    assert f"{len(samples) / SAMPLE_RATE_HZ:.1f} s" == row[2]
    expected = -22.25 if row[0] == "drumkit.flac" else -20
    assert loudness.integrated_loudness(samples) == pytest.approx(expected, abs=0.05)
    assert abs(samples).max() <= 10 ** (-1 / 20)
