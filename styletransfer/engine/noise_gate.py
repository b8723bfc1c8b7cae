"""Noise between notes: what a sound has where its recordings are quiet, and a gate that keeps it down.

Powers are `(n_frames,)`, K-weighted, 1 at the loudness of the whole. The gate's frames are short, whatever block a
transfer has: long ones smear the edges of a pause. docs/method.md tells how the gain is made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import numpy as np
from scipy.ndimage import minimum_filter1d

from styletransfer.engine import padded_spectrograms, spectral_loudness, spectrogram, windows
from styletransfer.engine.shapes import MonoOrStereo

N_FFT, HOP_LENGTH = 1024, 256
BUCKET_HOP_LENGTH = 512
"""Sounds that are in one bucket of a transfer at this hop, the default, are in one bucket here."""
QUIET_SHARE = 0.1
"""Part of all moments that counts as quiet at least."""
QUIET_DB = -20.0
"""Level, below the loudness of the whole, under which a moment counts as quiet too."""
INAUDIBLE_DB = -60.0
"""Level, below the loudness of the whole, of what counts as silence."""
MARGIN_DB = 2.0
"""Level above what is allowed that the gate leaves a sound."""


def power(sound: np.ndarray) -> np.ndarray:
    """Measure the K-weighted power of the frames of a sound.

    The sound `(n_samples,)` is at the reference loudness, which has the power 1; returns `(n_frames,)` float32 for the
    gate's own frames.
    """
    weights = spectral_loudness.weights(N_FFT)
    weights[:2] = 0  # where a constant offset shows, which is not heard
    parts = []
    for stretch in windows.stretches(len(sound), N_FFT, HOP_LENGTH):
        part = sound[stretch.samples]
        padding = padded_spectrograms.bucket_samples(len(part), BUCKET_HOP_LENGTH) - len(part)
        parts.append(np.asarray(_power(np.pad(part, (0, padding)), weights))[stretch.rows])
    return np.concatenate(parts)


@jax.jit
def _power(sound: jax.Array, weights: jax.Array) -> jax.Array:
    return spectrogram.magnitude(spectrogram.stft(sound, N_FFT, HOP_LENGTH)) ** 2 @ weights


def allowed_power(
    content: np.ndarray, styles: Sequence[np.ndarray], weights: Sequence[float] | np.ndarray
) -> np.ndarray:
    """Compute how loud each moment of a result may be: as the content or as the styles.

    `content` and each of `styles` are powers of frames, `weights` say how much each style counts. Returns `(n_frames,)`
    of the content's length: the louder of it and the mean of the styles, looped or cut to its length.
    """
    looped = [np.resize(style, len(content)) for style in styles]
    return np.maximum(content, np.average(looped, axis=0, weights=weights))


def floor_db(sound: np.ndarray, allowed: np.ndarray) -> float:
    """Measure the noise floor of a sound, in dB above what is allowed.

    Both are powers `(n_frames,)`. It is the mean level in the tenth of all moments that allows least: between notes
    where there are pauses, in the softest notes where there are none.
    """
    quiet = np.argsort(allowed, kind="stable")[: math.ceil(QUIET_SHARE * len(allowed))]
    here, there = (max(_least(), float(p[quiet].mean(dtype=np.float64))) for p in (sound, allowed))
    return 10 * math.log10(here / there)


def gate(sound: MonoOrStereo, allowed: np.ndarray) -> MonoOrStereo:
    """Turn a sound down where its recordings are quiet.

    The sound `(n_samples,)` or `(n_samples, 2)`, whose channels are turned down alike, is at the reference loudness; it
    is left MARGIN_DB above the `allowed` power `(n_frames,)`
    where that is quiet, float32. The gain goes in straight lines from one frame's centre to the next, so that it never
    clicks; elsewhere, but for the frames beside the quiet ones, it is 1.
    """
    quiet = allowed <= max(float(np.quantile(allowed, QUIET_SHARE)), 10 ** (QUIET_DB / 10))
    most = np.maximum(allowed, _least()) * 10 ** (MARGIN_DB / 10)
    own = power(sound) if sound.ndim == 1 else power(sound[:, 0]) + power(sound[:, 1])
    gains = np.where(quiet, np.sqrt(np.minimum(1, most / np.maximum(own, _least()))), 1.0)
    # A frame that holds a note's last moments is still loud, while most of it is pause: its neighbour's gain is right.
    gains = minimum_filter1d(gains, 3)
    curve = np.interp(np.arange(len(sound)) / HOP_LENGTH, np.arange(len(gains)), gains)
    return (sound * (curve if sound.ndim == 1 else curve[:, None])).astype(np.float32)


def _least() -> float:
    return 10 ** (INAUDIBLE_DB / 10)
