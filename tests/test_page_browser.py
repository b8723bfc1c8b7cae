"""The page in a real browser: Debian's Chromium, driven by Playwright.

STYLETRANSFER_SCREENSHOTS names a folder for pictures of the page, desktop and phone, light and dark.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import soundfile
from page_server import LONG, SMALL, endless, serve, slow, wait_until
from playwright.sync_api import Browser, Page, expect, sync_playwright

from styletransfer.web import jobs
from styletransfer.web.controls import label

# Without these Chromium as root does not start, or calls its maker's servers by itself.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 60_000


class Look(NamedTuple):
    width: int
    height: int
    colours: Any


LOOKS = {
    "desktop-light": Look(1280, 800, "light"),
    "desktop-dark": Look(1280, 800, "dark"),
    "phone-light": Look(390, 844, "light"),
    "phone-dark": Look(390, 844, "dark"),
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve() as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        reason = "Chromium is not installed (Debian's package is chromium), so the page is not tested in a browser"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=FLAGS)


@pytest.fixture
def visit(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Opens the page as a new visitor. At the end no visitor's console has errors, and all that the page asked for came
    from its own server."""
    contexts, complaints, origins = [], [], set()

    def open_page(look: str = "desktop-light", script: str = "") -> Page:
        width, height, colours = LOOKS[look]
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=colours)
        contexts.append(context)
        context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: origins.add(urlsplit(request.url)[:2]))
        page.goto(url)
        page.locator("#transfer").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
    assert {origin for origin in origins if origin[0] not in ("data", "blob")} == {urlsplit(url)[:2]}


def fill(page: Page, settings: dict[str, int]) -> None:
    """Takes the first example and the preset "paper", and sets sliders by their number boxes."""
    page.get_by_role("button", name="Advanced").click()
    page.get_by_label("Preset").click()
    page.get_by_role("option", name="paper").click()
    expect(page.get_by_label(f"number input for {label('alpha')}")).to_have_value("0.1")
    page.get_by_text("speech + drums", exact=True).click()
    for name in ("content", "style"):
        page.locator(f"#{name}").get_by_label("Play", exact=True).wait_for()
    for name, value in settings.items():
        box = page.get_by_label(f"number input for {label(name)}")
        box.fill(str(value))
        box.press("Tab")
    for name, value in settings.items():
        expect(page.get_by_label(f"number input for {label(name)}")).to_have_value(str(value))


def start(page: Page) -> None:
    page.locator("#transfer").click()


def expect_progress(page: Page, text: str) -> None:
    expect(page.locator("#progress")).to_contain_text(text, timeout=PATIENCE_MS)


def take_picture(page: Page, name: str) -> None:
    folder = os.environ.get("STYLETRANSFER_SCREENSHOTS")
    if folder:
        page.wait_for_timeout(500)  # waveforms are drawn after their sound has been decoded
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("look", LOOKS)
def test_from_an_example_to_a_downloaded_result(look: str, visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit(look)
    take_picture(page, f"{look}-opened")
    fill(page, SMALL)
    start(page)
    expect_progress(page, "Done")
    expect(page.locator("#spectrograms img")).to_have_count(3)
    expect(page.locator("#curves svg")).to_have_count(2)
    page.locator("#result").get_by_label("Play", exact=True).wait_for()
    with page.expect_download() as download:
        page.locator("#download").click()
    assert download.value.suggested_filename.endswith(".wav")
    download.value.save_as(tmp_path / "result.wav")
    assert soundfile.info(tmp_path / "result.wav").frames == 44_100
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen"
    take_picture(page, f"{look}-result")


def test_stop_shows_the_best_so_far_and_the_next_transfer_runs(
    visit: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "stylize", slow)
    page = visit()
    fill(page, LONG)
    start(page)
    expect_progress(page, "of 5000")
    page.locator("#stop").click()
    expect_progress(page, "Stopped: the best so far")
    page.locator("#result").get_by_label("Play", exact=True).wait_for()
    page.get_by_label(f"number input for {label('iterations')}").fill("2")
    start(page)
    expect_progress(page, "Done")


def test_closing_the_tab_frees_the_device_and_the_queue_can_be_left(
    visit: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "stylize", endless)
    running, waiting = visit(), visit()
    for page in (running, waiting):
        fill(page, {})
        start(page)
        page.wait_for_timeout(500)
    expect_progress(running, "of 5000")
    expect_progress(waiting, "Waiting")
    waiting.locator("#leave").click()
    expect(waiting.locator("#transfer")).to_be_enabled()
    expect(waiting.locator("#stop")).to_be_visible()
    assert jobs.device_is_busy()
    running.close()
    wait_until(lambda: not jobs.device_is_busy(), timeout_s=5)


def test_an_error_is_a_sentence_and_the_page_goes_on(visit: Callable[..., Page]) -> None:
    page = visit()
    start(page)
    expect(page.get_by_test_id("toast-body")).to_contain_text("There is no content recording yet.")
    expect_progress(page, "No result was made.")
    expect(page.locator("#transfer")).to_be_enabled()
