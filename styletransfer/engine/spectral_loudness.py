"""Loudness of spectrograms: keeps what is solved for at the loudness at which it will be heard.

Losses are taken of the frames times the gain that brings them to the reference loudness, and frames that are louder
than the loudest of the recordings cost: docs/method.md tells why. Frames are `(n_frames, n_freqs)` float32.
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
    """A loudness meter for spectrograms of one block length.

    A pytree, so that jitted functions take it.
    """

    weights: jax.Array
    """`(n_freqs,)`: see `weights`"""
    limit: jax.Array
    """K-weighted power of a frame above which it counts as too loud"""
    block_frames: int = field(metadata={"static": True})
    """frames of one gating block"""


def meter(n_fft: int, hop_length: int, loudest: float) -> Meter:
    """Make the loudness meter of BS.1770-4 for magnitudes of one block length.

    Magnitudes are `(n_frames, n_fft // 2 + 1)`, under Hann windows. `loudest` is the power that a frame may have: see
    `loudest_power`.
    """
    block_frames = max(1, round(loudness.LOUDNESS_BLOCK_S * SAMPLE_RATE_HZ / hop_length))
    return Meter(jax.device_put(weights(n_fft)), jnp.asarray(loudest, jnp.float32), block_frames)


def loudest_power(magnitudes: np.ndarray, n_fft: int) -> float:
    """Measure the K-weighted power of a recording's loudest frame.

    Magnitudes are `(n_frames, n_fft // 2 + 1)`; the power is 1 at REFERENCE_LUFS.
    """
    return float((magnitudes**2 @ weights(n_fft)).max())


def weights(n_fft: int) -> np.ndarray:
    """Compute the weights that turn squared magnitudes of a frame into its loudness.

    `(n_fft // 2 + 1,)` float32; the weighted sum is a power, K-weighted, that is 1 at REFERENCE_LUFS.
    """
    n_freqs = n_fft // 2 + 1
    both_sides = np.full(n_freqs, 2.0)
    both_sides[[0, -1]] = 1.0
    window_power = 3 / 8 * n_fft  # sum of squares of a Hann window
    reference = 10 ** ((REFERENCE_LUFS - loudness.LOUDNESS_OFFSET_DB) / 10)
    return (loudness.k_weighting(n_freqs) * both_sides / (n_fft * window_power) / reference).astype(np.float32)


def gain(magnitudes: jax.Array, meter: Meter, inside: jax.Array) -> jax.Array:
    """Compute the factor that brings magnitudes to the reference loudness.

    Gated as in BS.1770, softly. `inside` `(n_frames,)` is 1 for frames that count, 0 for padding. 1 for silence.
    """
    return gain_and_excess(magnitudes, meter, inside)[0]


def gain_and_excess(magnitudes: jax.Array, meter: Meter, inside: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Compute the factor that brings magnitudes to the reference loudness, and how far frames are too loud then.

    The excess is the mean, over the frames that are `inside` `(n_frames,)`, of the square of what they have above the
    meter's limit, in nepers of power. Both are scalars; see `gain`.
    """
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
