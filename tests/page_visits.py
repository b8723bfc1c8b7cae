"""Fixtures for tests in a real browser: Debian's Chromium, driven by Playwright; conftest.py hands them to all tests.

Pictures go to build/screenshots, or to the folder that STYLETRANSFER_SCREENSHOTS names.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from page_server import serve
from playwright.sync_api import Browser, Page, sync_playwright

from tools import screenshots

PATIENCE_MS = 60_000
LOOKS = screenshots.LOOKS


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve() as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        reason = "Chromium is not installed (Debian's package is chromium), so the page is not tested in a browser"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        yield screenshots.launch(playwright)


@pytest.fixture
def visit(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Opens the page as a new visitor, whose browser runs `script` first. At the end no visitor's console has errors,
    and all that the page asked for came from its own server."""
    contexts, complaints, origins = [], [], set()

    def open_page(look: str = "desktop-light", script: str = "", **options: object) -> Page:
        width, height, colours = LOOKS[look]
        screen = {"viewport": {"width": width, "height": height}, "color_scheme": colours}
        context = browser.new_context(**(screen | options))  # pyright: ignore
        context.add_init_script(script)
        contexts.append(context)
        context.on("request", lambda request: origins.add(urlsplit(request.url)[:2]))
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("websocket", lambda socket: origins.add(urlsplit(socket.url)[:2]))
        page.goto(url)
        page.locator("#transfer").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert {origin for origin in origins if origin[0] not in ("data", "blob")} == {urlsplit(url)[:2]}


def take_picture(page: Page, name: str) -> None:
    page.wait_for_timeout(screenshots.DRAWN_MS)
    screenshots.take(page, Path(os.environ.get("STYLETRANSFER_SCREENSHOTS") or screenshots.FOLDER), name)
