"""What a running transfer shows: previews, spectrograms, the phase's own steps, and that looking changes nothing."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from styletransfer.engine import griffin_lim, loudness, optimisers
from styletransfer.settings import SAMPLE_RATE_HZ, Settings, preset
from styletransfer.transfer import OnStep, Result, Step, stylize

pytestmark = pytest.mark.slow

SMALL = {"n_fft": 1024, "kernel_width": 6, "filters": 16, "iterations": 8, "griffin_lim_iterations": 40}
FEW = {
    "kernel": preset("balanced", detail="plain", refinement_iterations=8, **SMALL),
    "scipy": preset("paper", optimizer="scipy", **SMALL),
    "adam": preset("paper", optimizer="adam", learning_rate=0.02, **SMALL),
}


@pytest.fixture(scope="module")
def transfer(recording) -> Callable[..., Result]:
    def run(settings: Settings, on_step: OnStep | None = None) -> Result:
        content, style = recording("speech", 1.0, start_s=1.0), recording("drums", 1.2, start_s=1.0)
        return stylize(content, [style], settings, on_step=on_step)

    return run


@pytest.mark.parametrize("name", FEW)
def test_looking_changes_no_bit_of_the_result(name, transfer):
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    looked = transfer(FEW[name], lambda step: seen.append((step.preview(), step.spectrogram())))
    alone = transfer(FEW[name])
    assert len(seen) == len(alone.history)
    np.testing.assert_array_equal(looked.sound, alone.sound)
    np.testing.assert_array_equal(looked.spectrogram, alone.spectrogram)
    assert [dataclasses.replace(step, elapsed_s=0) for step in looked.history] == [
        dataclasses.replace(step, elapsed_s=0) for step in alone.history
    ]


def test_a_preview_is_a_sound_like_the_result(transfer, recording):
    previews: dict[tuple[str, int], np.ndarray] = {}
    settings = dataclasses.replace(FEW["kernel"], melody=0)  # notes are brought out in the result alone
    result = transfer(settings, lambda step: previews.update({(step.stage, step.iteration): step.preview()}))
    level_lufs = loudness.integrated_loudness(recording("speech", 1.0, start_s=1.0))
    for sound in previews.values():
        assert sound.shape == (SAMPLE_RATE_HZ,)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() <= 10 ** (-1 / 20) + 1e-6
        assert loudness.integrated_loudness(sound) == pytest.approx(level_lufs, abs=0.5)
    assert {stage for stage, _ in previews} == {"solve", "phase", "refine"}
    last = list(previews.values())[-1]
    np.testing.assert_array_equal(last, result.sound)
    assert_differ([previews["solve", 1], previews["solve", 8], previews["phase", 40], last])


def test_the_spectrogram_grows_into_the_one_that_was_solved(transfer):
    pictures: dict[tuple[str, int], np.ndarray] = {}
    result = transfer(FEW["kernel"], lambda step: pictures.update({(step.stage, step.iteration): step.spectrogram()}))
    for picture in pictures.values():
        assert picture.shape == result.spectrogram.shape
        assert np.isfinite(picture).all()
        assert picture.min() >= 0
    np.testing.assert_allclose(pictures["phase", 0], result.spectrogram, atol=1e-3)
    assert_differ([pictures["solve", 1], pictures["solve", 8], pictures["phase", 16], pictures["refine", 8]])


def assert_differ(arrays: list[np.ndarray]) -> None:
    for one, other in itertools.pairwise(arrays):
        assert np.abs(one - other).max() > 1e-3 * np.abs(one).max()


def test_the_search_for_a_phase_reports_itself(transfer):
    result = transfer(FEW["kernel"])
    found = [step for step in result.history if step.stage == "phase"]
    assert [(step.iteration, step.iterations) for step in found] == [(0, 40), (16, 40), (32, 40), (40, 40)]
    assert found[0].total == pytest.approx(result.solved.total, rel=1e-3)
    assert found[0].total < found[-1].total < found[1].total, "a sound has more loss than what was solved for"


def test_a_stop_while_the_phase_is_found_comes_soon(transfer):
    long = dataclasses.replace(FEW["kernel"], griffin_lim_iterations=2000)
    result = transfer(long, lambda step: step.stage == "phase" and step.iteration == 16)
    assert result.stop_reason == optimisers.STOPPED
    assert [step.iteration for step in result.history if step.stage == "phase"] == [0, 16]
    assert "refine" not in result.seconds_by_stage
    stopped_before = transfer(long, lambda step: step.iteration == 8)
    assert {step.stage for step in stopped_before.history} == {"solve"}
    np.testing.assert_array_equal(result.sound, stopped_before.sound)


def test_a_step_is_not_looked_at_after_its_callback(transfer):
    steps: list[Step] = []
    transfer(FEW["kernel"], steps.append)
    with pytest.raises(RuntimeError, match="only until the callback"):
        steps[0].preview()
    with pytest.raises(RuntimeError, match="not made by a running transfer"):
        dataclasses.replace(steps[0], snapshot=None).spectrogram()


def test_chunks_of_griffin_lim_are_as_good_as_one(rng):
    magnitudes = jnp.asarray(rng.random((64, 129)), jnp.float32)
    start = griffin_lim.random_phase(1, magnitudes.shape)
    heard: list[jax.Array] = []

    def run(iterations: int, stop_at: int | None = None) -> jax.Array:
        def on_chunk(count: int, sound: jax.Array) -> bool:
            heard.append(sound)
            return count == stop_at

        options = {"hop_length": 64, "padded_samples": 64 * 64 - 1, "momentum": 0.9, "iterations": iterations}
        return griffin_lim.griffin_lim(magnitudes, start, 4000, on_chunk=on_chunk, **options)

    whole = run(40)
    assert len(heard) == 3
    np.testing.assert_array_equal(heard[-1], whole)
    np.testing.assert_array_equal(run(40, stop_at=32), run(32))
