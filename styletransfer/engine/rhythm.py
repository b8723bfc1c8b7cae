"""The beat: gives the content's spectrogram the onsets of the style.

A Gram matrix of short patches holds timbre but no beat, so the content target itself is changed before the solve;
docs/method.md tells how. Spectrograms are `(n_frames, n_freqs)` of `log(1 + m)`, float32.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter

from styletransfer.engine.mel import mel_of_hz
from styletransfer.engine.shapes import HostFrames, HostStyleFrames

MIN_HZ, SPLIT_HZ = 60.0, 1_000.0
LOW_BANDS, HIGH_BANDS = 3, 60
"""Below the split a band is wider than a scale, so that the style's notes do not come along with its beat. Above it
many narrow ones follow styles without drums, whose onsets are a matter of overtones."""
BAND_SHARE = 0.3
"""How far the bands' own envelopes go over to the style's: more brings its beat out and costs the content's notes."""
SLOW_S = 1.4
"""Standard deviation, in seconds, of the Gaussian whose mean is taken off: slower changes stay the content's."""
DECAY_S = 0.1
"""Time in which the loudness that an onset has brought falls to 1 / e."""
MIN_ONSET_DB = 1.0
"""Standard deviation that the onsets of the style are brought up to, such as those of strings."""
MAX_ONSET_GAIN = 10.0
"""Times louder that onsets may become by it: a steady tone has none."""
HALF_WAY = 1.25
"""Exponent that makes a rhythm of 50 sound as much like the one as like the other."""
PASSES, STEP = 4, 0.7
"""Of moving the loudness, each by this part of what is still missing."""
GAIN_RANGE = (-2.0, 2.0)
"""Natural logarithms of the least and the greatest factor of a magnitude."""
QUIET = 1e-3
"""Energy of a band relative to its mean below which it counts as silent, so that silence has no envelope of noise."""
DYNAMIC_RANGE_DB = 80.0
DB_PER_NEPER = 20 / math.log(10)


def with_rhythm_of(
    content: HostFrames, style: HostStyleFrames, amount: float, sample_rate_hz: int, hop_length: int, begin: int = 0
) -> HostFrames:
    """Give the content the beat of the style.

    `content` is `(n_frames, n_freqs)`, `style` `(n_style_frames, n_freqs)`; the result has the content's shape. An
    amount of 0 leaves the content as it is, 1 replaces its onsets. A style shorter than the content is repeated, a
    longer one cut. `begin` is the frame of the style at which the content begins.
    """
    if amount == 0:
        return content
    weights = _bands(content.shape[1], sample_rate_hz)
    frames_per_s = sample_rate_hz / hop_length
    style = np.resize(np.roll(style, -begin, axis=0), (len(content), style.shape[1]))
    change = _envelopes(style, weights, SLOW_S * frames_per_s) - _envelopes(content, weights, SLOW_S * frames_per_s)
    moved = _amplify(content, np.clip(amount * BAND_SHARE * change, *GAIN_RANGE) @ (weights / weights.sum(axis=0)))
    style_onsets, own_onsets = (onsets(_bands_db(frames, weights)) for frames in (style, content))
    wanted = _between(own_onsets, emphasised(style_onsets), amount)
    gains = gains_for_onsets(_bands_db(moved, weights), wanted, frames_per_s)
    return _amplify(moved, gains[:, None])


def _amplify(log_magnitudes: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Magnitudes times `exp(gains)`."""
    return np.log1p(np.expm1(log_magnitudes) * np.exp(gains)).astype(np.float32)


def gains_for_onsets(bands_db: np.ndarray, wanted: np.ndarray, frames_per_s: float) -> np.ndarray:
    """Find the gains that give a sound onsets near those wanted.

    `bands_db` are its bands, `(n_frames, n_bands)`, `wanted` onsets as of `onsets`. Returns natural logarithms of
    factors, `(n_frames,)`: each onset lifts the loudness, which decays from there.
    """
    decay, gains = math.exp(-1 / (DECAY_S * frames_per_s)), np.zeros(len(bands_db))
    for _ in range(PASSES):
        missing = wanted - onsets(bands_db + DB_PER_NEPER * gains[:, None])
        lifted = lfilter([1.0], [1.0, -decay], missing)
        lifted -= gaussian_filter1d(lifted, SLOW_S * frames_per_s)
        gains = np.clip(gains + STEP * lifted / DB_PER_NEPER, *GAIN_RANGE)
    return gains


def onsets(bands_db: np.ndarray) -> np.ndarray:
    """Compute the mean rise of bands `(n_frames,)`, in dB, less its mean over frames."""
    audible = np.maximum(bands_db, bands_db.max() - DYNAMIC_RANGE_DB)
    rises = np.maximum(0, np.diff(audible, axis=0, prepend=audible[:1])).mean(axis=1)
    return rises - rises.mean()


def _between(own: np.ndarray, style: np.ndarray, amount: float) -> np.ndarray:
    """Onsets by so much of the way from one curve to another. Both are as strong on the way, or the stronger one would
    be heard long before the middle."""
    strengths = [max(float(each.std()), 1e-9) for each in (own, style)]
    share = amount**HALF_WAY
    mixed = (1 - share) * own / strengths[0] + share * style / strengths[1]
    strength = strengths[0] ** (1 - amount) * strengths[1] ** amount
    return mixed * strength / max(float(mixed.std()), 1e-9)


def emphasised(onsets: np.ndarray) -> np.ndarray:
    """Bring weak onsets `(n_frames,)` up to MIN_ONSET_DB."""
    return onsets * np.clip(MIN_ONSET_DB / max(float(onsets.std()), 1e-9), 1, MAX_ONSET_GAIN)


def _bands_db(log_magnitudes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """`(n_frames, n_bands)`"""
    return 10 * np.log10(np.maximum(np.expm1(log_magnitudes) ** 2 @ weights.T, 1e-12))


def _envelopes(log_magnitudes: np.ndarray, weights: np.ndarray, slow_frames: float) -> np.ndarray:
    """`(n_frames, n_bands)`: log energy of each band less its slow mean; half of it, that is, of the magnitude."""
    energy = np.expm1(log_magnitudes) ** 2 @ weights.T
    log_energy = 0.5 * np.log(energy + QUIET * energy.mean(axis=0) + 1e-12)
    return log_energy - gaussian_filter1d(log_energy, slow_frames, axis=0, mode="nearest")


def _bands(n_freqs: int, sample_rate_hz: int) -> np.ndarray:
    """Triangles `(n_bands, n_freqs)`, on either side of the split evenly spaced in mel (O'Shaughnessy 1987); beyond the
    outer two, those stay at 1, so that the bands cover every frequency."""
    highest = sample_rate_hz / 2
    low = np.linspace(mel_of_hz(MIN_HZ), mel_of_hz(SPLIT_HZ), LOW_BANDS, endpoint=False)
    centres = np.concatenate([low, np.linspace(mel_of_hz(SPLIT_HZ), mel_of_hz(highest), HIGH_BANDS)])
    position = np.interp(mel_of_hz(np.linspace(0, highest, n_freqs)), centres, np.arange(len(centres)))
    return np.maximum(0, 1 - np.abs(position - np.arange(len(centres))[:, None]))
