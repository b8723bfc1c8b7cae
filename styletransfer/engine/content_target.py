"""What a content, or a stretch of one, says beside its styles: the goals that a solver lowers.

Spectrograms are `(n_frames, n_freqs)` of `log(1 + m)`, float32. Call these functions inside `jax.enable_x64(True)`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from styletransfer.engine import engines, limiter, rhythm, sounding, spectral_loudness
from styletransfer.engine.losses.objective import Goal
from styletransfer.engine.losses.waveform import SoundGoal
from styletransfer.engine.padded_spectrograms import PaddedSpectrograms
from styletransfer.engine.recordings import Clip
from styletransfer.engine.style_target import StyleBlock, StyleTarget
from styletransfer.settings import MOSAIC, SAMPLE_RATE_HZ, Settings
from styletransfer.settings.strength import content_weight

SOUND_ENGINE = "kernel"
"""What is compared on the sound itself, whichever engine solves: the infinitely wide network is the limit of the finite
one."""


class ContentBlock(NamedTuple):
    """A content and its styles at one block length."""

    style: StyleBlock
    content: PaddedSpectrograms
    widths: tuple[int, ...]
    """of kernels, in frames, that fit the shortest recording"""
    meter: spectral_loudness.Meter
    """takes frames for too loud that are louder than the loudest of the recordings"""


@dataclass(frozen=True)
class ContentTarget:
    """The goals of one content beside its styles."""

    first: ContentBlock
    """at the block length of the solve"""
    goal: Goal
    """of the solve"""
    sound_goal: SoundGoal
    """of the sound itself; without goals where nothing is refined"""

    def with_weights(self, settings: Settings) -> ContentTarget:
        """Return the same targets with the weights of the losses that `settings` ask for."""
        weights = {"alpha": jnp.asarray(content_weight(settings)), "beta": jnp.asarray(settings.beta)}
        goals = tuple(goal._replace(**weights) for goal in self.sound_goal.goals)
        return dataclasses.replace(
            self,
            goal=self.goal._replace(**weights),
            sound_goal=dataclasses.replace(self.sound_goal, goals=goals),
        )

    def holding(self, n_frames: int, n_samples: int) -> ContentTarget:
        """Return the same targets for a solver that leaves so many frames, or samples, at the beginning as they are."""
        return dataclasses.replace(
            self,
            goal=self.goal._replace(n_held=jnp.asarray(n_frames)),
            sound_goal=dataclasses.replace(self.sound_goal, n_held=jnp.asarray(n_samples)),
        )


def measured_by(settings: Settings) -> str:
    """Name the engine whose losses are measured, and lowered where something is solved for."""
    return "kernel" if settings.engine == MOSAIC else settings.engine


def content_target(clip: Clip, style: StyleTarget, settings: Settings) -> ContentTarget:
    """Make the goals of a content beside its styles.

    `style` must have been analysed for the same settings, and every recording be as long as
    `blocks.shortest_samples`. The sound's goals are empty where nothing is refined.
    """
    blocks = [_content_block(clip, style_block, settings) for style_block in style.blocks]
    solving, refining = engines.load(measured_by(settings)), engines.load(SOUND_ENGINE)
    refines = settings.refines
    wide = [_target(refining, block, settings) for block in blocks] if refines or solving is refining else []
    first = wide[0] if solving is refining else _target(solving, blocks[0], settings)
    goals = tuple(_goal(block, target, settings) for block, target in zip(blocks, wide, strict=bool(wide)))
    resolutions = tuple((each.block.n_fft, each.block.hop_length) for each in style.blocks)
    at_reference = limiter.sample_ceiling(clip.loudness_lufs, spectral_loudness.REFERENCE_LUFS)
    ceiling = jnp.asarray(at_reference, jnp.float32)
    return ContentTarget(
        first=blocks[0],
        goal=_goal(blocks[0], first, settings),
        sound_goal=SoundGoal(goals, jnp.asarray(clip.n_samples), ceiling, resolutions),
    )


def relative_target(clip: Clip, style: StyleTarget, settings: Settings) -> engines.Target:
    """Make the target that the relative losses of a finished sound are measured against.

    It is that of `measured_by` at the block length of the solve, for the content as it is, whatever its rhythm
    is to become.
    """
    block = _content_block(clip, style.blocks[0], dataclasses.replace(settings, rhythm=0))
    return _target(engines.load(measured_by(settings)), block, settings).relative()


def _content_block(clip: Clip, style: StyleBlock, settings: Settings) -> ContentBlock:
    """The content with the rhythm that the settings ask for."""
    block = style.block
    frames, n_frames = clip.log_magnitudes(block), clip.frame_count(block.hop_length)
    own_loudest = spectral_loudness.loudest_power(np.expm1(frames), block.n_fft)
    meter = spectral_loudness.meter(block.n_fft, block.hop_length, max(own_loudest, style.loudest))
    if settings.rhythm:
        moved = rhythm.with_rhythm_of(
            frames[:n_frames],
            style.leader,
            settings.rhythm / 100,
            SAMPLE_RATE_HZ,
            block.hop_length,
            clip.begin // block.hop_length,
        )
        frames = np.concatenate([moved, frames[n_frames:]])
    shortest, depth = min(n_frames, *style.joined.lengths), settings.layers
    widths = tuple(w for w in block.widths if depth * (w - 1) + 1 <= shortest) or (block.widths[0],)
    content = PaddedSpectrograms(frames, (n_frames,), (1.0,), _sounding(clip, block.hop_length, len(frames)))
    return ContentBlock(style, content, widths, meter)


def _sounding(clip: Clip, hop_length: int, n_frames: int) -> np.ndarray | None:
    """Which frames of a content are to have the style's texture: its silence stays what it is."""
    found = sounding.sounding_frames(clip.unpadded(), hop_length)
    return None if found.all() else np.pad(found, (0, n_frames - len(found)))


def _target(engine: engines.Engine, block: ContentBlock, settings: Settings) -> engines.Target:
    return engine.target(block.content, block.style.joined, block.widths, settings)


def _goal(block: ContentBlock, target: engines.Target, settings: Settings) -> Goal:
    return Goal(
        target=target,
        content_frames=jax.device_put(block.content.frames),
        n_frames=jnp.asarray(block.content.lengths[0]),
        alpha=jnp.asarray(content_weight(settings)),
        beta=jnp.asarray(settings.beta),
        meter=None if settings.loss_scaling == "raw" else block.meter,
    )
