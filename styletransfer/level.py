"""Loudness of spectrograms: keeps what is solved for at the loudness at which it will be heard.

Losses of log(1 + m) depend on level, and left alone a solver prefers a sound several dB quieter than its recordings,
whose losses are lost as soon as the result is brought to the content's loudness. So the losses are taken of the frames
times the gain that brings them to the reference loudness, and the solver feels that gain in its gradient.

Frames are `(n_frames, n_freqs)` float32.
"""

from __future__ import annotations

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


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class Meter:
    """A loudness meter for spectrograms of one block length: a pytree, so that jitted functions take it."""

    weights: jax.Array
    """`(n_freqs,)`: turn the squared magnitudes of a frame into a power, K-weighted, that is 1 at REFERENCE_LUFS"""
    block_frames: int = field(metadata={"static": True})
    """frames of one gating block"""


def meter(n_fft: int, hop_length: int) -> Meter:
    """The meter of BS.1770-4 for spectrograms `(n_frames, n_fft // 2 + 1)`, Hann windowed."""
    n_freqs = n_fft // 2 + 1
    both_sides = np.full(n_freqs, 2.0)
    both_sides[[0, -1]] = 1.0
    window_power = 3 / 8 * n_fft  # sum of squares of a Hann window
    reference = 10 ** ((REFERENCE_LUFS - audio.LOUDNESS_OFFSET_DB) / 10)
    weights = audio.k_weighting(n_freqs) * both_sides / (n_fft * window_power) / reference
    block_frames = max(1, round(audio.LOUDNESS_BLOCK_S * SAMPLE_RATE_HZ / hop_length))
    return Meter(jnp.asarray(weights, jnp.float32), block_frames)


def gain(magnitudes: jax.Array, meter: Meter, inside: jax.Array) -> jax.Array:
    """The factor that brings a sound of these magnitudes to the reference loudness, gated as in BS.1770. `inside`
    `(n_frames,)` is 1 for frames that count. 1 for silence."""
    power = (magnitudes**2 @ meter.weights) * inside
    block = min(meter.block_frames, power.shape[0])
    sums = jax.lax.reduce_window(power, np.float32(0), jax.lax.add, (block,), (1,), "VALID") / block
    whole = inside[block - 1 :]  # blocks that end before the padding
    mean = jnp.sum(sums * whole) / jnp.maximum(jnp.sum(whole), 1)
    open_gate = jax.lax.stop_gradient((sums >= RELATIVE_GATE * mean) & (sums > 0)) * whole
    loud = jnp.sum(sums * open_gate) / jnp.maximum(jnp.sum(open_gate), 1)
    return jnp.where(loud > TINY, jax.lax.rsqrt(jnp.maximum(loud, TINY)), 1.0)
