"""Plans of grids: what they ask for, and what is said of those that cannot be followed."""

from __future__ import annotations

import errno
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.grids import write_tones

from styletransfer.errors import StyleTransferError
from styletransfer.grid import plan
from styletransfer.settings import preset


def made(folder: Path, **values: Any) -> plan.Plan:
    return plan.plan_of(values, folder, default_title="A plan")


def test_a_plan_is_every_content_with_every_style_in_every_setting(tmp_path: Path) -> None:
    write_tones(tmp_path / "songs", "a.wav", "b.flac")
    write_tones(tmp_path, "s1.wav", "s2.wav", "t.wav")
    (tmp_path / "songs" / "notes.txt").write_text("no recording")
    (tmp_path / "plan.toml").write_text(
        """
        title = "Songs"
        contents = ["songs"]
        styles = ["s*.wav", ["s1.wav", "t.wav"]]
        presets = ["quick", "balanced"]
        strengths = [30, 60.5]
        format = "FLAC"
        [settings]
        seconds = 5
        melody = [0, 100]
        style_weights = [[], [1.0]]
        """,
        encoding="utf-8",
    )
    values, folder, title = plan.load(tmp_path / "plan.toml")
    asked = plan.plan_of(values, folder, default_title=title)
    assert (asked.title, asked.ending) == ("Songs", ".flac")
    songs = [(tmp_path / "songs" / name).resolve() for name in ("a.wav", "b.flac")]
    one, two, other = ((tmp_path / name).resolve() for name in ("s1.wav", "s2.wav", "t.wav"))
    assert asked.pairings == tuple((song, mix) for song in songs for mix in ((one,), (two,), (one, other)))
    assert len(asked.variants) == 2 * 2 * 2 * 2
    expected = preset("quick", seconds=5.0, strength=30.0, melody=0.0, style_weights=())
    assert asked.variants[0].settings == expected
    assert asked.variants[0].differs == ("melody", "style_weights")
    assert asked.variants[-1].in_words() == "balanced melody 100 style weights 1"


def test_pairings_are_named_one_by_one(tmp_path: Path) -> None:
    pairs = made(tmp_path, pairings=[["a.wav", "b.wav"], ["a.wav", "b.wav", "c.wav"], ["a.wav", "b.wav"]]).pairings
    names = [(pair.content.name, [style.name for style in pair.styles]) for pair in pairs]
    assert names == [("a.wav", ["b.wav"]), ("a.wav", ["b.wav", "c.wav"])]


def test_what_has_no_effect_makes_no_second_result(tmp_path: Path) -> None:
    asked = made(
        tmp_path, contents=["a.wav"], styles=["b.wav"], presets=["paper", "quick"], strengths=[10, 20, 30]
    ).variants
    assert [(each.preset, each.settings.strength) for each in asked] == [
        ("paper", 90.0),
        ("quick", 10.0),
        ("quick", 20.0),
        ("quick", 30.0),
    ]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "The plan has no contents."),
        ({"contents": []}, "contents is []; give a list"),
        ({"contents": ["nothing/*.wav"], "styles": ["b.wav"]}, "there are no recordings in nothing/*.wav"),
        ({"contents": [3], "styles": ["b.wav"]}, "contents has 3; give the name of a file."),
        ({"contents": ["a.wav"], "styles": [["b.wav"] * 5]}, "5 styles are to be mixed; mix 1 to 4."),
        ({"contents": ["a.wav"], "styles": ["b.wav"], "pairings": [["a.wav", "b.wav"]]}, "and not both"),
        ({"pairings": [["a.wav"]]}, "A pairing is a list of a content and its styles"),
        ({"colour": "red"}, "There is no key 'colour' in a plan."),
        ({"title": 3, "pairings": [["a", "b"]]}, "title is 3; give a text"),
        ({"pairings": [["a", "b"]], "format": "ogg"}, "results are wav, flac or mp3"),
        ({"pairings": [["a", "b"]], "presets": ["loud"]}, "There is no preset 'loud'"),
        ({"pairings": [["a", "b"]], "presets": "quick"}, "presets is 'quick'; give a list"),
        ({"pairings": [["a", "b"]], "settings": {"colour": 1}}, 'There is no setting "colour"'),
        ({"pairings": [["a", "b"]], "settings": {"melody": []}}, "melody is an empty list"),
        ({"pairings": [["a", "b"]], "settings": {"melody": "much"}}, "melody is"),
        ({"pairings": [["a", "b"]], "settings": {"melody": 101}}, "101"),
        (
            {"pairings": [["a", "b"]], "settings": {"seconds": date(2024, 1, 1)}},
            'seconds is "2024-01-01", not a number',
        ),
        ({"pairings": [["a", "b"]], "strengths": [date(2024, 1, 1)]}, 'strength is "2024-01-01", not a number'),
        ({"contents": ["a" * 300], "styles": ["b.wav"]}, "cannot be looked at: File name too long."),
        ({"pairings": [["a", "b"]], "settings": []}, "settings is not a table"),
        ({"pairings": [["a", "b"]], "strengths": [1], "settings": {"strength": 2}}, "Take one of them out."),
        ({"pairings": [["a", "b"]], "settings": {"seed": list(range(100_001))}, "presets": ["instant"]}, "at most"),
    ],
)
def test_what_is_wrong_with_a_plan_is_a_sentence(tmp_path: Path, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(StyleTransferError) as refused:
        made(tmp_path, **values)
    assert sentence in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_folder_that_cannot_be_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tones(tmp_path / "songs", "a.wav")

    def locked(_: Path) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", locked)
    with pytest.raises(plan.PlanError, match=r"^contents: songs cannot be looked at: Permission denied\. Correct"):
        made(tmp_path, contents=["songs"], styles=["b.wav"])


def test_brackets_in_the_name_of_a_folder_are_no_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "songs [live]"
    write_tones(folder, "a.wav", "b [1].wav")
    contents = [pair.content for pair in made(folder, contents=["*.wav"], styles=["s.wav"]).pairings]
    assert contents == [folder / "a.wav", folder / "b [1].wav"]
    contents = [pair.content for pair in made(tmp_path, contents=["songs [live]"], styles=["s.wav"]).pairings]
    assert contents == [folder / "a.wav", folder / "b [1].wav"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"contents = [", "is not TOML"), (b"\xff\xfe", "is not TOML"), (b" " * 1_000_001, "is no plan")],
)
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "plan.toml").write_bytes(content)
    with pytest.raises(plan.PlanError, match=sentence):
        plan.load(tmp_path / "plan.toml")
    with pytest.raises(plan.PlanError, match="There is no plan"):
        plan.load(tmp_path / "other.toml")
    with pytest.raises(plan.PlanError, match="cannot be read"):
        plan.load(tmp_path)
