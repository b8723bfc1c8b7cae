"""What is heard of a sound against librosa.feature, and each likeness on sounds whose likeness is known."""

from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
import scipy.signal

from styletransfer.engine import loudness, padded_spectrograms
from styletransfer.quality import similarity
from styletransfer.settings import SAMPLE_RATE_HZ

FRAMING: dict[str, Any] = {"sr": SAMPLE_RATE_HZ, "n_fft": similarity.N_FFT, "hop_length": similarity.HOP_LENGTH}


def tones(midi: list[int], seconds: float = 1.0) -> np.ndarray:
    """Notes one after another, three partials each."""
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    notes = [sum(np.sin(2 * np.pi * 440 * 2 ** ((m - 69) / 12) * k * t) / k for k in (1, 2, 4)) for m in midi]
    return np.concatenate(notes).astype(np.float32)


def clicks(rng: np.random.Generator, beats_per_minute: float, seconds: float = 8.0) -> np.ndarray:
    """Bursts of noise that die away, each other than the one before."""
    sound = np.zeros(round((seconds + 1) * SAMPLE_RATE_HZ))
    for start_s in np.arange(0, seconds, 60 / beats_per_minute):
        start = round(start_s * SAMPLE_RATE_HZ)
        sound[start : start + 4410] += rng.normal(size=4410) * np.exp(-np.arange(4410) / 800)
    return sound[: round(seconds * SAMPLE_RATE_HZ)].astype(np.float32)


@pytest.mark.parametrize("name", ["piano", "drums"])
def test_what_is_heard_is_what_librosa_hears(recording, name):
    heard = similarity.analyse(recording(name, 2.0))
    power = np.abs(librosa.stft(heard.samples, n_fft=similarity.N_FFT, hop_length=similarity.HOP_LENGTH)) ** 2
    mel_db = librosa.power_to_db(librosa.feature.melspectrogram(S=power, **FRAMING))
    cepstra = librosa.feature.mfcc(S=mel_db, n_mfcc=similarity.CEPSTRA + 1)[1:]
    onsets = librosa.onset.onset_strength(S=mel_db, center=False, sr=SAMPLE_RATE_HZ)
    chroma = librosa.feature.chroma_stft(S=power, tuning=0.0, norm=None, **FRAMING)
    np.testing.assert_allclose(heard.chroma, chroma.T, rtol=1e-3, atol=1e-4 * chroma.max())
    np.testing.assert_allclose(heard.cepstra, cepstra.T, atol=0.02)
    np.testing.assert_allclose(heard.onsets, onsets[1:], atol=0.02)
    np.testing.assert_allclose(heard.frames[: len(power.T)], np.log1p(np.sqrt(power)).T, atol=1e-4)


@pytest.mark.parametrize("name", ["speech", "violin"])
def test_power_is_one_at_the_loudness_of_the_whole(recording, name):
    heard = similarity.analyse(recording(name, 4.0))
    gated = heard.power[heard.power > 0.05 * heard.power.mean()]
    assert 10 * np.log10(gated.mean()) == pytest.approx(0, abs=0.7)


def test_pitch_is_what_chroma_compares():
    melody, elsewhere = [60, 64, 67, 62, 65], [61, 66, 71, 63, 70]
    content = similarity.analyse(tones(melody))
    octave_up = similarity.analyse(tones([m + 12 for m in melody]))
    assert similarity.chroma_similarity(content, content) == pytest.approx(1)
    assert similarity.chroma_similarity(octave_up, content) > 0.95
    assert abs(similarity.chroma_similarity(similarity.analyse(tones(elsewhere)), content)) < 0.25


def test_noise_and_silence_have_no_pitch(rng):
    content = similarity.analyse(tones([60, 64, 67]))
    noise = similarity.analyse(rng.normal(size=len(content.samples)).astype(np.float32))
    silence = similarity.analyse(np.zeros_like(content.samples))
    assert abs(similarity.chroma_similarity(noise, content)) < 0.1
    assert similarity.chroma_similarity(silence, content) == 0
    assert similarity.chroma_similarity(content, silence) == 0
    assert similarity.chroma_similarity(silence, silence) == 0


