"""The page's Content-Security-Policy in a real browser: the page does nothing against it, and what is, fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from support.page_server import Site, instant, replace_engine, report_card
from support.page_visitors import expect_progress, start

from styletransfer.web.server.server import Server

COLLECT = """
window.violations = []
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI}`)
})
"""


def violations(page: Page) -> list[str]:
    return page.evaluate("window.violations")


@pytest.mark.thorough
def test_nothing_that_the_page_does_is_against_its_policy(visit: Callable[..., Page], server: Server) -> None:
    replace_engine(server, stylize=instant, measure=lambda *_: report_card())
    page = visit(script=COLLECT)
    page.locator(".st-take-play").first.click()
    start(page)
    expect_progress(page, "Done")
    page.locator("#deck .play").click()
    page.locator("#details > button").press("Enter")
    expect(page.locator("#spectrograms img")).to_have_count(2)
    page.get_by_role("tab", name="Compare").click()
    page.locator("#player st-player .play:enabled").wait_for()
    page.locator("#player st-player .play").click()
    page.get_by_role("tab", name="How").click()
    page.get_by_role("button", name="Use via API").click()
    expect(page.get_by_text("/transfer").first).to_be_visible()
    page.keyboard.press("Escape")
    assert violations(page) == []


def test_a_script_of_another_server_is_against_it(site: Site, browser: Browser) -> None:
    """And what is fetched from one, and a frame of one: so that the test above would see it."""
    page = browser.new_context().new_page()
    page.add_init_script(COLLECT)
    page.goto(site.url)
    page.evaluate(
        """() => {
          const script = document.createElement('script')
          script.src = 'http://127.0.0.1:1/a.js'
          document.head.append(script)
          const frame = document.createElement('iframe')
          frame.src = 'http://127.0.0.1:1/'
          document.body.append(frame)
          fetch('http://127.0.0.1:1/').catch(() => {})
        }"""
    )
    page.wait_for_function("window.violations.length >= 3")
    found = {each.split(":")[0] for each in violations(page)}
    assert found == {"script-src-elem", "connect-src", "frame-src"}
    page.context.close()
