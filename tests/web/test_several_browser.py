"""Several recordings in one go, in a real browser: given, made, heard, compared, taken away and there after a reload.

The engine is replaced by one that is done at once, or by one that waits until it is let go.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import shutil
import threading
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Dialog, Page, expect
from support.page_server import SAMPLES, Stub, endless, instant, report_card, wait_until
from support.page_visitors import PATIENCE_MS, expect_fits, findings, show, take_picture

from styletransfer.settings import Settings
from styletransfer.transfer import OnStep, Result, Step
from styletransfer.web.page import TITLE
from styletransfer.web.server.server import Server
from styletransfer.workers.in_process import InProcess

ROWS = ".st-made li"
STYLES = ("drums", "trumpet")


@pytest.fixture
def given(tmp_path: Path) -> Callable[..., list[Path]]:
    """Samples by the names of recordings of one's own."""

    def copy(*names: str) -> list[Path]:
        return [Path(shutil.copy(SAMPLES / f"{name}.flac", tmp_path / f"My {name}.flac")) for name in names]

    return copy


def replace(server: Server, stylize: Any = instant) -> None:
    server.workers = InProcess(Stub(stylize=stylize, measure=lambda *_: report_card()))


def opened(page: Page) -> Page:
    page.get_by_role("tab", name="Several").click()
    expect(page.locator("#several-settings")).to_contain_text("As set under Transfer")
    return page


def add(page: Page, kind: str, files: Sequence[Path]) -> None:
    before = page.locator(f"#several-{kind} li button").count()
    page.locator(f"#several-{kind} input[type=file]").set_input_files(files)
    expect(page.locator(f"#several-{kind} li button")).to_have_count(before + len(files))


def make(page: Page, label: str) -> None:
    button = page.locator("#several-make")
    expect(button).to_have_text(label)
    expect(button).to_be_enabled()
    button.click()


def expect_ended(page: Page, text: str) -> None:
    expect(page.locator("#several-progress")).to_contain_text(text)
    expect(page.locator("#several-make")).to_be_enabled()


def test_two_contents_with_two_styles_from_files_to_a_zip(
    visit: Callable[..., Page], server: Server, given, tmp_path: Path
) -> None:
    replace(server)
    page = opened(visit())
    expect(page.locator("#several-make")).to_be_disabled()
    broken = tmp_path / "notes.mp3"
    broken.write_text("not a sound" * 99)
    add(page, "content", [*given("piano", "guitar"), broken])
    expect(page.locator("#several-content li").nth(2)).to_contain_text("This recording is not audio of a known format.")
    page.get_by_role("button", name="Remove notes.mp3").click()
    expect(page.locator("#several-content li")).to_have_count(2)
    add(page, "style", given(*STYLES))
    expect(page.locator("#several-style li").first).to_contain_text("12.5 s")
    expect(page.locator("#several-plan")).to_contain_text("4 results")
    make(page, "Make 4 results")
    expect_ended(page, "Done: all 4 results in")
    names = [f"My {content} as My {style}" for content in ("piano", "guitar") for style in STYLES]
    expect(page.locator(f"{ROWS} b")).to_have_text(names)
    for look in ("desktop-light", "phone-dark"):
        show(page, look)
        page.wait_for_timeout(500)  # colours go over slowly
        assert findings(page) == [], look
    expect_fits(page, "several")
    show(page, "desktop-light")

    play = page.get_by_role("button", name=f"Play {names[1]}", exact=True)
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    with page.expect_download() as told:
        page.locator("#several-zip").click()
    with zipfile.ZipFile(told.value.path()) as packed:
        wavs = sorted(name for name in packed.namelist() if name.endswith(".wav"))
        assert [wav.split("-strength")[0] for wav in wavs] == [
            "my-guitar-as-my-drums", "my-guitar-as-my-trumpet", "my-piano-as-my-drums", "my-piano-as-my-trumpet",
        ]  # fmt: skip
        sound, _ = soundfile.read(io.BytesIO(packed.read(wavs[0])))
        assert np.abs(sound).max() > 0.01
        lines = list(csv.DictReader(io.StringIO(packed.read("figures.csv").decode("utf-8-sig"))))
        assert [line["Result"] for line in lines] == names

    page.get_by_role("tab", name="Compare").click()
    items = page.locator(".st-shelf li")
    assert [each.input_value() for each in items.locator("input[type=text]").all()] == names
    lanes = page.locator("#player .source")
    expect(lanes).to_have_count(4 + 2 + 2)
    for name in ("Content: My piano", "Content: My guitar", "Style: My drums", "Style: My trumpet"):
        expect(lanes.filter(has_text=name)).to_have_count(1)
    page.get_by_role("tab", name="Transfer").click()
    expect(page.locator("#deck .source").first).to_contain_text("Speech as Hand drums")

    page.reload()
    opened(page)
    expect(page.locator("#several-content li b")).to_have_text(["My piano.flac", "My guitar.flac"])
    expect(page.locator("#several-style li b")).to_have_text([f"My {style}.flac" for style in STYLES])
    page.get_by_role("tab", name="Compare").click()
    assert [each.input_value() for each in items.locator("input[type=text]").all()] == names


