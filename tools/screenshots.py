"""Takes pictures of the page: every tab, desktop and phone, light and dark, and the one that the README shows.

    .venv/bin/python -m tools.screenshots [FOLDER]

FOLDER is build/screenshots unless it is given. docs/page.png shows the Transfer tab with the result of an example, so a
transfer runs with the settings that the page opens with. Needs Debian's Chromium and requirements-dev.txt.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from styletransfer.web import page as whole_page
from styletransfer.web.launch import open_server

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "screenshots"
README_PICTURE = ROOT / "docs" / "page.png"
EXAMPLE = "Piano as drum kit"

# Without these Chromium as root does not start, or calls its maker's servers by itself. The last two give it a
# microphone that beeps.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FLAGS += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
TRANSFER_MS = 300_000
DRAWN_MS = 500
"""Waveforms are drawn after their sound has been decoded."""


class Look(NamedTuple):
    """A screen that the page is shown on: its size in CSS pixels, and whether it is light or dark."""

    width: int
    height: int
    colours: Any


LOOKS = {
    "desktop-light": Look(1280, 800, "light"),
    "desktop-dark": Look(1280, 800, "dark"),
    "phone-light": Look(390, 844, "light"),
    "phone-dark": Look(390, 844, "dark"),
}


def main(folder: Path = FOLDER) -> None:
    """Serves the page and takes all pictures."""
    server = open_server()
    demo = whole_page.build(server)
    _, url, _ = whole_page.launch(demo, server, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright)
            for look in LOOKS:
                page = open_page(browser, url, look)
                for tab in tabs(page):
                    print(take(page, folder, f"{look}-{tab}"))
            picture_finished_example(open_page(browser, url, "desktop-light"))
    finally:
        demo.close(verbose=False)
        server.close()


def chromium() -> str | None:
    """Where Debian's Chromium is."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def launch(playwright: Playwright) -> Browser:
    """Starts it. Raises FileNotFoundError where it is not installed."""
    program = chromium()
    if program is None:
        raise FileNotFoundError("Chromium is not installed; Debian's package is chromium.")
    return playwright.chromium.launch(executable_path=program, args=FLAGS)


def screen(look: str) -> dict[str, Any]:
    """Options of a browser's context."""
    width, height, colours = LOOKS[look]
    return {"viewport": {"width": width, "height": height}, "color_scheme": colours}


def open_page(browser: Browser, url: str, look: str) -> Page:
    """The page as a new visitor with that screen sees it."""
    page = browser.new_context(**screen(look)).new_page()
    page.goto(url)
    page.locator("#transfer").wait_for()
    return page


def tabs(page: Page) -> Iterator[str]:
    """Opens the page's tabs one after the other and yields their names, as in a file name."""
    for tab in page.locator('[role="tablist"]').first.get_by_role("tab").all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        page.wait_for_timeout(DRAWN_MS)
        yield tab.inner_text().strip().lower().replace(" ", "-")


def take(page: Page, folder: Path, name: str) -> Path:
    """A picture of the whole page, as long as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path


def picture_finished_example(page: Page) -> None:
    """docs/page.png, the window as it opens: in 256 colours, which a page needs no more than, and half the weight."""
    page.get_by_role("button", name=EXAMPLE).click()
    expect(page.locator("#progress")).to_contain_text(EXAMPLE)
    page.locator("#transfer").click()
    expect(page.locator("#progress")).to_contain_text("Done", timeout=TRANSFER_MS)
    expect(page.locator("#archive")).to_be_visible(timeout=TRANSFER_MS)  # the report card has come
    page.wait_for_timeout(4 * DRAWN_MS)
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(0, 0)
    page.screenshot(path=README_PICTURE)
    picture = Image.open(README_PICTURE).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(README_PICTURE, optimize=True)
    print(f"{README_PICTURE}: {README_PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
