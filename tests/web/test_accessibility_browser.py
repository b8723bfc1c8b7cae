"""Every tab in a real browser, on desktop and phone, light and dark: axe-core's findings, width, keyboard, motion, and
that nothing is asked of another host."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from support.page_server import instant, replace_engine, report_card
from support.page_visitors import LOOKS, findings, show, take_picture

from styletransfer.web.server.server import Server
from tools.screenshots import DRAWN_MS, EXAMPLE, tabs

TABS = {"transfer", "several", "compare", "how-it-works"}


@pytest.mark.thorough
def test_axe_finds_nothing_serious_on_any_tab_in_any_look(visit: Callable[..., Page]) -> None:
    page, seen = visit(), set()
    for tab in tabs(page):
        seen.add(tab)
        closed = page.locator("button.label-wrap:visible:not(.open)")
        while closed.count():
            closed.first.click()
        for look in LOOKS:
            show(page, look)
            page.wait_for_timeout(DRAWN_MS)  # colours go over slowly
            assert findings(page) == [], (tab, look)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{tab}, {look}: too wide"
            take_picture(page, f"{look}-{tab}")
    assert seen >= TABS


def test_axe_finds_nothing_serious_about_a_result(visit: Callable[..., Page], server: Server) -> None:
    replace_engine(server, stylize=instant, measure=lambda *_: report_card())
    page = visit()
    page.get_by_role("button", name=EXAMPLE).click()
    expect(page.locator("#progress")).to_contain_text(EXAMPLE)
    page.locator("#transfer").click()
    expect(page.locator("#progress")).to_contain_text("Done")
    expect(page.locator("#spectrogram img")).to_be_visible()
    expect(page.locator("#transfer")).to_be_enabled()
    for look in ("desktop-light", "phone-dark"):
        show(page, look)
        page.wait_for_timeout(DRAWN_MS)  # colours go over slowly
        assert findings(page) == [], look


@pytest.mark.thorough
def test_axe_sees_what_is_wrong(visit: Callable[..., Page]) -> None:
    """The two faults that the tests above would have to find."""
    page = visit()
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\"><p style=\"color:#ddd\">pale</p>')"
    )
    assert {line.split(":")[0] for line in findings(page)} >= {"image-alt", "color-contrast"}


@pytest.mark.thorough
def test_no_tab_is_wider_than_the_screen(visit: Callable[..., Page]) -> None:
    page = visit()
    for _ in tabs(page):
        for width in (360, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
        page.set_viewport_size({"width": 360, "height": 800})
    expect(page.locator(".st-formula").first).to_be_visible()
    wide = "elements => elements.filter(e => e.scrollWidth > e.clientWidth).length"
    assert page.locator(".st-formula").evaluate_all(wide) == 0, "a formula does not fit"


@pytest.mark.thorough
def test_tabs_by_keyboard_with_a_visible_focus(visit: Callable[..., Page]) -> None:
    page = visit()
    tab = page.get_by_role("tab", name="How it works")
    focused = "element => element === document.activeElement"
    for _ in range(10):
        page.keyboard.press("Tab")
        if tab.evaluate(focused):
            break
    assert tab.evaluate(focused), "the tab cannot be reached with the Tab key"
    outline = tab.evaluate("element => getComputedStyle(element).outline")
    assert "2px" in outline
    assert "none" not in outline
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What happens to the sound")).to_be_visible()


@pytest.mark.thorough
def test_nothing_moves_for_those_who_ask_for_that(visit: Callable[..., Page]) -> None:
    page = visit(query="?strength=900", reduced_motion="reduce")
    page.get_by_test_id("toast-body").wait_for()  # it stands outside of the page's own parts
    slowest = """() => Math.max(...[...document.querySelectorAll('*')].flatMap(element => {
        const style = getComputedStyle(element);
        return `${style.animationDuration},${style.transitionDuration}`.split(',').map(parseFloat);
    }))"""
    assert page.evaluate(slowest) <= 0.001


@pytest.mark.thorough
def test_panels_and_tabs_ask_no_other_host(visit: Callable[..., Page]) -> None:
    """The fixture sees to it that no console has an error and nothing was requested elsewhere."""
    page = visit()
    assert set(tabs(page)) >= TABS
    page.get_by_role("button", name="Use via API").click()
    expect(page.get_by_text("/transfer").first).to_be_visible()
    for language in ("JavaScript", "cURL"):
        page.get_by_text(language, exact=True).first.click()
    page.keyboard.press("Escape")
    page.reload()
    page.locator("#transfer").wait_for()
    page.get_by_role("button", name="Settings").last.press("Enter")  # a pointer would have to scroll past the dock
    page.wait_for_timeout(1000)
