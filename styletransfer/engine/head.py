"""The beginning of a window, which it takes over from the window before and leaves as it is.

So two windows have the same sound where they meet. Sounds are padded `(n_padded_samples,)` at the level of the window's
content.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from styletransfer.engine import spectrogram
from styletransfer.engine.recordings import Clip
from styletransfer.engine.shapes import Frames, HostSound, PaddedSound
from styletransfer.settings import Settings

FADE = 512
"""Samples over which what is found goes on from what was taken over."""


class Head(NamedTuple):
    """What a window takes over."""

    samples: PaddedSound
    """silent from `n_samples` on"""
    n_samples: int

    def frame_count(self, settings: Settings) -> int:
        """Count the frames of the solve that hold nothing else."""
        return max(0, (self.n_samples - settings.n_fft // 2) // settings.hop_length)

    def held_samples(self) -> int:
        """Count the samples that a refinement leaves as they are."""
        return max(0, self.n_samples - FADE)

    def on_frames(self, frames: Frames, settings: Settings) -> jax.Array:
        """Put it in the place of the first log magnitudes of a start `(n_frames, n_freqs)`."""
        own = spectrogram.log_magnitude_spectrogram(self.samples, settings.n_fft, settings.hop_length)
        is_held = np.arange(frames.shape[0]) < self.frame_count(settings)
        return jnp.where(is_held[:, None], own, frames)

    def on_content(self, samples: PaddedSound) -> jax.Array:
        """Put it in the place of the beginning of the content, for the phase to start from."""
        return jnp.where(np.arange(samples.shape[0]) < self.n_samples, self.samples, samples)

    def on_sound(self, sound: PaddedSound) -> jax.Array:
        """Put it, at the level of what is there, in the place of the beginning of a sound."""
        found, taken, held = np.asarray(sound), np.asarray(self.samples), self.held_samples()
        levels = [float(np.linalg.norm(each[:held])) for each in (found, taken)]
        if min(levels) <= 0:
            return sound
        share = np.clip((self.n_samples - np.arange(len(found), dtype=np.float32)) / FADE, 0, 1)
        return jax.device_put(found + share * (np.float32(levels[0] / levels[1]) * taken - found))


def head(sound: HostSound, clip: Clip) -> Head:
    """Prepare a sound `(n_head_samples,)`, at the content's own level, as the head of the window `clip`."""
    padded = np.pad(sound * np.float32(clip.gain), (0, clip.samples.shape[0] - len(sound)))
    return Head(jax.device_put(padded.astype(np.float32)), len(sound))
