"""What visitors do on the page and expect of it, in tests in a browser."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from support.page_visitors import PATIENCE_MS


def box(page: Page, name: str) -> Locator:
    """The number box of a setting, or of its slider."""
    return page.locator(f"#setting-{name} input[type=number]")


def take_example(page: Page) -> None:
    page.get_by_role("button", name="speech + drums").click()
    for name in ("content", "style"):
        page.locator(f"#{name}").get_by_label("Play", exact=True).wait_for()


def start(page: Page) -> None:
    page.locator("#transfer").click()


def expect_progress(page: Page, text: str) -> None:
    expect(page.locator("#progress")).to_contain_text(text, timeout=PATIENCE_MS)


def findings(page: Page) -> list[str]:
    """axe-core's serious and critical findings, one line an element."""
    violations = Axe().run(page).response["violations"]
    grave = [violation for violation in violations if violation["impact"] in ("serious", "critical")]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in grave for node in rule["nodes"]]
