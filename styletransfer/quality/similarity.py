"""How alike two sounds are to the ear: pitch, timbre, beat, and whether one is a copy of another.

Sounds are mono `(n_samples,)` at SAMPLE_RATE_HZ, of any level: `analyse` brings them to one loudness and takes what the
others compare, in frames of N_FFT samples, HOP_LENGTH apart. Every similarity is 1 for a sound and itself, about 0 for
unrelated ones, and exactly 0 where there is nothing to be like: silence, noise without pitch, a sound too short for a
beat.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.fft

from styletransfer.engine import beat, host_stft, loudness, mel, padded_spectrograms, spectral_loudness, spectrogram
from styletransfer.quality import notes, seams
from styletransfer.settings import SAMPLE_RATE_HZ

N_FFT, HOP_LENGTH = beat.N_FFT, beat.HOP_LENGTH
MIN_FRAMES = 11
"""What is shorter is heard as if silence followed."""
CEPSTRA = 20
ONSET_FRAMES = 9
"""Of the Hann window that smooths onsets: 0.1 s, within which an attack is where another one is."""

STRETCH = SAMPLE_RATE_HZ
"""Samples of what counts as a copy, and from one stretch to the next."""
STRETCH_HOP = STRETCH // 2
MIN_FLAT = 1e-3
"""Part of a sound's greatest magnitude down to which `flat` makes all frequencies equally strong."""
MIN_PLACE_ENERGY = 1e-4
"""Energy of a stretch, of that of the loudest, below which it counts as that loud: silence is a copy of nothing."""
BATCH = 4
"""Blocks transformed at once: as many as stay in a processor's cache."""


class AudioFeatures(NamedTuple):
    """What is compared of a sound: its spectrum, pitch classes, timbre and onsets."""

    samples: np.ndarray
    """`(n_samples,)` at the reference loudness"""
    frames: np.ndarray
    """`(n_padded_frames, n_freqs)` log magnitudes, a whole bucket of frames"""
    power: np.ndarray
    """`(n_frames,)`, K-weighted, 1 at the loudness of the whole"""
    chroma: np.ndarray
    """`(n_frames, 12)`: power of the pitch classes"""
    cepstra: np.ndarray
    """`(n_frames, CEPSTRA)`: mel-frequency cepstral coefficients, in dB, without the 0th, which is the level"""
    onsets: np.ndarray
    """`(n_frames - 1,)`: mean rise of the mel bands, in dB (spectral flux)"""
    salience: np.ndarray
    """`(n_note_frames, n_pitches)`: how strongly each pitch is heard, as in notes.py"""
    outstanding_db: np.ndarray
    """`(n_short_frames,)`: how far each moment stands out above those around it, as in seams.py"""


def analyse(sound: np.ndarray) -> AudioFeatures:
    """Analyse a sound `(n_samples,)` for comparison.

    The features are those of librosa.feature and librosa.onset, from one transform for all.
    """
    samples = loudness.at_loudness(sound, spectral_loudness.REFERENCE_LUFS)
    n_frames = max(MIN_FRAMES, spectrogram.frame_count(len(samples), HOP_LENGTH))
    padding = padded_spectrograms.bucket_samples(len(samples), HOP_LENGTH) - len(samples)
    frames, bands = _analysed(jax.device_put(np.pad(samples, (0, padding))), _filter_banks())
    power, chroma, mel_power = np.split(np.asarray(bands)[:n_frames], [1, 13], axis=1)
    mel_db = beat.bands_db(mel_power)
    cepstra = np.asarray(scipy.fft.dct(mel_db, axis=1, norm="ortho"))[:, 1 : CEPSTRA + 1]
    return AudioFeatures(
        samples=samples,
        frames=np.asarray(frames),
        power=power[:, 0],
        chroma=chroma,
        cepstra=cepstra,
        onsets=beat.onsets(mel_db),
        salience=notes.salience(samples),
        outstanding_db=seams.outstanding_db(samples),
    )


