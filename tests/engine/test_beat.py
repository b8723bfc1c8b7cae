"""The beat of a finished sound: as much of the content's or the style's as it lacks."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from styletransfer.engine import beat
from styletransfer.quality import similarity
from styletransfer.settings import SAMPLE_RATE_HZ, preset
from styletransfer.transfer import stylize


def strokes(seed: int, beats_per_minute: float, seconds: float = 8.0) -> np.ndarray:
    """Bursts of noise that die away over a floor of noise."""
    rng = np.random.default_rng(seed)
    sound = 0.3 * rng.standard_normal(round((seconds + 1) * SAMPLE_RATE_HZ))
    for start_s in np.arange(0, seconds, 60 / beats_per_minute):
        start = round(start_s * SAMPLE_RATE_HZ)
        sound[start : start + 8820] += rng.standard_normal(8820) * np.exp(-np.arange(8820) / 2500)
    return sound[: round(seconds * SAMPLE_RATE_HZ)].astype(np.float32)


CONTENT, STYLE = strokes(0, 96), strokes(1, 133)


def brought(sound: np.ndarray, goal: beat.Goal | None) -> np.ndarray:
    assert goal is not None
    return goal.brought_to(sound, lambda each: each)


def like(sound: np.ndarray, other: np.ndarray) -> float:
    return similarity.rhythm_similarity(similarity.analyse(sound), similarity.analyse(other))


def test_none_of_the_styles_beat_is_left_where_none_is_asked_for() -> None:
    sound = strokes(2, 133)
    found = brought(sound, beat.goal(CONTENT, STYLE, 0.0))
    assert like(sound, STYLE) > 0.9
    assert like(found, STYLE) < min(0.35, like(found, CONTENT))


def test_all_of_the_styles_beat_is_brought_where_it_is_missing() -> None:
    sound = strokes(2, 96)
    found = brought(sound, beat.goal(CONTENT, STYLE, 1.0))
    assert like(sound, STYLE) < 0.35
    assert like(found, STYLE) > 0.9


@pytest.mark.parametrize("tempo", [96, 133])
def test_half_of_it_is_half_way_from_either_beat(tempo: float) -> None:
    found = brought(strokes(2, tempo), beat.goal(CONTENT, STYLE, 0.5))
    ends = [like(brought(strokes(2, tempo), beat.goal(CONTENT, STYLE, amount)), STYLE) for amount in (0.0, 1.0)]
    assert 0.35 < (like(found, STYLE) - ends[0]) / (ends[1] - ends[0]) < 0.65


@pytest.mark.parametrize(("amount", "tempo"), [(0.0, 96), (1.0, 133)])
def test_a_sound_that_has_its_beat_is_left_alone(amount: float, tempo: float) -> None:
    goal = beat.goal(CONTENT, STYLE, amount)
    sound = strokes(2, tempo)
    assert brought(sound, goal) is sound


def test_a_style_shorter_than_the_content_is_repeated() -> None:
    # A whole number of beats, so that the beat goes on where the style begins anew.
    style = strokes(1, 120, 3.0)
    assert like(brought(strokes(2, 96), beat.goal(CONTENT, style, 1.0)), style) > 0.85


@pytest.mark.parametrize("other", [np.zeros(4 * SAMPLE_RATE_HZ, np.float32), CONTENT[:4000]])
def test_what_has_no_beat_has_no_goal(other: np.ndarray) -> None:
    assert beat.goal(CONTENT, other, 1.0) is None
    assert beat.goal(other, STYLE, 0.0) is None


def test_silence_stays_silent() -> None:
    goal, silence = beat.goal(CONTENT, STYLE, 1.0), np.zeros_like(CONTENT)
    assert not brought(silence, goal).any()


def test_a_beat_that_cannot_be_had_is_not_forced() -> None:
    """Of all passes together no moment moves further than it may, and the nearest beat is kept."""
    goal = dataclasses.replace(_goal(1.0), least=2.0)
    sound = strokes(2, 96)
    found = brought(sound, goal)
    moved = np.abs(sound) > 1e-3
    gains_db = 20 * np.log10(found[moved] / sound[moved])
    assert np.abs(gains_db).max() <= beat.MOST_DB + 1e-3
    assert like(found, STYLE) > like(sound, STYLE)


def _goal(amount: float) -> beat.Goal:
    goal = beat.goal(CONTENT, STYLE, amount)
    assert goal is not None
    return goal


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "pairing", "changes"),
    [
        ("instant", ("piano", "trumpet"), {}),
        pytest.param(
            "quick",
            ("trumpet", "violin"),
            {"iterations": 12, "refinement_iterations": 4},
            marks=pytest.mark.thorough,
        ),
    ],
)
def test_a_transfer_has_the_beat_that_is_asked_for(recording: Any, name: str, pairing: Any, changes: Any) -> None:
    content, style = (recording(each, 4.0) for each in pairing)
    found = []
    for rhythm in (0, 50, 100):
        sound = stylize(content, [style], preset(name, rhythm=rhythm, **changes)).sound
        found.append((like(sound, style), like(sound, content)))
    styles, contents = zip(*found, strict=True)
    assert max(0.0, styles[0]) < min(0.35, contents[0])
    assert 0.35 < (styles[1] - styles[0]) / (styles[2] - styles[0]) < 0.65
    assert styles[2] > 0.9
    assert list(contents) == sorted(contents, reverse=True)
