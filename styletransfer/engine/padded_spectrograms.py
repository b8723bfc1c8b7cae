"""Recordings as the losses see them: log-magnitude frames, and how much each patch of frames counts.

Arrays are padded to whole buckets of frames so that jitted functions compile once for every recording of a bucket;
padding counts for nothing. Several styles stand one after another in one array, as one long recording with weights:
docs/method.md tells why that is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from styletransfer.engine import spectrogram

BUCKET_FRAMES = 32


class PaddedSpectrograms(NamedTuple):
    """One or more spectrograms in one array, one after another."""

    frames: np.ndarray
    """`(n_frames, n_freqs)` float32, n_frames a multiple of BUCKET_FRAMES; zeros between and after the recordings"""
    lengths: tuple[int, ...]
    """frames of each recording, which follow one another without a gap"""
    weights: tuple[float, ...]
    """how much each recording counts; they sum to 1"""
    sounding: np.ndarray | None = None
    """`(n_frames,)`: False for frames whose texture does not count, since they are silent; None if all do"""

    def patch_weights(self, width: int) -> np.ndarray:
        """Compute how much each patch of `width` frames counts in the mean over patches.

        `(n_frames - width + 1,)` float32 of sum 1; 0 for patches that touch padding or two recordings, or of which no
        frame is `sounding`. Raises ValueError if no recording holds a patch.
        """
        counts = self.inside(width)
        if self.sounding is not None:
            counts = counts & (np.convolve(self.sounding, np.ones(width), "valid") > 0)
        weights = np.zeros(len(counts), np.float32)
        start, total = 0, 0.0
        for length, weight in zip(self.lengths, self.weights, strict=True):
            patches = np.count_nonzero(counts[start : start + length])
            if patches:
                weights[start : start + length][counts[start : start + length]] = weight / patches
                total += weight
            start += length
        if total == 0:
            raise ValueError(f"no recording is as long as one patch of {width} frames")
        return weights / np.float32(total)

    def inside(self, width: int) -> np.ndarray:
        """Tell which patches of `width` frames lie within one recording.

        `(n_frames - width + 1,)` bool; False for patches that touch padding or two recordings.
        """
        found = np.zeros(self.frames.shape[0] - width + 1, bool)
        ends = np.cumsum(self.lengths)
        for end, length in zip(ends, self.lengths, strict=True):
            found[end - length : max(end - length, end - width + 1)] = True
        return found

    def frame_weights(self) -> np.ndarray:
        """Compute how much each frame counts in the mean over frames.

        `(n_frames,)` float32 of sum 1; 0 for padding.
        """
        return self.patch_weights(1)


def bucket(n_frames: int) -> int:
    """Round a count of frames up to a whole bucket, a multiple of BUCKET_FRAMES."""
    return -(-n_frames // BUCKET_FRAMES) * BUCKET_FRAMES


def bucket_samples(n_samples: int, hop_length: int) -> int:
    """Compute the length to which a sound is padded.

    In samples, such that a sound of `n_samples` followed by silence has a whole bucket of frames.
    """
    return bucket(spectrogram.frame_count(n_samples, hop_length)) * hop_length - 1


def join(spectrograms: Sequence[np.ndarray], weights: Sequence[float] = (), n_frames: int = 0) -> PaddedSpectrograms:
    """Join spectrograms `(n_frames_i, n_freqs)` into one array.

    They are equally weighted unless `weights`, of any sum above 0, say otherwise. The array has at least `n_frames`,
    and a whole bucket of frames.
    """
    lengths = tuple(len(s) for s in spectrograms)
    shares = np.asarray(weights if len(weights) else np.ones(len(lengths)), float)
    padding = bucket(max(n_frames, sum(lengths))) - sum(lengths)
    frames = np.pad(np.concatenate(spectrograms).astype(np.float32), ((0, padding), (0, 0)))
    return PaddedSpectrograms(frames, lengths, tuple((shares / shares.sum()).tolist()))
