"""A whole content, window by window: from the recordings to the sound of a result.

A content of at most `windows.WHOLE_S` is one window. A longer one has several, each of which goes on from the end of
the one before. Where both channels of a stereo content are solved for, each is a track of its own. Call inside
`jax.enable_x64(True)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np

from styletransfer.engine import head, loudness, optimisers, recordings, solve, spectrogram, windows
from styletransfer.engine.losses.objective import Losses
from styletransfer.engine.mastering import mastering
from styletransfer.engine.shapes import HostChannels, HostSound, MonoOrStereo, Recording
from styletransfer.engine.solve import Solver
from styletransfer.engine.steps import Recorder, Step
from styletransfer.engine.style_target import style_target
from styletransfer.runtime import malloc
from styletransfer.settings import MOSAIC, Settings
from styletransfer.settings.strength import content_weight

COMPLETE = "complete"
"""Why a mosaic ended."""

Lap = Callable[[str], object]
"""Is told the name of each part of the work when it is done."""


class Track(NamedTuple):
    """What is made as one sound: a content, or one of its channels."""

    mono: HostSound
    stereo: HostChannels | None = None
    """the channels that `mono` is the mix of, whose image the result gets; None where the result is to have one"""

    def sound(self, span: slice = slice(None)) -> MonoOrStereo:
        """A stretch of the content, with as many channels as the result is to have."""
        return (self.mono if self.stereo is None else self.stereo)[span]

    def peak(self) -> float:
        """Greatest amplitude of the content."""
        return float(np.abs(self.sound()).max(initial=0.0))

    def mix(self, sound: MonoOrStereo) -> HostSound:
        """Mix a result as the content was mixed."""
        if self.stereo is None:
            return sound
        products = np.asarray(self.stereo.T @ self.stereo, np.float64)
        weights = np.linalg.pinv(products, rcond=1e-6, hermitian=True) @ (self.stereo.T @ self.mono)
        return (sound @ weights).astype(np.float32)


class State(NamedTuple):
    """What a window leaves for the same window at another strength."""

    log_magnitudes: jax.Array
    sound: jax.Array
    content_weight: float

    def phase_for(self, settings: Settings) -> jax.Array | None:
        """The sound whose phase to start from; none where the content is nearer, at a lower strength."""
        return self.sound if content_weight(settings) <= self.content_weight else None


class Made(NamedTuple):
    """What was made of one window of a track: enough to go on after it."""

    sound: MonoOrStereo
    """unmastered; where there are several windows or tracks, at the content's level"""
    held: HostSound
    """what the next window takes over, at the content's level"""
    log_magnitudes: np.ndarray
    """`(n_frames, n_freqs)` float32, as solved; of n windows the loudest of each n frames"""
    solved: Losses
    stop_reason: str
    steps: tuple[Step, ...]


@runtime_checkable
class Store(Protocol):
    """Where windows are kept that are done, so that a run that was killed can go on after them."""

    def load(self, number: int) -> Made | None:
        """The window of this number, if it was done."""
        ...

    def save(self, number: int, made: Made) -> None:
        """Keep a window."""
        ...


@dataclass
class Progress:
    """How far a run has come."""

    tracks: list[MonoOrStereo]
    """each as long as the windows that are done"""
    log_magnitudes: list[np.ndarray] = field(default_factory=list)
    """of the windows of one track: the first that sounds"""
    solved: list[Losses] = field(default_factory=list)
    stop_reason: str = COMPLETE

    def sound(self) -> MonoOrStereo:
        """All tracks side by side, unmastered."""
        return self.tracks[0] if len(self.tracks) == 1 else np.stack(self.tracks, axis=1)


