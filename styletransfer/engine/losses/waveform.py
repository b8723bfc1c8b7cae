"""The losses of a sound itself, at several block lengths at once.

A solved spectrogram is that of no sound; docs/method.md tells why the same losses are lowered over the samples, too.

Sounds are `(n_samples,)` float32, silent from the recording's end to the end of their bucket. Call inside
`jax.enable_x64(True)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp

from styletransfer.engine import spectral_loudness, spectrogram
from styletransfer.engine.losses import objective

PEAK_COST = 10.0
"""Of a sound that has as much energy above the ceiling as below it."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class SoundGoal:
    """A goal for each block length; all count equally."""

    goals: tuple[objective.Goal, ...]
    n_samples: jax.Array
    """samples that are not padding"""
    ceiling: jax.Array
    """amplitude, at the reference loudness, above which samples cost"""
    blocks: tuple[tuple[int, int], ...] = field(metadata={"static": True})
    """n_fft and hop_length of each goal"""
    n_held: jax.Array | None = None
    """samples at the beginning that stay as they are; None where all are refined"""


def weighted_total(sound: jax.Array, goal: SoundGoal) -> tuple[jax.Array, tuple[jax.Array, jax.Array, jax.Array]]:
    """Compute what a sound is refined for.

    The mean of `objective.weighted_total` over block lengths, and what frames cost that are too loud at the first of
    them, for a sound `(n_samples,)`. Returns it with the means of content loss, style loss and correlation: float64
    scalars.
    """
    sound = objective.held(sound, goal.n_held) * (jnp.arange(sound.shape[0]) < goal.n_samples)
    magnitudes = [spectrogram.magnitude(spectrogram.stft(sound, *block)) for block in goal.blocks]
    gain, cost = objective.level_of(magnitudes[0], goal.goals[0])
    cost += PEAK_COST * _share_above(sound * gain, goal.ceiling)
    totals, terms = [], []
    for block_magnitudes, block_goal in zip(magnitudes, goal.goals, strict=True):
        total, term = objective.weighted_total(jnp.log1p(block_magnitudes * gain), block_goal)
        totals.append(total)
        terms.append(term)
    content, style, correlation = (jnp.mean(jnp.stack(term)) for term in zip(*terms, strict=True))
    return jnp.mean(jnp.stack(totals)) + cost, (content, style, correlation)


def _share_above(sound: jax.Array, ceiling: jax.Array) -> jax.Array:
    """The energy of what a sound has above a ceiling, beside its own energy."""
    above = jnp.maximum(jnp.abs(sound) - ceiling, 0.0)
    return jnp.sum(above**2) / jnp.maximum(jnp.sum(sound**2), spectral_loudness.TINY)
