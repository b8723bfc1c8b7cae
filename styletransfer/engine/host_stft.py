"""The short-time Fourier transform of whole recordings on the host, and back.

Sounds are `(n_samples,)`, padded to a bucket in here, so that programs are compiled once.
"""

from __future__ import annotations

import jax
import numpy as np

from styletransfer.engine import padded_spectrograms, spectrogram
from styletransfer.engine.shapes import HostSound

BUCKET_HOP_LENGTH = 1024


def spectrum(sound: HostSound, n_fft: int, hop_length: int) -> np.ndarray:
    """Take the short-time Fourier transform of a sound, `(n_frames, n_freqs)` complex64."""
    n_samples = padded_spectrograms.bucket_samples(len(sound), BUCKET_HOP_LENGTH)
    padded = np.pad(np.asarray(sound, np.float32), (0, n_samples - len(sound)))
    return np.asarray(_stft(padded, n_fft, hop_length))[: spectrogram.frame_count(len(sound), hop_length)]


def magnitudes(sound: HostSound, n_fft: int, hop_length: int) -> np.ndarray:
    """Take the magnitudes of a sound's short-time Fourier transform, `(n_frames, n_freqs)` float32."""
    return np.abs(spectrum(sound, n_fft, hop_length))


def sound_of(spectrum: np.ndarray, n_samples: int, hop_length: int) -> HostSound:
    """Find the sound `(n_samples,)` of a spectrum `(n_frames, n_freqs)`."""
    padded_samples = padded_spectrograms.bucket_samples(n_samples, BUCKET_HOP_LENGTH)
    missing = spectrogram.frame_count(padded_samples, hop_length) - len(spectrum)
    padded = np.pad(np.asarray(spectrum, np.complex64), ((0, missing), (0, 0)))
    return np.asarray(_istft(padded, padded_samples, hop_length))[:n_samples]


_stft = jax.jit(spectrogram.stft, static_argnums=(1, 2))
_istft = jax.jit(spectrogram.istft, static_argnums=(1, 2))
