"""Whole transfers of real recordings, small: what comes out, what is measured of it, and what is refused."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import librosa
import numpy as np
import pyloudnorm
import pytest
import scipy.optimize
import scipy.signal
from support import oracles

from styletransfer import transfer
from styletransfer.engine import limiter, optimisers, sounding
from styletransfer.engine.losses import conv_network
from styletransfer.errors import AudioError, SettingsError
from styletransfer.settings import SAMPLE_RATE_HZ, preset
from styletransfer.settings.blocks import compared_blocks
from styletransfer.transfer import Result, Step, measure, stylize

pytestmark = pytest.mark.slow

N_FFT, HOP_LENGTH, WIDTH, FILTERS = 1024, 512, 8, 24
SMALL = {"n_fft": N_FFT, "hop_length": HOP_LENGTH, "kernel_width": WIDTH, "filters": FILTERS, "seconds": 2.0}
FEW = preset("paper", **SMALL, iterations=6, griffin_lim_iterations=3)
FEW_ON_KERNEL = preset("quick", **SMALL | {"iterations": 6, "griffin_lim_iterations": 3, "refinement_iterations": 4})


@pytest.fixture(scope="module")
def speech(recording) -> np.ndarray:
    return recording("speech", 1.0, start_s=1.0)


@pytest.fixture(scope="module")
def drums(recording) -> np.ndarray:
    return recording("drums", 1.3, start_s=1.0)


@pytest.fixture(scope="module")
def solved(speech, drums) -> Result:
    """A transfer by the paper's method, run until nothing more is gained."""
    return stylize(speech, [drums], preset("paper", **SMALL, iterations=3000, griffin_lim_iterations=30))


def of_stage(stage: str, result: Result) -> list[Step]:
    return [step for step in result.history if step.stage == stage]


def _lufs(sound: np.ndarray) -> float:
    meter = pyloudnorm.Meter(SAMPLE_RATE_HZ, filter_class="DeMan")  # the standard's filters at any rate
    return float(meter.integrated_loudness(sound.astype(np.float64)))


def _frames(sound: np.ndarray) -> np.ndarray:
    """Log magnitudes of a sound brought to -20 LUFS, by librosa."""
    level = sound * 10 ** ((-20 - _lufs(sound)) / 20)
    return np.log1p(np.abs(librosa.stft(level, n_fft=N_FFT, hop_length=HOP_LENGTH, pad_mode="constant"))).T


