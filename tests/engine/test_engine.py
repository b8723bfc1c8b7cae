"""The whole pipeline on short recordings: what holds whatever the detail and the strength."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.optimisers import solve_in_float64
from styletransfer.engine import solve
from styletransfer.engine.solve import Solver
from styletransfer.errors import AudioError, SettingsError
from styletransfer.files import audio
from styletransfer.files.resources import SAMPLES
from styletransfer.settings import Settings, preset
from styletransfer.settings.blocks import shortest_samples
from styletransfer.settings.series import strength_order
from styletransfer.settings.strength import content_weight
from styletransfer.transfer import Result, measure, stylize, stylize_strengths

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _float64():
    with jax.enable_x64(True):
        yield


SMALL: dict[str, Any] = {
    "filters": 64,
    "iterations": 12,
    "griffin_lim_iterations": 8,
    "refinement_iterations": 6,
}


@pytest.fixture(scope="module")
def recordings():
    """As long as all others here, but for the shortest there are: programs are compiled once."""
    return audio.read(SAMPLES / "piano.flac", seconds=1), audio.read(SAMPLES / "drumkit.flac", seconds=1)


@pytest.mark.parametrize(("detail", "layers"), [("fine", 1), pytest.param("rich", 3, marks=pytest.mark.thorough)])
def test_the_shortest_recordings_pass(recordings, detail, layers):
    settings = Settings(detail=detail, layers=layers, **SMALL)
    content, style = (sound[22_050 : 22_050 + shortest_samples(settings)] for sound in recordings)
    result = stylize(content, [style], settings)
    assert result.sound.shape == content.shape
    assert np.isfinite(result.delivered.total)


def test_strength_trades_content_for_style(recordings):
    content, style = recordings
    settings = Settings(detail="plain", **SMALL)
    made = stylize_strengths(content, [style], settings, strengths=(90, 10, 50))
    light, middle, strong = sorted(made, key=lambda result: result.settings.strength)
    assert light.delivered.style > middle.delivered.style
    assert light.delivered.content < strong.delivered.content
    assert light.delivered.style > strong.delivered.style


def test_each_strength_has_its_own_weights(recordings):
    content, style = recordings
    settings = Settings(detail="plain", iterations=1, griffin_lim_iterations=1, refinement_iterations=0)
    for result in stylize_strengths(content, [style], settings, strengths=(0, 50, 100)):
        content_loss, style_loss = result.delivered.content, result.delivered.style
        weighted = content_weight(result.settings) * content_loss + result.settings.beta * style_loss
        assert weighted <= result.delivered.total < 1.02 * weighted, "more than the losses is charged for thumps alone"


@pytest.mark.thorough
@pytest.mark.parametrize("pairing", [("guitar", "drums"), ("piano", "trumpet")], ids=" + ".join)
def test_either_end_of_a_series_is_as_good_as_by_itself(recording, pairing):
    content, style = (recording(name, 4.0) for name in pairing)
    for result in stylize_strengths(content, [style], preset("quick"), strengths=(0, 25, 50, 75, 100)):
        alone = stylize(content, [style], result.settings)
        assert result.delivered.total < 1.06 * alone.delivered.total, result.settings.strength


def test_strengths_come_in_the_order_that_is_told(recordings):
    content, style = recordings
    settings = Settings(detail="plain", iterations=1, griffin_lim_iterations=1, refinement_iterations=0)
    strengths = (0, 100, 60, 25)
    made = [each.settings.strength for each in stylize_strengths(content, [style], settings, strengths=strengths)]
    assert made == [60, 100, 25, 0]
    assert strength_order(strengths) == tuple(made)


def test_strengths_are_checked_before_the_first_result(recordings):
    with pytest.raises(SettingsError, match="strength is 150"):
        next(stylize_strengths(recordings[0], [recordings[1]], Settings(), strengths=(50, 150)))


def test_the_untouched_content_is_no_distance_from_itself_whatever_the_rhythm(recordings):
    content, style = recordings
    result = stylize(content, [style], Settings(detail="plain", rhythm=100, **SMALL))
    card = measure(result, content, [style])
    assert card.content.content_loss == pytest.approx(0, abs=1e-5)
    assert card.result.content_loss > 0.05


@pytest.mark.thorough
def test_line_searches_are_short_from_the_first_on(recording):
    settings, evaluations = Settings(detail="plain", iterations=10), []
    for content, style in ("speech", "drums"), ("piano", "trumpet"), ("piano", "drumkit"), ("guitar", "violin"):
        solution = solve.prepare(recording(content, 2.0), [recording(style, 2.0)], settings).solve(lambda report: None)
        assert solution.iterations == 10
        evaluations.append(solution.evaluations)
    assert np.mean(evaluations) <= 13


@pytest.fixture(scope="module")
def whole(recording):
    """A transfer run to its end, with the problem that it solved."""
    with jax.enable_x64(True):
        content, style = recording("piano", 1.0), recording("trumpet", 1.0)
        settings = Settings(detail="plain", refinement_iterations=40, melody=0)
        return solve.prepare(content, [style], settings), stylize(content, [style], settings)


@pytest.mark.thorough
def test_a_restart_gains_next_to_nothing(whole):
    problem, result = whole
    again = problem.solve(lambda report: None, padded(result, problem)).x
    assert problem.losses(again).total > 0.98 * result.solved.total


@pytest.mark.thorough
def test_double_precision_gains_next_to_nothing(whole):
    problem, result = whole
    found = solve_in_float64(problem, padded(result, problem), 60)
    assert found.x.dtype == jnp.float64
    assert found.iterations >= 10
    assert 0.98 * result.solved.total < found.value <= result.solved.total


def test_the_sound_keeps_what_the_solve_achieved_and_gains_next_to_nothing(whole):
    _, result = whole
    assert 0.98 * result.solved.total < result.delivered.total < 1.25 * result.solved.total


def padded(result: Result, problem: Solver) -> jax.Array:
    """The spectrogram that was solved for, with the frames of its bucket."""
    missing = len(problem.goal.content_frames) - len(result.spectrogram)
    return jnp.pad(jnp.asarray(result.spectrogram), ((0, missing), (0, 0)))


def test_both_ends_are_faded_and_nothing_else(recording):
    content = recording("piano", 1.0)
    problem = solve.prepare(content, [recording("trumpet", 1.0)], Settings(detail="plain", noise_gate="off"))
    noise = 0.1 * np.random.default_rng(0).standard_normal(problem.padded_samples).astype(np.float32)
    gain = problem.finishing.mastering.finish(noise[: len(content)]) / noise[: len(content)]
    gain /= np.median(gain)
    fade = np.sin(np.arange(220) / 220 * np.pi / 2) ** 2  # 5 ms
    np.testing.assert_allclose(gain[:220], fade, atol=1e-3)
    np.testing.assert_allclose(gain[-220:], fade[::-1], atol=1e-3)
    np.testing.assert_allclose(gain[220:-220], 1, atol=1e-3)


def test_a_solve_leaves_digital_silence(recording):
    """A root of 0 has no slope: without a little at the start, what is silent in the content would stay so."""
    content = recording("speech", 1.0).copy()
    content[22_050:] = 0
    settings = Settings(detail="plain", start="content", strength=100, iterations=20)
    problem = solve.prepare(content, [recording("drums", 1.0)], settings)
    start, found = np.asarray(problem.goal.content_frames), np.asarray(problem.solve(lambda report: None).x)
    silent = slice(50, problem.n_frames)
    assert start[silent].max() == 0
    assert found[silent].max() > 0.1


def test_what_cannot_be_is_refused(recordings):
    content, style = recordings
    with pytest.raises(SettingsError, match="1 to 4"):
        stylize(content, [])
    with pytest.raises(SettingsError, match="weights"):
        stylize(content, [style], Settings(style_weights=(1.0, 2.0)))
    with pytest.raises(AudioError):
        stylize(np.zeros(44_100), [style])
    with pytest.raises(AudioError, match="at least"):
        stylize(content[:1000], [style])


def test_layers_do_not_count_where_the_network_alone_is_asked():
    """The finite network has one layer, so a sound need not hold the patches of two."""
    rng = np.random.default_rng(0)
    content, style = (rng.standard_normal(8_820) for _ in range(2))  # 18 frames; two layers would need 21
    settings = Settings(
        engine="network", layers=2, filters=8, iterations=2, refinement_iterations=0, griffin_lim_iterations=2
    )
    assert np.isfinite(stylize(content, [style], settings).sound).all()
