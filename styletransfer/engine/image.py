"""The stereo image of a content, given to a sound that was made of its one channel.

Sounds are `(n_samples,)`, stereo ones `(n_samples, 2)`. After parametric stereo (Breebaart et al., "Parametric coding
of stereo audio", 2005); docs/method.md has the formulas.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.signal
from scipy.ndimage import gaussian_filter1d

from styletransfer.engine import host_stft, spectral_envelope
from styletransfer.engine.shapes import HostChannels, HostSound

N_FFT, HOP_LENGTH = 2048, 512
SMOOTHING_FRAMES = 2.0
"""Standard deviation of the Gaussian over which products of channels are averaged."""
LEAST_SHARE = 1e-4
"""Part of a channel's energy, in a band, below which what its mono mix does not explain counts for nothing."""
MOST_GAIN = 4.0
"""By which a channel may be louder than its mono mix in a band: more is cancelling in the mix."""
ALLPASS_DELAYS, ALLPASS_GAIN, ALLPASS_LENGTH = (41, 113, 281), 0.6, 4096
"""Of the decorrelator, in samples: three allpasses in a row (Schroeder 1962), cut to a length."""


def with_image_of(sound: HostSound, mono: HostSound, stereo: HostChannels) -> HostChannels:
    """Let a sound stand where its content stands.

    `sound` was made of `mono`, the mono mix of `stereo`; all have one length. In each band and at each moment the
    channels get the levels, the difference in phase and the coherence that the content's have. What both channels of a
    content have alike is alike to the last bit, and a channel that is silent stays so.
    """
    if np.array_equal(stereo[:, 0], stereo[:, 1]):
        return np.stack([sound, sound], axis=1).astype(np.float32)
    bands = spectral_envelope.mel_bands(N_FFT // 2 + 1)
    reference, heard, diffuse = map(_spectrum, (mono, sound, _decorrelated(sound)))
    energy = _mean(np.abs(reference) ** 2, bands)
    channels = []
    for channel, sign in zip(stereo.T, (1, -1), strict=True):  # what the mix does not explain is opposite in the two
        own = _spectrum(channel)
        gains, diffuse_gains = _gains(own, reference, energy, bands)
        spread = heard * (gains @ bands) + sign * diffuse * (diffuse_gains @ bands)
        channels.append(host_stft.sound_of(spread, len(sound) + N_FFT, HOP_LENGTH)[: len(sound)])
    return np.stack(channels, axis=1).astype(np.float32)


def _gains(
    channel: np.ndarray, reference: np.ndarray, energy: np.ndarray, bands: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What of a channel is the mix, times a complex factor, and how much is not: each `(n_frames, n_bands)`."""
    least = 1e-9 * max(float(energy.max(initial=0.0)), 1e-9)
    own_energy = _mean(np.abs(channel) ** 2, bands)
    product = channel * np.conj(reference)
    gains = (_mean(np.real(product), bands) + 1j * _mean(np.imag(product), bands)) / np.maximum(energy, least)
    gains *= np.minimum(1, MOST_GAIN / np.maximum(np.abs(gains), 1e-9))
    rest = own_energy - np.abs(gains) ** 2 * energy
    rest = np.where(rest > LEAST_SHARE * own_energy, rest, 0.0)
    return gains, np.minimum(np.sqrt(rest / np.maximum(energy, least)), MOST_GAIN)


def _spectrum(sound: np.ndarray) -> np.ndarray:
    """With the frames beyond the end that the last samples are in."""
    return host_stft.spectrum(np.pad(sound, (0, N_FFT)), N_FFT, HOP_LENGTH)


def _mean(products: np.ndarray, bands: np.ndarray) -> np.ndarray:
    return gaussian_filter1d(np.asarray(products, np.float64) @ bands.T, SMOOTHING_FRAMES, axis=0)


def _decorrelated(sound: HostSound) -> HostSound:
    """As loud at every frequency, and unlike the sound from moment to moment."""
    return scipy.signal.oaconvolve(sound, _allpass())[: len(sound)].astype(np.float32)


@cache
def _allpass() -> np.ndarray:
    response = np.zeros(ALLPASS_LENGTH)
    response[0] = 1.0
    for delay in ALLPASS_DELAYS:
        above, below = np.zeros(delay + 1), np.zeros(delay + 1)
        above[[0, -1]] = -ALLPASS_GAIN, 1.0
        below[[0, -1]] = 1.0, -ALLPASS_GAIN
        response = np.asarray(scipy.signal.lfilter(above, below, response))
    return response
