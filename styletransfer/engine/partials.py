"""The content's partials: brings the notes of the content out in a sound that plays them in another texture.

And what goes with it: the spectral envelopes of bands, and the long-term spectrum. Sounds are `(n_samples,)` at
`spectral_loudness.REFERENCE_LUFS`. docs/method.md has the formulas.
"""

from __future__ import annotations

from functools import cache

import jax
import numpy as np
from scipy.ndimage import gaussian_filter1d

from styletransfer.engine import padded_spectrograms, spectrogram
from styletransfer.engine.mel import mel_of_hz
from styletransfer.engine.shapes import HostFrames, HostSound
from styletransfer.settings import SAMPLE_RATE_HZ

N_FFT, HOP_LENGTH = 4096, 1024
FLOOR = 0.03
"""Magnitude below which nothing counts as heard."""
ENVELOPE_BINS, ENVELOPE_FRAMES = 16.0, 1.0
"""Standard deviations of the Gaussians whose mean over frequency is the envelope, and over time what persists."""
LEAST_PARTIAL, FULL_PARTIAL = 0.35, 0.95
"""Nepers above the envelope from which something that persists is a partial, and is one for sure."""
NEAR_BINS, NEARNESS = 16.0, 3.0
DEEPEST, HIGHEST = -1.5, 2.0
"""Nepers to which the fine structure that is laid over the sound is limited."""
MOST_ABOVE = 1.5
"""Nepers by which a partial may be louder than it is in the content."""
LOWEST_HZ, HIGHEST_HZ = 50.0, 5_000.0
INAUDIBLE = 1e-3
"""Part of the content's greatest magnitude below which it has no partials."""
BANDS = 40
MOST_DB, LEAST_BAND_DB = 9.0, -50.0
"""Most by which a band is changed by `equalised`; level below its loudest moment at which an envelope ends."""


def with_partials(sound: HostSound, content: HostSound, amount: float) -> HostSound:
    """Bring out the notes of a content in a sound that was made from it.

    Both are `(n_samples,)`; `amount` is 0, nothing, to 1. Where the content has partials, its fine structure is laid
    over the sound's own spectrum; where the sound has too little there, the partial is filled up at the sound's level
    with the content's phase.
    """
    if amount == 0:
        return sound
    own, theirs = spectrum(sound, N_FFT, HOP_LENGTH), spectrum(content, N_FFT, HOP_LENGTH)
    log_own, log_theirs = (np.log(np.abs(each) + FLOOR) for each in (own, theirs))
    envelope_own, envelope = (gaussian_filter1d(each, ENVELOPE_BINS, axis=1) for each in (log_own, log_theirs))
    fine = log_theirs - envelope
    persistent = gaussian_filter1d(fine, ENVELOPE_FRAMES, axis=0)
    hz = np.linspace(0, SAMPLE_RATE_HZ / 2, own.shape[1])
    range_weights = np.where(hz < LOWEST_HZ, 0, 1 / (1 + (hz / HIGHEST_HZ) ** 4)).astype(np.float32)
    is_audible = np.abs(theirs) > INAUDIBLE * np.abs(theirs).max(initial=0.0)
    certainty = np.clip((persistent - LEAST_PARTIAL) / (FULL_PARTIAL - LEAST_PARTIAL), 0, 1)
    partials = certainty * np.clip(fine + 0.5, 0, 1) * range_weights * is_audible
    near = np.clip(NEARNESS * gaussian_filter1d(partials, NEAR_BINS, axis=1), 0, 1) * range_weights
    shaped = own * np.exp(amount * near * np.clip(persistent, DEEPEST, HIGHEST))
    wanted = partials * np.exp(np.minimum((envelope_own + envelope) / 2 + fine, log_theirs + MOST_ABOVE))
    missing = np.maximum(0, amount * wanted - np.abs(shaped))
    filled = shaped + missing * theirs / np.maximum(np.abs(theirs), 1e-9)
    return sound_of(filled, len(sound), HOP_LENGTH)


