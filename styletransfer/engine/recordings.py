"""Recordings as a transfer compares them: at one loudness, on the device, padded so that programs are compiled once.

Sounds are mono `(n_samples,)`; padded ones end in silence, to a whole bucket of frames (padded_spectrograms.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np

from styletransfer.engine import loudness, padded_spectrograms, spectral_loudness, spectrogram
from styletransfer.engine.shapes import HostSound, PaddedSound
from styletransfer.settings import Block


@dataclass(frozen=True)
class Clip:
    """One recording at `spectral_loudness.REFERENCE_LUFS`, padded."""

    samples: PaddedSound
    n_samples: int
    """without the padding"""
    loudness_lufs: float
    """before it was brought to the reference"""

    def log_magnitudes(self, block: Block) -> np.ndarray:
        """`(n_frames, n_freqs)` float32 at this block's resolution, those of the padding included."""
        return np.asarray(spectrogram.log_magnitude_spectrogram(self.samples, block.n_fft, block.hop_length))

    def frame_count(self, hop_length: int) -> int:
        """Frames without those of the padding."""
        return spectrogram.frame_count(self.n_samples, hop_length)


@dataclass(frozen=True)
class Recordings:
    """One content and its styles."""

    content: Clip
    styles: tuple[Clip, ...]


def prepare(content: HostSound, styles: Sequence[HostSound], hop_length: int) -> Recordings:
    """Content and styles, each padded to a whole bucket of frames `hop_length` samples apart."""
    return Recordings(prepare_clip(content, hop_length), tuple(prepare_clip(style, hop_length) for style in styles))


def prepare_clip(sound: HostSound, hop_length: int) -> Clip:
    """One recording, padded to a whole bucket of frames `hop_length` samples apart."""
    n_samples = padded_spectrograms.bucket_samples(len(sound), hop_length)
    return Clip(level_and_pad(sound, n_samples), len(sound), loudness.integrated_loudness(sound))


def level_and_pad(sound: HostSound, n_samples: int) -> PaddedSound:
    """The sound at the reference loudness, followed by silence up to `n_samples`, on the device."""
    levelled = loudness.at_loudness(sound, spectral_loudness.REFERENCE_LUFS).astype(np.float32)
    return jax.device_put(np.pad(levelled, (0, n_samples - len(sound))))
