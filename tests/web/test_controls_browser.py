"""The input side of the page in a real browser: examples, recorders, styles, controls, links and settings files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Locator, Page, expect
from support.page_server import DRUMS, PIANO, SMALL, instant, replace_engine, report_card, wait_until
from support.page_visitors import begin_at, box, expect_fits, take

from styletransfer.errors import AudioError
from styletransfer.settings import DEFAULT_PRESET, FIELDS, PRESETS, Settings, preset
from styletransfer.transfer import OnStep, Result
from styletransfer.web.server.server import Server

Visit = Callable[..., Page]


def choice(page: Page, name: str) -> Locator:
    return page.locator(f"#setting-{name} input")


def choose(page: Page, dropdown: str, value: str) -> None:
    page.locator(f"#{dropdown} input").click()
    page.get_by_role("option", name=re.compile(rf"^{value}(:|$)")).click()


def enter(page: Page, name: str, value: object) -> None:
    box(page, name).fill(str(value))
    box(page, name).press("Tab")
    expect(box(page, name)).to_have_value(str(value))


def advanced(page: Page) -> None:
    page.get_by_role("button", name="For researchers").click()
    box(page, "seed").wait_for()


def share(page: Page) -> None:
    page.get_by_role("button", name="Share and keep settings").click()
    page.locator("#copy-link").wait_for()


def source(page: Page, recorder: str) -> str:
    """The file that a recorder holds, by its name."""
    link = page.locator(f"#{recorder} a[download]").first
    return urlsplit(link.get_attribute("href") or "").path.rsplit("/", 1)[-1]


def expect_sentence(page: Page, text: str) -> None:
    expect(page.get_by_test_id("toast-body").last).to_contain_text(text)


class Noted(list[tuple[list[np.ndarray], Settings]]):
    """Stands in for the engine: keeps what it is asked for, and refuses it, which is soon done."""

    def __call__(self, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, **_: Any) -> None:
        self.append(([content, *styles], settings))
        raise AudioError("Noted.")


@pytest.fixture
def noted(server: Server) -> Noted:
    noted = Noted()
    replace_engine(server, stylize=noted)
    return noted


def seeded(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> Result:
    """The engine: a second of noise that the seed alone decides."""
    noise = np.random.default_rng(settings.seed).standard_normal(44_100).astype(np.float32)
    return instant(noise, styles, settings, on_step=on_step)


def transfer(page: Page, noted: Noted) -> tuple[list[np.ndarray], Settings]:
    """Presses Transfer; what the engine was asked for."""
    before = len(noted)
    expect(page.locator("#transfer")).to_be_enabled()
    page.locator("#transfer").click()
    expect_sentence(page, "Noted.")
    wait_until(lambda: len(noted) > before)
    page.get_by_test_id("toast-close").last.click()
    return noted[-1]


@pytest.mark.thorough
@pytest.mark.timing
def test_the_page_opens_with_something_to_hear(visit: Visit) -> None:
    page = visit()
    for name in ("content", "style"):
        expect(take(page, name, "play")).to_be_enabled()
    expect(page.locator("#progress")).to_contain_text("Speech as hand drums")
    expect(page.locator("#spectrogram img")).to_have_count(1)
    page.locator("#deck .play:enabled").click()
    expect(page.locator("#deck .time")).to_contain_text("0:02")
    expect_fits(page)


def test_an_example_shows_its_recordings_and_its_finished_result(visit: Visit, noted: Noted) -> None:
    page = visit()
    begin_at(page, "content", 2)
    expect(box(page, "content_start_s")).to_have_value("2")
    page.get_by_role("button", name="Guitar as violin", exact=True).click()
    expect(page.locator("#progress")).to_contain_text("Guitar as violin")
    expect(box(page, "content_start_s")).to_have_value("0")
    wait_until(lambda: source(page, "content") == "guitar.flac" and source(page, "style") == "violin.flac")
    expect(page.locator("#download")).to_have_text("Download MP3")
    with page.expect_download() as download:
        page.locator("#download").click()
    assert download.value.suggested_filename == "rhythm-violin.mp3"
    assert soundfile.info(download.value.path()).frames == 441_000
    (content, style), settings = transfer(page, noted)
    assert (len(content), len(style), settings) == (441_000, 15 * 44_100, PRESETS[DEFAULT_PRESET])


@pytest.mark.thorough
def test_swap(visit: Visit, noted: Noted) -> None:
    page = visit()
    begin_at(page, "content", 1)
    expect(box(page, "content_start_s")).to_have_value("1")
    page.locator("#swap").click()
    wait_until(lambda: source(page, "content") == "drums.flac" and source(page, "style") == "speech.flac")
    expect(box(page, "style_start_s")).to_have_value("1")
    expect(take(page, "style", "window")).to_have_attribute("aria-valuetext", "from 1.0 to 13.3 s of 13.3 s")
    expect(take(page, "content", "window")).to_have_attribute("aria-valuetext", "from 0.0 to 10.0 s of 12.5 s")
    _, settings = transfer(page, noted)
    assert (settings.content_start_s, settings.style_start_s) == (0, 1)


@pytest.mark.thorough
def test_styles_are_added_weighted_and_removed(visit: Visit, noted: Noted) -> None:
    page = visit()
    expect(page.locator("#weight-1")).to_be_hidden()
    for number, path in ((2, PIANO), (3, DRUMS)):
        page.locator("#add-style").click()
        page.locator(f"#style-{number} input[type=file]").set_input_files(path)
        expect(take(page, f"style-{number}", "name")).to_contain_text(path.name)
    for number, weight in ((1, 2), (2, 0.5), (3, 4)):
        field = page.locator(f"#weight-{number} input[type=number]")
        field.fill(str(weight))
        field.press("Tab")
    recordings, settings = transfer(page, noted)
    assert len(recordings) == 4
    assert settings.style_weights == (2, 0.5, 4)
    page.locator("#add-style").click()
    expect(page.locator("#style-4-recorder")).to_be_visible()
    expect(page.locator("#add-style")).to_be_disabled()
    page.get_by_role("button", name="Remove style 2").click()
    expect(page.locator("#style-4-recorder")).to_be_hidden()
    expect(take(page, "style-2", "remove")).to_be_focused()
    expect(take(page, "style-2", "name")).to_contain_text("drums.flac")
    wait_until(lambda: source(page, "style-2") == "drums.flac")
    recordings, settings = transfer(page, noted)
    assert len(recordings) == 3
    assert settings.style_weights == (2, 4)
    take(page, "style-3", "remove").press("Enter")
    expect(page.locator("#style-3-recorder")).to_be_hidden()
    expect(page.locator("#add-style")).to_be_focused()
    page.get_by_role("button", name="Speech as hand drums", exact=True).click()
    expect(page.locator("#style-2-recorder")).to_be_hidden()
    assert transfer(page, noted)[1] == PRESETS[DEFAULT_PRESET]


def test_upload_start_and_length(visit: Visit, noted: Noted, tmp_path: Path) -> None:
    ramp = np.linspace(0.1, 0.5, 5 * 44_100, dtype=np.float32)
    soundfile.write(tmp_path / "ramp.wav", ramp, 44_100, "FLOAT")
    page = visit()
    take(page, "content", "remove").click()
    page.locator("#content input[type=file]").set_input_files(tmp_path / "ramp.wav")
    expect(take(page, "content", "name")).to_contain_text("ramp.wav")
    enter(page, "seconds", 1.5)
    begin_at(page, "content", 2)
    expect(take(page, "content", "window")).to_have_attribute("aria-valuetext", "from 2.0 to 3.5 s of 5 s")
    (content, _), _ = transfer(page, noted)
    np.testing.assert_allclose(content, ramp[2 * 44_100 :][: len(content)], atol=1e-3)
    assert len(content) == 1.5 * 44_100


@pytest.mark.thorough
def test_the_microphone(visit: Visit, noted: Noted) -> None:
    page = visit("desktop-light")
    take(page, "content", "remove").click()
    page.locator("#content").get_by_label("Record audio").click()
    page.locator("#content").get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(2500)
    page.locator("#content").get_by_role("button", name="Stop", exact=True).first.click()
    expect(take(page, "content", "name")).to_contain_text("Microphone")
    expect(take(page, "content", "play")).to_be_focused()
    (content, _), _ = transfer(page, noted)
    assert len(content) > 44_100
    assert np.abs(content).max() > 0.01


@pytest.mark.thorough
def test_a_preset_sets_all_but_what_stands_in_front_without_a_value_of_its_own(visit: Visit, noted: Noted) -> None:
    front = {"strength": 90.0, "rhythm": 20.0, "melody": Settings().melody}
    page = visit("desktop-light", "?preset=paper&strength=90&rhythm=20&seconds=5&content_start_s=1")
    advanced(page)
    expect(choice(page, "engine")).to_have_value("network")
    for name, values in PRESETS.items():
        choose(page, "preset", name)
        expect(choice(page, "engine")).to_have_value(values.engine)
        expect(box(page, "iterations")).to_have_value(str(values.iterations))
        front |= {each: getattr(values, each) for each in front if getattr(values, each) != getattr(Settings(), each)}
        assert transfer(page, noted)[1] == preset(name, **front, seconds=5, content_start_s=1)


@pytest.mark.thorough
def test_controls_without_effect_are_off_and_say_why(visit: Visit) -> None:
    page = visit()
    advanced(page)
    for name in ("filters", "learning_rate", "seed"):
        expect(box(page, name)).to_be_disabled()
    expect(box(page, "strength")).to_be_enabled()
    expect(page.locator("#setting-filters")).to_contain_text("infinitely many filters")
    choose(page, "preset", "paper")
    for name in ("filters", "seed"):
        expect(box(page, name)).to_be_enabled()
    expect(page.locator("#setting-filters")).to_contain_text(FIELDS["filters"].help)
    for name in ("strength", "layers", "learning_rate"):
        expect(box(page, name)).to_be_disabled()
    expect(choice(page, "detail")).to_be_disabled()
    choose(page, "setting-optimizer", "adam")
    expect(box(page, "learning_rate")).to_be_enabled()
    enter(page, "griffin_lim_iterations", 0)
    expect(box(page, "griffin_lim_momentum")).to_be_disabled()


@pytest.mark.thorough
def test_a_new_seed_is_shown_and_gives_the_same_again(visit: Visit, server: Server) -> None:
    replace_engine(server, stylize=seeded, measure=lambda *_: report_card())
    page = visit("desktop-light", "?preset=paper&seconds=1&iterations=2&filters=16&griffin_lim_iterations=2")
    advanced(page)
    expect(box(page, "filters")).to_have_value("16")

    def result() -> bytes:
        page.locator("#transfer").click()
        expect(page.locator("#progress")).not_to_contain_text("Done")
        expect(page.locator("#progress")).to_contain_text("Done")
        with page.expect_download() as download:
            page.locator("#download").click()
        return download.value.path().read_bytes()

    page.get_by_label("A new one each time").click()
    first = result()
    seed = box(page, "seed").input_value()
    assert seed != "0"
    assert result() != first
    assert box(page, "seed").input_value() != seed
    page.get_by_label("The same each time").click()
    enter(page, "seed", seed)
    assert result() == first


@pytest.mark.thorough
def test_a_link_reopens_the_page_with_the_same_settings(visit: Visit, noted: Noted) -> None:
    page = visit("desktop-light")
    choose(page, "preset", "studio")
    advanced(page)
    expect(choice(page, "detail")).to_have_value("rich")
    enter(page, "strength", 60)
    choose(page, "setting-n_fft", "4096")
    share(page)
    page.locator("#copy-link").click()
    shown = page.locator("#link textarea, #link input")
    expect(shown).not_to_have_value("")
    link = page.evaluate("navigator.clipboard.readText()")
    assert parse_qs(urlsplit(link).query) == {
        "preset": ["studio"],
        "strength": ["60"],
        "n_fft": ["4096"],
        "melody": ["65"],
    }
    expect(shown).to_have_value(link)
    assert page.url == link
    page.reload()
    expect(box(page, "strength")).to_have_value("60")
    assert transfer(page, noted)[1] == preset("studio", strength=60, n_fft=4096)


@pytest.mark.thorough
def test_a_link_shows_the_weights_of_styles(visit: Visit) -> None:
    page = visit("desktop-light", "?style_weights=2,0.5")
    expect(page.locator("#weight-1 input[type=number]")).to_have_value("2")
    expect(page.locator("#weight-2 input[type=number]")).to_have_value("0.5")
    expect(page.locator("#style-2-recorder")).to_be_visible()
    expect(page.locator("#style-3-recorder")).to_be_hidden()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?strength=900", "The settings in the link were left out. Strength is 900.0; it must lie between 0 and 100."),
        ("?hop_length=<b>x</b>", 'Hop (samples) is "<b>x</b>", not a whole number.'),
        pytest.param("?style_weights=1000,0.01", "Bring the weights closer together.", marks=pytest.mark.thorough),
    ],
)
def test_a_bad_link_is_told_and_left_out(query: str, sentence: str, visit: Visit, noted: Noted) -> None:
    page = visit("desktop-light", query)
    expect_sentence(page, sentence)
    page.get_by_test_id("toast-close").click()
    assert transfer(page, noted)[1] == PRESETS[DEFAULT_PRESET]


@pytest.mark.thorough
def test_settings_are_saved_and_dropped_back_in(visit: Visit, noted: Noted, tmp_path: Path) -> None:
    page = visit()
    choose(page, "preset", "paper")
    advanced(page)
    expect(choice(page, "engine")).to_have_value("network")
    enter(page, "seed", 12345)
    share(page)
    with page.expect_download() as download:
        page.locator("#save-settings").click()
    assert download.value.suggested_filename == "style-transfer-settings.json"
    download.value.save_as(tmp_path / "mine.json")
    asked = transfer(page, noted)[1]
    other = visit()
    share(other)
    other.locator("#settings-file input[type=file]").set_input_files(tmp_path / "mine.json")
    expect(other.locator("#preset input")).to_have_value(re.compile("^paper:"))  # the file has been read
    other.wait_for_timeout(500)  # Gradio may lose what arrives at the very moment in which a panel opens
    advanced(other)
    expect(box(other, "seed")).to_have_value("12345")
    assert transfer(other, noted)[1] == asked == preset("paper", seed=12345)
    assert json.loads((tmp_path / "mine.json").read_text())["preset"] == "paper"


@pytest.mark.thorough
def test_a_bad_settings_file_is_refused_in_a_sentence(visit: Visit, noted: Noted, tmp_path: Path) -> None:
    page = visit()
    share(page)
    for content, sentence in BAD_FILES.items():
        (tmp_path / "bad.json").write_text(content)
        page.locator("#settings-file input[type=file]").set_input_files(tmp_path / "bad.json")
        expect_sentence(page, sentence)
        page.get_by_test_id("toast-close").last.click()
    assert transfer(page, noted)[1] == PRESETS[DEFAULT_PRESET]


BAD_FILES = {
    "oops": "This file holds no settings. Take one that was saved with Save settings, or a result.",
    '{"strenght": 3}': 'There is no setting "strenght". Correct its name in the file, or remove it.',
    '{"strength": 300}': "Strength is 300.0; it must lie between 0 and 100.",
    '{"n_fft": "long"}': 'Block (samples) is "long", not a whole number.',
}


@pytest.mark.thorough
def test_what_cannot_be_made_is_refused_in_a_sentence(visit: Visit, server: Server, tmp_path: Path) -> None:
    """Refusals of each kind, one after the other, on one page that goes on working."""
    replace_engine(server, stylize=instant, measure=lambda *_: report_card())
    (tmp_path / "text.wav").write_text("not a sound" * 99)
    page = visit(query="?content_start_s=99")
    advanced(page)

    def expect_refusal(sentence: str) -> None:
        expect(page.locator("#transfer")).to_be_enabled()
        page.locator("#transfer").click()
        expect_sentence(page, sentence)
        said = page.get_by_test_id("toast-body").last.inner_text()
        assert not re.search(r"Traceback|/tmp|_", said), said
        page.get_by_test_id("toast-close").last.click()
        expect(page.locator("#progress")).to_contain_text("No result was made.")

    expect_refusal("it cannot start at 99 s. Start earlier.")
    begin_at(page, "content", 0)
    enter(page, "iterations", 0)
    expect_refusal("Iterations is 0; it must lie between 1 and 10000.")
    box(page, "iterations").fill("")
    expect_refusal("Iterations is empty; give a value.")
    enter(page, "iterations", 2)
    take(page, "content", "remove").click()
    expect_refusal("There is no content recording yet. Upload one, record one or choose an example.")
    expect(page.locator("#stop")).to_be_disabled()
    expect(page.locator("#deck .play")).to_be_enabled()
    expect(page.locator("#spectrogram img")).to_have_count(1)
    page.locator("#content input[type=file]").set_input_files(tmp_path / "text.wav")
    expect(take(page, "content", "name")).to_contain_text("text.wav")
    said = page.locator("#content-said")
    expect(said).to_have_role("status")
    expect(said).to_contain_text("This recording is not audio of a known format.")
    expect_refusal("The content is not audio of a known format.")
    take(page, "content", "remove").click()
    expect(said).to_be_empty()
    page.locator("#content input[type=file]").set_input_files(PIANO)
    expect(take(page, "content", "play")).to_be_enabled()
    expect(said).to_be_empty()
    for name in ("seconds", "iterations"):
        enter(page, name, SMALL[name])
    page.locator("#transfer").click()
    expect(page.locator("#progress")).to_contain_text("Done")
