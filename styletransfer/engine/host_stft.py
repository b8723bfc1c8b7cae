"""The short-time Fourier transform of whole recordings on the host, and back.

Sounds are `(n_samples,)`, padded to a bucket in here, so that programs are compiled once.
"""

from __future__ import annotations

import jax
import numpy as np
import scipy.signal

from styletransfer.engine import padded_spectrograms, spectrogram
from styletransfer.engine.shapes import HostSound, Recording

BUCKET_HOP_LENGTH = 1024
MATCHED, SEARCHED = 2048, 8192
"""Samples at an end of a sound for which the like is looked for, and how far from that end."""


def spectrum(sound: HostSound, n_fft: int, hop_length: int) -> np.ndarray:
    """Take the short-time Fourier transform of a sound, `(n_frames, n_freqs)` complex64."""
    n_samples = padded_spectrograms.bucket_samples(len(sound), BUCKET_HOP_LENGTH)
    padded = np.pad(np.asarray(sound, np.float32), (0, n_samples - len(sound)))
    return np.asarray(_stft(padded, n_fft, hop_length))[: spectrogram.frame_count(len(sound), hop_length)]


def magnitudes(sound: HostSound, n_fft: int, hop_length: int) -> np.ndarray:
    """Take the magnitudes of a sound's short-time Fourier transform, `(n_frames, n_freqs)` float32."""
    return np.abs(spectrum(sound, n_fft, hop_length))


def sound_of(spectrum: np.ndarray, n_samples: int, hop_length: int) -> HostSound:
    """Find the sound `(n_samples,)` of a spectrum `(n_frames, n_freqs)`, as loud at its ends as elsewhere."""
    padded_samples = padded_spectrograms.bucket_samples(n_samples, BUCKET_HOP_LENGTH)
    missing = spectrogram.frame_count(padded_samples, hop_length) - len(spectrum)
    padded = np.pad(np.asarray(spectrum, np.complex64), ((0, missing), (0, 0)))
    sound = np.asarray(_istft(padded, padded_samples, hop_length))[:n_samples].copy()
    n_frames, n_fft = len(spectrum), 2 * (spectrum.shape[1] - 1)
    end = np.arange(max(0, n_frames * hop_length - n_fft // 2), n_samples)
    more = min(len(padded), n_frames + n_fft // hop_length)  # frames that are not there count for nothing
    there, counted = (_window_sum(end, n, n_fft, hop_length) for n in (n_frames, more))
    sound[end] *= counted / np.maximum(there, spectrogram.MIN_WINDOW_SUM)
    return sound


def _window_sum(samples: np.ndarray, n_frames: int, n_fft: int, hop_length: int) -> np.ndarray:
    """The squared windows of the last of so many frames, added up at samples `(n,)`."""
    at = samples[:, None] + n_fft // 2 - hop_length * np.arange(n_frames)[-2 * n_fft // hop_length :]
    return np.where((at >= 0) & (at < n_fft), np.sin(np.pi * at / n_fft) ** 4, 0.0).sum(axis=1).astype(np.float32)


def continued(sound: Recording, length: int) -> Recording:
    """Let a sound go on by `length` samples before its beginning and after its end, `(n_samples + 2 * length,)`.

    It goes on as it did after the place that is most like its end, so that blocks that reach beyond an end hold as much
    of a note as others. Silence is put where a sound is too short for that.
    """
    before, after = _going_on(sound[::-1], length)[::-1], _going_on(sound, length)
    return np.concatenate([before, sound, after])


def _going_on(sound: np.ndarray, length: int) -> np.ndarray:
    """What `(length,)` may follow a sound."""
    searched = sound[-(SEARCHED + MATCHED + length) :]
    n_places = len(searched) - MATCHED - length + 1
    if n_places < 1:
        return np.zeros(length, sound.dtype)
    places = searched[: n_places + MATCHED - 1].astype(np.float64)
    products = scipy.signal.correlate(places, searched[-MATCHED:].astype(np.float64), "valid", "fft")
    energy = np.cumsum(np.pad(places**2, (1, 0)))
    energy = energy[MATCHED:] - energy[:-MATCHED]
    place = int(np.argmax(products / np.sqrt(np.maximum(energy, 1e-9 * max(float(energy.max()), 1e-9)))))
    return searched[place + MATCHED : place + MATCHED + length]


_stft = jax.jit(spectrogram.stft, static_argnums=(1, 2))
_istft = jax.jit(spectrogram.istft, static_argnums=(1, 2))
