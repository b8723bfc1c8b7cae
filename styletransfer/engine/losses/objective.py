"""The weighted total that a solver lowers, of a spectrogram or what stands for it, at the loudness of its recordings.

A goal is a pytree of arrays, an argument of jitted functions. Frames are `(n_frames, n_freqs)` float32 of `log(1 + m)`.
Call these functions inside `jax.enable_x64(True)`. docs/method.md explains level, excess and roots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from styletransfer.engine import spectral_loudness, spectrogram
from styletransfer.engine.engines import Target
from styletransfer.engine.shapes import Frames, Scalar

MIN_ROOT = np.float32(0.05)
"""Of a magnitude at the start, far below what is heard: a root of 0 has no slope, and digital silence would stay so."""
EXCESS_COST = np.float32(0.1724)
"""Of frames that are all one neper of power, 4.3 dB, louder than any of the recordings. One such frame of 10 s costs
little beside the losses, yet more than a thump that deceives the meter wins. A hundred times as much slows the solver
down."""


@dataclass(frozen=True, slots=True)
class Losses:
    """A weighted total and its two parts before weighting."""

    total: float
    content: float
    style: float


class Goal(NamedTuple):
    """What a solver needs to know: targets, weights, and the loudness to keep."""

    target: Target
    content_frames: jax.Array
    """`(n_frames, n_freqs)`"""
    n_frames: jax.Array
    """frames that are not padding"""
    alpha: jax.Array
    beta: jax.Array
    meter: spectral_loudness.Meter | None
    """None where frames are taken at the level they have, as in the paper"""
    n_held: jax.Array | None = None
    """frames at the beginning that a solver is to leave as they are; None where it moves all"""


def point_of(frames: Frames, goal: Goal) -> Frames:
    """Turn log magnitudes into what a solver moves.

    In the paper's goal these are the log magnitudes `(n_frames, n_freqs)` themselves, else square roots of magnitudes,
    of the same shape. A magnitude cannot fall below 0 that way, while a logarithm can, and then has no slope that would
    lead it back; and one step of a solver changes soft and loud ones in proportion.
    """
    return frames if goal.meter is None else jnp.sqrt(spectrogram.magnitude_of_log(frames))


def start_of(frames: Frames, goal: Goal) -> Frames:
    """Turn log magnitudes into a point from which a solver can move everything.

    As `point_of`, but no root is below MIN_ROOT: a root of 0 has no slope.
    """
    point = point_of(frames, goal)
    return point if goal.meter is None else jnp.maximum(point, MIN_ROOT)


def frames_of(point: Frames, goal: Goal) -> Frames:
    """Turn a point of a solver into log magnitudes `(n_frames, n_freqs)`.

    They are at the level at which the goal's losses are taken.
    """
    return _frames_and_cost(point, goal)[0]


def weighted_total_of_point(point: jax.Array, goal: Goal) -> tuple[jax.Array, tuple[jax.Array, jax.Array, jax.Array]]:
    """Compute what a spectrogram is solved for, of a point of the solver.

    It is the `weighted_total` of the point's log magnitudes and what frames cost that are too loud, a float64 scalar;
    beside it stand the terms of `weighted_total`.
    """
    frames, cost = _frames_and_cost(point, goal)
    total, terms = weighted_total(frames, goal)
    return total + cost, terms


def _frames_and_cost(point: jax.Array, goal: Goal) -> tuple[jax.Array, jax.Array]:
    point = held(point, goal.n_held)
    return (point, jnp.zeros((), jnp.float32)) if goal.meter is None else _level_frames(point**2, goal)


def held(point: jax.Array, n_held: jax.Array | None) -> jax.Array:
    """Keep the first `n_held` rows of a point, frames or samples, where they are: they have no gradient."""
    if n_held is None:
        return point
    rows = jnp.arange(point.shape[0]).reshape((-1,) + (1,) * (point.ndim - 1))
    return jnp.where(rows < n_held, jax.lax.stop_gradient(point), point)


def level_frames(frames: Frames, goal: Goal) -> Frames:
    """Bring log magnitudes to the level at which the goal's losses are taken."""
    return frames if goal.meter is None else _level_frames(spectrogram.magnitude_of_log(frames), goal)[0]


def _level_frames(magnitudes: jax.Array, goal: Goal) -> tuple[jax.Array, jax.Array]:
    gain, cost = level_of(magnitudes, goal)
    return jnp.log1p(magnitudes * gain), cost


def level_of(magnitudes: jax.Array, goal: Goal) -> tuple[jax.Array, jax.Array]:
    """Measure how far magnitudes are from the level of the goal, and what too loud frames cost.

    Returns the factor that brings magnitudes `(n_frames, n_freqs)` to the level at which the goal's losses are taken,
    and the cost of those frames that are then louder than any of the recordings: scalars, 1 and 0 in the paper's goal.
    """
    if goal.meter is None:
        return jnp.ones((), jnp.float32), jnp.zeros((), jnp.float32)
    inside = (jnp.arange(magnitudes.shape[0]) < goal.n_frames).astype(jnp.float32)
    gain, excess = spectral_loudness.gain_and_excess(magnitudes, goal.meter, inside)
    return gain, EXCESS_COST * excess


def weighted_total(frames: jax.Array, goal: Goal) -> tuple[jax.Array, tuple[jax.Array, jax.Array, jax.Array]]:
    """Compute the weighted sum of content and style loss of log magnitudes `(n_frames, n_freqs)`.

    Returns `alpha * content + beta * style`, and beside it content loss, style loss and the correlation with the
    content: all float64 scalars.
    """
    content, style = goal.target.losses(frames)
    total = goal.alpha * content + goal.beta * style
    return total, (content, style, correlation(frames, goal.content_frames, goal.n_frames))


def correlation(a: Frames, b: Frames, n_frames: jax.Array) -> Scalar:
    """Compute Pearson's correlation of the first `n_frames` rows of two arrays.

    Both are `(n_rows, n_columns)`. From -1 to 1, a float64 scalar; 0 where one of them is constant.
    """
    inside = jnp.arange(a.shape[0]) < n_frames
    count = n_frames * a.shape[1]

    def total(x: jax.Array) -> jax.Array:
        return jnp.sum(jnp.where(inside, jnp.sum(x, axis=1), 0.0), dtype=jnp.float64)

    covariance = total(a * b) - total(a) * total(b) / count
    variances = (total(a * a) - total(a) ** 2 / count) * (total(b * b) - total(b) ** 2 / count)
    return jnp.where(variances > 0, covariance / jnp.sqrt(jnp.where(variances > 0, variances, 1.0)), 0.0)
