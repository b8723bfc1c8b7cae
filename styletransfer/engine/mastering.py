"""The last steps to a result, over the whole sound: fades, noise gate, loudness and peak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from styletransfer.engine import limiter, loudness, noise_gate, peak_spreading, sounding, spectral_loudness
from styletransfer.engine.recordings import Clip
from styletransfer.engine.shapes import MonoOrStereo
from styletransfer.engine.style_target import StyleTarget
from styletransfer.settings import SAMPLE_RATE_HZ, Settings

REST_S = 0.2
"""Silence of at least this length in a content is silence in the result: what a style has there would be heard as an
echo before the next note."""
FADE_S = 0.005
"""Fade at either end of the result, so that a recording cut in mid-sound does not end in a click."""


@dataclass(frozen=True)
class Mastering:
    """How any sound that was made from one content is finished."""

    n_samples: int
    loudness_lufs: float
    """of the content, which is that of the result"""
    allowed_power: np.ndarray | None
    """`(n_frames,)`: how loud the noise gate lets each moment be; None where there is no gate"""
    spreads_peaks: bool
    """whether phases may move to make peaks lower"""

    def finish(self, sound: MonoOrStereo) -> MonoOrStereo:
        """Make the result of a sound `(n_samples,)` or `(n_samples, 2)`.

        Returns float32 of the same shape: faded at both ends, at the content's loudness, at most -1 dBTP, and, with a
        gate, quiet where both recordings are.
        """
        finished = np.array(sound)
        n_fade = min(round(FADE_S * SAMPLE_RATE_HZ), self.n_samples // 2)
        fade = np.sin(np.linspace(0, np.pi / 2, n_fade, endpoint=False, dtype=np.float32)) ** 2
        fade = fade if finished.ndim == 1 else fade[:, None]
        finished[:n_fade] *= fade
        finished[-n_fade:] *= fade[::-1]
        if self.allowed_power is not None:
            levelled = loudness.at_loudness(finished, spectral_loudness.REFERENCE_LUFS)
            finished = noise_gate.gate(levelled, self.allowed_power)
        if self.spreads_peaks:
            ceiling = limiter.sample_ceiling(self.loudness_lufs, loudness.integrated_loudness(finished))
            finished = peak_spreading.spread(finished, ceiling)
        return limiter.at_loudness(finished, limiter.target_lufs(self.loudness_lufs))


def mastering(content: Clip, style: StyleTarget, loudness_lufs: float, settings: Settings) -> Mastering:
    """Prepare how the sounds of a content are finished beside its styles.

    `loudness_lufs` is that of the content with all its channels. With raw losses phases stay as they were found.
    """
    allowed = None
    if settings.noise_gate == "on":
        own = noise_gate.power(content.unpadded())
        allowed = noise_gate.allowed_power(own, style.gate_powers(), style.shares)
        rest = round(REST_S * SAMPLE_RATE_HZ / noise_gate.HOP_LENGTH)
        allowed = np.where(sounding.is_sounding(own, rest), allowed, own)
    return Mastering(content.n_samples, loudness_lufs, allowed, settings.follows_sliders)
