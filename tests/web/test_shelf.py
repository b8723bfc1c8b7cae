"""The results of a visit on the server: what the browser is told of each, and that files go with their entries."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
import soundfile

from styletransfer.engine import loudness
from styletransfer.engine.losses.objective import Losses
from styletransfer.settings import SAMPLE_RATE_HZ, Settings
from styletransfer.transfer import Result
from styletransfer.web.results import shelf
from styletransfer.web.results.result_file import write_result
from styletransfer.web.results.shelf import Entry
from styletransfer.web.server.private_files import PrivateFiles

SECOND = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
TONE = (0.1 * np.sin(2 * np.pi * 440 * SECOND)).astype(np.float32)
NOISE = np.random.default_rng(5).normal(0, 0.01, SAMPLE_RATE_HZ // 3).astype(np.float32)


def result(settings: Settings | None = None, sound: np.ndarray = TONE) -> Result:
    return Result(
        sound=sound,
        sample_rate_hz=SAMPLE_RATE_HZ,
        spectrogram=np.zeros((1, 1025), np.float32),
        history=(),
        solved=Losses(0.0, 0.0, 0.0),
        delivered=Losses(0.3, 0.25, 0.05),
        stop_reason="iteration limit",
        settings=settings or Settings(),
        seconds_by_stage={},
        versions={},
    )


Make = Callable[..., Entry]


@pytest.fixture
def make(files: PrivateFiles) -> Make:
    """Makes an entry of a result with these settings, from recordings of these names."""

    def make(
        style: np.ndarray = NOISE, names: Sequence[str] = ("voice", "rain"), beside: Entry | None = None, **changes: Any
    ) -> Entry:
        made = result(dataclasses.replace(Settings(), **changes))
        path = write_result(files, made, names)
        return shelf.make(files, made.sound, made.settings, path, [TONE[::-1], style], names, beside=beside)

    return make


def test_an_entry_can_be_played_beside_its_content_and_style(files: PrivateFiles, make: Make) -> None:
    made = make()
    for path in (made.path, made.content.path, made.styles[0].path):
        info = soundfile.info(path)
        assert (info.frames, info.samplerate, info.channels, info.format) == (len(TONE), SAMPLE_RATE_HZ, 1, "WAV")
        assert files.folder in Path(path).parents
        assert len(Path(path).parent.name) >= 20, "the folder could be guessed"
    assert np.allclose(soundfile.read(made.content.path)[0], TONE[::-1], atol=1e-4)
    for excerpt in (made.content, made.styles[0]):
        assert loudness.integrated_loudness(soundfile.read(excerpt.path)[0]) == pytest.approx(excerpt.lufs, abs=0.05)
        assert excerpt.lufs == pytest.approx(loudness.integrated_loudness(TONE), abs=0.1)


def test_entries_of_a_series_share_their_clips_and_the_last_takes_them_along(make: Make) -> None:
    first = make(strength=10)
    second = make(strength=90, beside=first)
    assert (second.content, second.styles, second.mix) == (first.content, first.styles, first.mix)
    kept = shelf.take((), (first, second))
    kept = shelf.delete(kept, first.key)
    assert kept == (second,)
    assert not Path(first.path).exists()
    assert Path(second.content.path).exists()
    assert shelf.delete(kept, "no such key") == kept
    shelf.clear(kept)
    for path in (second.path, second.content.path, second.styles[0].path, second.mix.path):
        assert not Path(path).parent.exists()


def test_an_entry_with_figures_takes_the_place_of_the_one_without(make: Make) -> None:
    first, second = make(), make()
    measured = dataclasses.replace(first, figures=(("melody left", "60 %"),))
    assert shelf.take((first, second), (measured,)) == (measured, second)


def test_the_browser_is_told_all_of_an_entry(make: Make) -> None:
    made = make(names=("voice", "rain & wind"), strength=25.0, style_weights=())
    told = json.loads(json.dumps(shelf.as_dict(made)))
    assert told["key"] == made.key
    assert told["strength"] == told["settings"]["strength"] == 25
    assert [style["name"] for style in told["styles"]] == ["rain & wind"]
    assert told["url"].endswith(quote(made.path))
    assert told["file_name"] == Path(made.path).name
    assert len({told[clip]["digest"] for clip in ("content", "mix")} | {told["styles"][0]["digest"]}) == 3
    again = shelf.as_dict(make(names=("voice", "rain & wind")))
    assert again["content"]["digest"] == told["content"]["digest"], "equal recordings would be kept twice"
