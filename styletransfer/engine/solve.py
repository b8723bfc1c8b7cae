"""From recordings to a sound: solve for a spectrogram, find a phase for it, refine the sound itself.

A content may be a window of a longer one; then it can go on from the sound of the window before (`Head`).

Sounds are padded `(n_padded_samples,)` float32, at `spectral_loudness.REFERENCE_LUFS`; spectrograms are `(n_frames,
n_freqs)` of `log(1 + m)`, padded likewise. Call everything here inside `jax.enable_x64(True)`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from styletransfer.engine import (
    engines,
    griffin_lim,
    histogram_matching,
    mosaic,
    optimisers,
    recordings,
    spectrogram,
)
from styletransfer.engine.content_target import SOUND_ENGINE, ContentTarget, content_target
from styletransfer.engine.finishing import Finishing, finishing
from styletransfer.engine.head import Head
from styletransfer.engine.losses import objective, waveform
from styletransfer.engine.losses.objective import Losses
from styletransfer.engine.recordings import Clip
from styletransfer.engine.shapes import (
    Frames,
    HostChannels,
    HostSound,
    PaddedSound,
    Point,
    Recording,
)
from styletransfer.engine.style_target import StyleTarget, style_target
from styletransfer.settings import Settings

MIN_PHASE_ITERATIONS = 32
"""Iterations of Griffin-Lim after which a transfer that was stopped ends: some tenths of a second for 10 s of sound."""
START_BLENDS = (0.25, 0.5, 0.75, 1.0)
"""Parts of the way from the content to another solution that are tried as starts."""


@dataclass(frozen=True)
class Solver:
    """A content beside its styles, ready to be solved for.

    `settings` say with what weights of the losses, and how long.
    """

    settings: Settings
    clip: Clip
    style: StyleTarget
    content: ContentTarget
    finishing: Finishing
    head: Head | None = None

    @property
    def goal(self) -> objective.Goal:
        """What the solve of a spectrogram lowers."""
        return self.content.goal

    @property
    def n_frames(self) -> int:
        """Frames of the solve, without those of the padding."""
        return self.clip.frame_count(self.settings.hop_length)

    @property
    def padded_samples(self) -> int:
        """Samples of every sound in here, padding included."""
        return self.clip.samples.shape[0]

    def with_settings(self, settings: Settings) -> Solver:
        """Return the same recordings and targets with other settings.

        Only weights of the losses and counts of iterations may differ.
        """
        finishing = dataclasses.replace(self.finishing, settings=settings)
        return dataclasses.replace(
            self, settings=settings, content=self.content.with_weights(settings), finishing=finishing
        )

    def solve(self, on_iteration: optimisers.OnIteration, start: Frames | None = None) -> optimisers.Solution:
        """Solve for the spectrogram whose weighted total is low.

        Starts as the settings say, or on the way between the content and `start` `(n_frames, n_freqs)`, such as the
        solution for another strength. The solution's `x` is `(n_frames, n_freqs)` log magnitudes, padded.
        """
        settings = self.settings
        start = self._start() if start is None else self._lowest(self._blends(start))
        if self.head is not None:
            start = self.head.on_frames(start, settings)
        solution = optimisers.minimise(
            objective.weighted_total_of_point,
            _start_of(start, self.goal),
            self.goal,
            method=settings.optimizer,
            iterations=settings.iterations,
            learning_rate=settings.learning_rate,
            on_iteration=on_iteration,
            chunk=engines.load(settings.engine).CHUNK,
        )
        return dataclasses.replace(solution, x=self.frames_of(solution.x))

    def _blends(self, start: Frames) -> list[jax.Array]:
        return [_between(self.goal.content_frames, start, part) for part in START_BLENDS]

    def _start(self) -> jax.Array:
        content = self.goal.content_frames
        match self.settings.start:
            case "noise":
                noise = jax.random.normal(jax.random.key(self.settings.seed), content.shape, jnp.float32)
                return jnp.abs(noise)
            case "matched":
                # At low strength the content itself is nearer.
                return self._lowest([content, self._match_histogram()])
            case _:
                return content

    def _lowest(self, starts: Sequence[jax.Array]) -> jax.Array:
        return min(starts, key=lambda frames: self.losses(_level_frames(frames, self.goal)).total)

    def _match_histogram(self) -> jax.Array:
        content, styles = self.content.first.content, self.content.first.style.joined
        n_frames, n_style_frames = content.lengths[0], sum(styles.lengths)
        theirs = styles.frames[:n_style_frames], styles.frame_weights()[:n_style_frames]
        matched = histogram_matching.match_histogram(content.frames[:n_frames], *theirs)
        return jax.device_put(np.concatenate([matched, content.frames[n_frames:]]))

    def find_phase(
        self,
        log_magnitudes: Frames,
        on_iteration: optimisers.OnIteration,
        *,
        stopped: bool = False,
        like: PaddedSound | None = None,
    ) -> tuple[PaddedSound, bool]:
        """Find a sound for log magnitudes `(n_frames, n_freqs)` by Griffin-Lim.

        Its phase starts from that of the sound `like`, or from where the settings say. `on_iteration` gets the losses
        of the sound so far, now and then, until it returns True. After that, and if the transfer was `stopped` before,
        the search goes on only until the sound is fit to be heard. Returns the sound `(n_padded_samples,)` and whether
        it was stopped.
        """
        settings = self.settings
        if like is None and settings.phase_init == "random":
            start = griffin_lim.random_phase(settings.seed, log_magnitudes.shape)
        else:
            content = self.clip.samples if self.head is None else self.head.on_content(self.clip.samples)
            start = _stft(content if like is None else like, settings.n_fft, settings.hop_length)

        def report(iteration: int, point: Point) -> bool:
            nonlocal stopped
            if not stopped:
                stopped = bool(on_iteration(self.report(iteration, point)))
            return stopped and iteration >= MIN_PHASE_ITERATIONS

        count = settings.griffin_lim_iterations
        if count:
            report(0, _point_of(log_magnitudes, self.goal))
        return self._griffin_lim(log_magnitudes, start, count, report if count else None), stopped

    def draft(self, point: Point, iterations: int) -> PaddedSound:
        """Make a quick sound for a point of the solve, from the content's phase.

        `iterations` are Griffin-Lim's. Returns `(n_padded_samples,)` float32.
        """
        start = _stft(self.clip.samples, self.settings.n_fft, self.settings.hop_length)
        return self._griffin_lim(self.frames_of(point), start, iterations)

    def _griffin_lim(
        self, log_magnitudes: Frames, start: jax.Array, iterations: int, on_chunk: griffin_lim.OnChunk | None = None
    ) -> jax.Array:
        return griffin_lim.griffin_lim(
            _magnitude_of_log(log_magnitudes),
            start,
            self.clip.n_samples,
            hop_length=self.settings.hop_length,
            padded_samples=self.padded_samples,
            iterations=iterations,
            momentum=self.settings.griffin_lim_momentum,
            on_chunk=on_chunk,
        )

    def refine(self, sound: PaddedSound, on_iteration: optimisers.OnIteration) -> optimisers.Solution:
        """Lower the losses of a sound itself, at all block lengths.

        Takes a sound `(n_padded_samples,)`; the solution's `x` is one, too.
        """
        return optimisers.minimise(
            waveform.weighted_total,
            sound if self.head is None else self.head.on_sound(sound),
            self.content.sound_goal,
            method="lbfgs",
            iterations=self.settings.refinement_iterations,
            on_iteration=on_iteration,
            chunk=engines.load(SOUND_ENGINE).CHUNK,
        )

    def report(self, iteration: int, point: Point) -> optimisers.Report:
        """Measure a point of a stage that no optimiser reports on: see `frames_of`."""
        total, terms = _weighted_total(self.frames_of(point), self.goal)
        return optimisers.Report(iteration, float(total), tuple(map(float, terms)), lambda: point)

    def frames_of(self, point: Point) -> jax.Array:
        """Return the log magnitudes at which the losses of a point are taken.

        `point` is one of the solve's `(n_frames, n_freqs)`, or a sound `(n_padded_samples,)`; returns
        `(n_frames, n_freqs)`.
        """
        if point.ndim == 2:
            return _frames_of(point, self.goal)
        return _level_frames(self._log_magnitudes(point), self.goal)

    def mosaic(self) -> HostSound:
        """Play the content with pieces of the styles, `(n_samples,)`: see mosaic.py."""
        return mosaic.mosaic(self.clip, self.style.clips, self.style.shares, self.settings)

    def losses(self, log_magnitudes: Frames) -> Losses:
        """Measure the losses that are solved for.

        Takes log magnitudes `(n_frames, n_freqs)`, at the level that they have.
        """
        total, (content, style, _) = _weighted_total(log_magnitudes, self.goal)
        return Losses(float(total), float(content), float(style))

    def losses_heard(self, sound: HostSound) -> Losses:
        """Measure the losses of a finished sound `(n_samples,)`, the mono mix of one of two channels.

        It is treated like any recording: brought to the reference loudness and padded.
        """
        return self.losses(self._log_magnitudes(recordings.level_and_pad(sound, self.padded_samples)))

    def _log_magnitudes(self, sound: PaddedSound) -> jax.Array:
        return spectrogram.log_magnitude_spectrogram(sound, self.settings.n_fft, self.settings.hop_length)


def prepare(content: HostSound, styles: Sequence[Recording], settings: Settings) -> Solver:
    """Analyse recordings into a solver.

    Each is `(n_samples,)`, at any level, and at least as long as `blocks.shortest_samples`. Raises ValueError where
    no recording holds a patch.
    """
    both = recordings.prepare(content, styles, settings.hop_length)
    return prepare_window(both.content, style_target(both.styles, settings), settings)


def prepare_window(
    clip: Clip,
    style: StyleTarget,
    settings: Settings,
    *,
    stereo: HostChannels | None = None,
    head: Head | None = None,
) -> Solver:
    """Analyse a content, or a window of one, into a solver beside styles that were analysed before.

    `stereo` are the content's two channels, of which `clip` is the mono mix; `head` is what the result begins with.
    """
    target = content_target(clip, style, settings)
    if head is not None:
        target = target.holding(head.frame_count(settings), head.held_samples())
    return Solver(
        settings=settings,
        clip=clip,
        style=style,
        content=target,
        finishing=finishing(clip, style, settings, stereo),
        head=head,
    )


def relative_losses(target: engines.Target, sound: HostSound, clip: Clip, settings: Settings) -> tuple[float, float]:
    """Measure content and style loss of a sound against a target.

    The sound `(n_samples,)` is brought to the reference loudness and padded as `clip` is.
    """
    padded = recordings.level_and_pad(sound, clip.samples.shape[0])
    frames = spectrogram.log_magnitude_spectrogram(padded, settings.n_fft, settings.hop_length)
    content, style = _losses(frames, target)
    return float(content), float(style)


# What runs outside of these is compiled operation by operation, anew for each length, and each program takes memory.
_between = jax.jit(lambda a, b, part: a + jnp.float32(part) * (b - a))
_stft = jax.jit(spectrogram.stft, static_argnums=(1, 2))
_magnitude_of_log = jax.jit(spectrogram.magnitude_of_log)
_weighted_total = jax.jit(objective.weighted_total)
_losses = jax.jit(lambda frames, target: target.losses(frames))
_level_frames = jax.jit(objective.level_frames)
_point_of = jax.jit(objective.point_of)
_start_of = jax.jit(objective.start_of)
_frames_of = jax.jit(objective.frames_of)
