"""The page behind a proxy that has it under a path: all that a browser asks for lies under that path.

The proxy is the browser's own: it takes the path away from what the page asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from support.page_server import serve
from support.page_visitors import PATIENCE_MS
from test_compare_browser import instant, make_results, open_compare, sources

from styletransfer.web.server import jobs

ROOT = "/a/tool"
GRADIOS_OWN = {"/manifest.json"}
"""Gradio asks for it at the server's root whatever its path is."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """The page under the path; at the end nothing was asked for elsewhere, and nothing was missing."""
    strays: list[str] = []
    missing: list[str] = []

    def forward(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if not path.startswith(f"{ROOT}/"):
            strays.append(path)
            route.abort()
        else:
            route.continue_(url=route.request.url.replace(f"{ROOT}/", "/", 1))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "stylize", instant)
        with serve(root_path=ROOT) as url:
            context = browser.new_context()
            shown = context.new_page()
            shown.set_default_timeout(PATIENCE_MS)
            shown.route(f"{url}**", forward)
            shown.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
            shown.goto(f"{url.rstrip('/')}{ROOT}/")
            shown.locator("#transfer").wait_for()
            yield shown
            context.close()
    assert set(strays) <= GRADIOS_OWN
    assert not missing


def test_a_page_under_a_path_finds_its_scripts_styles_and_sounds(page: Page) -> None:
    expect(page.locator(".st-how")).to_have_count(1)
    assert page.evaluate("getComputedStyle(document.querySelector('.st-message')).fontVariantNumeric") == "tabular-nums"
    make_results(page, 1)
    # As the progress of a running transfer has it.
    download = page.locator("#download a, a#download").first.get_attribute("href")
    open_compare(page, 1)
    assert sources(page) == ["Result 1", "Content", "Style"]
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Download Result 1").click()
    address = urlsplit(downloaded.value.url).path
    assert address.startswith(f"{ROOT}/gradio_api/file="), download
    page.get_by_role("tab", name="Transfer").click()
    page.locator("#progress .prose").evaluate(
        "(progress, address) => progress.insertAdjacentHTML('beforeend', `<span data-preview='${address}'></span>`)",
        address.removeprefix(f"{ROOT}/"),
    )
    with page.expect_response("**/gradio_api/file=**") as answer:
        page.locator(".st-preview-play").click()
    assert answer.value.ok
    expect(page.locator(".st-preview output")).to_contain_text(" of ")
    page.get_by_role("button", name="Share and keep settings").click()
    page.locator("#copy-link").click()
    expect(page.locator("#link textarea, #link input")).not_to_have_value("")
