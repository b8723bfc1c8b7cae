"""The engine `mosaic`: the content played with pieces of the styles' own sound, at once and without any loss.

units.py chooses the pieces; here they become a sound that follows the content's level, colour and beat. Sounds are
`(n_samples,)` float32 at `spectral_loudness.REFERENCE_LUFS`. docs/method.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import soxr
from scipy.ndimage import gaussian_filter1d

from styletransfer.engine import host_stft, rhythm, spectral_envelope, spectral_loudness, units
from styletransfer.engine.recordings import Clip
from styletransfer.engine.shapes import HostSound
from styletransfer.engine.units import Frames, Piece
from styletransfer.settings import SAMPLE_RATE_HZ, Settings

ONSET_FADE_S, FADE_S = 0.012, 0.12
"""Over which one piece goes into the next: before an onset, and elsewhere."""
DETUNED_CENTS = 15.0
"""Most by which a piece is played higher or lower than it fits, so that its waveform is no copy. Half of it is the
least, and the next piece goes the other way, as in an ensemble."""
LEVEL_SHARE = 0.55
"""Part of the way by which the level follows the content's from moment to moment."""
LEVEL_FRAMES = 3.0
"""Standard deviation of its smoothing."""
MOST_GAIN_DB = 18.0
AUDIBLE_DB = 40.0
"""Below the loudest moment, down to which the level counts."""
BEAT_SHARE = 0.25
"""How far the onsets go over to the content's where its beat is to be heard."""
STYLE_BEAT = 0.8
"""Exponent of the rhythm: pieces keep the content's beat longer than what is solved for."""
N_FFT, HOP_LENGTH = 2048, 512


def mosaic(content: Clip, styles: Sequence[Clip], shares: Sequence[float], settings: Settings) -> HostSound:
    """Play a content with pieces of the styles.

    `shares` say how much each style is heard; of the settings, `seed`, `strength` and `rhythm` count. Returns
    `(n_samples,)` float32 of the content's length: the mosaic without the content's partials.
    """
    frames = units.analyse(content.samples, content.n_samples)
    style_frames = [units.analyse(style.samples, style.n_samples) for style in styles]
    chosen = units.choose(frames, units.units(style_frames), shares, settings.seed)
    pieces = _detuned(chosen, settings.seed)
    own = content.unpadded()
    sound = _joined(pieces, frames, [style.unpadded() for style in styles], style_frames, len(own))
    sound = _follow_level(sound, own)
    leader = styles[int(np.argmax(shares))].unpadded()
    return _follow(sound, own, leader, settings, content.begin)


def wanted_power(content: Clip, styles: Sequence[Clip], shares: Sequence[float], strength: float) -> np.ndarray:
    """Compute the long-term spectrum that a mosaic is to have, `(n_freqs,)`.

    It is that of the styles at a `strength` of 100, that of the content at 0.
    """
    style = np.average([spectral_envelope.mean_power(clip.unpadded()) for clip in styles], axis=0, weights=shares)
    share = (1 - strength / 100) ** 2
    own = spectral_envelope.mean_power(content.unpadded())
    return np.maximum(style, 1e-9) ** (1 - share) * np.maximum(own, 1e-9) ** share


def _detuned(pieces: Sequence[Piece], seed: int) -> list[Piece]:
    parts = np.random.default_rng(seed).uniform(0.5, 1, len(pieces)) * DETUNED_CENTS / 100
    parts[1::2] *= -1
    return [
        piece._replace(semitones=piece.semitones + part) for piece, part in zip(pieces, parts.tolist(), strict=True)
    ]