@jax.jit
def _analysed(samples: jax.Array, filter_banks: jax.Array) -> tuple[jax.Array, jax.Array]:
    magnitudes = spectrogram.magnitude(spectrogram.stft(samples, N_FFT, HOP_LENGTH))
    return jnp.log1p(magnitudes), magnitudes**2 @ filter_banks


@cache
def _filter_banks() -> np.ndarray:
    """Weights of power `(n_freqs, 1 + 12 + beat.MEL_BANDS)`: for loudness, pitch classes and mel bands."""
    hz = np.linspace(0, SAMPLE_RATE_HZ / 2, N_FFT // 2 + 1)
    weights = spectral_loudness.weights(N_FFT)
    bands = mel.slaney_bands(hz, beat.MEL_BANDS)
    return np.concatenate([weights[:, None], _pitch_classes(hz), bands], axis=1).astype(np.float32)


def _pitch_classes(hz: np.ndarray) -> np.ndarray:
    """`(n_freqs, 12)` from C: bells around the classes, as wide as a semitone or, if wider, a bin of the transform,
    under a bell of two octaves around octave 5 (Ellis 2007, "Chroma feature analysis and synthesis"; librosa's)."""
    semitones = 12 * np.log2(np.maximum(hz, 1e-9) / 27.5)  # from A0
    semitones[0] = semitones[1] - 18  # 0 Hz: taken to be an octave and a half below the first bin
    widths = np.maximum(np.diff(semitones, append=semitones[-1]), 1.0)
    away = np.remainder(semitones[:, None] - np.arange(12) + 6, 12) - 6
    bells = np.exp(-0.5 * (2 * away / widths[:, None]) ** 2)
    bells /= np.linalg.norm(bells, axis=1, keepdims=True)
    bells *= np.exp(-0.5 * ((semitones / 12 - 5) / 2) ** 2)[:, None]
    return np.roll(bells, -3, axis=1)  # from A to C


def chroma_similarity(sound: AudioFeatures, content: AudioFeatures) -> float:
    """Measure how alike the pitches of two sounds are from moment to moment.

    Pearson's correlation of the power of the pitch classes in each frame; its mean over frames, weighted by the
    content's amplitude: 1 the same, 0 unrelated. Noise, in all classes alike, is like nothing; two samples are -0.14 to
    0.10 like one another. (Chroma frame by frame: Mueller, Fundamentals of Music Processing, 2015, chapter 3.) Sounds
    have one length.
    """
    a, b = (each.chroma - each.chroma.mean(axis=1, keepdims=True) for each in (sound, content))
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    similarity = np.sum(a * b, axis=1) / np.maximum(norms, 1e-20)
    weights = np.sqrt(content.power)
    return float(np.sum(similarity * weights) / max(1e-20, float(np.sum(weights))))


def timbre(sounds: Sequence[AudioFeatures], shares: Sequence[float] | np.ndarray = (1.0,)) -> np.ndarray:
    """Describe the timbre of sounds.

    Mean and standard deviation of each cepstral coefficient (Tzanetakis & Cook 2002) over the frames of all sounds, of
    which each counts its share: `(2 * CEPSTRA,)`, in dB.
    """
    means = np.array([sound.cepstra.mean(axis=0) for sound in sounds])
    variances = np.array([sound.cepstra.var(axis=0) for sound in sounds])
    mean = np.average(means, axis=0, weights=shares)
    variance = np.average(variances + (means - mean) ** 2, axis=0, weights=shares)
    return np.concatenate([mean, np.sqrt(variance)])


def rhythm_similarity(a: AudioFeatures, b: AudioFeatures) -> float:
    """Measure how alike the beats of two sounds are.

    Pearson's correlation of the autocorrelations of two onset envelopes, over lags that a beat can have, as far as half
    the shorter sound reaches: 1 the same beat, 0 unrelated, or where there are too few lags.
    """
    return beat.likeness(a.onsets, b.onsets)


def onset_similarity(sound: AudioFeatures, content: AudioFeatures) -> float:
    """Measure how alike the moments are at which two sounds have their attacks.

    Pearson's correlation of the onset envelopes, smoothed by a Hann window of ONSET_FRAMES: 1 the same attacks, 0
    unrelated, or where one has none. Sounds have one length.
    """
    window = np.hanning(ONSET_FRAMES + 2)[1:-1]
    a, b = (np.convolve(each.onsets, window, "same") for each in (sound, content))
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 1e-9 else 0.0


def flat(sound: np.ndarray) -> np.ndarray:
    """Make all frequencies of a sound `(n_samples,)` equally strong at any moment, for `largest_copies`.

    What is a copy is one of all that is heard. As they are, two kick drums, or notes of one pitch, correlate by their
    few strongest partials however different the rest is. (Phase transform: Knapp & Carter, "The generalized correlation
    method for estimation of time delay", 1976.)
    """
    spectrum = host_stft.spectrum(sound, N_FFT, HOP_LENGTH)
    magnitudes = np.abs(spectrum)
    least = max(MIN_FLAT * float(magnitudes.max(initial=0.0)), 1e-9)
    return host_stft.sound_of(spectrum / np.maximum(magnitudes, least), len(sound), HOP_LENGTH)


def largest_copies(sounds: Sequence[np.ndarray], source: np.ndarray) -> np.ndarray:
    """Measure how nearly each sound holds a second of a source's waveform.

    It is the largest normalised cross-correlation, without its sign, of any stretch of each sound with any place in the
    source: `(n_sounds,)`, 0 to 1. 1 is a copy at any gain; where all are `flat`, different recordings of music reach
    some 0.1. Sounds have one length; a stretch begins every half second, and the last
    one ends with the sound; stretches and what is between their beginnings are at most half as long as the source, so
    that one of them lies within any copy of all of it.
    """
    length = min(STRETCH, len(sounds[0]), max(1, len(source) // 2))
    last = len(sounds[0]) - length
    starts = sorted({*range(0, last, min(STRETCH_HOP, length)), last})
    stretches = [sound[start : start + length] for sound in sounds for start in starts]
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(_Source(source, length).similarity, stretches))
    return np.reshape(found, (len(sounds), len(starts))).max(axis=1)


class _Source:
    """A recording ready to be compared, everywhere, with stretches of one length."""

    def __init__(self, source: np.ndarray, length: int) -> None:
        n_places = len(source) - length + 1
        self.size = 1 << (2 * length).bit_length()
        self.step = self.size - length + 1
        n_blocks = -(-n_places // self.step)
        padded = np.pad(source, (0, (n_blocks - 1) * self.step + self.size - len(source)))
        blocks = np.lib.stride_tricks.sliding_window_view(padded, self.size)[:: self.step]
        self.spectra = np.asarray(scipy.fft.rfft(blocks, axis=1))
        energy = np.concatenate([[0.0], np.cumsum(np.square(source, dtype=np.float64))])
        energy = energy[length:] - energy[:-length]
        scale = np.zeros(n_blocks * self.step, np.float32)
        if energy.max() > 0:
            scale[:n_places] = 1 / np.sqrt(np.maximum(energy, MIN_PLACE_ENERGY * energy.max()))
        self.scale = scale.reshape(n_blocks, self.step)

    def similarity(self, stretch: np.ndarray) -> float:
        """At the place where it is greatest."""
        norm = float(np.linalg.norm(stretch))
        if norm == 0:
            return 0.0
        spectrum = np.conj(np.asarray(scipy.fft.rfft(stretch / norm, self.size)))
        found = 0.0
        for i in range(0, len(self.spectra), BATCH):
            products = scipy.fft.irfft(self.spectra[i : i + BATCH] * spectrum, self.size, axis=1)
            products = np.asarray(products)[:, : self.step] * self.scale[i : i + BATCH]
            found = max(found, float(products.max()), -float(products.min()))
        return min(1.0, found)
