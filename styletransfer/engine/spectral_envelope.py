"""The colour of a sound: its long-term spectrum, and how the level of each of its bands moves.

Sounds are `(n_samples,)`, spectrograms `(n_frames, n_freqs)`. docs/method.md has the formulas.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter1d

from styletransfer.engine import host_stft
from styletransfer.engine.mel import mel_of_hz
from styletransfer.engine.shapes import HostFrames, HostSound
from styletransfer.settings import SAMPLE_RATE_HZ

N_FFT, HOP_LENGTH = 4096, 1024
BANDS = 40
MOST_DB, LEAST_BAND_DB = 9.0, -50.0
"""Most by which a band is changed by `equalised`; level below its loudest moment at which an envelope ends."""


def equalised(sound: HostSound, power: np.ndarray) -> HostSound:
    """Give a sound a long-term spectrum.

    `power` is the mean power by frequency `(n_freqs,)` that it is to have, at any level: see `mean_power`.
    """
    heard = host_stft.spectrum(sound, N_FFT, HOP_LENGTH)
    bands = mel_bands(heard.shape[1])
    own, wanted = (
        10 * np.log10(np.maximum(each @ bands.T, 1e-12)) for each in (np.mean(np.abs(heard) ** 2, axis=0), power)
    )
    change_db = wanted - own
    gains_db = np.clip(change_db - change_db.mean(), -MOST_DB, MOST_DB) @ (bands / bands.sum(axis=0))
    return host_stft.sound_of(heard * 10 ** (gains_db / 20), len(sound), HOP_LENGTH)


def mean_power(sound: HostSound) -> np.ndarray:
    """Measure the mean power of a sound by frequency, `(n_freqs,)`."""
    return np.mean(host_stft.magnitudes(sound, N_FFT, HOP_LENGTH) ** 2, axis=0)


def with_envelopes_of(frames: HostFrames, content: HostFrames, amount: float) -> HostFrames:
    """Let the level of each band move as it does in a content.

    Takes and returns log magnitudes `(n_frames, n_freqs)`; 0 changes nothing, at 1 each band moves as the content's
    does. The long-term level of each stays.
    """
    if amount == 0:
        return frames
    bands = mel_bands(frames.shape[1])
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


@cache
def mel_bands(n_freqs: int) -> np.ndarray:
    """Make triangles `(BANDS, n_freqs)`, evenly spaced in mel, that sum to 1 at every frequency."""
    mel = mel_of_hz(np.linspace(0, SAMPLE_RATE_HZ / 2, n_freqs))
    position = mel / mel[-1] * (BANDS - 1)
    return np.maximum(0, 1 - np.abs(position - np.arange(BANDS)[:, None])).astype(np.float32)
