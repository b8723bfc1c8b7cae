"""That presets with a purpose of their own do what they say, on real recordings."""

from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
import scipy.signal
import soxr

from styletransfer.quality import similarity
from styletransfer.settings import SAMPLE_RATE_HZ, preset
from styletransfer.transfer import stylize

pytestmark = pytest.mark.slow

BANDS, HOP = 24, 512
SYLLABLES_HZ = (2.0, 16.0)
"""How fast the level of a band moves from sound to sound of speech."""


@pytest.mark.parametrize(
    ("content_name", "style_name"), [("piano", "drumkit"), pytest.param("guitar", "drums", marks=pytest.mark.thorough)]
)
def test_remix_has_the_styles_beat_and_the_contents_notes(recording: Any, content_name: str, style_name: str) -> None:
    content, style = recording(content_name, 5.0), recording(style_name, 6.0)
    heard, own, theirs = map(similarity.analyse, (stylize(content, [style], preset("remix")).sound, content, style))
    assert similarity.rhythm_similarity(heard, theirs) > 0.9
    assert similarity.rhythm_similarity(heard, own) < 0.35
    assert similarity.chroma_similarity(heard, own) > 0.4
    assert _timbre_distance(heard, theirs) < 0.6 * _timbre_distance(own, theirs)


@pytest.mark.thorough
def test_voice_keeps_the_words(recording: Any) -> None:
    """The style is another part of the same speech, a third lower: another speaker's, of other words."""
    content, other = recording("speech", 2.5), recording("speech", 3.2, start_s=7.0)
    style = soxr.resample(other, 0.8 * SAMPLE_RATE_HZ, SAMPLE_RATE_HZ).astype(np.float32)
    sound = stylize(content, [style], preset("voice", iterations=25, refinement_iterations=6)).sound
    assert words_kept(sound, content) > 0.85
    assert words_kept(style[: len(content)], content) < 0.3
    heard, own, theirs = map(similarity.analyse, (sound, content, style))
    assert _timbre_distance(heard, theirs) < 0.9 * _timbre_distance(own, theirs)


def words_kept(sound: np.ndarray, content: np.ndarray) -> float:
    """How alike the levels of mel bands move, as fast as syllables do: Pearson's correlation, a mean over bands."""
    a, b = (_movements(each) for each in (sound, content))
    return float(np.mean(np.sum(a * b, axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))))


def _movements(sound: np.ndarray) -> np.ndarray:
    levels = librosa.feature.melspectrogram(y=sound, sr=SAMPLE_RATE_HZ, n_fft=1024, hop_length=HOP, n_mels=BANDS)
    band = scipy.signal.butter(2, SYLLABLES_HZ, "bandpass", fs=SAMPLE_RATE_HZ / HOP, output="sos")
    return np.asarray(scipy.signal.sosfiltfilt(band, librosa.power_to_db(levels, top_db=50), axis=1))


def _timbre_distance(sound: similarity.AudioFeatures, style: similarity.AudioFeatures) -> float:
    return float(np.linalg.norm(similarity.timbre([sound]) - similarity.timbre([style])))