def test_unrelated_recordings_are_unlike(recording):
    heard = [similarity.analyse(recording(name, 8.0)) for name in ("speech", "guitar", "trumpet", "drumkit")]
    for a in heard:
        for b in heard:
            if a is not b:
                assert abs(similarity.chroma_similarity(a, b)) < 0.2
                assert similarity.rhythm_similarity(a, b) < 0.35
                assert similarity.largest_copies([similarity.flat(a.samples)], similarity.flat(b.samples))[0] < 0.15


def test_tempo_is_what_rhythm_compares(rng):
    slow, slow_again, fast = (similarity.analyse(clicks(rng, tempo)) for tempo in (96, 96, 133))
    assert similarity.rhythm_similarity(slow, slow) == pytest.approx(1)
    assert similarity.rhythm_similarity(slow, slow_again) > 0.95
    assert similarity.rhythm_similarity(slow, fast) < 0.2


def test_rhythm_does_not_depend_on_where_the_beat_begins(rng):
    beat = clicks(rng, 96)
    later = similarity.analyse(beat[round(0.2 * SAMPLE_RATE_HZ) :])
    assert similarity.rhythm_similarity(similarity.analyse(beat), later) > 0.95


@pytest.mark.parametrize("names", [("guitar", "piano"), ("drums", "drums"), ("speech", "drumkit")], ids=" + ".join)
def test_attacks_are_alike_as_librosas_onset_strengths(recording, names):
    a, b = (recording(name, 4.0) for name in names)
    heard = [similarity.analyse(0.3 * a + b), similarity.analyse(b)]
    window = scipy.signal.get_window("hann", similarity.ONSET_FRAMES + 2, fftbins=False)
    strengths = []
    for each in heard:
        power = np.abs(librosa.stft(each.samples, n_fft=similarity.N_FFT, hop_length=similarity.HOP_LENGTH)) ** 2
        mel_db = librosa.power_to_db(librosa.feature.melspectrogram(S=power, **FRAMING))
        onsets = librosa.onset.onset_strength(S=mel_db, center=False, sr=SAMPLE_RATE_HZ)[1:]
        strengths.append(scipy.signal.fftconvolve(onsets, window, "full")[5:-5])
    assert similarity.onset_similarity(*heard) == pytest.approx(np.corrcoef(*strengths)[0, 1], abs=2e-3)


def test_attacks_are_compared_moment_by_moment(rng):
    beat = clicks(rng, 96)
    content, same, later, silence = (
        similarity.analyse(each) for each in (beat, clicks(rng, 96), np.roll(beat, 13_000), np.zeros_like(beat))
    )
    assert similarity.onset_similarity(content, content) == pytest.approx(1)
    assert similarity.onset_similarity(same, content) > 0.95
    assert similarity.onset_similarity(later, content) < 0.1
    assert similarity.onset_similarity(silence, content) == similarity.onset_similarity(silence, silence) == 0


def test_a_short_sound_has_no_beat(rng):
    short = similarity.analyse(clicks(rng, 96, 0.3))
    assert similarity.rhythm_similarity(short, short) == 0


def test_timbre_of_several_sounds_is_that_of_one_recording_of_all(recording):
    # Frames that hold the end of one and the start of the other are few.
    a, b = recording("piano", 3.0), recording("violin", 3.0)
    pooled = similarity.timbre([similarity.analyse(a), similarity.analyse(b)], (0.5, 0.5))
    levelled = [loudness.at_loudness(sound, -20) for sound in (a, b)]
    joined = similarity.timbre([similarity.analyse(np.concatenate(levelled))])
    assert np.linalg.norm(pooled - joined) < 0.05 * np.linalg.norm(pooled)
    alone = similarity.timbre([similarity.analyse(a)])
    np.testing.assert_allclose(
        similarity.timbre([similarity.analyse(a), similarity.analyse(b)], (1.0, 0.0)), alone, rtol=1e-5
    )


