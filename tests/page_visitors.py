"""What the tests in a real browser share: Debian's Chromium, and visitors whose consoles and requests are watched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

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
    """A function that opens the page as a new visitor, in a look and with a query. At the end no visitor's console has
    errors, and all that the page asked for came from its own server."""
    contexts, complaints, origins = [], [], set()

    def open_page(look: str = "desktop-light", query: str = "", **options: Any) -> Page:
        context = browser.new_context(**(screenshots.screen(look) | options))
        context.grant_permissions(["clipboard-read", "clipboard-write", "microphone"])
        context.on("request", lambda request: origins.add(urlsplit(request.url)[:2]))
        contexts.append(context)
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


def is_fault(message: ConsoleMessage) -> bool:
    """Errors, but for one that Gradio's API panel makes of a page without MCP: it asks for the tools all the same."""
    return message.type == "error" and not message.location["url"].endswith("/mcp/schema")


def take_picture(page: Page, name: str) -> None:
    """For people to look at: in build/screenshots, or the folder that STYLETRANSFER_SCREENSHOTS names."""
    page.wait_for_timeout(screenshots.DRAWN_MS)
    screenshots.take(page, Path(os.environ.get("STYLETRANSFER_SCREENSHOTS") or screenshots.FOLDER), name)
