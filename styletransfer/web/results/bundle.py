"""A result to take away: a zip with the WAV, the settings, which can be dropped into the page again, and the report."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from styletransfer.files.report_json import report_json
from styletransfer.settings import text as settings_text
from styletransfer.transfer import ReportCard, Result, report
from styletransfer.web.server.private_files import PrivateFiles

WAV, SETTINGS, REPORT = "style-transfer.wav", "settings.json", "report.json"


def one(files: PrivateFiles, wav: Path, result: Result, card: ReportCard) -> Path:
    """A zip of one result, which was written to `wav`, with its report card."""
    path = files.new_file(f"{wav.stem}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "", wav, result, card)
    return path


def several(files: PrivateFiles, name: str, results: Sequence[tuple[Path, Result, ReportCard]]) -> Path:
    """A zip of this name of results of several strengths, a folder for each."""
    path = files.new_file(f"{name}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for wav, result, card in results:
            _add(archive, f"strength-{result.settings.strength:g}/", wav, result, card)
    return path


def _add(archive: zipfile.ZipFile, folder: str, wav: Path, result: Result, card: ReportCard) -> None:
    archive.write(wav, folder + WAV)
    archive.writestr(folder + SETTINGS, settings_text.of_result(result.settings))
    archive.writestr(folder + REPORT, report_json(report(result, card)))