def loop_over_places(sound: np.ndarray, source: np.ndarray, length: int, hop: int) -> float:
    best, last = 0.0, len(sound) - length
    loudest = max(float(np.sum(source[i : i + length] ** 2)) for i in range(len(source) - length + 1))
    for start in [*range(0, last, hop), last]:
        stretch = sound[start : start + length]
        if not stretch.any():
            continue
        for place in range(len(source) - length + 1):
            other = source[place : place + length]
            energy = max(float(np.sum(other**2)), similarity.MIN_PLACE_ENERGY * loudest)
            best = max(best, abs(float(stretch @ other)) / np.sqrt(energy * float(stretch @ stretch)))
    return best


@pytest.mark.parametrize(("n_samples", "n_source"), [(200, 700), (30, 500), (100, 33), (40, 40), (1, 1)])
def test_copies_are_those_of_the_loop(rng, monkeypatch, n_samples, n_source):
    monkeypatch.setattr(similarity, "STRETCH", 40)
    monkeypatch.setattr(similarity, "STRETCH_HOP", 20)
    source = rng.normal(size=n_source)
    source[n_source // 3 : n_source // 2] *= 1e-3  # far below MIN_PLACE_ENERGY
    sounds = rng.normal(size=(3, n_samples))
    sounds[1, : n_samples // 2] = 0
    found = similarity.largest_copies(sounds.astype(np.float32), source.astype(np.float32))
    length = min(40, n_samples, max(1, n_source // 2))
    expected = [loop_over_places(s, source, length, min(20, length)) for s in sounds]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_copied_second_is_found_anywhere_at_any_gain_and_polarity(rng, recording):
    source = recording("guitar", 8.0)
    sound = np.array(recording("speech", 4.0))
    assert similarity.largest_copies([sound], source)[0] < 0.3
    stretch = slice(round(1.5 * SAMPLE_RATE_HZ), round(2.5 * SAMPLE_RATE_HZ))
    sound[stretch] = -0.01 * source[123_456 : 123_456 + SAMPLE_RATE_HZ]
    assert similarity.largest_copies([sound], source)[0] == pytest.approx(1, abs=1e-3)
    sound[stretch] += 0.01 * source[stretch]
    assert 0.4 < similarity.largest_copies([sound], source)[0] < 0.95


def test_a_spliced_second_is_a_copy_and_what_is_alike_in_part_is_none(rng, recording):
    """As two recordings with the same kick drum, or of one note, are."""
    source, content = recording("guitar", 8.0), recording("speech", 4.0)
    spliced, both = content.copy(), content + source[99_999 : 99_999 + len(content)]
    spliced[50_000:110_000] = source[123_456:183_456]
    seconds = np.arange(len(source)) / SAMPLE_RATE_HZ
    hums = [0.5 * np.sin(2 * np.pi * 55 * seconds) + 0.01 * rng.normal(size=len(source)) for _ in range(2)]
    first, second = (each.astype(np.float32) for each in hums)

    def copy(sound: np.ndarray, source: np.ndarray) -> float:
        return float(similarity.largest_copies([similarity.flat(sound)], similarity.flat(source))[0])

    assert copy(spliced, source) > 0.95
    assert copy(both, source) > 0.5
    assert copy(content, source) < 0.1
    assert similarity.largest_copies([first], second)[0] > 0.95
    assert copy(first, second) < 0.2


def test_all_of_a_short_source_is_found_anywhere(recording):
    source = recording("guitar", 0.8)
    for place in (0, 9_000, 20_000, 52_000):
        sound = np.array(recording("speech", 2.0))
        sound[place : place + len(source)] = 0.1 * source
        assert similarity.largest_copies([sound], source)[0] == pytest.approx(1, abs=1e-3)


def test_silence_is_no_copy(recording):
    sound, silence = recording("piano", 1.5), np.zeros(2 * SAMPLE_RATE_HZ, np.float32)
    assert similarity.largest_copies([silence], sound)[0] == 0
    assert similarity.largest_copies([sound], silence)[0] == 0


def test_nothing_is_traced_again_for_sounds_of_one_bucket(recording, traces):
    n_samples = padded_spectrograms.bucket(100) * similarity.HOP_LENGTH - 1
    sound = recording("piano", 2.0)
    similarity.analyse(sound[:n_samples])
    traces.clear()
    similarity.analyse(sound[: n_samples - 10_000])
    assert traces == []
