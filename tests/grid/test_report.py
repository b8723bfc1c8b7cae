"""The results page of a grid: what its folder holds, and what the page is told."""

from __future__ import annotations

import base64
import html.parser
import io
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from support.grid_folders import GridFolder

from styletransfer.engine import loudness
from styletransfer.errors import WritingError
from styletransfer.files import settings_tags
from styletransfer.grid import report
from styletransfer.grid.plan import PlanError
from styletransfer.grid.report import scripts, sounds
from styletransfer.quality import card_words
from styletransfer.settings import text as settings_text

RATE_HZ = 44_100
SECONDS = 0.6
HOSTILE = '</script><script>alert("1")</script><!-- ギター & "x" \'y\' #%41'
Recording = Callable[..., np.ndarray]


@pytest.fixture
def grid(tmp_path: Path) -> GridFolder:
    return GridFolder(tmp_path / "grid")


@pytest.fixture
def made(grid: GridFolder, recording: Recording) -> GridFolder:
    """Two contents and a style; two strengths of each pairing."""
    style = grid.recording("drums", recording("drums", SECONDS))
    for name in ("piano", "guitar"):
        content = grid.recording(name, recording(name, SECONDS))
        for strength in (70.0, 30.0):
            sound = recording(name, SECONDS) * np.float32(strength / 100)
            grid.run(
                content, [style], sound, strength=strength, figures={"style_loss": 0.5 if strength == 30.0 else 0.2}
            )
    return grid


class Data(html.parser.HTMLParser):
    """Texts of the elements with an id, and the tags that there are."""

    def __init__(self, page: Path) -> None:
        super().__init__(convert_charrefs=False)
        self.tags: list[str] = []
        self.texts: dict[str, str] = {}
        self._key = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._key = dict(attrs).get("id") or tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._key, data)


def told(page: Path) -> dict[str, Any]:
    return json.loads(Data(page).texts["st-grid"])


def column(data: dict[str, Any], label: str) -> list[list[Any]]:
    place = [each["label"] for each in data["columns"]].index(label)
    return [run["cells"][place] for run in data["runs"]]


def flac(page: Path, url: str) -> bytes:
    found = re.search(r'stSounds\["([^"]*)"\]="([^"]*)"', (page.parent / url).read_text(encoding="utf-8"))
    assert found
    assert found[1] == url
    return base64.b64decode(found[2])


def test_the_page_tells_of_all_runs_in_an_order_that_people_expect(made: GridFolder) -> None:
    page = report.write(made.folder)
    assert page == made.folder / "report" / "index.html"
    data = told(page)
    assert (data["asked"], data["done"]) == (4, 4)
    assert [each["name"] for each in data["recordings"]] == ["guitar", "drums", "piano"]
    assert [each[0] for each in column(data, "Content")] == ["guitar", "guitar", "piano", "piano"]
    assert column(data, "Strength") == [["30", 30], ["70", 70]] * 2
    assert [run["way"] for run in data["runs"]] == ["strength 30", "strength 70"] * 2
    assert column(data, "Seconds taken")[0] == ["1.8", 1.75]
    assert column(data, "Style loss")[0] == ["0.125", 0.125]


def test_figures_have_the_report_card_s_names_and_words(made: GridFolder) -> None:
    data = told(report.write(made.folder))
    assert [text for text, _ in column(data, "Style's sound")] == ["38 %", "75 %"] * 2
    labels = {each["about"]: each for each in data["columns"] if each["about"]}
    assert set(labels) == {row.question for row in card_words.ROWS.values()}
    assert {about for about, each in labels.items() if each["shown"]} == {
        row.question for row in card_words.ROWS.values() if row.figure
    }
    assert data["card"]["columns"] == list(card_words.COLUMNS)
    lines = [question for _, questions in data["card"]["groups"] for question in questions]
    assert dict(zip(lines, data["runs"][0]["card"], strict=True))[card_words.ROWS["style"].question] == [
        "38 %",
        "0 %",
        "25 %",
    ]