def equalised(sound: HostSound, power: np.ndarray) -> HostSound:
    """Give a sound a long-term spectrum.

    `power` is the mean power by frequency `(n_freqs,)` that it is to have, at any level: see `mean_power`.
    """
    heard = spectrum(sound, N_FFT, HOP_LENGTH)
    bands = _bands(heard.shape[1])
    own, wanted = (
        10 * np.log10(np.maximum(each @ bands.T, 1e-12)) for each in (np.mean(np.abs(heard) ** 2, axis=0), power)
    )
    change_db = wanted - own
    gains_db = np.clip(change_db - change_db.mean(), -MOST_DB, MOST_DB) @ (bands / bands.sum(axis=0))
    return sound_of(heard * 10 ** (gains_db / 20), len(sound), HOP_LENGTH)


def mean_power(sound: HostSound) -> np.ndarray:
    """Measure the mean power of a sound by frequency, `(n_freqs,)`."""
    return np.mean(magnitudes(sound, N_FFT, HOP_LENGTH) ** 2, axis=0)


def with_envelopes_of(frames: HostFrames, content: HostFrames, amount: float) -> HostFrames:
    """Let the level of each band move as it does in a content.

    Takes and returns log magnitudes `(n_frames, n_freqs)`; 0 changes nothing, at 1 each band moves as the content's
    does. The long-term level of each stays.
    """
    if amount == 0:
        return frames
    bands = _bands(frames.shape[1])
    own_db, theirs_db = (10 * np.log10(np.expm1(each) ** 2 @ bands.T + 1e-6) for each in (frames, content))
    own, theirs = (
        gaussian_filter1d(np.maximum(each, each.max(axis=0) + LEAST_BAND_DB), 1.0, axis=0)
        for each in (own_db, theirs_db)
    )
    gains_db = np.clip(amount * ((theirs - theirs.mean(axis=0)) - (own - own.mean(axis=0))), -20, 12)
    before, after = (np.mean(10 ** (each / 10), axis=0) for each in (own_db, own_db + gains_db))
    gains_db -= 10 * np.log10(after / before)
    gains = 10 ** (gains_db / 20) @ (bands / bands.sum(axis=0))
    return np.log1p(np.expm1(frames) * gains).astype(np.float32)


def spectrum(sound: HostSound, n_fft: int, hop_length: int) -> np.ndarray:
    """Take the short-time Fourier transform of a sound, `(n_frames, n_freqs)` complex64.

    Sounds are padded to a bucket, so that programs are compiled once.
    """
    n_samples = padded_spectrograms.bucket_samples(len(sound), HOP_LENGTH)
    padded = np.pad(np.asarray(sound, np.float32), (0, n_samples - len(sound)))
    return np.asarray(_stft(padded, n_fft, hop_length))[: spectrogram.frame_count(len(sound), hop_length)]


def magnitudes(sound: HostSound, n_fft: int, hop_length: int) -> np.ndarray:
    """Take the magnitudes of a sound's short-time Fourier transform, `(n_frames, n_freqs)` float32."""
    return np.abs(spectrum(sound, n_fft, hop_length))


def sound_of(spectrum: np.ndarray, n_samples: int, hop_length: int) -> HostSound:
    """Find the sound `(n_samples,)` of a spectrum `(n_frames, n_freqs)`."""
    padded_samples = padded_spectrograms.bucket_samples(n_samples, HOP_LENGTH)
    missing = spectrogram.frame_count(padded_samples, hop_length) - len(spectrum)
    padded = np.pad(np.asarray(spectrum, np.complex64), ((0, missing), (0, 0)))
    return np.asarray(_istft(padded, padded_samples, hop_length))[:n_samples]


_stft = jax.jit(spectrogram.stft, static_argnums=(1, 2))
_istft = jax.jit(spectrogram.istft, static_argnums=(1, 2))


@cache
def _bands(n_freqs: int) -> np.ndarray:
    """Triangles `(BANDS, n_freqs)`, evenly spaced in mel, that sum to 1 at every frequency."""
    mel = mel_of_hz(np.linspace(0, SAMPLE_RATE_HZ / 2, n_freqs))
    position = mel / mel[-1] * (BANDS - 1)
    return np.maximum(0, 1 - np.abs(position - np.arange(BANDS)[:, None])).astype(np.float32)
