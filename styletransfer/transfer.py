"""The whole pipeline: two or more recordings in, the content in the texture of the styles out.

Sounds are float arrays at SAMPLE_RATE_HZ, mono `(n_samples,)` or stereo `(n_samples, 2)`; spectrograms are `(n_frames,
n_freqs)` of `log(1 + m)`.
Nothing here prints, touches files or global state; the same inputs, settings and machine give the same output.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from styletransfer import __version__
from styletransfer.engine import (
    content_target,
    loudness,
    optimisers,
    recordings,
    solve,
    sounding,
    style_target,
    windows,
)
from styletransfer.engine.losses.objective import Losses
from styletransfer.engine.run import Progress, Run, State, Store, Track, mean_losses
from styletransfer.engine.steps import OnStep, Recorder, Step
from styletransfer.errors import AudioError, SettingsError
from styletransfer.files import audio, downmix
from styletransfer.quality import report_card
from styletransfer.quality.report_card import ReportCard
from styletransfer.runtime.prepare import check_device
from styletransfer.settings import MAX_STYLES, MOSAIC, SAMPLE_RATE_HZ, Settings, series
from styletransfer.settings.blocks import shortest_samples

SKETCH_S = windows.WHOLE_S
"""Most of a content that is sketched."""
TOLD_SILENCE_S = 0.5
"""Least silence in a style that is worth a note."""
TOLD_LEVEL_DB = 0.5
"""Least difference from the content's loudness that is."""


@dataclass(frozen=True)
class Result:
    """A finished or stopped transfer."""

    sound: np.ndarray
    """`(n_samples,)` or `(n_samples, 2)` float32: the content's length and loudness, true peak at most -1 dBTP. Shorter
    where a transfer of several windows was stopped."""
    sample_rate_hz: int
    spectrogram: np.ndarray
    """`(n_frames, n_freqs)` float32: log magnitudes as solved, before a phase was found for them. Those of windows
    follow one another, of n windows the loudest of each n frames; of two channels that are each solved for, those of
    the first that sounds"""
    history: tuple[Step, ...]
    solved: Losses
    """of `spectrogram`"""
    delivered: Losses
    """of `sound`, re-analysed: what is heard"""
    stop_reason: str
    settings: Settings
    seconds_by_stage: dict[str, float]
    versions: dict[str, str]
    notes: tuple[str, ...] = ()
    """what a person should know of the recordings and of this sound, a sentence each"""


def stylize(
    content: np.ndarray,
    styles: Sequence[np.ndarray],
    settings: Settings | None = None,
    *,
    on_step: OnStep | None = None,
    clock: Callable[[], float] = time.perf_counter,
    store: Store | None = None,
) -> Result:
    """Play one recording in the texture of others.

    `content` `(n_samples,)` or `(n_samples, 2)`, and each of the one to four `styles` `(n_samples,)`, are recordings at
    44,100 Hz, at any level, already cut to their start; what is longer than `settings.seconds` (content) or
    `settings.style_seconds` (styles) is left off. The result has the content's channels, or one if `settings.stereo`
    says so. A content of more than 30 s is made window by window; `store` keeps those that are done. `on_step` is
    called after each iteration, and may look at what is being made (see engine/steps.py); returning True ends the
    transfer, and the best so far becomes the result (where each channel is solved for, the other is still brought as
    far). `clock` gives seconds. Raises AudioError for a recording that cannot be used, SettingsError for settings that
    do not fit the recordings, DeviceError where JAX has no device.
    """
    settings = settings or Settings()
    track, styles, notes = _checked(content, styles, settings)
    stopwatch = _Stopwatch(clock)
    with jax.enable_x64(True):  # losses are differences of large sums
        run = Run(track, styles, settings)
        recorder = Recorder(on_step, stopwatch.elapsed)
        return _result(
            run, run.make(settings, recorder, stopwatch.lap, store=store), settings, recorder, stopwatch, notes
        )


def sketch(
    content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep | None = None
) -> Result | None:
    """Make a mosaic of what is to be solved for, to be heard a second or two later, before the solve.

    It is of the first SKETCH_S of a longer content. None where there is no solve, or where it is the paper's, which has
    nothing to do with it. Arguments and errors are those of `stylize`.
    """
    shorter = sketch_settings(settings)
    return shorter and stylize(content, styles, shorter, on_step=on_step)


def sketch_settings(settings: Settings) -> Settings | None:
    """Return the settings of the sketch of a transfer, None where there is none."""
    if settings.engine == MOSAIC or not settings.follows_sliders:
        return None
    return dataclasses.replace(settings, engine=MOSAIC, seconds=min(settings.seconds, SKETCH_S))


