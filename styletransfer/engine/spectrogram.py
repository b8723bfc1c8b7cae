"""Short-time Fourier transform, its inverse, and the log magnitudes that every loss is measured on.

Sounds are `(n_samples,)` float32. Spectrograms are `(n_frames, n_freqs)` with `n_freqs = n_fft // 2 + 1` and
`n_frames = 1 + n_samples // hop_length`: frame `t` is centred on sample `t * hop_length`, with zeros beyond both ends
(librosa's convention, `center=True, pad_mode="constant"`). Blocks carry a periodic Hann window; magnitudes are not
normalised, so a sine of amplitude `a` peaks at `a * n_fft / 4`.
"""

from __future__ import annotations

import functools
from functools import partial

import jax
import jax.numpy as jnp

from styletransfer.engine.shapes import Frames, Sound, Spectrum

# Divisor below which the overlap-add of squared windows counts as a gap: it is reached only in the last half hop.
MIN_WINDOW_SUM = 1e-6


def frame_count(n_samples: int, hop_length: int) -> int:
    """Count the frames of a sound of `n_samples` samples."""
    return 1 + n_samples // hop_length


def hann(n_fft: int) -> jax.Array:
    """Make a periodic Hann window, `(n_fft,)` float32."""
    return 0.5 - 0.5 * jnp.cos(2 * jnp.pi * jnp.arange(n_fft, dtype=jnp.float32) / n_fft)


def stft(samples: Sound, n_fft: int, hop_length: int) -> Spectrum:
    """Take the short-time Fourier transform of a sound.

    `(n_samples,)` to `(n_frames, n_freqs)` complex64.
    """
    n_frames = frame_count(samples.shape[0], hop_length)
    return jnp.fft.rfft(_split(samples, n_frames, n_fft, hop_length) * hann(n_fft), axis=1)


def istft(spectrum: Spectrum, n_samples: int, hop_length: int) -> Sound:
    """Find the sound whose short-time Fourier transform is nearest to a spectrum, in least squares.

    `(n_frames, n_freqs)` to `(n_samples,)` float32, where `n_frames` is `frame_count(n_samples, hop_length)`. Griffin &
    Lim, "Signal estimation from modified short-time Fourier transform" (1984), equation 6.
    """
    n_frames, n_fft = spectrum.shape[0], 2 * (spectrum.shape[1] - 1)
    window = hann(n_fft)
    blocks = jnp.fft.irfft(spectrum, n=n_fft, axis=1) * window
    weights = jnp.broadcast_to(window**2, blocks.shape)
    summed = _overlap_add(blocks, hop_length) / jnp.maximum(_overlap_add(weights, hop_length), MIN_WINDOW_SUM)
    start = n_fft // 2
    missing = max(0, start + n_samples - summed.shape[0])
    assert n_frames == frame_count(n_samples, hop_length)
    return jnp.pad(summed, (0, missing))[start : start + n_samples]


def magnitude(spectrum: jax.Array) -> jax.Array:
    """Take the magnitudes of a spectrum.

    Of the same shape; with gradient 0, not NaN, where the spectrum is exactly 0.
    """
    power = jnp.real(spectrum) ** 2 + jnp.imag(spectrum) ** 2
    silent = power == 0
    return jnp.where(silent, 0.0, jnp.sqrt(jnp.where(silent, 1.0, power)))


@partial(jax.jit, static_argnames=("n_fft", "hop_length"))
def log_magnitude_spectrogram(samples: Sound, n_fft: int, hop_length: int) -> Frames:
    """Compute the log magnitudes `log(1 + m)` of a sound `(n_samples,)`.

    `(n_frames, n_freqs)` float32, at least 0.
    """
    return jnp.log1p(magnitude(stft(samples, n_fft, hop_length)))


def magnitude_of_log(log_magnitude: jax.Array) -> jax.Array:
    """Turn log magnitudes `log(1 + m)` back into magnitudes.

    Of the same shape. Values below 0, which no magnitude has, count as 0.
    """
    return jnp.expm1(jnp.maximum(log_magnitude, 0.0))


def _split(samples: jax.Array, n_frames: int, n_fft: int, hop_length: int) -> jax.Array:
    """Overlapping blocks `(n_frames, n_fft)`, laid side by side from whole hops: slices, no gather."""
    hops = -(-n_fft // hop_length)
    end = (n_frames - 1 + hops) * hop_length
    half = n_fft // 2
    padded = jnp.pad(samples, (half, max(0, end - half - samples.shape[0])))[:end].reshape(-1, hop_length)
    blocks = jnp.concatenate([padded[i : i + n_frames] for i in range(hops)], axis=1)
    return blocks[:, :n_fft]


def _overlap_add(blocks: jax.Array, hop_length: int) -> jax.Array:
    """Adjoint of `_split`, ends included: blocks added up where they overlap."""
    n_frames, n_fft = blocks.shape
    hops = -(-n_fft // hop_length)
    parts = jnp.pad(blocks, ((0, 0), (0, hops * hop_length - n_fft))).reshape(n_frames, hops, hop_length)
    shifted = [jnp.pad(parts[:, i], ((i, hops - 1 - i), (0, 0))) for i in range(hops)]
    return functools.reduce(jnp.add, shifted).reshape(-1)