def test_settings_that_differ_are_columns_unless_the_presets_say_so(grid: GridFolder, recording: Recording) -> None:
    sound = recording("piano", SECONDS)
    content = grid.recording("piano", sound)
    for preset, seed in (("quick", 1), ("quick", 2), ("paper", 1)):
        grid.run(content, [content], sound, preset=preset, seed=seed)
    data = told(report.write(grid.folder))
    given = [each["label"] for each in data["columns"] if not each["figure"]]
    assert given == ["Content", "Style", "Preset", "Strength", "Seed"]
    assert [run["way"] for run in data["runs"]] == [
        "quick seed 1",
        "quick seed 2",
        "paper seed 1",
    ]
    assert column(data, "Strength")[2] == ["n/a", None], "it has no effect there"
    assert data["runs"][2]["settings"]["optimizer"] == "scipy"
    assert "optimizer" not in data["common"]
    assert data["common"]["style_weights"] == "equal"


def test_runs_and_recordings_of_one_name_are_told_apart(grid: GridFolder, recording: Recording) -> None:
    sound = recording("piano", SECONDS)
    first, second = (grid.recording("take", recording(name, SECONDS)) for name in ("piano", "guitar"))
    grid.run(first, [second], sound)
    grid.run(second, [first], sound)
    grid.run(second, [first], sound, version="0.0.1")
    data = told(report.write(grid.folder))
    assert sorted(each["name"] for each in data["recordings"]) == ["take", "take (2)"]
    assert len({(run["content"], run["way"]) for run in data["runs"]}) == 3
    assert [each[0] for each in column(data, "Version")].count("0.0.1") == 1


def test_names_are_text_whatever_is_in_them(grid: GridFolder, recording: Recording) -> None:
    sound = recording("piano", SECONDS)
    grid.title = HOSTILE
    content = grid.recording("piano", sound) | {"name": HOSTILE}
    grid.run(content, [content], sound, notes=[HOSTILE])
    grid.unusable = [{"path": HOSTILE, "sentence": HOSTILE}]
    grid.save()
    page = report.write(grid.folder)
    data, tags = told(page), Data(page).tags
    assert data["title"] == data["recordings"][0]["name"] == data["runs"][0]["notes"][0] == HOSTILE
    assert data["unusable"] == grid.unusable
    assert tags.count("script") == 3
    assert "<!--" not in page.read_text(encoding="utf-8")


def test_a_sound_is_what_the_run_made_with_its_settings(made: GridFolder, tmp_path: Path) -> None:
    page = report.write(made.folder)
    for run in told(page)["runs"]:
        found = flac(page, run["url"])
        samples, rate_hz = soundfile.read(io.BytesIO(found), dtype="float32")
        original, _ = soundfile.read(made.folder / run["file"], dtype="float32")
        assert rate_hz == RATE_HZ
        assert np.array_equal(samples, original)
        assert run["lufs"] == pytest.approx(loudness.integrated_loudness(original), abs=0.01)
        copy = tmp_path / "copy.flac"
        copy.write_bytes(found)
        assert settings_text.from_text(settings_tags.settings_in(copy) or "")[0] == "quick"


def test_recordings_are_as_long_as_what_is_heard_beside_them(grid: GridFolder, recording: Recording) -> None:
    content = grid.recording("piano", recording("piano", SECONDS))
    short = grid.recording("drums", recording("drums", 0.25))
    long = grid.recording("violin", recording("violin", 1.5))
    for style in (short, long):
        grid.run(content, [style], recording("piano", SECONDS))
    page = report.write(grid.folder)
    for each in told(page)["recordings"]:
        assert soundfile.info(io.BytesIO(flac(page, each["url"]))).frames == round(SECONDS * RATE_HZ), each["name"]


@pytest.mark.parametrize("ending", [".flac", ".mp3"])
def test_results_of_other_formats_are_played_too(grid: GridFolder, recording: Recording, ending: str) -> None:
    content = grid.recording("piano", recording("piano", SECONDS))
    grid.run(content, [content], recording("piano", SECONDS), ending=ending)
    page = report.write(grid.folder)
    assert soundfile.info(io.BytesIO(flac(page, told(page)["runs"][0]["url"]))).samplerate == RATE_HZ


