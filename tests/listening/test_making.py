"""Tests that are made of recordings: nothing but what is compared differs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile

from styletransfer.engine import loudness
from styletransfer.files import audio
from styletransfer.listening import making, plan, sounds
from styletransfer.listening.making import Source
from styletransfer.listening.plan import Kind, ListeningError, Reference
from styletransfer.settings import SAMPLE_RATE_HZ

SECOND = np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ


def tone(path: Path, frequency_hz: float, gain: float, seconds: float = 2.0, channels: int = 1) -> Path:
    samples = gain * np.sin(2 * np.pi * frequency_hz * SECOND[: round(seconds * SAMPLE_RATE_HZ)])
    audio.write(path, np.repeat(samples[:, None], 2, axis=1) if channels == 2 else samples)
    return path


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    """Two items: loud beside quiet, long beside short, one of them stereo."""
    return [
        Source(
            label="one",
            sounds={"a": tone(tmp_path / "a.wav", 440, 0.8), "b": tone(tmp_path / "b.wav", 440, 0.1, 1.5)},
            references={Reference.STYLE: tone(tmp_path / "style.wav", 300, 0.5, 0.7)},
        ),
        Source(
            label="two",
            sounds={"a": tone(tmp_path / "c.wav", 220, 0.3, channels=2), "b": tone(tmp_path / "d.wav", 220, 0.3)},
            references={Reference.STYLE: tone(tmp_path / "style2.wav", 300, 0.5)},
        ),
    ]


def test_sounds_have_one_loudness_and_items_one_form(sources: list[Source], tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    made = making.make(Kind.CLOSER, "Two tones", sources, tmp_path / "made", code="secret")
    assert made.plan.code == "secret"
    levels = []
    for item, channels, seconds in zip(made.plan.items, (1, 2), (1.5, 2.0), strict=True):
        files = [made.files[name] for name in (*item.sounds.values(), *item.references.values())]
        assert len({path.stat().st_size for path in files}) == 1
        for path in files:
            samples = audio.read_recording(path, stereo=True).samples
            assert samples.shape == ((round(seconds * SAMPLE_RATE_HZ),) if channels == 1 else (len(SECOND), 2))
            levels.append(loudness.integrated_loudness(samples))
    assert max(levels) - min(levels) < 0.1
    quietest = audio.read(tmp_path / "b.wav")
    assert min(levels) == pytest.approx(loudness.integrated_loudness(quietest), abs=0.1), "nothing was turned up"


def test_a_reference_that_no_trial_plays_neither_quietens_nor_forbids_a_test(
    sources: list[Source], tmp_path: Path
) -> None:
    content = {Reference.CONTENT: tone(tmp_path / "content.wav", 440, 0.003)}
    more = [dataclasses.replace(each, references={**each.references, **content}) for each in sources]
    made = making.make(Kind.ABX, "Two tones", more, tmp_path)
    assert [dict(item.references) for item in made.plan.items] == [{}, {}]
    assert len(made.files) == 4
    levels = [loudness.integrated_loudness(sounds.read(path, path.name)) for path in made.files.values()]
    assert min(levels) == pytest.approx(loudness.integrated_loudness(audio.read(tmp_path / "b.wav")), abs=0.1)
    with pytest.raises(ListeningError, match="one / reference:content is too quiet"):
        making.make(Kind.CLOSER, "X", more, tmp_path, questions=making.question(Kind.CLOSER, "", Reference.CONTENT))


def test_a_test_that_is_over_before_it_begins_is_refused(sources: list[Source], tmp_path: Path) -> None:
    with pytest.raises(ListeningError, match=r"closes at 2020-01-01T00:00:00\+00:00 is closed already"):
        making.make(Kind.ABX, "Two tones", sources, tmp_path, closes="2020-01-01T00:00:00+00:00")


def test_what_has_one_name_is_told(sources: list[Source], tmp_path: Path) -> None:
    with pytest.raises(ListeningError, match="Two items have one name"):
        making.make(Kind.ABX, "Two tones", [dataclasses.replace(each, label="one") for each in sources], tmp_path)
    folder = tmp_path / "item"
    folder.mkdir()
    for name in ("x.wav", "x.flac", "y.wav"):
        tone(folder / name, 440, 0.1, 0.6)
    with pytest.raises(ListeningError, match=r"x\.flac and x\.wav in .*item have one name"):
        making.sources_in(folder)


def test_a_long_recording_is_played_for_a_minute(tmp_path: Path) -> None:
    for name in ("a", "b"):
        soundfile.write(tmp_path / f"{name}.wav", 0.1 * np.sin(np.arange(61 * 48_000) / 7), 48_000)
    source = Source(label="long", sounds={name: tmp_path / f"{name}.wav" for name in "ab"})
    made = making.make(Kind.ABX, "Two tones", [source], tmp_path)
    sounds.check(made.plan, made.files)
    assert {sounds.kept(path).shape for path in made.files.values()} == {(60 * SAMPLE_RATE_HZ, 1)}


def test_names_tell_nothing(sources: list[Source], tmp_path: Path) -> None:
    made = making.make(Kind.ABX, "Two tones", sources, tmp_path)
    names = [name for item in made.plan.items for name in item.sounds.values()]
    assert len(set(names)) == 4
    assert all(len(Path(name).stem) == 16 for name in names)
    assert made.plan.key != made.plan.owner_key
    assert len(made.plan.key) >= 16


def test_what_is_turned_down_stays_below_the_ceiling() -> None:
    """The quietest by loudness may have the highest peak."""
    click = np.zeros(len(SECOND), np.float32)
    click[1000::4410] = 1.0
    steady = np.sin(2 * np.pi * 1000 * SECOND).astype(np.float32) * 0.5
    found = sounds.matched({("i", "click"): click, ("i", "steady"): steady}, {})
    assert np.abs(found["i", "click"]).max() <= 10 ** (loudness.PEAK_CEILING_DBFS / 20) * 1.0001
    levels = [loudness.integrated_loudness(sound) for sound in found.values()]
    assert levels[0] == pytest.approx(levels[1], abs=0.01)


def test_what_is_too_quiet_is_told() -> None:
    quiet = {("i", "a"): np.full(len(SECOND), 1e-4, np.float32) * np.sign(np.sin(SECOND * 3000)).astype(np.float32)}
    with pytest.raises(ListeningError, match=r"i / a is too quiet .*-40 LUFS"):
        sounds.matched(quiet, {})


def test_a_folder_is_read_as_items_and_ways(tmp_path: Path) -> None:
    for item in ("first", "second"):
        (tmp_path / item).mkdir()
        for way in ("one", "two", "content"):
            tone(tmp_path / item / f"{way}.wav", 440, 0.1, 0.6)
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no recording")
    found = making.sources_in(tmp_path)
    assert [source.label for source in found] == ["first", "second"]
    assert all(source.sounds.keys() == {"one", "two"} for source in found)
    assert all(source.references.keys() == {Reference.CONTENT} for source in found)
    alone = making.sources_in(tmp_path / "first")
    assert [source.label for source in alone] == ["first"]


def test_folders_without_recordings_are_told(tmp_path: Path) -> None:
    with pytest.raises(ListeningError, match="There is no folder"):
        making.sources_in(tmp_path / "nowhere")
    with pytest.raises(ListeningError, match="holds no recordings"):
        making.sources_in(tmp_path)


def test_an_item_without_one_of_the_ways_is_told(sources: list[Source], tmp_path: Path) -> None:
    fewer = [sources[0], Source(label="two", sounds={"a": sources[1].sounds["a"]})]
    with pytest.raises(ListeningError, match="one sound of each of the same ways"):
        making.make(Kind.PREFERENCE, "Two tones", fewer, tmp_path)


@pytest.mark.parametrize("name", making.READY)
def test_the_tests_that_come_along_are_ready(name: str, tmp_path: Path) -> None:
    made = making.READY[name](tmp_path)
    plan.check(made.plan)
    assert len(made.plan.items) == 5
    assert {reference for item in made.plan.items for reference in item.references} == (
        set(Reference) if made.plan.kind is Kind.RATING else set()
    )
    if made.plan.published:
        assert made.plan.published.means.keys() == {item.label for item in made.plan.items}
        assert made.plan.kind is Kind.RATING
