"""Contents that are made window by window, and contents of two channels: what comes out of whole transfers."""

from __future__ import annotations

import dataclasses
import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.signal

from styletransfer.engine import limiter, loudness, run, windows
from styletransfer.errors import AudioError
from styletransfer.files.window_store import WindowStore
from styletransfer.settings import SAMPLE_RATE_HZ, Settings, preset
from styletransfer.transfer import OnStep, Result, Step, measure, stylize, stylize_strengths

pytestmark = pytest.mark.slow

FEW = preset(
    "quick", n_fft=1024, hop_length=512, kernel_width=4, iterations=4, griffin_lim_iterations=8,
    refinement_iterations=2, seconds=20.0, style_seconds=3.0,
)  # fmt: skip
MOSAIC = preset("instant", seconds=20.0, style_seconds=3.0)

Recording = Callable[..., np.ndarray]


def shorten_windows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(windows, "WHOLE_S", 4.0)
    patch.setattr(windows, "WINDOW_S", 4.0)


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_windows(monkeypatch)


@pytest.fixture(scope="module")
def guitar(recording: Recording) -> np.ndarray:
    """Three windows of 3.83 s."""
    return recording("guitar", 7.5)


@pytest.fixture(scope="module")
def two_windows(guitar: np.ndarray) -> np.ndarray:
    """The same windows, two of them."""
    return guitar[: round(5.66 * SAMPLE_RATE_HZ)]


@pytest.fixture(scope="module")
def violin(recording: Recording) -> np.ndarray:
    return recording("violin", 3.0)


class Whole(NamedTuple):
    """A transfer of three windows, its steps, and how much each two windows are alike where they are joined."""

    result: Result
    steps: list[Step]
    likeness: list[float]


def make_whole(content: np.ndarray, style: np.ndarray, settings: Settings) -> Whole:
    steps: list[Step] = []
    likeness = []

    def join(before: np.ndarray, after: np.ndarray, begin: int) -> np.ndarray:
        common = slice(round(0.2 * SAMPLE_RATE_HZ), round(1.2 * SAMPLE_RATE_HZ))
        likeness.append(np.corrcoef(before[begin:][common], after[common])[0, 1])
        return real(before, after, begin)

    real = windows.join
    with pytest.MonkeyPatch.context() as patch:
        shorten_windows(patch)
        patch.setattr(windows, "join", join)
        result = stylize(content, [style], settings, on_step=steps.append)
    return Whole(result, steps, likeness)


@pytest.fixture(scope="module")
def whole(guitar: np.ndarray, violin: np.ndarray) -> Whole:
    return make_whole(guitar, violin, FEW)


def flux(sound: np.ndarray) -> np.ndarray:
    """Mean change of the log spectrum from frame to frame, every 256 samples."""
    _, _, spectrum = scipy.signal.stft(sound, SAMPLE_RATE_HZ, nperseg=1024, noverlap=768)
    return np.abs(np.diff(np.log(np.abs(spectrum) + 1e-3 * np.std(sound)), axis=1)).mean(axis=0)


# Windows


@pytest.mark.parametrize("settings", [FEW, MOSAIC], ids=["kernel", "mosaic"])
@pytest.mark.usefixtures("short_windows")
def test_a_long_content_has_no_seams(settings: Settings, guitar: np.ndarray, violin: np.ndarray, whole: Whole) -> None:
    result, steps, _ = whole if settings == FEW else make_whole(guitar, violin, settings)
    assert result.sound.shape == guitar.shape
    assert {(step.window, step.windows) for step in steps} == {(1, 3), (2, 3), (3, 3)}
    assert [step.window for step in steps] == sorted(step.window for step in steps)
    level = limiter.target_lufs(loudness.integrated_loudness(guitar))
    assert loudness.integrated_loudness(result.sound) == pytest.approx(level, abs=0.3)
    changes = flux(result.sound)
    highest = np.quantile(changes, 0.95)
    for span in windows.spans(len(guitar))[1:]:
        seam = (span.start + round(windows.JOIN_S * SAMPLE_RATE_HZ)) // 256
        assert np.median(changes[seam - 20 : seam + 20]) < highest
    assert np.isfinite([result.delivered.total, result.solved.total]).all()
    assert 0 < result.delivered.style < 1
    card = measure(result, guitar, [violin])
    assert card.content.timbre_distance == pytest.approx(1, abs=0.2)
    assert card.result.timbre_distance < card.content.timbre_distance


