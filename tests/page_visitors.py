"""What the tests in a real browser share: Debian's Chromium, and visitors whose consoles and requests are watched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

# Without these Chromium as root does not start, or calls its maker's servers by itself. The last two give it a
# microphone that beeps.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FLAGS += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
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


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Where it is missing the test is skipped, but not in continuous integration."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        reason = "Chromium is not installed (Debian's package is chromium), so the page is not tested in a browser"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=FLAGS)


@contextmanager
def visitors(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """A function that opens the page as a new visitor, in a look and with a query. At the end no visitor's console has
    errors, and all that the page asked for came from its own server."""
    contexts, complaints, origins = [], [], set()

    def open_page(look: str = "desktop-light", query: str = "") -> Page:
        width, height, colours = LOOKS[look]
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=colours)
        context.grant_permissions(["clipboard-read", "clipboard-write", "microphone"])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: origins.add(urlsplit(request.url)[:2]))
        page.goto(url + query)
        page.locator("#transfer").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
    assert {origin for origin in origins if origin[0] not in ("data", "blob")} == {urlsplit(url)[:2]}