def stylize_strengths(
    content: np.ndarray,
    styles: Sequence[np.ndarray],
    settings: Settings | None = None,
    *,
    strengths: Sequence[float],
    on_step: OnStep | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Result]:
    """Make one result for each of several strengths, much sooner than as many calls of `stylize`.

    `strengths` are from 0 to 100. The middle one comes first and takes all iterations that `settings` ask for; then
    come the stronger ones, upwards, and the weaker ones, downwards. They start from their neighbour's result and take
    fewer: see settings/series.py. Other arguments and errors, which the first `next` raises, are those of
    `stylize`; a stop ends the series after that result.
    """
    settings = settings or Settings()
    track, styles, notes = _checked(content, styles, settings)
    if not len(strengths):
        raise SettingsError("There are no strengths to make; give at least one, from 0 to 100.")
    neighbours = series.neighbours(strengths)
    each = {strength: dataclasses.replace(settings, strength=strength) for strength in neighbours}
    run: Run | None = None
    states: dict[float | None, dict[int, State]] = {}
    for number, (strength, neighbour) in enumerate(neighbours.items(), 1):
        asked = each[strength]
        later = list(neighbours.values())[number:]
        stopwatch = _Stopwatch(clock)
        with jax.enable_x64(True):
            run = run or Run(track, styles, asked)
            states[strength] = {}
            recorder = Recorder(on_step, stopwatch.elapsed)
            running = series.warm(asked, each[neighbour]) if neighbour is not None and states[neighbour] else asked
            done = run.make(running, recorder, stopwatch.lap, before=states.get(neighbour), states=states[strength])
            result = _result(run, done, asked, recorder, stopwatch, notes)
        states = {at: state for at, state in states.items() if at in later}  # others would fill the memory
        yield result
        if result.stop_reason == optimisers.STOPPED:
            return


def _result(
    run: Run, done: Progress, settings: Settings, recorder: Recorder, stopwatch: _Stopwatch, notes: tuple[str, ...]
) -> Result:
    """Master and measure what was made."""
    sound, delivered = run.finish(done, settings)
    stopwatch.lap("measure")
    return Result(
        sound=sound,
        sample_rate_hz=SAMPLE_RATE_HZ,
        spectrogram=np.concatenate(done.log_magnitudes),
        history=tuple(recorder.history),
        solved=mean_losses(done.solved),
        delivered=delivered,
        stop_reason=done.stop_reason,
        settings=settings,
        seconds_by_stage=stopwatch.laps,
        versions=_versions(),
        notes=(*notes, *_end_notes(sound, run.content.sound())),
    )


def measure(result: Result, content: np.ndarray, styles: Sequence[np.ndarray]) -> ReportCard:
    """Measure what a transfer did to the sound.

    Returns the report card of a result beside the recordings that it was made from; for several windows, what these
    have together. Takes about a second for 10 s of sound. `content` and `styles` are those that `stylize` got. Raises
    ValueError where the result is longer than the content.
    """
    track, styles, _ = _checked(content, styles, result.settings)
    if len(result.sound) > len(track.mono):
        raise ValueError(f"the result has {len(result.sound)} samples and its content {len(track.mono)}")
    sound, mono, peak = track.mix(result.sound), track.mono[: len(result.sound)], track.peak()
    spans = windows.spans(len(sound))
    counted = [span for span in spans if not windows.is_silent(mono[span], peak)] or spans
    with jax.enable_x64(True):
        cards = [_card(sound[span], mono[span], styles, result.settings) for span in counted]
    return cards[0] if len(spans) == 1 else report_card.together(cards, sound, mono)


def _card(sound: np.ndarray, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings) -> ReportCard:
    """The report card of one window."""
    both = recordings.prepare(content, styles, settings.hop_length)
    style = style_target.style_target(both.styles, settings)
    target = content_target.relative_target(both.content, style, settings)

    def losses(sound: np.ndarray) -> tuple[float, float]:
        """Those of a sound of the window."""
        return solve.relative_losses(target, sound, both.content, settings)

    return report_card.report_card(sound, content, styles, settings.style_weights, losses=losses)


def report(result: Result, card: ReportCard) -> dict[str, Any]:
    """Turn a result and its report card into values that JSON has.

    All but the sound and the spectrogram; numbers that are not finite stay as they are.
    """
    kept = (f.name for f in dataclasses.fields(result) if f.name not in ("sound", "spectrogram"))
    return {name: _as_json(getattr(result, name)) for name in kept} | {"report_card": _as_json(card.as_dict())}


