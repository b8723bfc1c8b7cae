"""Pitches are heard where they sound, whatever plays them, and alike notes are alike."""

from __future__ import annotations

from collections.abc import Sequence

import librosa
import numpy as np
import pytest

from styletransfer.quality import notes, similarity
from styletransfer.settings import SAMPLE_RATE_HZ

MELODY = (60, 64, 67, 62, 69, 65)
VOICES = {
    "few partials": (1.0, 0.3),
    "many": (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4),
    "odd ones": (1.0, 0.0, 0.6, 0.0, 0.5),
}


def played(midi: Sequence[int], partials: Sequence[float] = VOICES["few partials"], seconds: float = 0.5) -> np.ndarray:
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    rows = [
        sum(a * np.sin(2 * np.pi * librosa.midi_to_hz(m) * (k + 1) * t) for k, a in enumerate(partials)) for m in midi
    ]
    return (0.1 * np.concatenate(rows)).astype(np.float32)


def kept(sound: np.ndarray, content: np.ndarray) -> float:
    return notes.likeness(*(similarity.analyse(each).salience for each in (sound, content)))


@pytest.mark.parametrize("midi", range(57, 89, 4))
@pytest.mark.parametrize("voice", VOICES)
def test_a_note_is_heard_at_its_pitch(midi, voice):
    heard = similarity.analyse(played([midi], VOICES[voice])).salience.mean(axis=0)
    assert heard.shape == (12 * notes.OCTAVES,)
    assert np.argmax(heard) == midi - librosa.hz_to_midi(notes.LOWEST_HZ)


@pytest.mark.thorough
def test_pitches_of_a_recording_are_those_that_librosa_tracks(recording):
    """One note at a time: where pYIN finds a pitch, it is the strongest."""
    sound = recording("trumpet", 4.0)
    hz, tracked, _ = librosa.pyin(
        sound, fmin=180, fmax=1500, sr=SAMPLE_RATE_HZ, frame_length=notes.N_FFT, hop_length=notes.HOP_LENGTH
    )
    heard = similarity.analyse(sound).salience[: len(hz)][tracked]
    pitches = np.round(librosa.hz_to_midi(hz[tracked]) - librosa.hz_to_midi(notes.LOWEST_HZ)).astype(int)
    assert len(pitches) > 100
    assert np.mean(heard.argmax(axis=1) == pitches) > 0.95


@pytest.mark.parametrize("voice", ["many", "odd ones"])
def test_another_voice_keeps_the_notes(voice):
    assert kept(played(MELODY, VOICES[voice]), played(MELODY)) > 0.65


def test_other_notes_and_other_moments_are_unlike():
    content = played(MELODY)
    assert kept(content, content) == pytest.approx(1)
    assert kept(played([m + 1 for m in MELODY]), content) < 0.15
    assert kept(played(MELODY[1:] + MELODY[:1]), content) < 0.3


def test_level_changes_nothing():
    content = played(MELODY)
    assert kept(0.01 * content, content) == pytest.approx(1, abs=1e-4)


def test_what_has_no_pitch_has_no_notes(rng):
    content = played(MELODY)
    silence, noise = np.zeros_like(content), rng.normal(size=len(content)).astype(np.float32)
    assert kept(noise, content) < 0.12
    assert kept(silence, content) == kept(content, silence) == kept(silence, silence) == 0


def test_recordings_keep_their_own_notes_and_none_of_another(recording):
    names = ("speech", "guitar", "trumpet", "drumkit")
    heard = {name: similarity.analyse(recording(name, 6.0)).salience for name in names}
    for a in names:
        for b in names:
            found = notes.likeness(heard[a], heard[b])
            assert found == pytest.approx(1) if a == b else found < 0.2, (a, b)


def test_likeness_is_a_correlation_of_frames_less_their_mean(rng):
    a, b = rng.uniform(size=(2, 9, 7))
    b += a
    x, y = (np.concatenate([row - np.mean(row) for row in each]) for each in (a, b))
    assert notes.likeness(a, b) == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert notes.likeness(a, -b) == 0
