"""The mosaic: which pieces are chosen, how they are joined, and what the whole sounds like."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from styletransfer.engine import loudness, mosaic, partials, recordings, spectral_envelope, spectral_loudness, units
from styletransfer.quality import similarity
from styletransfer.settings import SAMPLE_RATE_HZ, preset
from styletransfer.transfer import Result, stylize

pytestmark = pytest.mark.slow


def tones(*hz: float, seconds: float = 0.5) -> np.ndarray:
    """One tone after another, each with five overtones and a fade."""
    time_s = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    fade = np.minimum(1, np.minimum(time_s, time_s[::-1]) / 0.02)
    played = [sum(np.sin(2 * np.pi * f * k * time_s) / k for k in range(1, 7)) * fade for f in hz]
    return loudness.at_loudness(np.concatenate(played), spectral_loudness.REFERENCE_LUFS)


def frames_of(sound: np.ndarray) -> units.Frames:
    clip = recordings.prepare_clip(sound, 512)
    return units.analyse(clip.samples, clip.n_samples)


def chosen(content: np.ndarray, *styles: np.ndarray, shares: tuple[float, ...] = (1.0,), seed: int = 0):
    return units.choose(frames_of(content), units.units([frames_of(style) for style in styles]), shares, seed)


def test_the_path_is_the_cheapest(rng: np.random.Generator) -> None:
    """Against all paths, one by one."""
    n_frames, n_units = 5, 4
    table, jumps = rng.uniform(0, 1, (n_frames, n_units)).astype(np.float32), np.full(n_frames, 0.3, np.float32)
    is_first = np.array([True, False, True, False])

    path, begins = units._cheapest_path(lambda begin: table[begin:], jumps, is_first)

    def goes_on(a: int, b: int) -> bool:
        return b == a + 1 and not is_first[b]

    def cost(units_played: tuple[int, ...]) -> float:
        jumped = sum(0.3 for a, b in pairwise(units_played) if not goes_on(a, b))
        return float(table[np.arange(n_frames), list(units_played)].sum()) + jumped

    every = np.stack(np.meshgrid(*[range(n_units)] * n_frames), -1).reshape(-1, n_frames)
    assert cost(tuple(path)) == pytest.approx(min(cost(tuple(each)) for each in every), abs=1e-5)
    assert list(begins) == [t for t in range(n_frames) if t == 0 or not goes_on(path[t - 1], path[t])]


def test_a_note_is_found_in_the_style_and_transposed() -> None:
    """A fifth of a second of each note is left to fades; between them the pitch is that of the content."""
    content, style = tones(440, 330, 392), tones(261.6, 330, 440, 196, seconds=1)
    ahead = round(0.25 * SAMPLE_RATE_HZ / units.HOP_LENGTH)
    pieces = chosen(content, style)
    played = {1.0: 261.6, 2.0: 330.0, 3.0: 440.0, 4.0: 196.0}
    for number, wanted in enumerate((440, 330, 392)):
        middle = number * 0.5 * SAMPLE_RATE_HZ / units.HOP_LENGTH + ahead
        piece = max((p for p in pieces if p.frame <= middle), key=lambda p: p.frame)
        at_s = (
            piece.position + (middle - piece.frame) * units.HOP_LENGTH * 2 ** (piece.semitones / 12)
        ) / SAMPLE_RATE_HZ
        found = played[min(end for end in played if at_s < end)] * 2 ** (piece.semitones / 12)
        octaves = np.log2(found / wanted)
        assert abs(octaves - round(octaves)) < 0.03


def test_nothing_is_copied_for_long(recording: Any) -> None:
    own = recording("violin", 4.0)
    frames = [piece.frame for piece in chosen(own, own)]
    longest = np.diff([*frames, len(own) // units.HOP_LENGTH]).max() * units.HOP_LENGTH / SAMPLE_RATE_HZ
    assert longest <= units.LONGEST_RUN_S + units.HOP_LENGTH / SAMPLE_RATE_HZ


def test_neighbours_are_a_little_out_of_tune() -> None:
    pieces = [units.Piece(number, 0, 0.0, 2) for number in range(20)]
    cents = [100 * (piece.semitones - 2) for piece in mosaic._detuned(pieces, 0)]
    assert all(mosaic.DETUNED_CENTS / 2 <= abs(each) <= mosaic.DETUNED_CENTS for each in cents)
    assert all(a * b < 0 for a, b in pairwise(cents))


def test_no_second_is_a_copy(recording: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it would be of longer pieces in tune, here of a content that the style holds."""
    own = recording("guitar", 4.0)
    copies = []
    for run_s, cents in ((2.0, 0.0), (units.LONGEST_RUN_S, mosaic.DETUNED_CENTS)):
        monkeypatch.setattr(units, "LONGEST_RUN_S", run_s)
        monkeypatch.setattr(mosaic, "DETUNED_CENTS", cents)
        sound = stylize(own, [own], preset("instant", melody=0)).sound
        copies.append(similarity.largest_copies([similarity.flat(sound)], similarity.flat(own))[0])
    assert copies[0] > 0.8
    assert copies[1] < 0.25


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_styles_are_heard_as_much_as_they_weigh(recording: Any, share: float) -> None:
    content, styles = recording("piano", 6.0), (recording("violin", 6.0), recording("trumpet", 6.0))
    n_frames = len(content) // units.HOP_LENGTH
    pieces = chosen(content, *styles, shares=(share, 1 - share))
    lengths = np.diff([*(piece.frame for piece in pieces), n_frames])
    heard = sum(length for length, piece in zip(lengths, pieces, strict=True) if piece.style == 0) / n_frames
    assert heard == pytest.approx(share, abs=0.2)


