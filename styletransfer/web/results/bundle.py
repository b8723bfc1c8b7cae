"""A result to take away: a zip with the WAV, the settings, which can be dropped into the page again, and the report."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from styletransfer.files.report_json import report_json
from styletransfer.files.spreadsheets import for_spreadsheets
from styletransfer.settings import text as settings_text
from styletransfer.transfer import ReportCard, Result, report
from styletransfer.web.server.private_files import PrivateFiles

SETTINGS, REPORT = "settings.json", "report.json"
SETTINGS_FOLDER, REPORTS_FOLDER, FIGURES = "settings", "reports", "figures.csv"
"""Of results of several recordings"""
LIGHT_LEVEL = 1
"""Of compression, where there may be a gigabyte: as small as any for sound, and three times as fast."""


@dataclass(frozen=True, kw_only=True)
class Packed:
    """What goes into a zip of a result."""

    wav: Path
    settings: str
    report: str
    """JSON; "" where it could not be measured"""


def packed(wav: Path, result: Result, card: ReportCard | None) -> Packed:
    """What is to be kept of a result, which was written to `wav`: without its sound and spectrogram."""
    text = "" if card is None else report_json(report(result, card))
    return Packed(wav=wav, settings=settings_text.of_result(result.settings), report=text)


def one(files: PrivateFiles, wav: Path, result: Result, card: ReportCard) -> Path:
    """A zip of one result, which was written to `wav`, with its report card."""
    path = files.new_file(f"{wav.stem}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "", packed(wav, result, card))
    return path


def several(files: PrivateFiles, name: str, results: Sequence[tuple[Path, Result, ReportCard]]) -> Path:
    """A zip of this name of results of several strengths, a folder for each."""
    path = files.new_file(f"{name}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for wav, result, card in results:
            _add(archive, f"strength-{result.settings.strength:g}/", packed(wav, result, card))
    return path


def of_recordings(files: PrivateFiles, name: str, results: Sequence[Packed], figures: str) -> Path:
    """A zip of this name of results of several recordings: all WAVs beside one another, under their own names, their
    settings and reports in a folder each, and their figures in one table, `figures`, a CSV."""
    path = files.new_file(f"{name}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LIGHT_LEVEL) as archive:
        archive.writestr(FIGURES, for_spreadsheets(figures))
        for stem, result in zip(stems(results), results, strict=True):
            archive.write(result.wav, f"{stem}.wav")
            archive.writestr(f"{SETTINGS_FOLDER}/{stem}.json", result.settings)
            if result.report:
                archive.writestr(f"{REPORTS_FOLDER}/{stem}.json", result.report)
    return path


def stems(results: Sequence[Packed]) -> Iterator[str]:
    """What each is called in the zip of them, without an ending: of names that are the same the later are numbered."""
    taken: set[str] = set()
    for result in results:
        stem, number = result.wav.stem, 2
        while stem in taken:
            stem, number = f"{result.wav.stem}-{number}", number + 1
        taken.add(stem)
        yield stem


def _add(archive: zipfile.ZipFile, folder: str, result: Packed) -> None:
    archive.write(result.wav, folder + result.wav.name)
    archive.writestr(folder + SETTINGS, result.settings)
    archive.writestr(folder + REPORT, result.report)
