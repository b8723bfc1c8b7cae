"""What the tests in a real browser share: Debian's Chromium, and visitors whose consoles and requests are watched.

A plugin of pytest (conftest.py names it): the fixtures `url`, `browser` and `visit` are there in every test.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright

from styletransfer.web import launch
from styletransfer.web.server.private_files import PrivateFiles
from styletransfer.web.server.server import Server
from support.page_server import Site, serve, wait_until
from tools import screenshots

PATIENCE_MS = 60_000
PERMISSIONS = ["clipboard-read", "clipboard-write", "microphone"]
AXE = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}}
"""axe-core would look for the style sheets that another one imports beside the page instead of beside that one."""
LOOKS = screenshots.LOOKS


@contextmanager
def chromium() -> Iterator[BrowserContext]:
    """Debian's Chromium, with a profile: it keeps Gradio's scripts, and what it compiled them to, from one page to the
    next. Where it is missing the test is skipped, but not in continuous integration."""
    program = screenshots.chromium()
    if program is None:
        reason = "Chromium is not installed (Debian's package is chromium), so the page is not tested in a browser"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=PATIENCE_MS)  # a machine that is busy with other tests takes its time
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        profile = playwright.chromium.launch_persistent_context(
            folder, executable_path=program, args=screenshots.FLAGS, permissions=PERMISSIONS
        )
        yield profile
        profile.close()


@contextmanager
def visitors(profile: BrowserContext, url: str) -> Iterator[Callable[..., Page]]:
    """A function that opens the page as a new visitor, in a look, with a query, with a script that runs first, and with
    options of Playwright's contexts. At the end no visitor's console has errors, and all that the page asked for came
    from its own server."""
    pages: list[Page] = []
    complaints, origins = [], set()

    def new_page(look: str, options: dict[str, Any]) -> Page:
        """The first visitor has the profile, the others a context of their own."""
        if pages or options:
            assert profile.browser
            asked = {"permissions": PERMISSIONS, **screenshots.screen(look), **options}
            return profile.browser.new_context(**asked).new_page()
        page = profile.new_page()
        forget_visits(page, url)
        show(page, look)
        return page

    def open_page(look: str = "desktop-light", query: str = "", script: str = "", **options: Any) -> Page:
        page = new_page(look, options)
        pages.append(page)
        page.add_init_script(script)
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: origins.add(urlsplit(request.url)[:2]))
        page.on("console", lambda message: complaints.append(message.text) if is_fault(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("websocket", lambda socket: origins.add(urlsplit(socket.url)[:2]))
        page.goto(url + query)
        page.locator("#transfer").wait_for()
        return page

    yield open_page
    for page in pages:
        (page if page.context is profile else page.context).close()
    assert not complaints, complaints
    asked = {origin for origin in origins if origin[0] not in ("data", "blob")}
    assert asked == {urlsplit(url)[:2]}, asked


def show(page: Page, look: str) -> None:
    """Shows a page in another look."""
    width, height, colours = LOOKS[look]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=colours)


def forget_visits(page: Page, url: str) -> None:
    """Takes away what a visitor's browser has stored, but for the page's scripts."""
    what = {"origin": "://".join(urlsplit(url)[:2]), "storageTypes": "cookies,local_storage,indexeddb"}
    page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", what)


@pytest.fixture
def files(tmp_path: Path) -> Iterator[PrivateFiles]:
    """A private folder as a server has it."""
    made = PrivateFiles(tmp_path)
    yield made
    made.remove()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page that is served as long as the tests run, and keeps listening tests."""
    with serve(data=tmp_path_factory.mktemp("listening")) as opened:
        yield opened


@pytest.fixture
def url(site: Site) -> str:
    """The address of the page. Other servers of this process have told Gradio of folders that are gone by now."""
    os.environ[launch.GRADIO_FOLDER] = str(site.server.files.folder)
    return site.url


@pytest.fixture
def server(site: Site) -> Iterator[Server]:
    """The server behind the page. Its workers and its limits may be replaced: they come back after the test."""
    workers, limits = site.server.workers, site.server.limits
    yield site.server
    site.server.workers, site.server.limits = workers, limits
    wait_until(lambda: not site.server.queue.is_busy(), timeout_s=20)


@pytest.fixture(scope="session")
def profile() -> Iterator[BrowserContext]:
    """A browser for all tests, with a profile."""
    with chromium() as kept:
        yield kept


@pytest.fixture
def browser(profile: BrowserContext) -> Browser:
    """The same, for contexts that know nothing of the profile."""
    assert profile.browser
    return profile.browser


@pytest.fixture
def visit(profile: BrowserContext, server: Server, url: str) -> Iterator[Callable[..., Page]]:
    """Opens the page as a new visitor: see `visitors`. When all have left, `server` waits for what they began."""
    with visitors(profile, url) as open_page:
        yield open_page


def is_fault(message: ConsoleMessage) -> bool:
    """Errors, but for those of Gradio's own: its API panel asks for tools and figures that this page does not have, and
    its player complains of a visitor's file that is no sound."""
    asked_in_vain = message.location["url"].endswith(("/mcp/schema", "/monitoring/summary"))
    expected = asked_in_vain or message.text.startswith("Waveform load error")
    return message.type == "error" and not expected


def take_picture(page: Page, name: str) -> None:
    """For people to look at: in the folder that STYLETRANSFER_SCREENSHOTS names, if it names one."""
    if folder := os.environ.get("STYLETRANSFER_SCREENSHOTS"):
        page.wait_for_timeout(screenshots.DRAWN_MS)
        screenshots.take(page, Path(folder), name)


def expect_fits(page: Page, name: str = "") -> None:
    """No look of the page is wider than the screen. Leaves it in the last one; takes pictures of each under a name."""
    for look in LOOKS:
        show(page, look)
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth", timeout=5_000)
        if name:
            take_picture(page, f"{look}-{name}")


def box(page: Page, name: str) -> Locator:
    """The number box of a setting, or of its slider."""
    return page.locator(f"#setting-{name} input[type=number]")


def take(page: Page, recorder: str, part: str) -> Locator:
    """A part of what stands beside a recorder: name, window, play, replace, remove, head."""
    return page.locator(f"#{recorder}-take .st-take-{part}")


def begin_at(page: Page, recorder: str, seconds: int) -> None:
    """Has the stretch that is used begin there, by keyboard."""
    expect(take(page, recorder, "play")).to_be_enabled()
    window = take(page, recorder, "window")
    window.press("Home")
    for second in range(seconds):
        window.press("Shift+ArrowRight")
        expect(window).to_have_attribute("aria-valuenow", f"{second + 1}.0")


def start(page: Page) -> None:
    page.locator("#transfer").click()


def expect_progress(page: Page, text: str) -> None:
    expect(page.locator("#progress")).to_contain_text(text)


def findings(page: Page) -> list[str]:
    """axe-core's serious and critical findings, one line an element."""
    violations = Axe().run(page, options=AXE).response["violations"]
    grave = [violation for violation in violations if violation["impact"] in ("serious", "critical")]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in grave for node in rule["nodes"]]