Made = tuple[Result, np.ndarray, np.ndarray]


def make(recording: Any, content: str, style: str, **changes: Any) -> Made:
    both = recording(content, 3.0), recording(style, 4.0)
    return stylize(both[0], [both[1]], preset("instant", **changes)), *both


@pytest.fixture(scope="module")
def made(recording: Any) -> Callable[..., Made]:
    """The result of a content and a style, each made once for all tests, and both recordings."""
    return cache(partial(make, recording))


def test_the_same_seed_gives_the_same_and_another_seed_another_take(recording: Any, made: Callable[..., Made]) -> None:
    first = made("guitar", "violin")[0].sound
    again, other = (make(recording, "guitar", "violin", seed=seed)[0].sound for seed in (0, 1))
    np.testing.assert_array_equal(again, first)
    assert np.corrcoef(first, other)[0, 1] < 0.95


def test_it_is_made_of_the_style_and_keeps_the_notes(made: Callable[..., Made]) -> None:
    result, content, style = made("guitar", "violin", melody=0)
    sung, _, _ = made("guitar", "violin")
    own, theirs, plain, with_notes = map(similarity.analyse, (content, style, result.sound, sung.sound))
    distances = [np.linalg.norm(similarity.timbre([s]) - similarity.timbre([theirs])) for s in (own, plain, with_notes)]
    assert distances[1] < 0.5 * distances[0]
    assert distances[2] < 0.5 * distances[0]
    notes = [similarity.chroma_similarity(each, own) for each in (plain, with_notes)]
    assert notes[1] > notes[0] + 0.05
    assert result.stop_reason == "complete"
    assert [step.stage for step in result.history] == ["mosaic"]


PAIRINGS = (("piano", "drumkit"), ("guitar", "violin"))
MORE_PAIRINGS = (*PAIRINGS, ("speech", "drums"), ("guitar", "drums"), ("trumpet", "violin"))


@pytest.mark.parametrize(
    ("pairings", "about"), [(PAIRINGS, 0.2), pytest.param(MORE_PAIRINGS, 0.1, marks=pytest.mark.thorough)]
)
def test_melody_brings_the_notes_out_evenly(
    made: Callable[..., Made], pairings: tuple[tuple[str, str], ...], about: float
) -> None:
    """As a mean of pairings: where the style has notes of its own the content's come out late, else soon."""
    found = []
    for melody in (0, 50, 100):
        likeness = []
        for pairing in pairings:
            result, content, _ = made(*pairing, melody=melody)
            likeness.append(similarity.chroma_similarity(*map(similarity.analyse, (result.sound, content))))
        found.append(float(np.mean(likeness)))
    assert found[2] > found[0] + 0.1
    assert (found[1] - found[0]) / (found[2] - found[0]) == pytest.approx(0.5, abs=about)


