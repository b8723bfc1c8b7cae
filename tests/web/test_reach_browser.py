"""Whoever has no mouse, or a finger for one: tab stops, keys, focus, sizes of what is pressed, landmarks, the title."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from support.page_server import Site, endless, instant, replace_engine, report_card
from support.page_visitors import expect_progress

from styletransfer.web.page import TITLE
from styletransfer.web.server.server import Server

MOST_TABS = 12
SMALL_TARGETS = """(least) => {
    const found = [];
    const look = (root) => {
        for (const element of root.querySelectorAll("*")) {
            if (element.shadowRoot) look(element.shadowRoot);
            const pressed = "button, select, summary, [role=slider], input:not([type=hidden], [type=file])";
            if (!element.matches(pressed) || !element.checkVisibility({ visibilityProperty: true })) continue;
            const label = element.matches("[type=checkbox], [type=radio]") ? element.closest("label") : null;
            const { width, height } = (label ?? element).getBoundingClientRect();
            if (element.closest("[aria-hidden=true], .visually-hidden") || height <= 1) continue;
            if (width < least - 0.5 || height < least - 0.5) {
                const name = element.id || element.ariaLabel || element.textContent;
                found.push(`${element.tagName} ${name}: ${width}x${height}`);
            }
        }
    };
    look(document);
    return found;
}"""
OPEN_ALL = "document.querySelectorAll('button.label-wrap:not(.open)').forEach((button) => button.click())"


@pytest.fixture
def phone(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(url)
    page.locator("#deck .play:enabled").wait_for()
    yield page
    context.close()


@pytest.mark.thorough
def test_targets_are_large_enough_for_a_finger(phone: Page) -> None:
    phone.evaluate(OPEN_ALL)
    phone.wait_for_timeout(500)
    assert phone.evaluate(SMALL_TARGETS, 44) == []
    phone.set_viewport_size({"width": 360, "height": 640})
    phone.wait_for_function("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.thorough
def test_targets_are_large_enough_for_a_mouse(visit: Callable[..., Page]) -> None:
    page = visit("desktop-light")
    page.locator("#deck .play:enabled").wait_for()
    page.evaluate(OPEN_ALL)
    page.wait_for_timeout(500)
    assert page.evaluate(SMALL_TARGETS, 24) == []


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.tagName")


@pytest.mark.thorough
def test_by_keyboard_alone(visit: Callable[..., Page], server: Server) -> None:
    replace_engine(server, stylize=endless)
    page = visit("desktop-light")
    page.locator("#deck .play:enabled").wait_for()
    stops = []
    while not stops or stops[-1] != "transfer":
        page.keyboard.press("Tab")
        stops.append(focused(page))
        assert len(stops) <= MOST_TABS, stops
    assert page.evaluate("scrollY") == 0
    page.keyboard.press("Enter")
    expect_progress(page, "Shaping the sound")
    expect(page.locator("#stop")).to_be_focused()
    expect(page).to_have_title(f"0 % · {TITLE}")
    replace_engine(server, stylize=instant, measure=lambda *_: report_card())
    page.close()
    page = visit("desktop-light")
    page.locator("#deck .play:enabled").wait_for()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Stop, with the best so far")
    page.keyboard.press("t")  # under a dialog nothing is pressed
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("t")
    expect_progress(page, "Done")
    page.keyboard.press("2")
    expect(page.locator("#deck .source").nth(1)).to_have_attribute("aria-pressed", "true")


@pytest.mark.thorough
def test_keys_of_one_letter_can_be_turned_off(visit: Callable[..., Page], server: Server) -> None:
    replace_engine(server, stylize=instant, measure=lambda *_: report_card())
    page = visit("desktop-light")
    page.locator("#deck .play:enabled").wait_for()
    page.get_by_role("button", name="Keys and notices").click()
    page.get_by_label("Keys of one letter or digit work anywhere on the page").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("2")
    page.keyboard.press("t")
    expect(page.locator("#deck .source").first).to_have_attribute("aria-pressed", "true")
    expect_progress(page, "made beforehand")
    page.locator("#deck .source").nth(2).focus()
    page.keyboard.press("2")  # in the player itself they still do
    expect(page.locator("#deck .source").nth(1)).to_have_attribute("aria-pressed", "true")


@pytest.mark.thorough
def test_readers_find_their_way(visit: Callable[..., Page]) -> None:
    page = visit("desktop-light")
    page.locator("#deck .play:enabled").wait_for()
    for name in ("Transfer", "What to play, and how", "What came of it"):
        expect(page.get_by_role("region", name=name, exact=True)).to_be_visible()
    headings = page.get_by_role("heading", level=2).all_inner_texts()
    assert headings[:2] == ["What to play", "What it should sound like"]
    assert "What came of it" in headings
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#transfer")


@pytest.mark.thorough
def test_the_page_at_twice_its_size(site: Site, browser: Browser) -> None:
    """What 200 % zoom does on a window of 1280 x 720."""
    context = browser.new_context(viewport={"width": 640, "height": 360}, device_scale_factor=2)
    page = context.new_page()
    page.goto(site.url)
    page.locator("#deck .play:enabled").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name in ("#transfer", "#stop", ".st-listen"):
        expect(page.locator(name)).to_be_in_viewport(ratio=1)
    context.close()