def test_written_again_it_converts_what_is_new_and_drops_what_is_gone(made: GridFolder, recording: Recording) -> None:
    page = report.write(made.folder)
    before = {path: path.stat().st_mtime_ns for path in page.parent.glob("*/*")}
    content = made.recording("violin", recording("violin", SECONDS))
    made.run(content, [content], recording("violin", SECONDS))
    data = told(report.write(made.folder))
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (data["asked"], data["done"], len(data["runs"])) == (5, 5, 5)
    shutil.rmtree(next((made.folder / "runs").glob("run-5-*")))
    data = told(report.write(made.folder))
    assert (data["asked"], data["done"], len(data["runs"])) == (5, 4, 4)
    assert set(page.parent.glob("*/*")) == set(before)


def test_the_folder_is_whole_by_itself(made: GridFolder) -> None:
    """Everything that is named is there, and nothing is named that lies elsewhere."""
    page = report.write(made.folder)
    data = told(page)
    named = [run["url"] for run in data["runs"]] + [each["url"] for each in data["recordings"]]
    named += [url for run in data["runs"] for url in run["pictures"].values()]
    named += re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page.read_text(encoding="utf-8"))
    assert len(named) == 4 + 3 + 4 * 3 + 3
    for name in (*named, "player.css"):
        assert (page.parent / name).is_file(), name
    for path in page.parent.glob("*.*"):
        assert not re.search(r"https?:|url\(|@import", path.read_text(encoding="utf-8")), path.name


def test_a_grid_under_way_without_results_and_with_one(grid: GridFolder, recording: Recording) -> None:
    data = told(report.write(grid.folder))
    assert (data["asked"], data["done"], data["runs"]) == (0, 0, [])
    content = grid.recording("piano", recording("piano", SECONDS))
    for strength in (10.0, 20.0, 30.0):
        grid.run(content, [content], None, strength=strength)
    grid.run(content, [content], recording("piano", SECONDS), strength=40.0)
    data = told(report.write(grid.folder))
    assert (data["asked"], data["done"], len(data["runs"])) == (4, 1, 1)
    assert data["runs"][0]["way"] == "quick"
    assert data["runs"][0]["settings"] == {}


def test_runs_from_before_are_there_and_do_not_count_as_asked_for(made: GridFolder) -> None:
    del made.asked[1:]
    made.save()
    data = told(report.write(made.folder))
    assert (data["asked"], data["done"], len(data["runs"])) == (1, 1, 4)


def test_what_failed_and_what_cannot_be_used_have_their_sentences(made: GridFolder) -> None:
    sentence = "The worker ended at this run three times."
    made.run(made.recording("x", np.full(30_000, 0.1, np.float32)), [], None, failure=sentence)
    made.unusable = [{"path": "/music/a.wav", "sentence": "/music/a.wav is silent."}]
    made.save()
    data = told(report.write(made.folder))
    assert data["failed"] == [{"name": "run-5-strength-90", "sentence": sentence}]
    assert data["unusable"] == made.unusable


def test_a_sound_that_cannot_be_played_leaves_its_row(grid: GridFolder, recording: Recording) -> None:
    sound = recording("piano", SECONDS)
    content, style = grid.recording("piano", sound), grid.recording("drums", sound)
    grid.run(content, [style], np.zeros(30_000, np.float32))
    (grid.folder / style["file"]).unlink()
    data = told(report.write(grid.folder))
    assert data["runs"][0]["url"] == ""
    assert "silent" in data["runs"][0]["notes"][0]
    assert [each["url"] != "" for each in data["recordings"]] == [True, False]


def test_a_report_without_figures_and_pictures(grid: GridFolder, recording: Recording) -> None:
    content = grid.recording("piano", recording("piano", SECONDS))
    grid.run(content, [content], recording("piano", SECONDS), pictures={"spectrograms": b"png"})
    path = next(grid.folder.glob("runs/*/report.json"))
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(values | {"report_card": None}), encoding="utf-8")
    data = told(report.write(grid.folder))
    assert column(data, "Style's sound") == [["n/a", None]]
    assert data["runs"][0]["card"] == []
    assert [*data["runs"][0]["pictures"]] == ["spectrograms"]


