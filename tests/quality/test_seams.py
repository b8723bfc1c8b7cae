"""Clicks and cuts stand out; what recordings have themselves, and attacks where the content has them, do not."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from styletransfer.quality import seams, similarity
from styletransfer.settings import SAMPLE_RATE_HZ

SECONDS = 4.0
PLACES = [round(s * SAMPLE_RATE_HZ) for s in (1.03, 1.97, 2.71)]


@pytest.fixture(params=[("guitar", "violin"), ("piano", "trumpet"), ("speech", "drums")], ids=" + ".join)
def pair(request, recording) -> tuple[np.ndarray, np.ndarray]:
    return tuple(recording(name, SECONDS) for name in request.param)


def every_excess_db(sound: np.ndarray, content: np.ndarray, *styles: np.ndarray) -> np.ndarray:
    heard, own, *theirs = (similarity.analyse(each).outstanding_db for each in (sound, content, *styles))
    return seams.excess_db(heard, own, theirs)


def excess_db(sound: np.ndarray, content: np.ndarray, *styles: np.ndarray) -> float:
    """That of the worst moment."""
    return float(every_excess_db(sound, content, *styles).max())


def test_recordings_have_none_and_nor_has_their_mix(pair):
    content, style = pair
    assert excess_db(content, content, style) == 0
    assert excess_db(style, content, style) == 0
    assert excess_db(content + style, content, style) < 0.5


def test_a_click_shows(pair):
    content, style = pair
    found = []
    for amplitude in (0.03, 0.1, 0.3):
        clicked = [content + amplitude * (np.arange(len(content)) == place) for place in PLACES]
        found.append(np.median([excess_db(each.astype(np.float32), content, style) for each in clicked]))
    assert 0 < found[0] < found[1] < found[2]
    assert found[1] > 3
    assert found[2] > 8


@pytest.mark.parametrize("count", [0, 1, 3, 10])
def test_ten_clicks_are_ten(pair, rng, count: int):
    content, style = pair
    clicked = content.copy()
    places = (np.linspace(0.11, 0.93, 10)[rng.permutation(10)[:count]] * len(content)).astype(int)
    clicked[places] += 0.3
    found = seams.count_in_10_s(every_excess_db(clicked, content, style))
    assert found == pytest.approx(count * 10 / SECONDS, rel=0.01)


def test_a_cut_shows_and_a_fade_does_not(recording):
    seconds = np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    chord = [0.1 * np.sin(2 * np.pi * hz * seconds) for hz in (220, 277.2, 329.6, 880)]
    content = np.asarray(np.sum(chord, axis=0), np.float32)
    elsewhere = -content

    def joined(fade: int) -> np.ndarray:
        share = np.clip((np.arange(len(content)) - 44_111) / fade + 0.5, 0, 1)
        return ((1 - share) * content + share * elsewhere).astype(np.float32)

    style = recording("violin", 2.0)
    assert excess_db(joined(1), content, style) > 5
    assert excess_db(joined(4000), content, style) == 0


def test_an_attack_counts_where_the_content_has_none(rng):
    hiss = 0.01 * rng.normal(size=2 * SAMPLE_RATE_HZ).astype(np.float32)
    tick = np.zeros_like(hiss)
    tick[SAMPLE_RATE_HZ] = 0.9
    near, far = (np.roll(tick, round(away_s * SAMPLE_RATE_HZ)) for away_s in (0.6 * seams.ATTACK_S, 3 * seams.ATTACK_S))
    assert excess_db(hiss + near, hiss + tick, hiss) < 0.5
    assert excess_db(hiss + far, hiss + tick, hiss) > 5
    assert excess_db(hiss + far, hiss + tick, hiss, hiss + tick) < 0.5  # a style has such ticks


def test_moments_stand_out_as_in_the_loop(recording):
    sound = similarity.analyse(recording("guitar", 0.4)).samples
    magnitudes = np.abs(librosa.stft(sound, n_fft=seams.N_FFT, hop_length=seams.HOP_LENGTH, pad_mode="constant"))
    levels_db = 20 * np.log10(seams.MIN_MAGNITUDE + magnitudes[1:].T)
    last = len(levels_db) - 1
    expected = []
    for i, level_db in enumerate(levels_db):
        before, after = levels_db[max(0, i - seams.REACH)], levels_db[min(last, i + seams.REACH)]
        expected.append(np.mean([max(0.0, x - max(b, a)) for x, b, a in zip(level_db, before, after, strict=True)]))
    np.testing.assert_allclose(seams.outstanding_db(sound), expected, atol=1e-2)
