"""The zips that visitors take away: everything in them can be read again, and is what was made."""

from __future__ import annotations

import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from support.page_server import report_card

from styletransfer.engine.losses.objective import Losses
from styletransfer.files import audio
from styletransfer.settings import SAMPLE_RATE_HZ, Settings, preset
from styletransfer.settings import text as settings_text
from styletransfer.transfer import Result, Step
from styletransfer.web.results import bundle
from styletransfer.web.server.private_files import PrivateFiles

TONE = (0.1 * np.sin(2 * np.pi * 440 * np.arange(20_000) / SAMPLE_RATE_HZ)).astype(np.float32)


def result(settings: Settings) -> Result:
    return Result(
        sound=TONE * (1 + settings.strength / 100),
        sample_rate_hz=SAMPLE_RATE_HZ,
        spectrogram=np.zeros((1, 1025), np.float32),
        history=(Step("solve", 1, 2, math.inf, math.nan, 0.5, 0.5, 0.1),),
        solved=Losses(math.nan, 0.0, -math.inf),
        delivered=Losses(0.3, 0.25, 0.05),
        stop_reason="iteration limit",
        settings=settings,
        seconds_by_stage={"solve": 1.0},
        versions={"styletransfer": "0"},
    )


def written(made: Result, folder: Path) -> Path:
    path = folder / f"{made.settings.strength:g}.wav"
    audio.write(path, made.sound, made.sample_rate_hz)
    return path


def refuse(constant: str) -> Any:
    pytest.fail(f"{constant} is no JSON")


@pytest.mark.parametrize(
    "settings", [Settings(), preset("paper", seed=7, n_fft=1500, style_weights=(1.0, 2.5)), Settings(strength=12.5)]
)
def test_what_is_in_a_zip_comes_back(settings: Settings, files: PrivateFiles, tmp_path: Path) -> None:
    made = result(settings)
    wav = written(made, tmp_path)
    with zipfile.ZipFile(bundle.one(files, wav, made, report_card())) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == [wav.name, "settings.json", "report.json"]
        sound, rate_hz = soundfile.read(io.BytesIO(packed.read(wav.name)))
        packed.extract("settings.json", tmp_path)
        report = json.loads(packed.read("report.json"), parse_constant=refuse)
    assert rate_hz == SAMPLE_RATE_HZ
    assert sound == pytest.approx(made.sound, abs=1 / 32_768)
    assert settings_text.from_file(tmp_path / "settings.json")[1] == settings
    assert report["report_card"] == report_card().as_dict()
    assert report["solved"]["total"] is None
    assert report["history"][0]["total"] is None
    assert report["delivered"]["content"] == 0.25


def test_several_strengths_have_a_folder_each(files: PrivateFiles, tmp_path: Path) -> None:
    results = [result(Settings(strength=strength)) for strength in (0.0, 12.5, 100.0)]
    path = bundle.several(files, "all", [(written(made, tmp_path), made, report_card()) for made in results])
    assert path.name == "all.zip"
    with zipfile.ZipFile(path) as packed:
        assert {name.split("/")[0] for name in packed.namelist()} == {"strength-0", "strength-12.5", "strength-100"}
        for made in results:
            folder = f"strength-{made.settings.strength:g}"
            sound, _ = soundfile.read(io.BytesIO(packed.read(f"{folder}/{made.settings.strength:g}.wav")))
            assert sound == pytest.approx(made.sound, abs=1 / 32_768)
            packed.extract(f"{folder}/settings.json", tmp_path)
            assert settings_text.from_file(tmp_path / folder / "settings.json")[1] == made.settings