@pytest.mark.thorough
def test_while_they_are_made_it_says_which_and_stop_keeps_what_there_is(
    visit: Callable[..., Page], server: Server, given
) -> None:
    may_end = threading.Event()

    def stylize(content: np.ndarray, styles: Any, settings: Settings, *, on_step: OnStep) -> Result:
        stopped = False
        for i in range(1, 3000):
            stopped = on_step(Step("solve", i, 5000, 1 / i, 1 / i, 1 / i, 0.5, 0.05 * i)) is True
            if stopped or may_end.wait(0.05):
                break
        may_end.clear()
        result = instant(content, styles, settings, on_step=lambda _: None)
        return dataclasses.replace(result, stop_reason="stopped") if stopped else result

    replace(server, stylize)
    page = opened(visit())
    page.locator("#several-content select").select_option("Piano")
    expect(page.locator("#several-content li b")).to_have_text(["Piano"])
    add(page, "style", given("drums", "trumpet", "violin"))
    page.get_by_label("Piano as My trumpet", exact=True).press("Space")
    make(page, "Make 2 results")
    progress = page.locator("#several-progress")
    expect(progress).to_contain_text("1 of 2 · Piano as My drums · Shaping the sound")
    expect(progress).to_contain_text("left")
    expect(page.locator(ROWS).nth(1)).to_have_attribute("data-state", "waiting")
    expect(page).to_have_title(f"0 % · {TITLE}")
    take_picture(page, "several-running")
    may_end.set()
    expect(page.locator(ROWS).first).to_have_attribute("data-state", "done")
    expect(page.get_by_role("button", name="Play Piano as My drums")).to_be_enabled()
    expect(progress).to_contain_text("2 of 2 · Piano as My violin · Shaping the sound")
    page.locator("#several-stop").press("Enter")
    expect_ended(page, "Done: all 2 results in")
    expect(page.locator(ROWS).nth(1)).to_contain_text("Stopped early: the best so far.")
    expect(page.locator("#several-zip")).to_be_visible()

    make(page, "Make 2 results")
    expect(progress).to_contain_text("1 of 2")
    expect(page.locator("#several-zip")).to_be_hidden()
    page.locator("#several-stop").click()
    expect_ended(page, "Stopped: 1 of 2 results in")
    expect(page.locator(ROWS).nth(1)).to_contain_text("Not made: it was stopped before.")


@pytest.mark.thorough
def test_who_leaves_while_they_are_made_is_asked_and_told_when_back(browser: Browser, server: Server, url: str) -> None:
    replace(server, endless)
    questions: list[str] = []

    def leave(dialog: Dialog) -> None:
        questions.append(dialog.type)
        dialog.accept()

    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("dialog", leave)
    page.goto(url)
    opened(page)
    for kind, name in (("content", "Piano"), ("style", "Drum kit")):
        page.locator(f"#several-{kind} select").select_option(name)
        expect(page.locator(f"#several-{kind} li button")).to_have_count(1)
    make(page, "Make 1 result")
    expect(page.locator("#several-progress")).to_contain_text("Shaping the sound")
    page.reload()
    assert questions == ["beforeunload"]
    wait_until(lambda: not server.queue.is_busy(), timeout_s=20)
    expect(page.locator("#interrupted")).to_contain_text("What was being made under Several was interrupted.")
    opened(page)
    expect(page.locator("#several-notices")).to_contain_text("What was being made under Several was interrupted.")
    expect(page.locator("#several-make")).to_have_text("Make 1 result")
    page.context.close()


@pytest.mark.thorough
def test_more_than_there_is_place_for_is_told(visit: Callable[..., Page], given) -> None:
    page = opened(visit())
    add(page, "content", given("piano", "guitar", "speech"))
    page.locator("#several-content input[type=file]").set_input_files(given("violin", "trumpet", "drums"))
    said = page.locator("#several-content .st-said")
    expect(said).to_have_text("There is place for 4: My trumpet.flac, My drums.flac were left out.")
    expect(page.locator("#several-content li button")).to_have_count(4)
    expect(page.locator("#several-content .st-pile-add")).to_be_disabled()
    add(page, "style", given("violin", "trumpet", "drums", "drumkit"))
    expect(page.locator("#several-plan")).to_have_text(
        "These are 16 results; 12 can be made in one go. Untick 4 of them, or take a recording away."
    )
    expect(page.locator("#several-make")).to_be_disabled()
    page.get_by_role("button", name="Remove My speech.flac").press("Enter")
    expect(page.locator("#several-plan")).to_contain_text("12 results")
    expect(page.locator("#several-make")).to_be_enabled()
    page.locator("#several-content input[type=file]").set_input_files(given("piano"))
    expect(said).to_have_text("My piano.flac is there already.")
