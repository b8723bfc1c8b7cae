"""Spectrograms to look at: of a sound of any length, no more frames than a screen can show.

Sounds are `(n_samples,)` or `(n_samples, 2)` at SAMPLE_RATE_HZ; spectrograms `(n_frames, n_freqs)` of `log(1 + m)`.
"""

from __future__ import annotations

import numpy as np

from styletransfer.engine import windows
from styletransfer.engine.spectrogram import frame_count, log_magnitude_spectrogram
from styletransfer.files import downmix
from styletransfer.settings import SAMPLE_RATE_HZ

MAX_FRAMES = 2_600
"""30 s at a hop of 512 samples have so many."""


def every(n_samples: int, hop_length: int) -> int:
    """Count the frames of a sound that become one, so that there are at most MAX_FRAMES."""
    return -(-frame_count(n_samples, hop_length) // MAX_FRAMES)


def log_magnitudes(sound: np.ndarray, n_fft: int, hop_length: int, every: int = 1) -> np.ndarray:
    """Compute log magnitudes of which each frame is the loudest of `every` neighbours.

    Returns `(n_frames, n_freqs)` float32, `hop_length * every` samples apart; two channels are mixed.
    """
    mono = downmix.mono(sound)
    parts = []
    for stretch in windows.stretches(len(mono), n_fft, hop_length * every):
        part = mono[stretch.samples]
        # Filled up to whole seconds on the way: JAX compiles for every new length.
        padded = np.pad(part, (0, -len(part) % SAMPLE_RATE_HZ))
        frames = np.asarray(log_magnitude_spectrogram(padded, n_fft, hop_length))[: frame_count(len(part), hop_length)]
        loudest = np.maximum.reduceat(frames, np.arange(0, len(frames), every)) if every > 1 else frames
        parts.append(loudest[stretch.rows])
    return np.concatenate(parts)