class Run:
    """Makes results of one content, for any settings that differ in weights of the losses and counts of iterations."""

    def __init__(self, content: Track, styles: Sequence[Recording], settings: Settings) -> None:
        self.content, self.settings = content, settings
        channels = content.stereo if settings.stereo == "joint" else None
        self.tracks = (content,) if channels is None else tuple(map(Track, channels.T))
        self._seen = next((t for t, track in enumerate(self.tracks) if track.mono.any()), 0)
        self._peak = content.peak()
        self.spans = windows.spans(len(content.mono))
        clips = [recordings.prepare_clip(style, settings.hop_length) for style in styles]
        self.style = style_target(clips, settings)
        self._only: Solver | None = self._prepare(0, 0, settings, None) if self.is_one else None

    @property
    def is_one(self) -> bool:
        """Whether one window of one track is all."""
        return len(self.spans) == len(self.tracks) == 1

    def make(
        self,
        settings: Settings,
        recorder: Recorder,
        lap: Lap,
        *,
        before: Mapping[int, State] | None = None,
        states: dict[int, State] | None = None,
        store: Store | None = None,
    ) -> Progress:
        """Make all windows, or those up to a stop.

        `before` is what the windows left at another strength; what they leave now is added to `states`. What is in
        `store` is not made again.
        """

        def ended(part: str) -> None:
            lap(part)
            # Each part of a solve has arrays of other sizes, which seldom fit where those of the one before were. A
            # mosaic has small ones, and is to be done at once.
            if settings.engine != MOSAIC or not self.is_one:
                malloc.trim()

        done = Progress([])
        held: list[HostSound | None] = [None] * len(self.tracks)
        total = len(self.spans) * len(self.tracks)
        for i, span in enumerate(self.spans):
            for t in range(len(self.tracks)):
                if done.stop_reason == optimisers.STOPPED:
                    recorder.end_like_last()  # the other channel goes as far
                number = i * len(self.tracks) + t
                made = store.load(number) if store else None
                if made is None:
                    recorder.begin_window(number + 1, total)
                    made, state = self._window(i, t, held[t], settings, recorder, ended, (before or {}).get(number))
                    if state and states is not None and settings.engine != MOSAIC:
                        states[number] = state
                    if store and made.stop_reason != optimisers.STOPPED:
                        store.save(number, made)
                else:
                    recorder.history += made.steps
                held[t] = made.held if len(made.held) else None
                self._add(done, t, span, made)
            if done.stop_reason == optimisers.STOPPED:
                break
        return done

    def finish(self, done: Progress, settings: Settings) -> tuple[MonoOrStereo, Losses]:
        """Master what was made; returns the result and its losses, measured on it.

        `settings` are those that it was made with. A run that was stopped ends with the window that was at work.
        """
        sound = done.sound()
        if self._only is not None:
            finished = self._only.finishing.mastering.finish(sound)
            return finished, self._only.with_settings(settings).losses_heard(self.content.mix(finished))
        clip = recordings.prepare_clip(self.content.mono[: len(sound)], self.settings.hop_length)
        level = loudness.integrated_loudness(self._asked()[: len(sound)])
        finished = mastering(clip, self.style, level, self.settings).finish(sound)
        return finished, mean_losses(self._losses_heard(finished, settings))

    def _asked(self) -> MonoOrStereo:
        stereo = self.content.stereo
        return self.content.mono if stereo is None else stereo

    def _losses_heard(self, finished: MonoOrStereo, settings: Settings) -> list[Losses]:
        heard = [self.content.mix(finished)] if len(self.tracks) == 1 else list(finished.T)
        return [
            self._prepare(i, t, settings, None).losses_heard(heard[t][span])
            for i, span in enumerate(self.spans)
            for t in range(len(self.tracks))
            if span.stop <= len(finished) and not self._is_silent(i, t)
        ]

    def _window(
        self,
        i: int,
        t: int,
        held: HostSound | None,
        settings: Settings,
        recorder: Recorder,
        lap: Lap,
        before: State | None,
    ) -> tuple[Made, State | None]:
        span, n_before = self.spans[i], len(recorder.history)
        if self._is_silent(i, t):
            zeros = np.zeros_like(self.tracks[t].sound(span), np.float32)
            n_frames = spectrogram.frame_count(len(zeros), settings.hop_length)
            frames = np.zeros((-(-n_frames // len(self.spans)), 1 + settings.n_fft // 2), np.float32)
            return Made(zeros, np.zeros(0, np.float32), frames, Losses(0.0, 0.0, 0.0), COMPLETE, ()), None
        solver = self._only.with_settings(settings) if self._only else self._prepare(i, t, settings, held)
        lap("prepare")
        state, reason = _solved(solver, recorder, lap, before)
        sound, kept = solver.finishing.unmastered(state.sound), np.zeros(0, np.float32)
        if not self.is_one:
            sound = loudness.at_loudness(sound, loudness.integrated_loudness(self.tracks[t].sound(span)))
            own = np.asarray(state.sound)[: solver.clip.n_samples]
            if i + 1 < len(self.spans):
                own = loudness.at_loudness(own, solver.clip.loudness_lufs)
                kept = windows.held(own, self.spans[i + 1].start - span.start)
        solved, steps = solver.losses(state.log_magnitudes), tuple(recorder.history[n_before:])
        log_magnitudes = np.asarray(state.log_magnitudes)[: solver.n_frames]
        if len(self.spans) > 1:
            log_magnitudes = np.maximum.reduceat(log_magnitudes, np.arange(0, len(log_magnitudes), len(self.spans)))
        return Made(sound, kept, log_magnitudes, solved, reason, steps), state

    def _prepare(self, i: int, t: int, settings: Settings, held: HostSound | None) -> Solver:
        track, span = self.tracks[t], self.spans[i]
        clip = recordings.prepare_clip(track.mono[span], settings.hop_length, span.start)
        stereo = None if track.stereo is None else track.stereo[span]
        taken = None if held is None or settings.engine == MOSAIC else head.head(held, clip)
        return solve.prepare_window(clip, self.style, settings, stereo=stereo, head=taken)

    def _is_silent(self, i: int, t: int) -> bool:
        return not self.is_one and windows.is_silent(self.tracks[t].mono[self.spans[i]], self._peak)

    def _add(self, done: Progress, track: int, span: slice, made: Made) -> None:
        if span.start == 0:
            done.tracks.append(made.sound)
        else:
            done.tracks[track] = windows.join(done.tracks[track], made.sound, span.start)
        if track == self._seen:
            done.log_magnitudes.append(made.log_magnitudes)
        if made.steps:  # silence takes none
            done.solved.append(made.solved)
        if done.stop_reason != optimisers.STOPPED:
            done.stop_reason = made.stop_reason


def mean_losses(losses: Sequence[Losses]) -> Losses:
    """Average the losses of windows."""
    if not losses:
        return Losses(0.0, 0.0, 0.0)
    return Losses(*np.mean([(each.total, each.content, each.style) for each in losses], axis=0).tolist())


def _solved(solver: Solver, recorder: Recorder, lap: Lap, before: State | None) -> tuple[State, str]:
    """Solve for a spectrogram, find a sound for it, improve the sound; or put a mosaic together. Why it ended, too."""
    settings = solver.settings
    if settings.engine == MOSAIC:
        sound = recordings.level_and_pad(solver.mosaic(), solver.padded_samples)
        stopped = recorder.stage("mosaic", 1, solver)(solver.report(1, sound))
        lap("mosaic")
        return State(
            solver.frames_of(sound), sound, content_weight(settings)
        ), optimisers.STOPPED if stopped else COMPLETE
    solution = solver.solve(recorder.stage("solve", settings.iterations, solver), before and before.log_magnitudes)
    lap("solve")
    sound, stopped = solver.find_phase(
        solution.x,
        recorder.stage("phase", settings.griffin_lim_iterations, solver),
        stopped=solution.stop_reason == optimisers.STOPPED,
        like=before and before.phase_for(settings),
    )
    lap("phase")
    reason = optimisers.STOPPED if stopped else solution.stop_reason
    if settings.refines and not stopped:
        refinement = solver.refine(sound, recorder.stage("refine", settings.refinement_iterations, solver))
        sound, reason = refinement.x, refinement.stop_reason
        lap("refine")
    return State(solution.x, sound, content_weight(settings)), reason
