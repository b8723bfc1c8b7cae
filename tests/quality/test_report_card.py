"""The report card at its ends: the content itself, the style itself, mixes between, and sounds at the edge of sound."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Collection

import numpy as np
import pytest
from support import oracles

from styletransfer.engine import loudness
from styletransfer.engine.losses import conv_network
from styletransfer.quality import report_card, similarity
from styletransfer.settings import FIELDS, SAMPLE_RATE_HZ

pytestmark = pytest.mark.slow

LEVELS = {"peak_dbfs", "loudness_lufs"}
SECONDS = 3.0


def figures(measures: report_card.Measures, without: Collection[str] = ()) -> dict[str, float]:
    return {name: value for name, value in dataclasses.asdict(measures).items() if name not in without}


@pytest.fixture(scope="module")
def pair(recording) -> tuple[np.ndarray, np.ndarray]:
    return recording("guitar", SECONDS), recording("drums", SECONDS)


def test_the_content_itself(pair):
    content, style = pair
    card = report_card.report_card(content, content, [style])
    assert card.result == card.content
    assert card.result.chroma_similarity == pytest.approx(1)
    assert card.result.rhythm_like_content == pytest.approx(1)
    assert card.result.notes_kept == pytest.approx(1)
    assert card.result.onsets_like_content == pytest.approx(1)
    assert card.result.seams_db == 0
    assert card.result.timbre_distance == pytest.approx(1)
    assert card.result.content_correlation == pytest.approx(1)
    assert card.result.heldout_content_loss == 0
    assert card.result.heldout_style_loss > 0.1
    assert card.result.noise_floor_db <= 0
    assert card.result.peak_dbfs == pytest.approx(20 * np.log10(np.abs(content).max()))
    assert card.result.loudness_lufs == loudness.integrated_loudness(content)


def test_the_style_itself(pair):
    content, style = pair
    result = report_card.report_card(style, content, [style]).result
    assert result.timbre_distance == pytest.approx(0, abs=1e-4)
    assert result.copy == pytest.approx(1, abs=1e-4)
    assert result.rhythm_like_style == pytest.approx(1)
    assert result.heldout_style_loss == pytest.approx(0, abs=1e-5)
    assert result.chroma_similarity < 0.2
    assert result.notes_kept < 0.2
    assert result.onsets_like_content < 0.5
    assert result.seams_db == 0
    assert result.noise_floor_db <= 0


def test_from_content_to_style(pair):
    content, style = (loudness.at_loudness(sound, -20) for sound in pair)
    sounds = [(1 - part) * content + part * style for part in (0.2, 0.5, 0.8)]
    cards = [report_card.report_card(sound, content, [style]) for sound in sounds]
    for name, sign in {
        "heldout_content_loss": 1,
        "heldout_style_loss": -1,
        "content_correlation": -1,
        "chroma_similarity": -1,
        "notes_kept": -1,
        "onsets_like_content": -1,
        "timbre_distance": -1,
        "rhythm_like_style": 1,
        "rhythm_like_content": -1,
        "copy": 1,
    }.items():
        values = [getattr(card.result, name) for card in cards]
        assert np.all(sign * np.diff(values) > 0), (name, values)
    # The plain mix is the middle one.
    assert figures(cards[0].mix, LEVELS) == pytest.approx(figures(cards[1].result, LEVELS), rel=1e-3, abs=1e-3)


def test_noise_between_notes_is_measured(rng, recording):
    content, style = np.array(recording("guitar", SECONDS)), np.array(recording("drums", SECONDS))
    pause = slice(round(1.0 * SAMPLE_RATE_HZ), round(1.6 * SAMPLE_RATE_HZ))
    content[pause] *= 1e-3
    style[pause] *= 1e-3
    noise = rng.normal(size=len(content)).astype(np.float32) * 10 ** (-50 / 20)
    clean, noisy, noisier = (
        report_card.report_card(content + gain * noise, content, [style]).result.noise_floor_db for gain in (0, 1, 2)
    )
    assert clean <= 0.5
    assert noisy > 10
    assert noisier - noisy == pytest.approx(6, abs=0.5)


def test_level_changes_nothing_but_level(pair):
    content, style = pair
    sound = content + 0.5 * style
    card = report_card.report_card(sound, content, [style])
    other = report_card.report_card(0.01 * sound, 4 * content, [0.03 * style])
    for name in ("result", "content", "mix"):
        expected = figures(getattr(card, name), LEVELS)
        assert figures(getattr(other, name), LEVELS) == pytest.approx(expected, rel=1e-3, abs=1e-3)
    assert other.result.loudness_lufs == pytest.approx(card.result.loudness_lufs - 40)
    assert other.result.peak_dbfs == pytest.approx(card.result.peak_dbfs - 40)


def test_held_out_losses_are_the_loops(recording):
    content, style, other = recording("piano", 0.15), recording("drums", 0.18), recording("violin", 0.16)
    sound = 0.5 * content + 0.5 * style[: len(content)]
    result = report_card.report_card(sound, content, [style, other], (1.0, 3.0)).result
    filters = np.asarray(conv_network.random_filters(2**31, 11, 1025, 512))
    heard = [similarity.analyse(each) for each in (sound, content, style, other)]
    x, c, *styles = (each.frames[: len(each.power)] for each in heard)
    content_loss = oracles.content_loss(x, c, filters) / np.sum(oracles.features(c, filters) ** 2)
    style_loss = oracles.style_loss(x, styles, filters, (1.0, 3.0))
    style_loss /= oracles.style_loss(np.zeros((11, 1025)), styles, filters, (1.0, 3.0))
    assert result.heldout_content_loss == pytest.approx(content_loss, rel=1e-3)
    assert result.heldout_style_loss == pytest.approx(style_loss, rel=1e-3)
    assert result.content_correlation == pytest.approx(np.corrcoef(x.ravel(), c.ravel())[0, 1], abs=1e-5)


def test_no_solve_can_draw_the_held_out_filters():
    largest = FIELDS["seed"].maximum
    assert largest is not None
    assert largest < report_card.HELD_OUT_SEED


def test_losses_are_the_callers(pair):
    content, style = pair
    sound = np.float32(0.5) * content

    def losses(column: np.ndarray) -> tuple[float, float]:
        return float(np.abs(column).max()), float(len(column))

    card = report_card.report_card(sound, content, [style], losses=losses)
    assert card.result.content_loss == pytest.approx(0.5 * card.content.content_loss)
    assert card.result.content_loss == np.abs(sound).max()
    assert card.mix.style_loss == len(content)
    without = report_card.report_card(sound, content, [style]).result
    assert (without.content_loss, without.style_loss) == (without.heldout_content_loss, without.heldout_style_loss)


def test_several_styles_count_by_their_weights(recording):
    content, a, b = recording("piano", 2.0), recording("drums", 3.0), recording("violin", 1.5)
    sound = np.resize(a, len(content))
    alone = report_card.report_card(sound, content, [a])
    first = report_card.report_card(sound, content, [a, b], (1000.0, 1.0))
    second = report_card.report_card(sound, content, [a, b], (1.0, 1000.0))
    equal = report_card.report_card(sound, content, [a, b])
    assert figures(first.result) == pytest.approx(figures(alone.result), abs=0.02)
    assert first.result.timbre_distance < equal.result.timbre_distance < second.result.timbre_distance
    assert first.result.heldout_style_loss < equal.result.heldout_style_loss < second.result.heldout_style_loss
    assert first.result.rhythm_like_style > 0.7 > 0.2 > second.result.rhythm_like_style
    assert second.result.copy == pytest.approx(1, abs=1e-3)  # of any style, however little it counts


def test_the_mix_is_equally_loud_and_treated_like_a_result(recording):
    content, style = recording("piano", 3.0), recording("drums", 1.0)
    card = report_card.report_card(content, content, [style])
    assert card.mix.loudness_lufs == pytest.approx(card.content.loudness_lufs, abs=0.1)
    loud = report_card.report_card(content, 10 * content, [style])
    assert loud.mix.peak_dbfs <= -1


def tone(n_samples: int) -> np.ndarray:
    return np.sin(2 * np.pi * 441 * np.arange(n_samples) / SAMPLE_RATE_HZ).astype(np.float32)


def impulse(n_samples: int) -> np.ndarray:
    return (np.arange(n_samples) == n_samples // 2).astype(np.float32)


EXTREMES = {
    "silence": lambda n: np.zeros(n, np.float32),
    "near silence": lambda n: 1e-9 * tone(n),
    "the least there is": lambda n: np.full(n, 1e-40, np.float32),
    "a tone": tone,
    "far too loud": lambda n: 1e6 * tone(n),
    "a constant": lambda n: np.full(n, 0.5, np.float32),
    "an impulse": impulse,
}


@pytest.mark.parametrize("n_samples", [128, pytest.param(5_000, marks=pytest.mark.thorough), 30_000])
@pytest.mark.parametrize("kind", EXTREMES)
def test_every_figure_is_finite(recording, kind, n_samples):
    odd, usual = EXTREMES[kind](n_samples), recording("guitar", 1.0)
    cut = usual[:n_samples]
    for sound, content, style in [(odd, cut, usual), (cut, odd, usual), (cut, cut, odd), (odd, odd, odd)]:
        card = report_card.report_card(sound, content, [style])
        for column in card.as_dict().values():
            assert all(type(value) is float and math.isfinite(value) for value in column.values()), column
        assert 0 <= card.result.copy <= 1
        assert max(abs(card.result.chroma_similarity), abs(card.result.rhythm_like_style)) <= 1 + 1e-6


def test_silence_by_the_conventions():
    silence = np.zeros(30_000, np.float32)
    result = report_card.report_card(silence, silence, [silence]).result
    assert figures(result) == {
        "content_loss": 1.0,
        "style_loss": 1.0,
        "heldout_content_loss": 1.0,
        "heldout_style_loss": 1.0,
        "content_correlation": 0.0,
        "chroma_similarity": 0.0,
        "notes_kept": 0.0,
        "timbre_distance": 0.0,
        "rhythm_like_style": 0.0,
        "rhythm_like_content": 0.0,
        "onsets_like_content": 0.0,
        "copy": 0.0,
        "noise_floor_db": 0.0,
        "seams_db": 0.0,
        "seams_in_10_s": 0.0,
        "peak_dbfs": report_card.MIN_DB,
        "loudness_lufs": report_card.MIN_DB,
    }


def test_of_windows_the_worst_seam_counts_and_the_mean_of_notes(pair):
    content, style = pair
    clicked = np.array(content)
    clicked[len(content) // 2] += 0.5
    cards = [report_card.report_card(sound, content, [style]) for sound in (content, clicked)]
    sound = np.concatenate([content, clicked])
    whole = report_card.together(cards, sound, np.concatenate([content, content])).result
    assert whole.loudness_lufs == pytest.approx(loudness.integrated_loudness(sound))
    assert whole.seams_db == cards[1].result.seams_db > 3
    assert whole.seams_in_10_s == pytest.approx(0.5 * 10 / SECONDS, rel=0.01)
    assert whole.notes_kept == pytest.approx((1 + cards[1].result.notes_kept) / 2)


def test_sound_and_content_must_be_as_long(pair):
    content, style = pair
    with pytest.raises(ValueError, match="132300 samples and the content 100"):
        report_card.report_card(content, content[:100], [style])


def test_the_card_goes_through_json(pair):
    content, style = pair
    card = report_card.report_card(content, content, [style])
    assert json.loads(json.dumps(card.as_dict(), allow_nan=False)) == card.as_dict()
    assert list(card.as_dict()) == ["result", "content", "mix"]


def test_nothing_is_traced_again_for_recordings_of_one_bucket(pair, traces):
    content, style = pair
    report_card.report_card(content, content, [style])
    traces.clear()
    report_card.report_card(content[:-300], content[:-300], [style[:-900]])
    assert traces == []
