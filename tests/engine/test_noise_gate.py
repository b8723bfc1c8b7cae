"""Noise between notes: its measure, and the gate."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from styletransfer.engine import loudness, noise_gate, solve, spectral_loudness
from styletransfer.quality import similarity
from styletransfer.settings import PRESETS, Settings

SAMPLE_RATE_HZ = 44_100


def test_noise_floor_is_the_level_of_the_quiet_moments():
    allowed = np.where(np.arange(200) % 10 < 2, 1e-3, 1.0)  # a fifth of all moments is at -30 dB
    assert noise_gate.floor_db(allowed, allowed) == 0
    assert noise_gate.floor_db(allowed * 10**0.6, allowed) == pytest.approx(6)
    loud_in_notes_only = np.where(allowed == 1, 100.0, allowed)
    assert noise_gate.floor_db(loud_in_notes_only, allowed) == 0
    assert noise_gate.floor_db(allowed + 9e-3, allowed) == pytest.approx(10)


def test_what_cannot_be_heard_is_no_noise():
    silence = np.zeros(100)
    assert noise_gate.floor_db(silence, silence) == 0
    assert noise_gate.floor_db(np.full(100, 1e-7), silence) == 0
    assert noise_gate.floor_db(np.full(100, 1e-4), silence) == pytest.approx(20)


def test_the_louder_of_content_and_looped_styles_is_allowed():
    content, styles = np.array([1.0, 0.0, 0.0, 4.0]), [np.array([0.0, 2.0]), np.array([0.0, 0.0, 6.0, 0.0, 9.0])]
    np.testing.assert_allclose(noise_gate.allowed_power(content, styles, [0.75, 0.25]), [1, 1.5, 1.5, 4])


def test_power_is_one_at_the_reference_loudness(rng):
    sound = loudness.at_loudness(
        rng.standard_normal(3 * SAMPLE_RATE_HZ).astype(np.float32), spectral_loudness.REFERENCE_LUFS
    )
    assert noise_gate.power(sound)[8:-8].mean() == pytest.approx(1, rel=0.02)


def test_a_constant_offset_is_no_noise(rng):
    notes = rng.standard_normal(SAMPLE_RATE_HZ).astype(np.float32) * (np.arange(SAMPLE_RATE_HZ) % 20_000 < 10_000)
    between = slice(48, 70)
    assert noise_gate.power(notes)[between].max() < 1e-6
    assert noise_gate.power(notes + np.float32(0.1))[between].max() < 1e-6
    assert noise_gate.power(notes)[10:30].min() > 0.1


@pytest.fixture
def notes(rng) -> np.ndarray:
    """Half a second of noise, half a second of nothing, three times."""
    sound = rng.standard_normal(3 * SAMPLE_RATE_HZ) * (np.arange(3 * SAMPLE_RATE_HZ) // (SAMPLE_RATE_HZ // 2) % 2 == 0)
    return loudness.at_loudness(sound.astype(np.float32), spectral_loudness.REFERENCE_LUFS)


def floor_db(*sounds: np.ndarray) -> float:
    """Of the first, in the frames of the report card."""
    power, *allowed = (
        similarity.analyse(sound).power * 10 ** ((level_lufs - spectral_loudness.REFERENCE_LUFS) / 10)
        for sound, level_lufs in zip(sounds, map(loudness.integrated_loudness, sounds), strict=True)
    )
    return noise_gate.floor_db(power, np.maximum.reduce(allowed))


def test_the_gate_brings_noise_in_pauses_down_and_leaves_notes_alone(notes, rng):
    hiss = 0.02 * rng.standard_normal(len(notes)).astype(np.float32)
    breath = loudness.at_loudness(
        rng.standard_normal(len(notes)).astype(np.float32), spectral_loudness.REFERENCE_LUFS - 50
    )
    allowed = noise_gate.allowed_power(noise_gate.power(notes), [noise_gate.power(breath)], [1.0])
    gated = noise_gate.gate(notes + hiss, allowed)
    assert floor_db(notes + hiss, notes, breath) > 15
    assert floor_db(gated, notes, breath) <= 3
    inside = scipy.signal.convolve(notes != 0, np.ones(2 * noise_gate.N_FFT), "same") > 1.9 * noise_gate.N_FFT
    np.testing.assert_array_equal(gated[inside], (notes + hiss)[inside])
    np.testing.assert_array_equal(noise_gate.gate(notes, allowed), notes)


def test_the_gate_does_not_click(notes):
    allowed = noise_gate.power(notes)
    tone = 0.1 * np.sin(2 * np.pi * 100 * np.arange(len(notes)) / SAMPLE_RATE_HZ).astype(np.float32)
    gated = noise_gate.gate(tone, allowed)
    assert np.abs(gated).min() < np.abs(gated).max()
    # The steepest gain goes from 1 to 0 within a hop.
    assert np.abs(np.diff(gated)).max() <= np.abs(np.diff(tone)).max() + 0.1 / noise_gate.HOP_LENGTH


@pytest.mark.parametrize("gate", ["on", "off"])
def test_a_result_is_gated_if_the_settings_say_so(gate, x64, notes, rng):
    settings = Settings(detail="plain", noise_gate=gate, seconds=3)
    problem = solve.prepare(notes, [notes], settings)
    hiss = 0.02 * rng.standard_normal(problem.padded_samples).astype(np.float32)
    hiss[: len(notes)] += notes
    finished = problem.finishing.mastering.finish(hiss[: len(notes)])
    assert loudness.integrated_loudness(finished) == pytest.approx(spectral_loudness.REFERENCE_LUFS, abs=0.1)
    assert (floor_db(finished, notes) <= 3) == (gate == "on")


def test_the_paper_has_no_gate():
    assert PRESETS["paper"].noise_gate == "off"
    assert PRESETS["balanced"].noise_gate == "on"
