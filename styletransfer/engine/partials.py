"""The content's partials: brings the notes of the content out in a sound that plays them in another texture.

Sounds are `(n_samples,)` at `spectral_loudness.REFERENCE_LUFS`. docs/method.md has the formulas.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from styletransfer.engine import host_stft
from styletransfer.engine.shapes import HostSound
from styletransfer.settings import SAMPLE_RATE_HZ

N_FFT, HOP_LENGTH = 4096, 1024
FLOOR = 0.03
"""Magnitude below which nothing counts as heard."""
ENVELOPE_BINS, ENVELOPE_FRAMES = 16.0, 1.0
"""Standard deviations of the Gaussians whose mean over frequency is the envelope, and over time what persists."""
LEAST_PARTIAL, FULL_PARTIAL = 0.35, 0.95
"""Nepers above the envelope from which something that persists is a partial, and is one for sure."""
NEAR_BINS, NEARNESS = 16.0, 3.0
DEEPEST, HIGHEST = -1.5, 2.0
"""Nepers to which the fine structure that is laid over the sound is limited."""
MOST_ABOVE = 1.5
"""Nepers by which a partial may be louder than it is in the content."""
FULL_AMOUNT, EVENNESS = 1.0, 1.4
"""The amount at a melody of 100, and the power to which the melody goes below: so that notes become clearer evenly."""
LOWEST_HZ, HIGHEST_HZ = 50.0, 5_000.0
INAUDIBLE = 1e-3
"""Part of the content's greatest magnitude below which it has no partials."""


def amount_of(melody: float) -> float:
    """Return how far the partials are brought out at a `melody` of 0 to 100."""
    return FULL_AMOUNT * (melody / 100) ** EVENNESS


def with_partials(sound: HostSound, content: HostSound, amount: float) -> HostSound:
    """Bring out the notes of a content in a sound that was made from it.

    Both are `(n_samples,)`; an `amount` of 0 changes nothing, 1 fills partials up to all of their level. Where the
    content has partials, its fine structure is laid over the sound's own spectrum; where the sound has too little
    there, the partial is filled up at the sound's level with the content's phase.
    """
    if amount == 0:
        return sound
    longer = [host_stft.continued(each, N_FFT) for each in (sound, content)]
    own, theirs = (host_stft.spectrum(each, N_FFT, HOP_LENGTH) for each in longer)
    log_own, log_theirs = (np.log(np.abs(each) + FLOOR) for each in (own, theirs))
    envelope_own, envelope = (gaussian_filter1d(each, ENVELOPE_BINS, axis=1) for each in (log_own, log_theirs))
    fine = log_theirs - envelope
    heard, persistent = (gaussian_filter1d(each, ENVELOPE_FRAMES, axis=0) for each in (log_own - envelope_own, fine))
    hz = np.linspace(0, SAMPLE_RATE_HZ / 2, own.shape[1])
    range_weights = np.where(hz < LOWEST_HZ, 0, 1 / (1 + (hz / HIGHEST_HZ) ** 4)).astype(np.float32)
    is_audible = np.abs(theirs) > INAUDIBLE * np.abs(theirs).max(initial=0.0)
    certainty = np.clip((persistent - LEAST_PARTIAL) / (FULL_PARTIAL - LEAST_PARTIAL), 0, 1)
    partials = certainty * np.clip(fine + 0.5, 0, 1) * range_weights * is_audible
    near = np.clip(NEARNESS * gaussian_filter1d(partials, NEAR_BINS, axis=1), 0, 1) * range_weights
    asked = np.clip(persistent, DEEPEST, HIGHEST)
    lacking = asked - np.clip(heard, np.minimum(asked, 0), np.maximum(asked, 0))
    shaped = own * np.exp(amount * near * lacking)
    wanted = partials * np.exp(np.minimum((envelope_own + envelope) / 2 + fine, log_theirs + MOST_ABOVE))
    missing = np.maximum(0, amount * wanted - np.abs(shaped))
    filled = shaped + missing * theirs / np.maximum(np.abs(theirs), 1e-9)
    return host_stft.sound_of(filled, len(longer[0]), HOP_LENGTH)[N_FFT : N_FFT + len(sound)]
