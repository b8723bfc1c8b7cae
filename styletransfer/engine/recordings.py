"""Recordings as a transfer compares them: at one loudness, on the device, padded so that programs are compiled once.

Sounds are mono `(n_samples,)`; padded ones end in silence, to a whole bucket of frames (padded_spectrograms.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np

from styletransfer.engine import loudness, padded_spectrograms, spectral_loudness, spectrogram
from styletransfer.engine.shapes import PaddedSound, Recording
from styletransfer.settings.blocks import Block


@dataclass(frozen=True)
class Clip:
    """One recording at the reference loudness (`spectral_loudness.REFERENCE_LUFS`), padded."""

    samples: PaddedSound
    n_samples: int
    """without the padding"""
    loudness_lufs: float
    """before it was brought to the reference"""
    begin: int = 0
    """sample of the whole recording at which it begins, where it is a window of one"""

    @property
    def gain(self) -> float:
        """What brought the recording to the reference; 1 for silence."""
        missing_db = spectral_loudness.REFERENCE_LUFS - self.loudness_lufs
        return 10 ** (missing_db / 20) if math.isfinite(missing_db) else 1.0

    def unpadded(self) -> np.ndarray:
        """Return the samples of the recording `(n_samples,)`, without the padding."""
        return np.asarray(self.samples)[: self.n_samples]

    def log_magnitudes(self, block: Block) -> np.ndarray:
        """Compute the log magnitudes of the recording at a block's resolution.

        `(n_frames, n_freqs)` float32, those of the padding included.
        """
        return np.asarray(spectrogram.log_magnitude_spectrogram(self.samples, block.n_fft, block.hop_length))

    def frame_count(self, hop_length: int) -> int:
        """Count the frames of the recording, without those of the padding."""
        return spectrogram.frame_count(self.n_samples, hop_length)


@dataclass(frozen=True)
class Recordings:
    """One content and its styles."""

    content: Clip
    styles: tuple[Clip, ...]


def prepare(content: Recording, styles: Sequence[Recording], hop_length: int) -> Recordings:
    """Level and pad a content and its styles.

    Each is padded to a whole bucket of frames `hop_length` samples apart.
    """
    return Recordings(prepare_clip(content, hop_length), tuple(prepare_clip(style, hop_length) for style in styles))


def prepare_clip(sound: Recording, hop_length: int, begin: int = 0) -> Clip:
    """Level and pad one recording `(n_samples,)`, or the window of one that begins at a sample.

    It is padded to a whole bucket of frames `hop_length` samples apart.
    """
    n_samples = padded_spectrograms.bucket_samples(len(sound), hop_length)
    return Clip(level_and_pad(sound, n_samples), len(sound), loudness.integrated_loudness(sound), begin)


def level_and_pad(sound: Recording, n_samples: int) -> PaddedSound:
    """Bring a sound `(n_samples,)` to the reference loudness, and move it to the device.

    It is followed by silence up to `n_samples`, which is at least its length.
    """
    levelled = loudness.at_loudness(sound, spectral_loudness.REFERENCE_LUFS).astype(np.float32)
    return jax.device_put(np.pad(levelled, (0, n_samples - len(sound))))
