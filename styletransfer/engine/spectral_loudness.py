"""Loudness of spectrograms: keeps what is solved for at the loudness at which it will be heard.

Losses of log(1 + m) depend on level, and left alone a solver prefers a sound several dB quieter than its recordings,
whose losses are lost as soon as the result is brought to the content's loudness. So the losses are taken of the frames
times the gain that brings them to the reference loudness, and the solver feels that gain in its gradient.

A solver that prefers a quiet sound soon finds how to deceive a loudness meter: one thump far above all else fills the
mean and shuts the gate, and the rest may be quiet. So frames that are louder than the loudest of the recordings cost.

Frames are `(n_frames, n_freqs)` float32.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from styletransfer.engine import loudness
from styletransfer.settings import SAMPLE_RATE_HZ

REFERENCE_LUFS = -20.0
"""Loudness that recordings are brought to before they are compared."""
RELATIVE_GATE = 0.1
"""Blocks below this part of the mean power are left out (BS.1770-4: -10 LU)."""
ABSOLUTE_GATE = 1e-5
"""Blocks of less power than this are left out of the mean, too (BS.1770-4: -70 LUFS)."""
TINY = 1e-20
GATE_WIDTH = np.float32(0.1)
"""Nepers of power over which the gate opens: one that snaps is a step in the losses, where a solver gets stuck."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class Meter:
    """A loudness meter for spectrograms of one block length: a pytree, so that jitted functions take it."""

    weights: jax.Array
    """`(n_freqs,)`: see `weights`"""
    limit: jax.Array
    """K-weighted power of a frame above which it counts as too loud"""
    block_frames: int = field(metadata={"static": True})
    """frames of one gating block"""


def meter(n_fft: int, hop_length: int, loudest: float) -> Meter:
    """The meter of BS.1770-4 for magnitudes `(n_frames, n_fft // 2 + 1)` of Hann windows. `loudest` is the power that a
    frame may have: see `loudest_power`."""
    block_frames = max(1, round(loudness.LOUDNESS_BLOCK_S * SAMPLE_RATE_HZ / hop_length))
    return Meter(jax.device_put(weights(n_fft)), jnp.asarray(loudest, jnp.float32), block_frames)


def loudest_power(magnitudes: np.ndarray, n_fft: int) -> float:
    """K-weighted power of the loudest frame of a recording's magnitudes `(n_frames, n_fft // 2 + 1)`."""
    return float((magnitudes**2 @ weights(n_fft)).max())


def weights(n_fft: int) -> np.ndarray:
    """`(n_fft // 2 + 1,)` float32: turn the squared magnitudes of a frame into a power, K-weighted, that is 1 at
    REFERENCE_LUFS."""
    n_freqs = n_fft // 2 + 1
    both_sides = np.full(n_freqs, 2.0)
    both_sides[[0, -1]] = 1.0
    window_power = 3 / 8 * n_fft  # sum of squares of a Hann window
    reference = 10 ** ((REFERENCE_LUFS - loudness.LOUDNESS_OFFSET_DB) / 10)
    return (loudness.k_weighting(n_freqs) * both_sides / (n_fft * window_power) / reference).astype(np.float32)


def gain(magnitudes: jax.Array, meter: Meter, inside: jax.Array) -> jax.Array:
    """The factor that brings a sound of these magnitudes to the reference loudness, gated as in BS.1770. `inside`
    `(n_frames,)` is 1 for frames that count. 1 for silence."""
    return gain_and_excess(magnitudes, meter, inside)[0]


def gain_and_excess(magnitudes: jax.Array, meter: Meter, inside: jax.Array) -> tuple[jax.Array, jax.Array]:
    """`gain`, and how far it brings frames above the meter's limit: a mean of squares, in nepers of power."""
    power = (magnitudes**2 @ meter.weights) * inside
    power_gain = _power_gain(power, meter, inside)
    over = jnp.log(jnp.maximum(power * power_gain / meter.limit, 1.0))
    return jnp.sqrt(power_gain), jnp.sum(over**2) / jnp.maximum(jnp.sum(inside), 1)


def _power_gain(power: jax.Array, meter: Meter, inside: jax.Array) -> jax.Array:
    block = min(meter.block_frames, power.shape[0])
    sums = jax.lax.reduce_window(power, np.float32(0), jax.lax.add, (block,), (1,), "VALID") / block
    whole = inside[block - 1 :]  # blocks that end before the padding
    heard = _open(sums, ABSOLUTE_GATE) * whole
    mean = jnp.sum(sums * heard) / jnp.maximum(jnp.sum(heard), TINY)
    loud_blocks = _open(sums, RELATIVE_GATE * mean) * whole
    loud = jnp.sum(sums * loud_blocks) / jnp.maximum(jnp.sum(loud_blocks), TINY)
    # What is shorter than a block is not gated.
    loud = jnp.where(jnp.any(whole > 0), loud, jnp.sum(power) / jnp.maximum(jnp.sum(inside), 1))
    return jnp.where(loud > TINY, 1 / jnp.maximum(loud, TINY), 1.0)


def _open(sums: jax.Array, threshold: jax.Array | float) -> jax.Array:
    """How far the gate is open for each block: 0 well below the threshold, 1 well above."""
    above = jnp.log(jnp.maximum(sums, TINY)) - jnp.log(jnp.maximum(threshold, TINY))
    return jax.nn.sigmoid(above / GATE_WIDTH)
