"""The page in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Page, expect
from support.page_server import LONG, SMALL, endless, instant, replace_engine, report_card, slow, wait_until
from support.page_visitors import LOOKS, box, expect_fits, expect_progress, show, start

from styletransfer.web.server.server import Server


def fill(page: Page, settings: dict[str, int]) -> None:
    """Takes an example and the preset "paper", and sets controls by their number boxes."""
    page.get_by_role("button", name="For researchers").click()
    page.locator("#preset input").click()
    page.get_by_role("option", name="paper:").click()
    expect(box(page, "alpha")).to_have_value("0.1")
    page.get_by_role("button", name="Piano as drum kit", exact=True).click()
    expect_progress(page, "Piano as drum kit")
    for name, value in settings.items():
        box(page, name).fill(str(value))
        box(page, name).press("Tab")
    for name, value in settings.items():
        expect(box(page, name)).to_have_value(str(value))


def expect_a_whole_result(page: Page) -> None:
    expect(page.locator("#spectrogram img")).to_have_count(1)
    expect(page.locator("#deck .play")).to_be_enabled()
    expect(page.locator("#download")).to_be_enabled()


def test_from_an_example_to_a_downloaded_result(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit()
    expect_fits(page, "opened")
    for look in LOOKS:
        show(page, look)
        expect(page.locator("#deck .play")).to_be_in_viewport(ratio=1)
        expect(page.locator("footer .divider:visible")).to_have_count(0 if look.startswith("phone") else 1)
    fill(page, SMALL)
    start(page)
    expect_progress(page, "Done")
    page.locator("#details > button").press("Enter")
    expect(page.locator("#spectrograms img")).to_have_count(2)
    expect(page.locator("#curves svg")).to_have_count(2)
    expect(page.locator("#deck .play")).to_be_enabled()
    with page.expect_download() as download:
        page.locator("#download").click()
    assert download.value.suggested_filename.endswith(".wav")
    download.value.save_as(tmp_path / "result.wav")
    assert soundfile.info(tmp_path / "result.wav").frames == 44_100
    expect_fits(page, "result")


@pytest.mark.thorough
def test_stop_shows_the_best_so_far_and_the_next_transfer_runs(visit: Callable[..., Page], server: Server) -> None:
    replace_engine(server, stylize=slow)
    page = visit()
    fill(page, LONG)
    start(page)
    expect_progress(page, "Shaping the sound")
    page.locator("#stop").click()
    expect_progress(page, "Stopped: the best so far")
    expect(page.locator("#deck .play")).to_be_enabled()
    box(page, "iterations").fill("2")
    start(page)
    expect_progress(page, "Done")


@pytest.mark.thorough
def test_closing_the_tab_frees_the_device_and_the_queue_can_be_left(visit: Callable[..., Page], server: Server) -> None:
    replace_engine(server, stylize=endless)
    running, waiting = visit(), visit()
    for page in (running, waiting):
        fill(page, {})
        start(page)
        page.wait_for_timeout(500)
    expect_progress(running, "Shaping the sound")
    expect_progress(waiting, "Waiting")
    waiting.locator("#leave").click()
    expect(waiting.locator("#transfer")).to_be_enabled()
    expect(waiting.locator("#stop")).to_be_visible()
    expect_a_whole_result(waiting)
    assert server.queue.is_busy()
    running.close()
    wait_until(lambda: not server.queue.is_busy(), timeout_s=5)


@pytest.mark.thorough
def test_an_error_is_a_sentence_and_the_page_goes_on(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator("#content-take .st-take-remove").click()
    start(page)
    expect(page.get_by_test_id("toast-body")).to_contain_text("There is no content recording yet.")
    expect_progress(page, "No result was made.")
    expect(page.locator("#transfer")).to_be_enabled()
    expect(page.locator("#stop")).to_be_disabled()
    expect_a_whole_result(page)


@pytest.mark.thorough
def test_a_page_of_english_texts_says_so_whatever_the_browser_speaks(visit: Callable[..., Page]) -> None:
    page = visit(locale="ar-EG")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("footer")).to_contain_text("Settings")


MIDDLES = """elements => elements.filter((each) => each.checkVisibility()).map((each) => {
    const { top, bottom } = each.getBoundingClientRect();
    return Math.round((top + bottom) / 2);
})"""
TOO_NARROW = """buttons => buttons.filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth)
    .map((each) => `${each.id}: ${each.scrollWidth} in ${each.clientWidth}`)"""
OFF_CENTRE = """button => {
    const text = document.createRange();
    text.selectNodeContents(button);
    const [inner, outer] = [text, button].map((each) => each.getBoundingClientRect());
    return Math.abs(inner.left + inner.right - outer.left - outer.right) / 2;
}"""


@pytest.mark.thorough
def test_buttons_have_room_for_their_words(visit: Callable[..., Page], server: Server) -> None:
    replace_engine(server, stylize=instant, measure=lambda *_: report_card())
    page = visit(query="?preset=instant&melody=70")
    start(page)
    expect_progress(page, "Done")
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(page.locator("#again")).to_be_visible()
    assert len(set(page.locator("#downloads > *").evaluate_all(MIDDLES))) == 1, "they are in several rows"
    assert page.locator("#st-help").evaluate(OFF_CENTRE) < 1
    page.locator("#leave").evaluate("each => each.disabled = false")  # as in the queue
    for width, height in ((640, 360), (390, 844), (844, 390), (320, 640)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.locator("#buttons > button").evaluate_all(TOO_NARROW) == [], (width, height)
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth", timeout=5_000)