def test_rhythm_goes_over_to_the_style(made: Callable[..., Made]) -> None:
    likeness = []
    for rhythm in (0, 100):
        result, content, style = made("guitar", "drums", rhythm=rhythm)
        heard, own, theirs = map(similarity.analyse, (result.sound, content, style))
        likeness.append([similarity.rhythm_similarity(heard, other) for other in (own, theirs)])
    assert likeness[0][0] > likeness[0][1]
    assert likeness[1][1] > likeness[1][0]


def test_less_strength_is_nearer_to_the_content(made: Callable[..., Made]) -> None:
    found = []
    for strength in (0, 50, 100):
        result, content, _ = made("piano", "drumkit", strength=strength)
        heard, own = map(similarity.analyse, (result.sound, content))
        found.append(float(np.linalg.norm(similarity.timbre([heard]) - similarity.timbre([own]))))
    assert found == sorted(found)


@pytest.mark.parametrize(("content_s", "style_s"), [(0.25, 6.0), (4.0, 0.3), (0.25, 0.25)])
def test_the_shortest_recordings_pass(recording: Any, content_s: float, style_s: float) -> None:
    result = stylize(recording("piano", content_s), [recording("violin", style_s)], preset("instant"))
    assert len(result.sound) == round(content_s * SAMPLE_RATE_HZ)
    assert np.isfinite(result.sound).all()
    assert np.abs(result.sound).max() > 0.01


def test_a_stop_keeps_the_mosaic(recording: Any) -> None:
    heard = []
    both = recording("piano", 2.0), [recording("violin", 3.0)]
    result = stylize(*both, preset("instant"), on_step=lambda step: heard.append(step.preview()) or True)
    assert result.stop_reason == "stopped"
    np.testing.assert_allclose(heard[0], result.sound, atol=1e-6)


def test_partials_are_filled_up_where_the_content_has_them(rng: np.random.Generator) -> None:
    content, noise = tones(440, seconds=2), rng.standard_normal(2 * SAMPLE_RATE_HZ)
    noise = loudness.at_loudness(noise, spectral_loudness.REFERENCE_LUFS)

    def tonal_db(sound: np.ndarray) -> float:
        """Level at 440 Hz over that a quarter tone beside it."""
        hz, power = scipy.signal.welch(sound, SAMPLE_RATE_HZ, nperseg=16_384)
        return 10 * np.log10(power[np.argmin(abs(hz - 440))] / power[np.argmin(abs(hz - 456))])

    levels = [tonal_db(partials.with_partials(noise, content, amount)) for amount in (0, 0.5, 1)]
    assert levels[0] < 3
    assert levels[1] > levels[0] + 6
    assert levels[2] >= levels[1] - 0.5


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_samples=st.integers(5000, 30_000))
def test_equalising_gives_the_long_term_spectrum(seed: int, n_samples: int) -> None:
    rng = np.random.default_rng(seed)
    white, b = rng.standard_normal(n_samples).astype(np.float32), rng.uniform(-0.4, 0.4, 3)
    coloured = np.convolve(rng.standard_normal(40_000), [1.0, *b], "same").astype(np.float32)
    wanted, before = spectral_envelope.mean_power(coloured), spectral_envelope.mean_power(white)
    after = spectral_envelope.mean_power(spectral_envelope.equalised(white, wanted))

    def difference_db(power: np.ndarray) -> float:
        bands = np.array_split(10 * np.log10(power / wanted)[4:], 20)
        means = np.array([band.mean() for band in bands])
        return float(np.abs(means - means.mean()).mean())

    assert difference_db(after) < max(0.6, 0.5 * difference_db(before))


@pytest.mark.parametrize("gain", [pytest.param(0.1, marks=pytest.mark.thorough), 0.037])
def test_the_level_of_the_content_decides_nothing(recording: Any, gain: float) -> None:
    """Not of a steady tone either, whose frames differ by rounding alone. Quiet, so that no peak is limited."""
    tone = 0.02 * np.sin(2 * np.pi * 440 * np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ).astype(np.float32)
    loud, quiet = (stylize(level * tone, [recording("drums", 3.0)], preset("instant")).sound for level in (1, gain))
    difference = np.linalg.norm(quiet / gain - loud) / np.linalg.norm(loud)
    assert difference < 0.05  # another path would differ by more than all
