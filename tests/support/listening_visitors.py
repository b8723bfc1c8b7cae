"""Listeners in a real browser: their page, a site that can go away, and what each step of a test asks of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from styletransfer.listening.plan import Kind, Plan
from styletransfer.listening.store import Store
from support import listening_tests
from support.listening_tests import served
from support.page_server import free_port
from support.page_visitors import findings, take_picture

PATIENCE_MS = 15_000
SECONDS = 0.15
"""Of each sound, which is then heard as a whole."""
COMMENT = "a & b + 50 %\n=cmd"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 720}}
EXPECTED = ("Failed to load resource", "net::ERR")
"""What a console says while the server is away."""

KEEP_CONTEXTS = """
const Real = AudioContext;
window.contexts = [];
window.AudioContext = class extends Real { constructor(...given) { super(...given); window.contexts.push(this); } };
"""


class Site:
    """A store with a page of its own that can go away and come back."""

    def __init__(self, store: Store) -> None:
        self.store, self.port, self._stack = store, free_port(), ExitStack()
        self.url = ""

    def start(self) -> None:
        self.stop()
        self.url = self._stack.enter_context(served(listening_tests.app(self.store), self.port))

    def stop(self) -> None:
        self._stack.close()

    def add(self, kind: Kind, folder: Path, seconds: float = SECONDS, **changes: Any) -> Plan:
        """A test with sounds of that length."""
        plan = listening_tests.plan(kind, **changes)
        folder.mkdir()
        self.store.add_test(plan, listening_tests.sounds(plan, folder, seconds))
        return plan


@contextmanager
def listeners(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens a test as a new listener. No console has errors but for those of a server that is away."""
    site.start()
    with ExitStack() as stack:
        complaints: list[str] = []

        def open_page(plan: Plan, script: str = "", **options: Any) -> Page:
            context = browser.new_context(**(WIDE | options))
            stack.callback(context.close)
            page = context.new_page()
            page.add_init_script(KEEP_CONTEXTS + script)
            page.set_default_timeout(PATIENCE_MS)
            page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(f"{error}"))
            page.goto(f"{site.url}/listen/{plan.key}")
            return page

        yield open_page
        assert [text for text in complaints if not any(each in text for each in EXPECTED)] == []


def begin(page: Page) -> None:
    """Consents, and hears the loudness check."""
    page.get_by_label("Headphones").check()
    page.get_by_role("button", name="Agree and begin").click()
    expect_step(page, "How loud is it?")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name="I hear it well").click()
    expect(page.locator(".note")).to_contain_text("practice")


def expect_step(page: Page, heading: str) -> None:
    """A step has come, and the focus is on its heading."""
    expect(page.get_by_role("heading", name=heading)).to_be_focused(timeout=PATIENCE_MS)


def expect_clean(page: Page, name: str) -> None:
    """axe finds nothing, and the page is not wider than the screen."""
    assert findings(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name}: too wide"
    take_picture(page, f"listen-{name}")


def hear_all(page: Page) -> None:
    """Plays every sound until it counts as heard."""
    for sound in page.locator(".sound").all():
        sound.click()
        expect(sound).to_have_class(re.compile("heard"))


def answer(page: Page, choice: str) -> None:
    """Hears all and chooses what has that label."""
    hear_all(page)
    expect(page.locator(".missing")).to_contain_text("choose an answer")
    expect(page.get_by_role("button", name="Submit")).to_be_disabled()
    page.get_by_role("radio", name=choice, exact=True).check(force=True)
    page.get_by_role("button", name="Submit").click()


def expect_number(page: Page, number: int, of: int) -> None:
    expect(page.locator("#count")).to_have_text(f"{number} of {of}")


def finish(page: Page, comment: str = COMMENT) -> None:
    expect_step(page, "Anything to add?")
    page.get_by_label("Comment").fill(comment)
    page.get_by_role("button", name="Finish").click()
    expect_step(page, "Thank you")
    expect(page.locator("#end")).to_have_text("All your answers are saved. You can close this page.")