def test_three_hundred_runs_would_make_a_light_page(
    grid: GridFolder, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sounds, "put", lambda *_: sounds.Sound("sounds/0123456789abcdef.js", -20.55, 220_500))
    sound = recording("piano", 0.02)
    styles = [grid.recording(f"a style with a name {i}", sound + np.float32(i / 100)) for i in range(3)]
    contents = [grid.recording(f"a content with a name {i}", sound - np.float32(i / 100)) for i in range(4)]
    for content in contents:
        for style in styles:
            for strength in (10.0, 30.0, 50.0, 70.0, 90.0):
                grid.run(
                    content, [style], sound, strength=strength, notes=["The result is 1.0 dB quieter."], pictures={}
                )
    page = report.write(grid.folder)
    assert len(told(page)["runs"]) == 60
    assert page.stat().st_size / 60 * 300 < 600_000
    beside = sum(path.stat().st_size for path in page.parent.iterdir() if path.is_file()) - page.stat().st_size
    assert beside < 150_000


def test_a_folder_that_is_none_of_a_grid_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="not the folder of a grid"):
        report.write(tmp_path)


@pytest.mark.parametrize(
    "asked",
    [{"a": 1}, [], {"runs": 3}, {"runs": [{"id": "0"}]}, {"runs": [], "unusable": ["a"]}, {"runs": [], "title": 3}],
)
def test_a_list_of_runs_that_is_none_is_refused(grid: GridFolder, asked: Any) -> None:
    (grid.folder / "grid.json").write_text(json.dumps(asked))
    with pytest.raises(PlanError, match=r"grid\.json cannot be read\. Start the grid once more"):
        report.write(grid.folder)


def test_a_folder_without_runs_has_none(grid: GridFolder) -> None:
    (grid.folder / "runs").rmdir()
    assert told(report.write(grid.folder))["runs"] == []


@pytest.mark.parametrize("name", ["settings", "delivered", "seconds_by_stage", "versions", "notes", "grid"])
def test_a_report_that_lacks_what_is_read_is_no_result(made: GridFolder, name: str) -> None:
    path = next(made.folder.glob("runs/run-1-*/report.json"))
    values = json.loads(path.read_text(encoding="utf-8"))
    del values[name]
    path.write_text(json.dumps(values), encoding="utf-8")
    data = told(report.write(made.folder))
    assert (data["asked"], data["done"], len(data["runs"])) == (4, 3, 3)


def test_files_of_two_runs_that_look_alike_are_two_sounds(tmp_path: Path, recording: Recording) -> None:
    paths = [tmp_path / run / "a.wav" for run in ("a-0123456789ab", "a-0123456789ac")]
    for path, name in zip(paths, ("piano", "guitar"), strict=True):
        path.parent.mkdir()
        soundfile.write(path, recording(name, SECONDS), RATE_HZ)
        os.utime(path, (1_000, 1_000))
    (tmp_path / "sounds").mkdir()
    assert len({sounds.put(path, tmp_path).url for path in paths}) == 2


def test_a_page_that_cannot_be_written_is_told_of(made: GridFolder) -> None:
    (made.folder / "report").write_text("in the way")
    with pytest.raises(WritingError, match=r"report.* cannot be written"):
        report.write(made.folder)


def test_all_modules_become_one_script_each_before_who_needs_it() -> None:
    script = scripts.bundle(scripts.ENTRY)
    made, used = re.compile(r'^modules\["([^"]+)"\] =', re.MULTILINE), re.compile(r'= modules\["([^"]+)"\];')
    order = made.findall(script)
    assert len(order) == len(set(order)) > 20
    assert order[-1] == scripts.ENTRY
    for name, body in zip(order, made.split(script)[2::2], strict=True):
        assert set(used.findall(body)) <= set(order[: order.index(name)]), name
    assert "import.meta" not in script
    assert "fetch(" not in script, "no file can be fetched from a disk"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("export default 1;\n", "cannot be joined"),
        ("const a = 1;\nexport { a };\n", "cannot be joined"),
        ('import a from "./other.js";\n', "cannot be joined"),
        ('import { a } from "./entry.js";\n', "circle"),
    ],
)
def test_a_module_that_cannot_be_joined_is_no_silent_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    (tmp_path / "entry.js").write_text(source)
    monkeypatch.setattr(scripts, "FRONTEND", tmp_path)
    with pytest.raises(ValueError, match=message):
        scripts.bundle("entry.js")
