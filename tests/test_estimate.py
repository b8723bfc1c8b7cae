"""What a transfer will take: against arrays counted by hand, and never less for more."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from styletransfer import estimate
from styletransfer.engine import recordings, style_target
from styletransfer.engine.losses import conv_network
from styletransfer.estimate import Lengths
from styletransfer.settings import DEFAULT_PRESET, PRESETS, SAMPLE_RATE_HZ, STRENGTH_SERIES, Settings, preset

MB = 1e6


def lengths(content_s: float, *styles_s: float, n_channels: int = 1) -> Lengths:
    return Lengths(round(content_s * SAMPLE_RATE_HZ), tuple(round(s * SAMPLE_RATE_HZ) for s in styles_s), n_channels)


def memory(settings: Settings, content_s: float = 300, *styles_s: float, **more: Any) -> int:
    return estimate.memory_bytes(settings, lengths(content_s, *(styles_s or (60,)), **more))


def test_many_frames_by_hand() -> None:
    """Quick, 30 s, style 20 s, n_fft 256, hop 128: 30 s are 10,336 frames of 129 frequencies, 32 to a bucket, 20 s are
    6,891, padded to 6,912. The products of the losses are nearly all there is."""
    frames, style_frames, freqs = 10_368, 6_912, 129
    assert frames - 32 < 1 + 30 * SAMPLE_RATE_HZ / 128 <= frames
    assert style_frames - 32 < 1 + 20 * SAMPLE_RATE_HZ / 128 <= style_frames
    products = 4 * (estimate.CROSS_PRODUCTS * frames * style_frames + estimate.OWN_PRODUCTS * frames**2)
    products += 4 * (estimate.STYLE_PRODUCTS * style_frames**2 + estimate.START_PRODUCTS * frames * style_frames)
    memory_of_lbfgs = 4 * 20 * frames * freqs
    settings = preset("quick", seconds=30, n_fft=256, hop_length=128)
    found = memory(settings)
    assert abs(found - products - memory_of_lbfgs - estimate.programs_bytes(settings)) < 0.1 * found
    assert 4e9 < found < 6e9


def test_the_worst_within_the_ranges_of_quick() -> None:
    """What killed a server: it takes far more than most machines have."""
    assert memory(preset("quick", seconds=30, n_fft=128, hop_length=32)) > 7e9


def test_the_filters_of_the_paper_by_hand() -> None:
    """4096 filters of 1025 frequencies: 47 products of tiles of 32 frames, and the filters themselves, 11 frames
    long."""
    transformed = 4 * 47 * 1025 * 4096
    drawn = 4 * 11 * 1025 * 4096
    settings = preset("paper", seconds=1)
    found = memory(settings, 1, 2) - estimate.programs_bytes(settings)
    assert transformed + drawn < found < 1.2 * (transformed + estimate.DRAWN_COPIES * drawn)


@pytest.mark.parametrize("width", [1, 5, 11, 16, 17, 128])
def test_the_products_of_a_tile_are_those_of_its_filters(width: int) -> None:
    filters = conv_network.fast_filters(np.zeros((width, 1, 1), np.float32))
    assert len(filters.transformed) == conv_network.product_count(width)
    assert filters.analysis.shape[1] == conv_network.tile_length(width)


@pytest.mark.parametrize("changes", [{}, {"hop_length": 128}, {"detail": "plain"}, {"n_fft": 1024, "hop_length": 256}])
def test_frames_are_those_that_the_engine_pads_to(
    changes: dict[str, Any], recording: Callable[..., np.ndarray]
) -> None:
    settings = Settings(**changes)
    content, styles = recording("piano", 1.7), [recording("trumpet", 4.3), recording("drums", 4.1)]
    clip = recordings.prepare_clip(content, settings.hop_length)
    with jax.enable_x64(True):
        clips = [recordings.prepare_clip(style, settings.hop_length) for style in styles]
        blocks = style_target.style_target(clips, settings).blocks
    found = estimate._analysed(settings, Lengths.of(content, styles))  # pyright: ignore[reportPrivateUsage]
    assert len(found) == len(blocks)
    for analysed, block in zip(found, blocks, strict=True):
        assert clip.log_magnitudes(block.block).shape == (analysed.frames, analysed.freqs)
        assert block.joined.frames.shape == (analysed.style_frames, analysed.freqs)
        assert analysed.n_widths == len(block.block.widths)


@given(st.sampled_from(sorted(PRESETS)), st.floats(0.2, 30), st.floats(0.2, 30), st.floats(0.2, 60), st.integers(1, 4))
def test_longer_recordings_never_take_less(
    name: str, one_s: float, other_s: float, style_s: float, n_styles: int
) -> None:
    """Up to a window, and any number of styles."""
    short, long = sorted([one_s, other_s])
    settings = preset(name, seconds=30, style_seconds=60)
    whole = memory(settings, long, *[style_s] * n_styles)
    assert memory(settings, short, *[style_s] * n_styles) <= whole
    assert memory(settings, long, *[min(style_s, short)] * n_styles) <= whole
    assert n_styles == 1 or memory(settings, long, *[style_s] * (n_styles - 1)) <= whole
    at_work = [estimate.work(settings, lengths(s, *[style_s] * n_styles)) for s in (short, long)]
    assert at_work[0] <= at_work[1]


@given(st.sampled_from(sorted(PRESETS)), st.integers(5, 9), st.floats(3, 300), st.floats(4, 60))
def test_a_longer_hop_never_takes_more(name: str, power: int, content_s: float, style_s: float) -> None:
    """But for what the padding to whole buckets of frames adds."""
    settings = preset(name, seconds=300, n_fft=2048, style_seconds=60)
    longer, shorter = (dataclasses.replace(settings, hop_length=2**k) for k in (power + 1, power))
    assert memory(longer, content_s, style_s) <= memory(shorter, content_s, style_s) + 5 * MB
    most, least = (estimate.work(each, lengths(content_s, style_s)) for each in (shorter, longer))
    assert least <= most


def test_windows_keep_memory_flat() -> None:
    """Beyond 30 s memory grows by the sound alone."""
    settings = preset(DEFAULT_PRESET, seconds=900)
    grown = memory(settings, 800) - memory(settings, 60)
    assert 0 < grown < 2 * estimate.WHOLE_SECOND_BYTES * 740 + 200 * MB


def test_several_strengths_hold_their_spectrograms() -> None:
    settings, given = preset(DEFAULT_PRESET, seconds=30), lengths(30, 20)
    more = estimate.memory_bytes(settings, given, 5) - estimate.memory_bytes(settings, given)
    one = 4 * 2592 * 1025
    assert 4 * one <= more <= 12 * one


def test_several_strengths_of_a_long_content_hold_what_they_start_from() -> None:
    """Log magnitudes and sound of every window, at three strengths at once."""
    settings, given = preset(DEFAULT_PRESET, seconds=240), lengths(240, 20)
    more = estimate.memory_bytes(settings, given, 5) - estimate.memory_bytes(settings, given)
    left = 4 * 240 * SAMPLE_RATE_HZ * (1 + 1025 / 512)
    assert 3 * left <= more <= 4 * left
    mosaics = dataclasses.replace(settings, engine="mosaic")
    assert estimate.memory_bytes(mosaics, given, 5) - estimate.memory_bytes(mosaics, given) < left


def test_work_knows_what_is_made_more_than_once() -> None:
    settings, given = preset(DEFAULT_PRESET, seconds=60), lengths(60, 20)
    once = estimate.transfer_work(settings, given)
    both = estimate.transfer_work(dataclasses.replace(settings, stereo="joint"), lengths(60, 20, n_channels=2))
    assert both == pytest.approx(2 * once)
    assert estimate.transfer_work(settings, lengths(30, 20)) < once
    series = estimate.work(settings, given, STRENGTH_SERIES)
    assert estimate.work(settings, given) < series < 5 * estimate.work(settings, given)


def test_an_iteration_of_the_reference_is_the_unit() -> None:
    one, more = (preset(DEFAULT_PRESET, iterations=count) for count in (50, 80))
    given = estimate.REFERENCE_LENGTHS
    assert estimate.work(more, given) - estimate.work(one, given) == pytest.approx(30)


def test_lengths_are_cut_to_what_settings_use() -> None:
    settings = preset("quick", seconds=10, style_seconds=20)
    assert memory(settings, 10, 20) == memory(settings, 3600, 3600)
