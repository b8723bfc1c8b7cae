"""The result's side of the Transfer tab in a real browser: report card, zip, five strengths with one slider.

The engine is replaced by one that turns the content down at once: this is about what comes after it.
"""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect
from support.page_server import instant, instant_strengths, measures, replace_engine, report_card, wait_until
from support.page_visitors import LOOKS, box, expect_progress, findings, show, take_picture

from styletransfer.quality.report_card import ReportCard
from styletransfer.settings import Settings
from styletransfer.settings import text as settings_text
from styletransfer.transfer import OnStep, Result, Step
from styletransfer.web.server.server import Server
from tools.screenshots import DRAWN_MS

STRENGTHS = ["0", "25", "50", "75", "100"]
SHORT = slice(2 * 44_100)


def brief(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> Result:
    """Two seconds; the report card says that as much of the melody is lost as strength asks for."""
    return instant(content[SHORT], styles, settings, on_step=on_step)


def card(made: Result, *_: object) -> ReportCard:
    result = measures(style_loss=0.05, chroma_similarity=1 - made.settings.strength / 100)
    return ReportCard(result, measures(), report_card().mix)


@pytest.fixture(autouse=True)
def _brief_engine(server: Server) -> None:
    replace_engine(server, stylize=brief, stylize_strengths=instant_strengths, measure=card)


def make_five(page: Page) -> None:
    asked = re.search(r"strength=(\d+)", page.url)
    if asked:  # the link has been read
        expect(box(page, "strength")).to_have_value(asked[1])
    page.locator("#five").click()
    expect_progress(page, "5 of 5 strengths")
    expect(page.locator("#deck .step")).to_have_count(5)
    page.locator("#deck .play:enabled").wait_for()
    expect(page.locator("#five")).to_be_enabled()


def details(page: Page) -> None:
    """Opens what is closed; what is in there comes into the page then."""
    button = page.locator("#details > button")
    if "open" not in (button.get_attribute("class") or "").split():
        button.press("Enter")


def expect_card(page: Page, title: str, melody: str) -> None:
    details(page)
    expect(page.locator("#report h3")).to_have_text(title)
    expect(page.locator('#report [data-row="melody"] td').first).to_have_text(melody)


def downloaded(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.locator(button).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


@pytest.mark.thorough
def test_a_result_has_its_card_and_a_zip(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit()
    expect(page.locator("#report table")).to_be_hidden()
    details(page)
    expect(page.locator("#report table")).to_be_visible()  # the example's
    expect(page.locator("#archive")).to_be_hidden()
    strength = box(page, "strength")
    strength.fill("35")
    strength.press("Tab")
    page.locator("#transfer").click()
    expect_card(page, "Report card", "65 %")
    expect(page.locator("#report table")).to_have_count(1)
    wav = downloaded(page, "#download", tmp_path)
    path = downloaded(page, "#archive", tmp_path)
    assert wav.name == "speech-as-hand-drums-strength-35-balanced.wav"
    assert path.name == "speech-as-hand-drums-strength-35-balanced.zip"
    with zipfile.ZipFile(path) as packed:
        assert packed.read(wav.name) == wav.read_bytes()
        assert json.loads(packed.read("report.json"))["report_card"]["result"]["chroma_similarity"] == 0.65
        packed.extract("settings.json", tmp_path)
    assert settings_text.from_file(tmp_path / "settings.json") == ("balanced", Settings(strength=35))
    strength.fill("80")
    page.get_by_role("button", name="Share and keep settings").click()
    page.locator("#settings-file input").set_input_files(tmp_path / "settings.json")
    expect(strength).to_have_value("35")
    page.get_by_role("button", name="Guitar as violin", exact=True).click()
    expect(page.locator("#archive")).to_be_hidden()
    expect(page.locator("#summary")).to_contain_text("of the style's sound")


def test_five_strengths_are_heard_with_one_slider(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit("desktop-light", "?strength=75")
    make_five(page)
    slider = page.get_by_role("slider", name="From one result to the next")
    expect(slider).to_have_attribute("aria-valuetext", "75")
    expect(page.locator("#deck .step")).to_have_text(STRENGTHS)
    expect_card(page, "Report card of strength 75", "25 %")

    heard = "document.querySelector('#deck st-player').transport"
    page.evaluate(f"{heard}.setLoop(0, {SHORT.stop}, true)")  # it does not end while this goes on
    page.locator("#deck .play").click()
    mixer = page.evaluate_handle(f"{heard}.mixer")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "between 75 and 100")
    expect_card(page, "Report card of strength 100", "0 %")
    page.keyboard.press("Home")
    expect_card(page, "Report card of strength 0", "100 %")
    # Whatever comes by on the way, what is shown is where the slider comes to rest.
    for i in (4, 3, 2, 1, 0, 1, 2, 4, 3, 0, 1):
        page.locator("#deck .step").nth(i).click()
    expect_card(page, "Report card of strength 25", "75 %")
    expect(page.locator("#download")).to_contain_text("strength 25")
    page.locator("#deck .step").nth(2).click()
    expect_card(page, "Report card of strength 50", "50 %")
    assert page.evaluate(f"mixer => {heard}.mixer === mixer && {heard}.playing", mixer), "the sound began anew"
    assert page.evaluate(f"{heard}.weights") == [0, 0, 1, 0, 0, 0, 0, 0]  # content, style and both are silent

    expect(page.locator("#download")).to_contain_text("strength 50")
    wav = downloaded(page, "#download", tmp_path)
    assert wav.name == "speech-as-hand-drums-strength-50-balanced.wav"
    archive = downloaded(page, "#archive", tmp_path)
    assert archive.name == "speech-as-hand-drums-strengths-balanced.zip"
    with zipfile.ZipFile(archive) as packed:
        assert packed.read(f"strength-50/{wav.name}") == wav.read_bytes()
        assert len(packed.namelist()) == 15
        peaks = [
            np.abs(soundfile.read(io.BytesIO(packed.read(f"strength-{s}/{wav.name.replace('50', s)}")))[0]).max()
            for s in STRENGTHS
        ]
    assert peaks == sorted(peaks)


@pytest.mark.thorough
def test_five_strengths_join_compare_by_their_names(visit: Callable[..., Page]) -> None:
    page = visit("desktop-light", "?strength=75")
    make_five(page)
    page.get_by_role("tab", name="Compare").click()
    rows = page.locator("#shelf li")
    expect(rows).to_have_count(5)
    for row, strength in zip(rows.all(), STRENGTHS, strict=True):
        expect(row.get_by_label(f"Name of Strength {strength}", exact=True)).to_be_visible()
        expect(row).to_contain_text(f"melody left {100 - int(strength)} %")


@pytest.mark.thorough
def test_an_example_is_downloaded_as_what_it_is(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit()
    expect(page.locator("#download")).to_have_text("Download MP3")
    expect(page.get_by_role("slider", name="How much of the result is heard")).to_be_visible()
    expect(page.get_by_label("Download it so")).to_have_count(0)  # the server mixes only what it made
    path = downloaded(page, "#download", tmp_path)
    assert path.suffix == ".mp3"
    assert len(soundfile.read(path)[0]) > 44_100


def choose_format(page: Page, label: str, button: str) -> None:
    page.get_by_label("Format of the download").click()
    page.get_by_role("option", name=label).click()
    expect(page.locator("#download")).to_have_text(button)
    expect(page.locator("#download")).to_be_enabled()


@pytest.mark.thorough
def test_a_result_is_downloaded_in_every_format_and_brings_its_settings_back(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    page = visit("desktop-light", "?strength=35")
    expect(page.locator("#format")).to_be_hidden()  # the example is the file that it is
    expect(box(page, "strength")).to_have_value("35")  # the link has been read
    page.locator("#transfer").click()
    expect_card(page, "Report card", "65 %")
    strength, name = box(page, "strength"), "speech-as-hand-drums-strength-35-balanced"
    page.get_by_role("button", name="Share and keep settings").click()
    for label, subtype, ending in (
        ("WAV 24 bit", "PCM_24", "-24-bit.wav"),
        ("FLAC", "PCM_24", ".flac"),
        ("MP3", "MPEG_LAYER_III", ".mp3"),
        ("WAV 16 bit", "PCM_16", ".wav"),
    ):
        choose_format(page, label, f"Download {label.removesuffix(' 16 bit')}")
        path = downloaded(page, "#download", tmp_path)
        assert path.name == name + ending
        assert soundfile.info(path).subtype == subtype
        strength.fill("80")
        page.locator("#settings-file input").set_input_files(path)
        expect(strength).to_have_value("35")
    choose_format(page, "FLAC", "Download FLAC")
    page.locator("#transfer").click()
    expect(page.locator("#download")).to_have_text("Download WAV")
    expect(page.get_by_label("Format of the download")).to_have_value("WAV 16 bit")


@pytest.mark.thorough
def test_each_of_five_strengths_is_downloaded_in_another_format(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit("desktop-light", "?strength=75")
    make_five(page)
    choose_format(page, "FLAC", "Download strength 75 as FLAC")
    assert downloaded(page, "#download", tmp_path).name == "speech-as-hand-drums-strength-75-balanced.flac"
    page.get_by_role("slider", name="From one result to the next").focus()
    page.keyboard.press("Home")
    expect(page.locator("#download")).to_have_text("Download strength 0 as FLAC")
    expect(page.get_by_label("Format of the download")).to_have_value("FLAC")
    path = downloaded(page, "#download", tmp_path)
    assert path.name == "speech-as-hand-drums-strength-0-balanced.flac"
    assert soundfile.info(path).format == "FLAC"
    mixture = page.get_by_role("slider", name="How much of the result is heard")
    mixture.fill("50")
    page.get_by_label("Download it so").check()
    expect(page.locator("#download")).to_have_text("Download strength 0 as FLAC, 50 % result")
    page.locator("#deck .step").nth(2).click()
    expect(page.locator("#download")).to_have_text("Download strength 50 as FLAC, 50 % result")
    expect(page.get_by_label("Download it so")).to_be_checked()
    path = downloaded(page, "#download", tmp_path)
    assert path.name == "speech-as-hand-drums-strength-50-balanced-mixed-50-percent.flac"
    mixture.fill("100")
    expect(page.locator("#download")).to_have_text("Download strength 50 as FLAC")


@pytest.mark.thorough
def test_after_five_strengths_one_transfer_is_shown_alone(visit: Callable[..., Page]) -> None:
    page = visit()
    make_five(page)
    page.locator("#transfer").click()
    expect_card(page, "Report card", f"{100 - Settings().strength:.0f} %")
    expect(page.locator("#deck .slider[aria-label^=From]")).to_have_count(0)
    expect(page.locator("#download")).to_have_text("Download WAV")
    page.locator("#deck .play:enabled").wait_for()


@pytest.mark.thorough
def test_stop_keeps_the_strengths_that_are_done(visit: Callable[..., Page], server: Server) -> None:
    steps: list[Step] = []

    def waiting(*given: object, on_step: OnStep, **options: object) -> Iterator[Result]:
        """Stays at the last of the second strength's two steps until it is stopped."""

        def on_each_step(step: Step) -> bool | None:
            steps.append(step)
            while not (wish := on_step(step)) and len(steps) == 4:
                time.sleep(0.1)
            return wish

        return instant_strengths(*given, on_step=on_each_step, **options)  # pyright: ignore

    replace_engine(server, stylize_strengths=waiting, measure=card)
    page = visit()
    page.locator("#five").click()
    expect_progress(page, "strength 75, 2 of 5")
    page.locator("#stop").click()
    expect_progress(page, "Stopped: ")
    expect(page.locator("#deck .step")).to_have_text(["50", "75"])
    expect_card(page, "Report card of strength 75", "25 %")
    wait_until(lambda: not server.queue.is_busy(), timeout_s=5)


@pytest.mark.thorough
def test_where_strength_does_nothing_the_page_says_so(visit: Callable[..., Page]) -> None:
    page = visit("desktop-light", "?preset=paper")
    expect(page.locator("#preset input")).to_have_value(re.compile("^paper:"))
    page.locator("#five").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("All strengths would sound the same.")
    expect_progress(page, "No result was made.")


@pytest.mark.thorough
def test_five_strengths_fit_every_screen(visit: Callable[..., Page]) -> None:
    page = visit("desktop-light", "?strength=75")
    make_five(page)
    expect_card(page, "Report card of strength 75", "25 %")
    details(page)
    expect(page.locator("#spectrograms img")).to_have_count(2)
    for look in LOOKS:
        show(page, look)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{look}: wider than the screen"
        table = page.locator("#report table")
        assert table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth"), f"{look}: cut off"
        take_picture(page, f"{look}-five")
        if look in ("desktop-light", "phone-dark"):
            page.wait_for_timeout(DRAWN_MS)  # the buttons' colours go over slowly
            assert findings(page) == [], look
