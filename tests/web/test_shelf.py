"""The results of a visit: what is kept of each, which settings differ, and that files go with their entries."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from styletransfer.engine import loudness
from styletransfer.engine.losses.objective import Losses
from styletransfer.settings import SAMPLE_RATE_HZ, Settings
from styletransfer.transfer import Result
from styletransfer.web.parts import player
from styletransfer.web.parts.player import Source
from styletransfer.web.results import shelf
from styletransfer.web.results.result_file import write_result
from styletransfer.web.results.shelf import Entry
from styletransfer.web.server.private_files import PrivateFiles
from styletransfer.web.tabs import compare_tab

SECOND = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
TONE = (0.1 * np.sin(2 * np.pi * 440 * SECOND)).astype(np.float32)
NOISE = np.random.default_rng(5).normal(0, 0.01, SAMPLE_RATE_HZ // 3).astype(np.float32)


def result(settings: Settings | None = None, sound: np.ndarray = TONE) -> Result:
    return Result(
        sound=sound,
        sample_rate_hz=SAMPLE_RATE_HZ,
        spectrogram=np.zeros((1, 1025), np.float32),
        history=(),
        solved=Losses(0.0, 0.0, 0.0),
        delivered=Losses(0.3, 0.25, 0.05),
        stop_reason="iteration limit",
        settings=settings or Settings(),
        seconds_by_stage={},
        versions={},
    )


Make = Callable[..., Entry]


@pytest.fixture
def make(files: PrivateFiles) -> Make:
    """Makes an entry of a result with these settings, from recordings of these names."""

    def make(
        style: np.ndarray = NOISE, names: Sequence[str] = ("voice", "rain"), name: str = "", **changes: Any
    ) -> Entry:
        made = result(dataclasses.replace(Settings(), **changes))
        figures = (("melody left", "60 %"),)
        path = write_result(files, made, names)
        return shelf.make(files, made, path, [TONE[::-1], style], names, figures=figures, name=name)

    return make


def shelf_of(*entries: Entry) -> shelf.Shelf:
    kept: shelf.Shelf = ()
    for each in entries:
        kept = shelf.add(kept, each)
    return kept


def test_an_entry_can_be_played_beside_its_content_and_style(files: PrivateFiles, make: Make) -> None:
    made = make()
    for path in (made.path, made.content.path, made.styles[0].path):
        info = soundfile.info(path)
        assert (info.frames, info.samplerate, info.channels, info.format) == (len(TONE), SAMPLE_RATE_HZ, 1, "WAV")
        assert files.folder in Path(path).parents
        assert len(Path(path).parent.name) >= 20, "the folder could be guessed"
    assert np.allclose(soundfile.read(made.content.path)[0], TONE[::-1], atol=1e-4)
    for excerpt in (made.content, made.styles[0]):
        assert loudness.integrated_loudness(soundfile.read(excerpt.path)[0]) == pytest.approx(excerpt.lufs, abs=0.05)
        assert excerpt.lufs == pytest.approx(loudness.integrated_loudness(TONE), abs=0.1)
    assert made.figures == (("melody left", "60 %"),)


def test_a_style_is_looped_without_a_click() -> None:
    constant = np.ones(10_000, np.float32)
    looped = shelf.loop(constant, 34_567)
    assert len(looped) == 34_567
    assert np.abs(np.diff(looped)).max() < 1 / (0.009 * SAMPLE_RATE_HZ)
    assert looped[15_000] == 1
    assert (shelf.loop(constant, 100) == 1).all()


def test_names_count_up_and_can_be_changed(make: Make) -> None:
    kept = shelf_of(make(), make())
    assert [each.name for each in kept] == ["Result 1", "Result 2"]
    kept = shelf.delete(kept, kept[0].key)
    kept = shelf.add(kept, make())
    assert [each.name for each in kept] == ["Result 2", "Result 3"]
    before = kept[0].path
    kept = shelf.rename(kept, kept[0].key, "  Soft \n rain/../drums  ")
    assert [each.name for each in kept] == ["Soft rain/../drums", "Result 3"]
    assert Path(kept[0].path) == Path(before).with_name("soft-rain-drums.wav")
    assert soundfile.info(kept[0].path).frames == len(TONE)
    assert shelf.rename(kept, kept[0].key, " \t ") == kept
    assert shelf.rename(kept, "no such key", "x") == kept
    assert len(shelf.rename(kept, kept[0].key, "x" * 999)[0].name) == shelf.MAX_NAME_CHARACTERS


def test_a_name_that_is_taken_is_numbered(make: Make) -> None:
    kept: shelf.Shelf = ()
    for _ in range(3):
        kept = shelf.add(kept, make(name="Strength 75"))
    assert [each.name for each in kept] == ["Strength 75", "Strength 75 (2)", "Strength 75 (3)"]
    shelf.clear(kept)


def test_equal_excerpts_share_a_file_that_the_last_entry_takes_along(make: Make) -> None:
    first, second = make(strength=10), make(strength=90)
    spare = [second.content.path, second.styles[0].path]
    kept = shelf_of(first, second)
    assert kept[1].content.path == first.content.path
    assert kept[1].styles[0].path == first.styles[0].path
    assert not any(Path(path).parent.exists() for path in spare)
    kept = shelf.delete(kept, first.key)
    assert not Path(first.path).exists()
    assert Path(kept[0].content.path).exists()
    assert shelf.delete(kept, "no such key") == kept
    shelf.clear(kept)
    for path in (second.path, first.content.path, first.styles[0].path):
        assert not Path(path).parent.exists()


def test_the_settings_that_differ_are_told(make: Make) -> None:
    kept = shelf_of(make(strength=10.0, seed=3), make(strength=90.0, seed=3), make(strength=10.0, seed=4))
    told = shelf.describe(kept)
    assert told[kept[0].key] == [("Strength", "10"), ("Seed", "3")]
    assert told[kept[1].key] == [("Strength", "90"), ("Seed", "3")]
    assert [name for name, _ in shelf.describe(kept[:1])[kept[0].key]] == ["Strength", "Rhythm", "Melody", "Length (s)"]
    other = make(names=("voice", "wind"))
    kept = shelf_of(make(), other)
    assert shelf.describe(kept)[other.key] == [("Style", "wind")]


def test_entries_with_the_same_settings_differ_in_nothing(make: Make) -> None:
    kept = shelf_of(make(), make())
    assert list(shelf.describe(kept).values()) == [[], []]


def test_the_player_gets_every_recording_once(make: Make) -> None:
    kept = shelf_of(make(strength=10), make(strength=90))
    found = compare_tab.sources(kept)
    assert [(source.name, source.role) for source in found] == [
        ("Result 1", "result"),
        ("Result 2", "result"),
        ("Content", "content"),
        ("Style", "style"),
    ]
    other = make(NOISE[::-1], ("voice", "wind"))
    found = compare_tab.sources(shelf.add(kept, other), ["style"])
    assert [source.name for source in found[3:]] == ["Style: rain", "Style: wind"]


def test_two_stretches_of_one_recording_have_two_names(make: Make) -> None:
    kept = shelf_of(make(), make(NOISE[::-1]))
    assert [source.name for source in compare_tab.sources(kept, ["style"])[2:]] == ["Style: rain", "Style: rain (2)"]


def test_the_newest_results_are_chosen(make: Make) -> None:
    made = [make() for _ in range(6)]
    entries, chosen = (), ()
    for each in made:
        entries, chosen = compare_tab._add((each,), entries, chosen, [])[:2]
    assert chosen == tuple(each.key for each in made[2:])


def test_what_visitors_write_is_not_markup(make: Make) -> None:
    kept = shelf_of(make())
    kept = shelf.rename(kept, kept[0].key, '<img src=x> "&')
    (shown, heard) = compare_tab._shown(kept, [kept[0].key], ["content"])[1:3]
    for html in (shown, heard):
        assert "<img" not in html
        assert "&lt;img src=x&gt;" in html


@pytest.mark.parametrize("count", [1, player.MAX_SOURCES + 1])
def test_a_player_takes_as_many_sources_as_there_are_keys(count: int) -> None:
    with pytest.raises(ValueError, match="a player takes 2 to 9"):
        player.switch([Source(name="a", role="result", path="a.wav", lufs=-20.0)] * count)
