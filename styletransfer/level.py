"""Loudness of spectrograms: keeps what is solved for at the loudness at which it will be heard.

Losses of log(1 + m) depend on level, and left alone a solver prefers a sound several dB quieter than its recordings,
whose losses are lost as soon as the result is brought to the content's loudness. So the losses are taken of the frames
times the gain that brings them to the reference loudness, and the solver feels that gain in its gradient.

A solver that prefers a quiet sound soon finds how to deceive a loudness meter: one thump far above all else fills the
mean and shuts the gate, and the rest may be quiet. So no frame may be much louder than the loudest of the recordings.

Frames are `(n_frames, n_freqs)` float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from styletransfer import audio
from styletransfer.settings import SAMPLE_RATE_HZ

REFERENCE_LUFS = -20.0
"""Loudness that recordings are brought to before they are compared."""
RELATIVE_GATE = 0.1
"""Blocks below this part of the mean power are left out (BS.1770-4: -10 LU)."""
TINY = 1e-20
GATE_WIDTH = np.float32(0.1)
"""Nepers of power over which the gate opens: a gate that snaps is a step in the losses, at which a solver gets stuck."""
HEADROOM_DB = 3.0
"""How far the power of a frame may be above the loudest of the recordings."""
PASSES = 6
"""Of limiting the loud frames and making up for the loudness that goes with them."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class Meter:
    """A loudness meter for spectrograms of one block length: a pytree, so that jitted functions take it."""

    weights: jax.Array
    """`(n_freqs,)`: see `weights`"""
    limit: jax.Array
    """K-weighted power that no frame may have more of"""
    block_frames: int = field(metadata={"static": True})
    """frames of one gating block"""


def meter(n_fft: int, hop_length: int, recordings: Sequence[np.ndarray]) -> Meter:
    """The meter of BS.1770-4 for magnitudes `(n_frames, n_fft // 2 + 1)` of Hann windows. `recordings`, magnitudes too,
    say how loud a frame may be."""
    block_frames = max(1, round(audio.LOUDNESS_BLOCK_S * SAMPLE_RATE_HZ / hop_length))
    loudest = max(float((magnitudes**2 @ weights(n_fft)).max()) for magnitudes in recordings)
    limit = loudest * 10 ** (HEADROOM_DB / 10)
    return Meter(jnp.asarray(weights(n_fft)), jnp.asarray(limit, jnp.float32), block_frames)


def weights(n_fft: int) -> np.ndarray:
    """`(n_fft // 2 + 1,)` float32: turn the squared magnitudes of a frame into a power, K-weighted, that is 1 at
    REFERENCE_LUFS."""
    n_freqs = n_fft // 2 + 1
    both_sides = np.full(n_freqs, 2.0)
    both_sides[[0, -1]] = 1.0
    window_power = 3 / 8 * n_fft  # sum of squares of a Hann window
    reference = 10 ** ((REFERENCE_LUFS - audio.LOUDNESS_OFFSET_DB) / 10)
    return (audio.k_weighting(n_freqs) * both_sides / (n_fft * window_power) / reference).astype(np.float32)


def gain(magnitudes: jax.Array, meter: Meter, inside: jax.Array) -> jax.Array:
    """The factor that brings a sound of these magnitudes to the reference loudness, gated as in BS.1770. `inside`
    `(n_frames,)` is 1 for frames that count. 1 for silence."""
    return jnp.sqrt(_power_gain(_power(magnitudes, meter) * inside, meter, inside))


def limited_gains(magnitudes: jax.Array, meter: Meter, inside: jax.Array) -> jax.Array:
    """The factors `(n_frames,)` that bring these magnitudes to the reference loudness, and no frame above the meter's
    limit: equal, but for frames that would come near it. Smooth, so that a solver does not get stuck at the limit."""
    power = _power(magnitudes, meter) * inside
    total = jnp.ones((), power.dtype)
    for _ in range(PASSES):
        total = total * _power_gain(power * total * _limiter(power * total, meter), meter, inside)
    return jnp.sqrt(total * _limiter(power * total, meter))


def _limiter(power: jax.Array, meter: Meter) -> jax.Array:
    """What powers are multiplied with so that none is above the limit: 1 far below it."""
    return jax.lax.rsqrt(1 + (power / meter.limit) ** 2)


def _power(magnitudes: jax.Array, meter: Meter) -> jax.Array:
    return magnitudes**2 @ meter.weights


def _power_gain(power: jax.Array, meter: Meter, inside: jax.Array) -> jax.Array:
    block = min(meter.block_frames, power.shape[0])
    sums = jax.lax.reduce_window(power, np.float32(0), jax.lax.add, (block,), (1,), "VALID") / block
    whole = inside[block - 1 :]  # blocks that end before the padding
    mean = jnp.sum(sums * whole) / jnp.maximum(jnp.sum(whole), 1)
    above = jnp.log(jnp.maximum(sums, TINY)) - jnp.log(jnp.maximum(RELATIVE_GATE * mean, TINY))
    open_gate = jax.nn.sigmoid(above / GATE_WIDTH) * whole
    loud = jnp.sum(sums * open_gate) / jnp.maximum(jnp.sum(open_gate), 1)
    return jnp.where(loud > TINY, 1 / jnp.maximum(loud, TINY), 1.0)
