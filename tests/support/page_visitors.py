"""What the tests in a real browser share: Debian's Chromium, and visitors whose consoles and requests are watched.

A plugin of pytest (conftest.py names it): the fixtures `url`, `browser` and `visit` are there in every test.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from styletransfer.web.server import jobs
from support.page_server import serve, wait_until
from tools import screenshots

PATIENCE_MS = 60_000
LOOKS = screenshots.LOOKS


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Where it is missing the test is skipped, but not in continuous integration."""
    if screenshots.chromium() is None:
        reason = "Chromium is not installed (Debian's package is chromium), so the page is not tested in a browser"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        yield screenshots.launch(playwright)


@contextmanager
def visitors(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """A function that opens the page as a new visitor, in a look, with a query, and with a script that runs first. At
    the end no visitor's console has errors, and all that the page asked for came from its own server."""
    contexts, complaints, origins = [], [], set()

    def open_page(look: str = "desktop-light", query: str = "", script: str = "", **options: Any) -> Page:
        context = browser.new_context(**(screenshots.screen(look) | options))
        context.grant_permissions(["clipboard-read", "clipboard-write", "microphone"])
        context.on("request", lambda request: origins.add(urlsplit(request.url)[:2]))
        contexts.append(context)
        context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: complaints.append(message.text) if is_fault(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("websocket", lambda socket: origins.add(urlsplit(socket.url)[:2]))
        page.goto(url + query)
        page.locator("#transfer").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, complaints
    asked = {origin for origin in origins if origin[0] not in ("data", "blob")}
    assert asked == {urlsplit(url)[:2]}, asked


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The address of a page that is served while the tests run: one for all of a worker."""
    with serve() as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser for all tests of a worker; each has visitors of its own."""
    with chromium() as program:
        yield program


@pytest.fixture
def visit(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Opens the page as a new visitor: see `visitors`. When they have left, the device is free for the next test."""
    with visitors(browser, url) as open_page:
        yield open_page
    wait_until(lambda: not jobs.device_is_busy(), timeout_s=20)


def is_fault(message: ConsoleMessage) -> bool:
    """Errors, but for two of Gradio's own: its API panel asks a page without MCP for the tools all the same, and its
    player complains of a visitor's file that is no sound."""
    expected = message.location["url"].endswith("/mcp/schema") or message.text.startswith("Waveform load error")
    return message.type == "error" and not expected


def take_picture(page: Page, name: str) -> None:
    """For people to look at: in build/screenshots, or the folder that STYLETRANSFER_SCREENSHOTS names."""
    page.wait_for_timeout(screenshots.DRAWN_MS)
    screenshots.take(page, Path(os.environ.get("STYLETRANSFER_SCREENSHOTS") or screenshots.FOLDER), name)