class _Stopwatch:
    """Seconds since it was made, and seconds between laps by name."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.begun = self.last = clock()
        self.laps: dict[str, float] = {}

    def elapsed(self) -> float:
        return self.clock() - self.begun

    def lap(self, name: str) -> None:
        now = self.clock()
        self.laps[name], self.last = self.laps.get(name, 0.0) + now - self.last, now


def _checked(
    content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings
) -> tuple[Track, list[np.ndarray], tuple[str, ...]]:
    """What counts of the content and of the styles, of the lengths that the settings allow, and notes about it. Raises
    AudioError or SettingsError."""
    check_device()
    if not 1 <= len(styles) <= MAX_STYLES:
        raise SettingsError(f"{len(styles)} styles were given; use 1 to {MAX_STYLES}.")
    if settings.style_weights and len(settings.style_weights) != len(styles):
        raise SettingsError(
            f"{len(settings.style_weights)} style weights for {len(styles)} styles; give one for each, or none."
        )
    shortest = shortest_samples(settings)
    # With raw losses a result stays what it was, to the last bit.
    beyond = "even" if settings.follows_sliders else "odd"
    track = _track(content, settings, shortest, beyond)
    names = ["style"] if len(styles) == 1 else [f"style {i}" for i, _ in enumerate(styles, 1)]
    cut = [
        _cut(name, style, settings.style_seconds, shortest, beyond) for name, style in zip(names, styles, strict=True)
    ]
    notes = (note for name, style in zip(names, cut, strict=True) for note in _silence_notes(name, style))
    return track, [sounding.style_sound(style, shortest) for style in cut], tuple(notes)


def _track(content: np.ndarray, settings: Settings, shortest: int, beyond: sounding.Beyond) -> Track:
    """The content and, where the result is to have its channels, these."""
    content = np.asarray(content)
    if content.ndim == 1:
        return Track(_cut("content", content, settings.seconds, shortest, beyond))
    if content.ndim != 2 or content.shape[1] != 2:
        raise AudioError(
            f"The content has shape {content.shape}; give one channel or two, as an array (n_samples,) or "
            "(n_samples, 2)."
        )
    stereo = content[: round(settings.seconds * SAMPLE_RATE_HZ)]
    audio.check_finite(stereo, name="content")
    mono = _cut("content", downmix.to_mono(stereo)[0], settings.seconds, shortest, beyond)
    return Track(mono, None if settings.stereo == "mono" else sounding.without_rumble(stereo, beyond))


def _silence_notes(name: str, style: np.ndarray) -> list[str]:
    whole_s, sounding_s = len(style) / SAMPLE_RATE_HZ, sounding.sounding_s(style)
    if whole_s - sounding_s < TOLD_SILENCE_S:
        return []
    return [f"The {name} sounds for {sounding_s:.1f} s of {whole_s:.1f} s; its silence does not count."]


def _end_notes(sound: np.ndarray, content: np.ndarray) -> Iterator[str]:
    """What a person should know of a result."""
    if len(sound) < len(content):
        made_s, whole_s = (len(each) / SAMPLE_RATE_HZ for each in (sound, content))
        yield f"Stopped: the first {made_s:.0f} s of {whole_s:.0f} s are done."
    missing_db = loudness.integrated_loudness(content[: len(sound)]) - loudness.integrated_loudness(sound)
    if TOLD_LEVEL_DB <= missing_db < math.inf:
        yield f"The result is {missing_db:.1f} dB quieter than the content: louder, its peaks would clip."


def _cut(name: str, sound: np.ndarray, seconds: float, least: int, beyond: sounding.Beyond) -> np.ndarray:
    sound = np.asarray(sound)
    if sound.ndim != 1:
        raise AudioError(f"The {name} has shape {sound.shape}; give one channel, as an array (n_samples,).")
    sound = sound[: round(seconds * SAMPLE_RATE_HZ)]
    audio.check(sound, name=name, shortest_samples=least)
    sound = sounding.without_rumble(sound, beyond)
    audio.check(sound, name=name)
    return sound


def _versions() -> dict[str, str]:
    packages = ("jax", "jaxlib", "optax", "numpy", "scipy", "soxr", "pyloudnorm")
    return {"styletransfer": __version__} | {name: importlib.metadata.version(name) for name in packages}


def _as_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: _as_json(getattr(value, each.name)) for each in dataclasses.fields(value) if each.repr}
    if isinstance(value, dict):
        return {name: _as_json(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_as_json(item) for item in value]
    return value
