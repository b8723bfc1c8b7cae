"""Block lengths: what the shortest recording that is taken has to hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from styletransfer import stylize
from styletransfer.engine.spectrogram import frame_count
from styletransfer.errors import AudioError
from styletransfer.settings import SAMPLE_RATE_HZ, Settings, preset
from styletransfer.settings.blocks import compared_blocks, shortest_samples


@given(
    power=st.integers(9, 13),
    overlap=st.integers(1, 4),
    kernel_width=st.integers(1, 128),
    layers=st.integers(1, 3),
    detail=st.sampled_from(["plain", "fine", "rich"]),
    engine=st.sampled_from(["kernel", "network", "mosaic"]),
)
def test_the_shortest_recording_holds_a_patch_at_every_block_length(
    power: int, overlap: int, kernel_width: int, layers: int, detail: Any, engine: str
) -> None:
    settings = Settings(
        n_fft=2**power, hop_length=2 ** (power - overlap), kernel_width=kernel_width,
        layers=layers, detail=detail, engine=engine,
    )  # fmt: skip
    n_samples = shortest_samples(settings)
    for block in compared_blocks(settings):
        assert n_samples >= block.n_fft
        assert frame_count(n_samples, block.hop_length) > layers * (min(block.widths) - 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"n_fft": 8192, "hop_length": 1024, "kernel_width": 1, "layers": 3},
        {"n_fft": 8192, "hop_length": 4096, "kernel_width": 1, "layers": 3, "detail": "rich"},
    ],
)
def test_what_is_shorter_is_refused_in_a_sentence(changes: dict[str, Any], rng: np.random.Generator) -> None:
    sound = rng.standard_normal(round(0.2 * SAMPLE_RATE_HZ)).astype(np.float32)
    with pytest.raises(AudioError, match="needed"):
        stylize(sound, [sound], Settings(**changes))


@pytest.mark.slow
def test_a_style_that_is_short_without_its_silence_is_long_enough(recording) -> None:
    style = np.concatenate([recording("violin", 2.0), np.zeros(3 * SAMPLE_RATE_HZ, np.float32)])
    settings = preset("instant", kernel_width=128, layers=3)
    assert len(style) > shortest_samples(settings) > 2 * SAMPLE_RATE_HZ
    result = stylize(recording("guitar", 5.0), [style], settings)
    assert np.isfinite(result.sound).all()
