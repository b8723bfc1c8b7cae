"""One content, its styles and their settings, made ready for the device: what is solved for, refined and measured.

Sounds are mono `(n_samples,)`; inside, they are at `level.REFERENCE_LUFS` and padded with silence to a whole bucket
of frames. Call everything here inside `jax.enable_x64(True)`.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from styletransfer.engine import (
    griffin_lim,
    histogram_matching,
    loudness,
    noise_gate,
    optimisers,
    padded_spectrograms,
    rhythm,
    spectral_loudness,
    spectrogram,
)
from styletransfer.engine.losses import conv_network, objective, targets, waveform
from styletransfer.engine.losses.objective import Goal, Losses
from styletransfer.engine.padded_spectrograms import PaddedSpectrograms
from styletransfer.settings import SAMPLE_RATE_HZ, Block, Settings

FADE_S = 0.005
"""Fade at either end of the result, so that a recording cut in mid-sound does not end in a click."""
MIN_PHASE_ITERATIONS = 32
"""Iterations of Griffin-Lim after which a transfer that was stopped ends: some tenths of a second for 10 s of sound."""
START_BLENDS = (0.25, 0.5, 0.75, 1.0)
"""Parts of the way from the content to another solution that are tried as starts."""
CHUNK = 4
"""Iterations between two looks at what the caller wants, where one takes a fraction of a second."""


class _Pair(NamedTuple):
    """Content and styles at one block length."""

    block: Block
    content: PaddedSpectrograms
    styles: PaddedSpectrograms
    widths: tuple[int, ...]
    meter: spectral_loudness.Meter
    """takes frames for too loud that are louder than the loudest of the recordings"""


class Problem:
    """See the module's description. Recordings are to be as long as `settings.shortest_samples`."""

    def __init__(self, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings) -> None:
        self.settings = settings
        self.n_samples = len(content)
        self.n_frames = spectrogram.frame_count(self.n_samples, settings.hop_length)
        self.loudness = loudness.integrated_loudness(content)
        self.padded_samples = padded_spectrograms.bucket_samples(self.n_samples, settings.hop_length)
        self.content = self._level(content, self.padded_samples)
        bucket_samples = partial(padded_spectrograms.bucket_samples, hop_length=settings.hop_length)
        self.styles = [self._level(style, bucket_samples(len(style))) for style in styles]
        self.style_samples = [len(style) for style in styles]
        is_kernel, is_refined = settings.engine == "kernel", settings.refinement_iterations > 0
        pairs = [self._pair(block) for block in (settings.blocks if is_refined else settings.blocks[:1])]
        self.pair = pairs[0]
        # On the sound, both engines are the infinitely wide network: it is the limit of the finite one.
        wide = [self._kernel_target(pair) for pair in pairs] if is_kernel or is_refined else []
        self.goal = self._goal(self.pair, wide[0] if is_kernel else self._network_target(self.pair))
        goals = tuple(self._goal(*both) for both in zip(pairs, wide, strict=bool(wide)))
        blocks = tuple((pair.block.n_fft, pair.block.hop_length) for pair in pairs)
        self.sound_goal = waveform.SoundGoal(goals, jnp.asarray(self.n_samples), blocks)
        self.allowed_power = self._allowed_power() if settings.noise_gate == "on" else None

    def with_settings(self, settings: Settings) -> Problem:
        """The same recordings and targets with other weights of the losses, and other counts of iterations."""
        other = copy.copy(self)
        other.settings = settings
        weights = {"alpha": jnp.asarray(settings.content_weight), "beta": jnp.asarray(settings.beta)}
        other.goal = self.goal._replace(**weights)
        goals = tuple(goal._replace(**weights) for goal in self.sound_goal.goals)
        other.sound_goal = waveform.SoundGoal(goals, self.sound_goal.n_samples, self.sound_goal.blocks)
        return other

    def solve(self, on_iteration: optimisers.OnIteration, start: jax.Array | None = None) -> optimisers.Solution:
        """The log magnitudes `(n_frames, n_freqs)` that lower the weighted total, from the settings' own start, or from
        the way between the content and `start`, such as the solution for another strength."""
        settings = self.settings
        start = (
            self._start()
            if start is None
            else self._lowest([_between(self.goal.content_frames, start, part) for part in START_BLENDS])
        )
        solution = optimisers.minimise(
            objective.weighted_total_of_point,
            _start_of(start, self.goal),
            self.goal,
            method=settings.optimizer,
            iterations=settings.iterations,
            learning_rate=settings.learning_rate,
            on_iteration=on_iteration,
            chunk=CHUNK if settings.engine == "kernel" else 1,
        )
        return dataclasses.replace(solution, x=self.frames_of(solution.x))

    def _start(self) -> jax.Array:
        content = self.goal.content_frames
        match self.settings.init:
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
        content, styles = self.pair.content, self.pair.styles
        n_frames, n_style_frames = content.lengths[0], sum(styles.lengths)
        theirs = styles.frames[:n_style_frames], styles.frame_weights()[:n_style_frames]
        matched = histogram_matching.match_histogram(content.frames[:n_frames], *theirs)
        return jax.device_put(np.concatenate([matched, content.frames[n_frames:]]))

    def sound(
        self,
        log_magnitudes: jax.Array,
        on_iteration: optimisers.OnIteration,
        *,
        stopped: bool = False,
        like: jax.Array | None = None,
    ) -> tuple[jax.Array, bool]:
        """`(padded_samples,)`: a sound with these magnitudes, as nearly as Griffin-Lim comes to one, whose phase starts
        from that of the sound `like`, or from where the settings say.

        `on_iteration` gets the losses of the sound so far, now and then, until it returns True. After that, and if the
        transfer was `stopped` before, the search goes on only until the sound is fit to be heard. The second value says
        whether it was stopped."""
        settings = self.settings
        if like is None and settings.phase_init == "random":
            start = griffin_lim.random_phase(settings.seed, log_magnitudes.shape)
        else:
            start = _stft(self.content if like is None else like, settings.n_fft, settings.hop_length)

        def report(iteration: int, point: jax.Array) -> bool:
            nonlocal stopped
            if not stopped:
                total, terms = _weighted_total(self.frames_of(point), self.goal)
                values = float(total), tuple(map(float, terms))
                stopped = bool(on_iteration(optimisers.Report(iteration, *values, lambda: point)))
            return stopped and iteration >= MIN_PHASE_ITERATIONS

        count = settings.griffin_lim_iterations
        if count:
            report(0, _point_of(log_magnitudes, self.goal))
        return self._griffin_lim(log_magnitudes, start, count, report if count else None), stopped

    def draft(self, point: jax.Array, iterations: int) -> jax.Array:
        """`(padded_samples,)`: a quick sound for a point of the solve, in the content's phase."""
        start = _stft(self.content, self.settings.n_fft, self.settings.hop_length)
        return self._griffin_lim(self.frames_of(point), start, iterations)

    def frames_of(self, point: jax.Array) -> jax.Array:
        """The log magnitudes `(n_frames, n_freqs)` at which the losses of `point` are taken: one of the solve's or a
        sound."""
        if point.ndim == 2:
            return _frames_of(point, self.goal)
        return _level_frames(self._log_magnitude(point, self.settings.blocks[0]), self.goal)

    def _griffin_lim(
        self, log_magnitudes: jax.Array, start: jax.Array, iterations: int, on_chunk: griffin_lim.OnChunk | None = None
    ) -> jax.Array:
        return griffin_lim.griffin_lim(
            _magnitude_of_log(log_magnitudes),
            start,
            self.n_samples,
            hop_length=self.settings.hop_length,
            padded_samples=self.padded_samples,
            iterations=iterations,
            momentum=self.settings.griffin_lim_momentum,
            on_chunk=on_chunk,
        )

    def refine(self, sound: jax.Array, on_iteration: optimisers.OnIteration) -> optimisers.Solution:
        """The sound `(padded_samples,)` with lower losses at all block lengths."""
        return optimisers.minimise(
            waveform.weighted_total,
            sound,
            self.sound_goal,
            method="lbfgs",
            iterations=self.settings.refinement_iterations,
            on_iteration=on_iteration,
            chunk=CHUNK,
        )

    def finish(self, sound: jax.Array) -> np.ndarray:
        """The result `(n_samples,)` float32: faded at both ends, at the content's loudness, at most -1 dBFS, and, where
        the settings say so, quiet where both recordings are."""
        finished = np.array(np.asarray(sound)[: self.n_samples])
        n_fade = min(round(FADE_S * SAMPLE_RATE_HZ), self.n_samples // 2)
        fade = np.sin(np.linspace(0, np.pi / 2, n_fade, endpoint=False, dtype=np.float32)) ** 2
        finished[:n_fade] *= fade
        finished[-n_fade:] *= fade[::-1]
        if self.allowed_power is not None:
            levelled = loudness.at_loudness(finished, spectral_loudness.REFERENCE_LUFS)
            finished = noise_gate.gate(levelled, self.allowed_power)
        return loudness.limit_peak(loudness.at_loudness(finished, self.loudness))

    def _allowed_power(self) -> np.ndarray:
        padded = zip(self.styles, self.style_samples, strict=True)
        styles = [noise_gate.power(np.asarray(style)[:n_samples]) for style, n_samples in padded]
        return noise_gate.allowed_power(
            noise_gate.power(np.asarray(self.content)[: self.n_samples]), styles, self.pair.styles.weights
        )

    def losses(self, log_magnitudes: jax.Array) -> Losses:
        """The losses that are solved for, of log magnitudes `(n_frames, n_freqs)`."""
        total, (content, style, _) = _weighted_total(log_magnitudes, self.goal)
        return Losses(float(total), float(content), float(style))

    def losses_heard(self, sound: np.ndarray) -> Losses:
        """The same losses of a sound `(n_samples,)`, treated like any recording."""
        return self.losses(self._heard(sound))

    def relative_losses_heard(self, sound: np.ndarray) -> tuple[float, float]:
        """Content and style loss of a sound `(n_samples,)`, relative whatever the settings ask for."""
        content, style = _losses(self._heard(sound), targets.relative(self.goal.target))
        return float(content), float(style)

    def _heard(self, sound: np.ndarray) -> jax.Array:
        return self._log_magnitude(self._level(sound, self.padded_samples), self.settings.blocks[0])

    def _goal(self, pair: _Pair, target: targets.Target) -> Goal:
        return Goal(
            target=target,
            content_frames=jax.device_put(pair.content.frames),
            n_frames=jnp.asarray(pair.content.lengths[0]),
            alpha=jnp.asarray(self.settings.content_weight),
            beta=jnp.asarray(self.settings.beta),
            meter=None if self.settings.losses == "raw" else pair.meter,
        )

    def _kernel_target(self, pair: _Pair) -> targets.KernelTarget:
        filters = self.settings.filters if self.settings.losses == "raw" else None
        return targets.kernel_target(
            pair.content, pair.styles, pair.widths, layers=self.settings.layers, filters=filters
        )

    def _network_target(self, pair: _Pair) -> targets.NetworkTarget:
        settings, (width,) = self.settings, pair.widths
        filters = conv_network.random_filters(settings.seed, width, settings.n_fft // 2 + 1, settings.filters)
        relative = settings.losses == "relative"
        return targets.network_target(
            pair.content, pair.styles, conv_network.fast_filters(filters), width, relative=relative
        )

    def _pair(self, block: Block) -> _Pair:
        """Content, with the rhythm that the settings ask for, and styles, and the kernel widths that fit them all."""
        content = np.asarray(self._log_magnitude(self.content, block))
        n_frames = spectrogram.frame_count(self.n_samples, block.hop_length)
        styles = [
            np.asarray(self._log_magnitude(style, block))[: spectrogram.frame_count(n_samples, block.hop_length)]
            for style, n_samples in zip(self.styles, self.style_samples, strict=True)
        ]
        joined = padded_spectrograms.join(styles, self.settings.style_weights, self._style_frames(block))
        meter = spectral_loudness.meter(block.n_fft, block.hop_length, [np.expm1(content), np.expm1(joined.frames)])
        if self.settings.rhythm:
            leader = styles[int(np.argmax(joined.weights))]
            moved = rhythm.with_rhythm_of(
                content[:n_frames], leader, self.settings.rhythm / 100, SAMPLE_RATE_HZ, block.hop_length
            )
            content = np.concatenate([moved, content[n_frames:]])
        longest = min(n_frames, *joined.lengths)
        depth = self.settings.layers
        widths = tuple(w for w in block.widths if depth * (w - 1) + 1 <= longest) or (block.widths[0],)
        return _Pair(block, PaddedSpectrograms(content, (n_frames,), (1.0,)), joined, widths, meter)

    def _style_frames(self, block: Block) -> int:
        """As many as any styles have at this block length that are in one bucket at the solve's own."""
        hop_length = self.settings.hop_length
        bucket = padded_spectrograms.bucket(sum(spectrogram.frame_count(n, hop_length) for n in self.style_samples))
        return bucket * hop_length // block.hop_length

    def _level(self, sound: np.ndarray, n_samples: int) -> jax.Array:
        levelled = loudness.at_loudness(sound, spectral_loudness.REFERENCE_LUFS).astype(np.float32)
        return jax.device_put(np.pad(levelled, (0, n_samples - len(sound))))

    @staticmethod
    def _log_magnitude(sound: jax.Array, block: Block) -> jax.Array:
        return spectrogram.log_magnitude_spectrogram(sound, block.n_fft, block.hop_length)


# What runs outside of these is compiled operation by operation, anew for each length, and each program takes memory.
_between = jax.jit(lambda a, b, part: a + jnp.float32(part) * (b - a))
_stft = jax.jit(spectrogram.stft, static_argnums=(1, 2))
_magnitude_of_log = jax.jit(spectrogram.magnitude_of_log)
_weighted_total = jax.jit(objective.weighted_total)
_losses = jax.jit(targets.losses)
_level_frames = jax.jit(objective.level_frames)
_point_of = jax.jit(objective.point_of)
_start_of = jax.jit(objective.start_of)
_frames_of = jax.jit(objective.frames_of)
