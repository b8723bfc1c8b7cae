"""The losses of a sound itself, at several block lengths at once.

An optimised spectrogram is that of no sound; what Griffin-Lim makes of it has several times its losses. Lowering the
same losses over the samples, through the short-time Fourier transform, wins most of that back, and a short block (for
attacks) and a long one (for tones) can be matched together, which no single spectrogram can.

Sounds are `(n_samples,)` float32, silent from the recording's end to the end of their bucket.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp

from styletransfer.engine import spectrogram
from styletransfer.engine.losses import objective


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class SoundGoal:
    """A goal for each block length, counted equally."""

    goals: tuple[objective.Goal, ...]
    n_samples: jax.Array
    """samples that are not padding"""
    blocks: tuple[tuple[int, int], ...] = field(metadata={"static": True})
    """n_fft and hop_length of each goal"""


def weighted_total(sound: jax.Array, goal: SoundGoal) -> tuple[jax.Array, tuple[jax.Array, jax.Array, jax.Array]]:
    """`objective.weighted_total` and its terms, mean over block lengths, and what loud frames cost in the first."""
    sound = sound * (jnp.arange(sound.shape[0]) < goal.n_samples)
    magnitudes = [spectrogram.magnitude(spectrogram.stft(sound, *block)) for block in goal.blocks]
    gain, cost = objective.level_of(magnitudes[0], goal.goals[0])
    totals, terms = [], []
    for block_magnitudes, block_goal in zip(magnitudes, goal.goals, strict=True):
        total, term = objective.weighted_total(jnp.log1p(block_magnitudes * gain), block_goal)
        totals.append(total)
        terms.append(term)
    content, style, correlation = (jnp.mean(jnp.stack(term)) for term in zip(*terms, strict=True))
    return jnp.mean(jnp.stack(totals)) + cost, (content, style, correlation)
