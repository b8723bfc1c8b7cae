"""A result to take away: a zip with the WAV, the settings, which can be dropped into the page again, and the report."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from styletransfer.settings import text as settings_text
from styletransfer.transfer import Result
from styletransfer.web.server import private_files

WAV, SETTINGS, REPORT = "style-transfer.wav", "settings.json", "report.json"


def one(wav: Path, result: Result) -> Path:
    """A zip of one result, which was written to `wav` and measured."""
    path = private_files.new_file("style-transfer.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "", wav, result)
    return path


def several(results: Sequence[tuple[Path, Result]]) -> Path:
    """A zip of results of several strengths, a folder for each."""
    path = private_files.new_file("style-transfer-strengths.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for wav, result in results:
            _add(archive, f"strength-{result.settings.strength:g}/", wav, result)
    return path


def report_json(result: Result) -> str:
    """The report as JSON that every parser reads: what is not finite is null."""
    return json.dumps(finite(result.report()), indent=1, allow_nan=False) + "\n"


def finite(value: Any) -> Any:
    """The same with None for what JSON has no number for."""
    if isinstance(value, dict):
        return {name: finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _add(archive: zipfile.ZipFile, folder: str, wav: Path, result: Result) -> None:
    archive.write(wav, folder + WAV)
    preset = settings_text.nearest_preset(result.settings)
    archive.writestr(folder + SETTINGS, settings_text.as_file(preset, result.settings))
    archive.writestr(folder + REPORT, report_json(result))
