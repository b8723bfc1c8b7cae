"""The page behind a proxy that has it under a path: all that a browser asks for lies under that path.

The proxy is the browser's own: it takes the path away from what the page asks for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from support.page_server import instant, replace_engine, report_card, serve
from support.page_visitors import PATIENCE_MS

ROOT = "/a/tool"
GRADIOS_OWN = {"/manifest.json"}
"""Gradio asks for it at the server's root, whatever the path is."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """The page under the path. At the end nothing was asked for elsewhere, and nothing was missing."""
    strays: set[str] = set()
    missing: list[str] = []

    def forward(route: Route) -> None:
        if urlsplit(route.request.url).path.startswith(f"{ROOT}/"):
            route.continue_(url=route.request.url.replace(f"{ROOT}/", "/", 1))
        else:
            strays.add(urlsplit(route.request.url).path)
            route.abort()

    with serve(root_path=ROOT) as (server, url):
        replace_engine(server, stylize=instant, measure=lambda *_: report_card())
        context = browser.new_context()
        shown = context.new_page()
        shown.set_default_timeout(PATIENCE_MS)
        shown.route(f"{url.removesuffix('/')}/**", forward)
        shown.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
        shown.goto(f"{url.removesuffix('/')}{ROOT}/")
        shown.locator("#transfer").wait_for()
        yield shown
        context.close()
    assert strays <= GRADIOS_OWN
    assert not missing


@pytest.mark.thorough
def test_a_page_under_a_path_finds_its_scripts_styles_and_sounds(page: Page) -> None:
    expect(page.locator(".st-message")).to_have_css("font-variant-numeric", "tabular-nums")
    page.locator("#transfer").click()
    expect(page.locator("#progress")).to_contain_text("Done")
    page.get_by_role("tab", name="Compare").click()
    page.locator("#player st-player .play:enabled").wait_for()
    with page.expect_response(lambda answer: answer.url.endswith("/alive")) as alive:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert alive.value.json()["id"]
    page.get_by_role("tab", name="Transfer").click()
    entries = page.locator("#latest [data-entries]").get_attribute("data-entries") or ""
    address = json.loads(entries)[0]["url"]
    # As the progress of a running transfer has it.
    page.locator("#progress").evaluate(
        "(progress, address) => progress.insertAdjacentHTML('beforeend', `<i hidden data-preview='${address}'></i>`)",
        address,
    )
    page.locator(".st-preview-play").click()
    expect(page.locator(".st-preview output")).to_contain_text(" of ")
    page.get_by_role("button", name="Share and keep settings").press("Enter")
    page.locator("#copy-link").click()
    expect(page.locator("#link textarea, #link input")).to_have_value(re.compile(r"/a/tool/\?preset="))
    assert urlsplit(page.url).path == f"{ROOT}/"