def _filters(seed: int = 0) -> np.ndarray:
    return np.asarray(conv_network.random_filters(seed, WIDTH, N_FFT // 2 + 1, FILTERS))


def _counted(sound: np.ndarray) -> np.ndarray:
    """What counts of a recording with raw losses."""
    return sounding.without_rumble(sound, "odd")


def _losses(
    frames: np.ndarray, content: np.ndarray, styles: Sequence[np.ndarray], weights: Sequence[float] = ()
) -> tuple[float, float, float]:
    """Of what counts of the recordings (tests/engine/test_sounding.py)."""
    filters = _filters()
    counted = [_frames(sounding.style_sound(_counted(style))) for style in styles]
    content_loss = oracles.content_loss(frames, _frames(_counted(content)), filters)
    style_loss = oracles.style_loss(frames, counted, filters, weights)
    return 0.1 * content_loss + style_loss, content_loss, style_loss


# What comes out


@pytest.mark.parametrize("name", ["paper", "balanced", pytest.param("studio", marks=pytest.mark.thorough)])
def test_a_transfer_of_a_recording_by_each_preset(speech, drums, name):
    few = SMALL | {"iterations": 8, "griffin_lim_iterations": 5}
    # Compilation is what takes time here: quick is balanced with less, and so, but for its kernel widths, is the
    # refinement of studio, which alone would take half a minute.
    few["refinement_iterations"] = 4 if name == "balanced" else 0
    result = stylize(speech, [drums], preset(name, **few))
    _check_sound(result.sound, speech)
    assert result.sample_rate_hz == SAMPLE_RATE_HZ
    assert result.settings == preset(name, **few)
    assert result.spectrogram.shape == (1 + len(speech) // HOP_LENGTH, N_FFT // 2 + 1)
    assert np.isfinite(result.spectrogram).all()
    totals = [step.total for step in of_stage("solve", result)]
    assert totals[-1] < 0.95 * totals[0]
    assert result.solved.total == pytest.approx(min(totals), rel=2e-3)  # less what too loud frames cost
    for losses in (result.solved, result.delivered):
        assert np.isfinite(dataclasses.astuple(losses)).all()
    refined = [step.total for step in of_stage("refine", result)]
    assert len(refined) == few["refinement_iterations"]
    assert all(later < sooner for sooner, later in itertools.pairwise(refined))


def _check_sound(sound: np.ndarray, content: np.ndarray) -> None:
    """Finite, of the content's length, not silent, not clipped, at the content's loudness or as loud as fits, and no
    peak above -1 dBTP."""
    assert sound.dtype == np.float32
    assert sound.shape == content.shape
    assert np.isfinite(sound).all()
    peak = np.abs(sound).max()
    true_peak = np.abs(scipy.signal.resample_poly(sound.astype(float), 4, 1)).max()
    assert 0.01 < peak <= 1.001 * true_peak <= 10 ** (-1 / 20)
    at_the_top = np.abs(sound) > 0.9999 * peak
    assert not np.lib.stride_tricks.sliding_window_view(at_the_top, 4).all(axis=1).any()  # nor flat on top
    asked = limiter.target_lufs(_lufs(content))
    if true_peak < 10 ** (-1.2 / 20):
        assert _lufs(sound) == pytest.approx(asked, abs=0.2)
    else:
        assert _lufs(sound) < asked + 0.2


@pytest.mark.parametrize(("gain", "settings"), [(0.02, FEW), (1.1, FEW), (0.25, FEW_ON_KERNEL)])
def test_the_contents_level_comes_back_and_changes_nothing_else(speech, drums, gain, settings):
    reference = stylize(speech, [drums], settings)
    result = stylize(gain * speech, [drums * np.float32(0.3)], settings)
    for losses, others in (result.solved, reference.solved), (result.delivered, reference.delivered):
        assert dataclasses.astuple(losses) == pytest.approx(dataclasses.astuple(others), rel=1e-3)
    assert np.corrcoef(result.sound, reference.sound)[0, 1] > 0.99
    assert np.abs(result.sound).max() < 0.8  # no limit is met
    assert _lufs(result.sound) == pytest.approx(_lufs(gain * speech), abs=0.2)


@pytest.mark.thorough
def test_a_recording_that_is_repeated_gives_the_same_losses(recording):
    settings = preset("quick", **SMALL | {"seconds": 6.0, "iterations": 60})
    content, style = recording("piano", 3.0), recording("violin", 3.0, start_s=1.0)
    once = stylize(content, [style], settings).delivered
    for recordings in (np.tile(content, 2), style), (content, np.tile(style, 2)):
        twice = stylize(recordings[0], [recordings[1]], settings).delivered
        for name in ("total", "content", "style"):
            assert getattr(twice, name) == pytest.approx(getattr(once, name), rel=0.05)


def test_a_result_that_would_be_too_loud_is_limited_not_clipped(drums, speech):
    loud = drums[: len(speech)] / np.abs(drums[: len(speech)]).max()  # at full scale
    sound = stylize(4 * loud, [speech], FEW).sound  # and beyond, as float files may be
    _check_sound(sound, 4 * loud)
    assert np.abs(sound).max() == pytest.approx(10 ** (-1 / 20), rel=0.03)


def test_what_is_longer_than_asked_for_is_left_off(speech, drums):
    short = dataclasses.replace(FEW, seconds=0.95, style_seconds=1.2)
    whole = stylize(speech, [drums], short)
    cut = stylize(speech[: round(0.95 * SAMPLE_RATE_HZ)], [drums[: round(1.2 * SAMPLE_RATE_HZ)]], FEW)
    assert whole.sound.shape == (round(0.95 * SAMPLE_RATE_HZ),)
    np.testing.assert_array_equal(whole.sound, cut.sound)


def test_the_same_seed_gives_the_same_sound_and_another_another(speech, drums):
    first, again = (stylize(speech, [drums], FEW) for _ in range(2))
    np.testing.assert_array_equal(first.sound, again.sound)
    np.testing.assert_array_equal(first.spectrogram, again.spectrogram)
    assert first.solved == again.solved
    other = stylize(speech, [drums], dataclasses.replace(FEW, seed=1))
    assert np.corrcoef(first.spectrogram.ravel(), other.spectrogram.ravel())[0, 1] < 0.99
    assert np.abs(first.sound - other.sound).max() > 0.01


@pytest.mark.parametrize("start", ["content", "noise"])
def test_the_start_is_the_one_asked_for(speech, drums, start):
    step = stylize(speech, [drums], dataclasses.replace(FEW, start=start, iterations=1)).history[0]
    assert (step.correlation > 0.9) == (start == "content")


def test_a_second_transfer_of_nearly_the_same_length_compiles_next_to_nothing(speech, drums, traces):
    stylize(speech, [drums], FEW)
    traces.clear()
    stylize(speech[:-600], [drums[:-600]], FEW)  # a frame less of each, in the same bucket
    assert set(traces) <= {"dynamic_slice"}
    traces.clear()
    stylize(speech[:-600], [drums[:-600]], FEW)
    assert traces == []


@pytest.mark.thorough
def test_nothing_is_traced_again_at_several_block_lengths(speech, drums, traces):
    settings = preset("balanced", iterations=1, griffin_lim_iterations=1, refinement_iterations=1)
    assert len(compared_blocks(settings)) > 1
    content, style = np.resize(speech, 128 * 512 - 1), np.resize(drums, 128 * 512 - 1)
    for fewer in (0, 600, 9_000, 15_000):  # 128 to 98 frames of each, in one bucket
        traces.clear()
        stylize(content[: len(content) - fewer], [style[: len(style) - fewer]], settings)
        assert not fewer or set(traces) <= {"dynamic_slice"}


# What is measured


@pytest.mark.thorough
def test_the_loss_falls_to_where_a_restart_finds_nothing_left(solved, speech, drums):
    assert solved.stop_reason == optimisers.CONVERGED
    totals = [step.total for step in of_stage("solve", solved)]
    assert totals[-1] < 0.2 * totals[0]
    assert len(totals) < 3000
    again, untouched = _restarted(solved.spectrogram, speech, drums)
    assert untouched == pytest.approx(solved.solved.total, rel=1e-3)
    assert again > 0.98 * solved.solved.total


def _restarted(frames: np.ndarray, content: np.ndarray, style: np.ndarray) -> tuple[float, float]:
    """The paper's loss after 150 more iterations, and at the start: JAX's own convolution, Gram and gradient, SciPy."""
    filters = jnp.asarray(_filters())

    def features(x):
        out = jax.lax.conv_general_dilated(x[None], filters, (1,), "VALID", dimension_numbers=("NWC", "WIO", "NWC"))
        return jax.nn.relu(out[0])

    def gram(f):
        return f.T @ f / len(f)

    own = features(jnp.asarray(_frames(_counted(content)), jnp.float32))
    other = gram(features(jnp.asarray(_frames(sounding.style_sound(_counted(style))), jnp.float32)))

    @jax.jit
    @jax.value_and_grad
    def loss(flat):
        f = features(flat.reshape(frames.shape))
        return 0.1 * jnp.sum((f - own) ** 2) + jnp.sum((gram(f) - other) ** 2)

    def evaluate(flat):
        value, gradient = loss(jnp.asarray(flat, jnp.float32))
        return float(value), np.asarray(gradient, float)

    options = {"maxiter": 150, "maxfun": 400, "ftol": 0, "gtol": 0}
    start = frames.ravel().astype(float)
    run = scipy.optimize.minimize(evaluate, start, jac=True, method="L-BFGS-B", options=options)
    return run.fun, evaluate(start)[0]


def test_the_parts_of_each_step_add_up(solved):
    for step in of_stage("solve", solved):
        assert step.stage == "solve"
        assert step.total == pytest.approx(0.1 * step.content_loss + step.style_loss, rel=1e-6)
    assert [step.iteration for step in of_stage("solve", solved)] == list(range(1, 1 + len(of_stage("solve", solved))))


def test_solved_and_delivered_losses_are_those_of_an_independent_analysis(solved, speech, drums):
    ours = dataclasses.astuple(solved.solved)
    assert ours == pytest.approx(_losses(solved.spectrogram, speech, [drums]), rel=1e-3)
    heard = dataclasses.astuple(solved.delivered)
    assert heard == pytest.approx(_losses(_frames(solved.sound), speech, [drums]), rel=1e-3)
    assert heard[0] > 1.2 * ours[0]  # no sound has exactly the spectrogram solved for


def test_the_correlation_reported_is_numpys(solved, speech):
    best = min(of_stage("solve", solved), key=lambda step: step.total)
    expected = np.corrcoef(solved.spectrogram.ravel(), _frames(speech).ravel())[0, 1]
    assert best.correlation == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    ("styles", "weights"),
    [
        ((("drums", 0.4),), ()),  # shorter than the content, used as it is
        ((("violin", 2.1),), ()),  # longer
        ((("drums", 0.4), ("violin", 2.1)), ()),
        ((("drums", 0.4), ("violin", 1.7), ("trumpet", 1.0)), (1.0, 3.0, 0.5)),
    ],
)
def test_styles_of_any_length_and_weight(speech, recording, styles, weights):
    sounds = [recording(name, seconds, start_s=1.0) for name, seconds in styles]
    result = stylize(speech, sounds, dataclasses.replace(FEW, style_weights=weights))
    _check_sound(result.sound, speech)
    ours = dataclasses.astuple(result.delivered)
    assert ours == pytest.approx(_losses(_frames(result.sound), speech, sounds, weights), rel=1e-3)


# Steps, stops and the report


@pytest.mark.parametrize("name", ["paper", "balanced"])
@pytest.mark.parametrize("stop_at", [1, 3])
def test_a_stop_gives_a_result(speech, drums, name, stop_at):
    steps: list[Step] = []

    def on_step(step: Step) -> bool:
        steps.append(step)
        return len(steps) == stop_at

    small = SMALL | {"iterations": 20, "griffin_lim_iterations": 3}
    result = stylize(speech, [drums], preset(name, **small), on_step=on_step)
    assert len(steps) == stop_at
    assert result.history == tuple(steps)
    assert result.stop_reason == optimisers.STOPPED
    # On the device the chunk of iterations that was under way is finished: it may find better, never worse.
    assert result.solved.total <= min(step.total for step in steps) * (1 + 1e-3)
    _check_sound(result.sound, speech)


def test_steps_carry_the_time_of_the_clock_given(speech, drums):
    ticks = itertools.count(100)
    result = stylize(speech, [drums], FEW, clock=lambda: float(next(ticks)))
    elapsed = [step.elapsed_s for step in result.history]
    assert elapsed == sorted(set(elapsed))
    assert elapsed[0] >= 1
    assert sum(result.seconds_by_stage.values()) == next(ticks) - 101
    assert {"prepare", "solve", "phase", "measure"} <= set(result.seconds_by_stage)
    assert all(step.iterations == FEW.iterations for step in of_stage("solve", result))
    assert result.stop_reason == optimisers.LIMIT


def test_the_report_is_json(speech, drums):
    result = stylize(speech, [drums, speech], dataclasses.replace(FEW, style_weights=(1.0, 2.0)))
    measured = measure(result, speech, [drums, speech])
    report = json.loads(json.dumps(transfer.report(result, measured), allow_nan=False))
    assert report["settings"]["style_weights"] == [1.0, 2.0]
    assert report["delivered"] == dataclasses.asdict(result.delivered)
    assert report["solved"] == dataclasses.asdict(result.solved)
    kept = [field.name for field in dataclasses.fields(Step) if field.name != "snapshot"]
    assert report["history"] == [{name: getattr(step, name) for name in kept} for step in result.history]
    assert report["stop_reason"] == result.stop_reason
    assert report["seconds_by_stage"] == result.seconds_by_stage
    assert report["versions"]["jax"] == jax.__version__
    assert {"sound", "spectrogram"}.isdisjoint(report)
    card = report["report_card"]
    assert card == measured.as_dict()
    assert card["content"]["content_loss"] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("engine", ["network", "kernel"])
def test_losses_of_the_report_card_are_relative_to_those_of_raw_targets_too(speech, drums, engine):
    raw, relative = (dataclasses.replace(FEW, engine=engine, loss_scaling=losses) for losses in ("raw", "relative"))
    mixed = dataclasses.replace(stylize(speech, [drums], relative), sound=speech / 2 + drums[: len(speech)] / 2)
    cards = [measure(dataclasses.replace(mixed, settings=each), speech, [drums]).result for each in (raw, relative)]
    found = [(card.content_loss, card.style_loss) for card in cards]
    assert found[0] == pytest.approx(found[1], rel=1e-3)
    assert 0.01 < min(found[0]) < max(found[0]) < 2


# What is refused

SHORTEST = (WIDTH - 1) * HOP_LENGTH + N_FFT
Inputs = Callable[[np.ndarray], tuple[np.ndarray, list[np.ndarray]]]


@pytest.mark.parametrize(
    ("inputs", "weights", "error", "says"),
    [
        (lambda s: (s, []), (), SettingsError, ["0 styles", "1 to 4"]),
        (lambda s: (s, [s] * 5), (), SettingsError, ["5 styles", "1 to 4"]),
        (lambda s: (s, [s]), (1.0, 2.0), SettingsError, ["2 style weights", "1 style"]),
        (lambda s: (s, [s, s, s]), (1.0, 2.0), SettingsError, ["2 style weights", "3 styles"]),
        (lambda s: (np.stack([s, s]), [s]), (), AudioError, ["content", "(2, 44100)"]),
        (lambda s: (s, [s, s[:, None]]), (), AudioError, ["style 2", "(44100, 1)"]),
        (lambda s: (s[: SHORTEST - 1], [s]), (), AudioError, ["content", "least"]),
        (lambda s: (s, [s[: SHORTEST - 1]]), (), AudioError, ["style", "least"]),
        (lambda s: (np.zeros_like(s), [s]), (), AudioError, ["content", "silent"]),
        (lambda s: (s, [s, np.full_like(s, 1e-5)]), (), AudioError, ["style 2", "silent"]),
        (lambda s: (s, [np.where(np.arange(len(s)) == 9, np.nan, s)]), (), AudioError, ["style", "finite"]),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(speech, inputs: Inputs, weights, error, says):
    content, styles = inputs(speech)
    with pytest.raises(error) as caught:
        stylize(content, styles, dataclasses.replace(FEW, style_weights=weights))
    message = str(caught.value)
    assert message.endswith(".")
    assert message.count("\n") == 0
    for words in says:
        assert words in message


def test_the_shortest_recordings_that_are_allowed_work(speech, drums):
    result = stylize(speech[:SHORTEST], [drums[-SHORTEST:]], FEW)
    assert result.sound.shape == (SHORTEST,)
    assert np.isfinite(result.sound).all()
    assert np.abs(result.sound).max() > 0.01


def test_double_precision_of_the_caller_is_left_alone(speech, drums):
    stylize(speech, [drums], FEW)
    assert jnp.ones(1).dtype == jnp.float32