def test_a_window_goes_on_with_the_sound_of_the_one_before(whole: Whole) -> None:
    assert len(whole.likeness) == 2
    assert min(whole.likeness) > 0.98


def stopping_in_window(number: int) -> OnStep:
    return lambda step: step.window == number


@pytest.mark.usefixtures("short_windows")
def test_a_stop_keeps_what_is_done(guitar: np.ndarray, violin: np.ndarray, whole: Whole) -> None:
    stopped = stylize(guitar, [violin], FEW, on_step=stopping_in_window(2))
    assert stopped.stop_reason == "stopped"
    assert len(stopped.sound) == windows.spans(len(guitar))[1].stop
    assert stopped.notes[-1] == "Stopped: the first 6 s of 8 s are done."
    assert measure(stopped, guitar, [violin]).result.copy < 1
    done = slice(SAMPLE_RATE_HZ // 10, windows.spans(len(guitar))[0].stop - SAMPLE_RATE_HZ)
    assert np.corrcoef(stopped.sound[done], whole.result.sound[done])[0, 1] > 0.999, "the first window was finished"


class KilledError(Exception):
    """Stands for the end of a process."""


def killed_in_window(number: int) -> OnStep:
    def on_step(step: Step) -> bool:
        if step.window == number:
            raise KilledError
        return False

    return on_step


@pytest.mark.usefixtures("short_windows")
def test_a_run_that_was_killed_goes_on_to_the_same_samples(
    guitar: np.ndarray, violin: np.ndarray, whole: Whole, tmp_path: Path
) -> None:
    check_goes_on(guitar, violin, whole.result, tmp_path)


@pytest.mark.thorough
@pytest.mark.usefixtures("short_windows")
def test_both_channels_of_a_run_that_was_killed_go_on(
    two_windows: np.ndarray, violin: np.ndarray, tmp_path: Path
) -> None:
    stereo = np.stack([two_windows, np.roll(two_windows, 20)], axis=1)
    check_goes_on(stereo, violin, stylize(stereo, [violin], FEW), tmp_path)


def check_goes_on(content: np.ndarray, style: np.ndarray, whole: Result, folder: Path) -> None:
    """Killed in the second window, a run is made again from there on, and gives what it gives undisturbed."""
    store = WindowStore(folder / "out.windows", [content, style], FEW)
    with pytest.raises(KilledError):
        stylize(content, [style], FEW, on_step=killed_in_window(2), store=store)
    assert store.count() == 1
    seen: list[Step] = []
    resumed = stylize(content, [style], FEW, on_step=seen.append, store=store)
    np.testing.assert_array_equal(resumed.sound, whole.sound)
    assert {step.window for step in seen} == {step.window for step in whole.history} - {1}
    assert len(resumed.history) == len(whole.history)
    assert resumed.delivered == whole.delivered


@pytest.mark.usefixtures("short_windows")
def test_windows_of_another_transfer_count_for_nothing(guitar: np.ndarray, violin: np.ndarray, tmp_path: Path) -> None:
    folder = tmp_path / "out.windows"
    store = WindowStore(folder, [guitar, violin], MOSAIC)
    stylize(guitar, [violin], MOSAIC, store=store)
    assert store.count() == 3
    other = dataclasses.replace(MOSAIC, seed=1)
    assert WindowStore(folder, [guitar, violin], other).count() == 0
    assert WindowStore(folder, [guitar / 2, violin], MOSAIC).count() == 0
    (folder / "001.npz").write_bytes(b"damaged")
    assert store.load(1) is None
    assert store.load(0) is not None
    store.remove()
    assert not folder.exists()


@pytest.mark.usefixtures("short_windows")
def test_a_silent_stretch_stays_silent(guitar: np.ndarray, violin: np.ndarray) -> None:
    content = np.concatenate([guitar[:88200], np.zeros(4 * SAMPLE_RATE_HZ, np.float32), guitar[:88200]])
    result = stylize(content, [violin], FEW)
    assert result.sound.shape == content.shape
    level = np.std(result.sound)
    assert np.abs(result.sound[3 * SAMPLE_RATE_HZ : 5 * SAMPLE_RATE_HZ]).max() < 0.02 * level
    assert np.std(result.sound[-SAMPLE_RATE_HZ:]) > 0.2 * level


@pytest.mark.usefixtures("short_windows")
def test_several_strengths_of_a_long_content(two_windows: np.ndarray, violin: np.ndarray) -> None:
    results = list(stylize_strengths(two_windows, [violin], FEW, strengths=(20, 80)))
    weak, strong = sorted(results, key=lambda result: result.settings.strength)
    assert weak.sound.shape == strong.sound.shape == two_windows.shape
    assert strong.delivered.style < weak.delivered.style


@pytest.mark.usefixtures("short_windows")
def test_a_quiet_stretch_is_made_at_any_level_of_the_whole(guitar: np.ndarray, violin: np.ndarray) -> None:
    content = guitar * np.where(np.arange(len(guitar)) < 4 * SAMPLE_RATE_HZ, 0.01, 1.0).astype(np.float32)
    first = slice(0, 3 * SAMPLE_RATE_HZ)
    levels_db = []
    for gain in (1.0, 2**-7):
        sound = stylize((gain * content).astype(np.float32), [violin], MOSAIC).sound
        levels_db.append(20 * np.log10(np.std(sound[first]) / np.std(sound)))
    assert levels_db[1] == pytest.approx(levels_db[0], abs=0.5)


@pytest.mark.parametrize(("n_sounding", "quieter"), [(None, 0.1), (2 * SAMPLE_RATE_HZ, 0.0)], ids=["quieter", "one"])
@pytest.mark.usefixtures("short_windows")
def test_the_report_card_of_a_long_content_has_the_loudness_of_the_whole(
    n_sounding: int | None, quieter: float, guitar: np.ndarray, violin: np.ndarray
) -> None:
    content = np.concatenate([guitar[:n_sounding], np.zeros(6 * SAMPLE_RATE_HZ, np.float32), quieter * guitar])
    result = stylize(content, [violin], dataclasses.replace(MOSAIC, seconds=30.0))
    card = measure(result, content, [violin])
    assert card.result.loudness_lufs == pytest.approx(loudness.integrated_loudness(result.sound), abs=0.2)
    assert card.content.loudness_lufs == pytest.approx(loudness.integrated_loudness(content), abs=0.2)
    assert card.result.content_loss == pytest.approx(result.delivered.content, rel=0.1)


@pytest.mark.usefixtures("short_windows")
def test_a_series_lets_go_of_what_no_strength_starts_from(
    two_windows: np.ndarray, violin: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[Any]] = []

    class Watched(run.State):
        def __new__(cls, *values: Any) -> Any:
            made.append(weakref.ref(values[1]))
            return super().__new__(cls, *values)

    monkeypatch.setattr(run, "State", Watched)
    alive = []
    for _ in stylize_strengths(two_windows, [violin], FEW, strengths=(0, 25, 50, 75, 100)):
        gc.collect()
        alive.append(sum(each() is not None for each in made) // 2)
    assert alive == [1, 2, 1, 1, 0]


# Two channels


@pytest.fixture(scope="module")
def stereo(recording: Recording) -> np.ndarray:
    """A guitar on the left, a piano on the right, both in the middle a little."""
    guitar, piano = recording("guitar", 2.0), recording("piano", 2.0)
    return np.stack([guitar + 0.3 * piano, piano + 0.3 * guitar], axis=1)


def true_peak_db(sound: np.ndarray) -> float:
    return 20 * np.log10(np.abs(scipy.signal.resample_poly(sound.astype(float), 4, 1, axis=0)).max())


@pytest.mark.parametrize("changes", [{}, {"engine": "mosaic"}, {"stereo": "joint"}], ids=["kernel", "mosaic", "joint"])
def test_two_channels_give_two(changes: dict[str, Any], stereo: np.ndarray, violin: np.ndarray) -> None:
    settings = dataclasses.replace(FEW, **changes)
    looks = []

    def on_step(step: Step) -> None:
        if not looks:
            looks.append(step.preview())

    result = stylize(stereo, [violin], settings, on_step=on_step)
    assert result.sound.shape == stereo.shape
    assert looks[0].shape[1:] == (() if changes.get("stereo") else (2,))
    assert true_peak_db(result.sound) <= -1
    asked = limiter.target_lufs(loudness.integrated_loudness(stereo))
    assert loudness.integrated_loudness(result.sound) <= asked + 0.2
    level_db = [20 * np.log10(np.std(each[:, 0]) / np.std(each[:, 1])) for each in (stereo, result.sound)]
    assert level_db[1] == pytest.approx(level_db[0], abs=5.0), "the style has more of what one side has"
    coherence = [abs(np.corrcoef(each.T)[0, 1]) for each in (stereo, result.sound)]
    assert coherence[1] < coherence[0] + 0.35
    assert measure(result, stereo, [violin]).result.copy < 1


@pytest.mark.parametrize("mode", ["image", "joint"])
def test_a_channel_that_is_quieter_stays_quieter(mode: str, guitar: np.ndarray, violin: np.ndarray) -> None:
    content = guitar[: 2 * SAMPLE_RATE_HZ]
    pair = np.stack([content, 0.25 * np.roll(content, 11)], axis=1)
    result = stylize(pair, [violin], preset("instant", stereo=mode, seconds=2.0)).sound
    assert 20 * np.log10(np.std(result[:, 0]) / np.std(result[:, 1])) == pytest.approx(12, abs=1.5)


def test_one_channel_if_asked(stereo: np.ndarray, violin: np.ndarray) -> None:
    result = stylize(stereo, [violin], preset("instant", stereo="mono", seconds=2.0))
    assert result.sound.ndim == 1


@pytest.mark.parametrize("mode", ["image", "joint"])
def test_alike_channels_and_silent_ones_stay_so(mode: str, guitar: np.ndarray, violin: np.ndarray) -> None:
    content, settings = guitar[: 2 * SAMPLE_RATE_HZ], preset("instant", stereo=mode, seconds=2.0)
    alike = stylize(np.stack([content, content], axis=1), [violin], settings).sound
    np.testing.assert_array_equal(alike[:, 0], alike[:, 1])
    left = stylize(np.stack([content, 0 * content], axis=1), [violin], settings).sound
    assert np.abs(left[:, 1]).max() == 0
    assert np.std(left[:, 0]) > 0.01


def test_opposed_channels_keep_their_image(guitar: np.ndarray, violin: np.ndarray) -> None:
    content = guitar[: 2 * SAMPLE_RATE_HZ]
    result = stylize(np.stack([content, -0.8 * content], axis=1), [violin], preset("instant", seconds=2.0)).sound
    assert np.corrcoef(result.T)[0, 1] < -0.95


@pytest.mark.usefixtures("short_windows")
def test_both_channels_of_a_long_content(guitar: np.ndarray, violin: np.ndarray) -> None:
    content = np.stack([guitar, np.roll(guitar, 15)], axis=1)[: 5 * SAMPLE_RATE_HZ]
    steps: list[Step] = []
    settings = preset("instant", stereo="joint", seconds=20.0, style_seconds=3.0)
    result: Result = stylize(content, [violin], settings, on_step=steps.append)
    assert result.sound.shape == content.shape
    assert [step.window for step in steps] == [1, 2, 3, 4]


def test_a_stop_brings_both_channels_as_far(stereo: np.ndarray, violin: np.ndarray) -> None:
    steps: list[Step] = []

    def on_step(step: Step) -> bool:
        steps.append(step)
        return len(steps) == 2

    result = stylize(stereo, [violin], dataclasses.replace(FEW, stereo="joint"), on_step=on_step)
    assert result.stop_reason == "stopped"
    assert [(step.window, step.stage, step.iteration) for step in steps] == [
        (1, "solve", 1), (1, "solve", 2), (2, "solve", 1), (2, "solve", 2),
    ]  # fmt: skip
    assert (np.std(result.sound, axis=0) > 0.01).all()


@pytest.mark.parametrize("side", [0, 1])
def test_a_silent_channel_leaves_the_figures_of_the_other(side: int, guitar: np.ndarray, violin: np.ndarray) -> None:
    content = guitar[: 2 * SAMPLE_RATE_HZ]
    alone = stylize(content, [violin], FEW)
    pair = np.stack([content * (channel == side) for channel in (0, 1)], axis=1)
    result = stylize(pair, [violin], dataclasses.replace(FEW, stereo="joint"))
    assert result.solved.total == pytest.approx(alone.solved.total, rel=1e-3)
    assert result.spectrogram.shape == alone.spectrogram.shape
    assert np.corrcoef(result.spectrogram.ravel(), alone.spectrogram.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_channel_of_no_numbers_is_refused_in_a_sentence(value: float, stereo: np.ndarray, violin: np.ndarray) -> None:
    bad = stereo.copy()
    bad[1000, 1] = value
    with pytest.raises(AudioError, match="not finite"):
        stylize(bad, [violin], MOSAIC)


@pytest.mark.parametrize("shape", [(44100, 3), (44100, 1), (2, 44100), (10, 10, 10)])
def test_other_shapes_are_refused_in_a_sentence(shape: tuple[int, ...], violin: np.ndarray) -> None:
    with pytest.raises(AudioError, match=r"give one channel or two, as an array"):
        stylize(np.ones(shape, np.float32), [violin], MOSAIC)