def _joined(
    pieces: Sequence[Piece], content: Frames, styles: Sequence[np.ndarray], style_frames: Sequence[Frames], n: int
) -> np.ndarray:
    """The pieces one after another, each faded into the next. At an onset of the content the style's nearest onset is
    played."""
    onset_fade, fade = (round(seconds * SAMPLE_RATE_HZ) for seconds in (ONSET_FADE_S, FADE_S))
    begins, positions, are_onsets = [], [], []
    for piece in pieces:
        begin, position = piece.frame * units.HOP_LENGTH, piece.position
        is_onset = bool(content.is_onset[piece.frame]) and piece.frame > 0
        if is_onset:
            begin, position = _onset_near(content, begin), _onset_near(style_frames[piece.style], position)
        begins.append(begin)
        positions.append(position)
        are_onsets.append(is_onset)
    sound = np.zeros(n)
    for i, piece in enumerate(pieces):
        fade_in = onset_fade if are_onsets[i] else fade
        first = 0 if i == 0 else begins[i] - (fade_in if are_onsets[i] else fade_in // 2)
        if i + 1 < len(pieces):
            fade_out = onset_fade if are_onsets[i + 1] else fade
            last = min(n, begins[i + 1] + (0 if are_onsets[i + 1] else fade_out // 2))
        else:
            fade_out, last = 0, n
        if last <= max(0, first):
            continue
        ratio = 2 ** (piece.semitones / 12)
        played = _transposed(styles[piece.style], positions[i] + (first - begins[i]) * ratio, last - first, ratio)
        if i > 0:
            played *= _rise(fade_in, len(played))
        if fade_out:
            played *= _rise(fade_out, len(played))[::-1]
        sound[max(0, first) : last] += played[max(0, -first) :]
    return sound.astype(np.float32)


def _onset_near(frames: Frames, sample: float) -> int:
    """The sample of the strongest onset within 3 onset frames."""
    centre = round(sample / units.ONSET_HOP_LENGTH)
    begin = max(0, centre - 3)
    return (begin + int(np.argmax(frames.flux[begin : centre + 4]))) * units.ONSET_HOP_LENGTH


def _rise(length: int, total: int) -> np.ndarray:
    """From 0 to 1 over `length` samples at constant power, then 1."""
    length = min(length, total)
    return np.concatenate([np.sin(np.linspace(0, np.pi / 2, length)), np.ones(total - length)])


def _transposed(style: np.ndarray, begin: float, length: int, ratio: float) -> np.ndarray:
    """`(length,)` samples of a style from a place on, `ratio` times as fast; silence beyond its ends."""
    first, needed = int(np.floor(begin)), int(np.ceil(length * ratio)) + 2
    there = slice(max(0, first), max(0, first + needed))
    found = style[there]
    before = min(needed, max(0, -first))
    found = np.pad(found, (before, needed - before - len(found)))
    if ratio != 1:
        found = soxr.resample(found, SAMPLE_RATE_HZ * ratio, SAMPLE_RATE_HZ)
    return np.pad(found, (0, max(0, length - len(found))))[:length].astype(np.float64)


def _follow_level(sound: np.ndarray, content: np.ndarray) -> np.ndarray:
    wanted, own = (_level_db(each) for each in (content, sound))
    gain_db = gaussian_filter1d(np.minimum(LEVEL_SHARE * (wanted - own), MOST_GAIN_DB), LEVEL_FRAMES)
    gains = np.interp(np.arange(len(sound)), np.arange(len(gain_db)) * HOP_LENGTH, 10 ** (gain_db / 20))
    return (sound * gains).astype(np.float32)


def _level_db(sound: np.ndarray) -> np.ndarray:
    """K-weighted level of frames beside the median of those that are audible."""
    power = host_stft.magnitudes(sound, N_FFT, HOP_LENGTH) ** 2 @ spectral_loudness.weights(N_FFT)
    level_db = 10 * np.log10(np.maximum(power, 1e-12))
    level_db = np.maximum(level_db, level_db.max() - 2 * AUDIBLE_DB)
    return level_db - np.median(level_db[level_db > level_db.max() - AUDIBLE_DB])


def _follow(sound: np.ndarray, content: np.ndarray, leader: np.ndarray, settings: Settings, begin: int) -> HostSound:
    """The beat of the content, or that of the style, as `rhythm` says, and more of the content's colour the less the
    strength is."""
    amount, strength = settings.rhythm / 100, settings.strength / 100
    longer = [host_stft.continued(each, N_FFT) for each in (sound, content)]
    spectrum = host_stft.spectrum(longer[0], N_FFT, HOP_LENGTH)
    own, wanted, style = (
        np.log1p(each)
        for each in (
            np.abs(spectrum),
            host_stft.magnitudes(longer[1], N_FFT, HOP_LENGTH),
            host_stft.magnitudes(leader, N_FFT, HOP_LENGTH),
        )
    )
    first = (begin - N_FFT) // HOP_LENGTH
    moved = spectral_envelope.with_envelopes_of(own, wanted, (1 - strength) ** 1.5)
    moved = rhythm.with_rhythm_of(moved, wanted, BEAT_SHARE * (1 - amount) ** 2, SAMPLE_RATE_HZ, HOP_LENGTH)
    moved = rhythm.with_rhythm_of(moved, style, amount**STYLE_BEAT, SAMPLE_RATE_HZ, HOP_LENGTH, first)
    gains = np.expm1(moved) / np.maximum(np.abs(spectrum), 1e-9)
    return host_stft.sound_of(spectrum * gains, len(longer[0]), HOP_LENGTH)[N_FFT : N_FFT + len(sound)]
