"""The owner's page in a real browser: axe, its width, tables that scroll, and buttons that want a second press."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from support import listening_tests
from support.listening_people import hears, listens, nonsense, take_in
from support.listening_tests import served
from support.page_visitors import LOOKS, expect_fits, findings, show, take_picture

from styletransfer.listening.plan import Condition, Item, Kind, Plan, Reference
from styletransfer.listening.store import Store
from tools.screenshots import DRAWN_MS

LONG = "A way with a name that is long enough to be cut somewhere: " + "soundwithoutaspace" * 6
COMMENT = "I liked the second one & the first one\nnot <b>so</b> much " + "x" * 80
PATIENCE_MS = 20_000
REFUSED = "status of 409"
"""What a console says where the server refuses, as one test asks it to"""


def plan(kind: Kind) -> Plan:
    """A test of four items in two ways, of which one has a long name."""
    keys = ("condition-1", "condition-3")
    items = tuple(
        Item(
            key=f"item-{i}",
            label=f"Piano as drum kit, take {i}",
            sounds={key: f"{i}-{key}.wav" for key in keys},
            references={reference: f"{i}-{reference}.wav" for reference in Reference},
        )
        for i in range(1, 5)
    )
    conditions = tuple(Condition(key=key, label=label) for key, label in zip(keys, (LONG, "textbook"), strict=True))
    return listening_tests.plan(kind, items=items, conditions=conditions)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str]]:
    """Tests of some kinds that seven have taken, one of them answering nonsense, and where they are served."""
    folder = tmp_path_factory.mktemp("owner")
    kinds = (Kind.ABX, Kind.PREFERENCE, Kind.RATING, Kind.SEVERAL)
    with listening_tests.store_of([plan(kind) for kind in kinds], folder, 0.05) as store:
        for kind in kinds:
            for _ in range(6):
                take_in(store, f"test-{kind}", hears(0.9) if kind is Kind.ABX else listens(), COMMENT)
            take_in(store, f"test-{kind}", nonsense(kind))
        with served(listening_tests.app(store)) as url:
            yield store, url


@pytest.fixture
def visit(browser: Browser, opened: tuple[Store, str]) -> Iterator[Callable[..., Page]]:
    """Opens the results of a kind. No console has errors, and no other host is asked."""
    _, url = opened
    complaints, origins, contexts = [], set(), []

    def open_page(kind: Kind, look: str = "desktop-light", **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        show(page, look)
        page.on("request", lambda request: origins.add(urlsplit(request.url)[:2]))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{url}/listen/test-{kind}/results/owner-of-this-test")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [each for each in complaints if REFUSED not in each] == []
    assert {origin for origin in origins if origin[0] != "data"} == {urlsplit(url)[:2]}


def close(page: Page) -> None:
    if page.get_by_role("button", name="Close it now").count():
        page.get_by_role("button", name="Close it now").click()
        page.get_by_role("button", name="Press again: it is closed for good").click()
    expect(page.get_by_role("heading", name="Everybody (7 listeners)")).to_be_visible()


@pytest.mark.thorough
def test_one_press_does_nothing_and_two_close_the_test(visit: Callable[..., Page], opened: tuple[Store, str]) -> None:
    store, _ = opened
    page = visit(Kind.ABX)
    expect(page.get_by_text("7 listeners began, 7 finished")).to_be_visible()
    expect(page.get_by_role("heading", name="Everybody")).to_have_count(0)
    button = page.get_by_role("button", name="Close it now")
    button.click()
    expect(page.get_by_role("status")).to_have_text("Press again: it is closed for good")
    assert store.plan("test-abx").is_open()
    page.clock.install()
    page.reload()
    button.click()
    page.clock.run_for(7_000)
    expect(button).to_have_text("Close it now")
    assert store.plan("test-abx").is_open()
    close(page)
    assert not store.plan("test-abx").is_open()
    plot = page.get_by_role("img").first
    plot.scroll_into_view_if_needed()
    expect(plot).to_have_js_property("complete", True)
    assert plot.evaluate("image => image.naturalWidth") > 0, "the plot is drawn under the page's policy"
    expect(page.get_by_role("button", name="Close it now")).to_have_count(0)


THOROUGH = [pytest.param(kind, marks=pytest.mark.thorough) for kind in (Kind.ABX, Kind.PREFERENCE, Kind.SEVERAL)]


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [Kind.RATING, *THOROUGH])
def test_axe_finds_nothing_serious_in_any_look(visit: Callable[..., Page], kind: Kind) -> None:
    page = visit(kind)
    assert findings(page) == [], "before it is closed, or after"
    close(page)
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    expect_fits(page, f"owner-{kind}")
    for look in LOOKS:
        show(page, look)
        page.wait_for_timeout(DRAWN_MS)  # colours go over slowly
        assert findings(page) == [], look
        page.get_by_role("button", name="Delete listener 1").scroll_into_view_if_needed()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "tables scroll inside themselves"


def test_a_listener_is_deleted_by_keyboard_and_then_the_test(
    visit: Callable[..., Page], opened: tuple[Store, str]
) -> None:
    store, _ = opened
    page = visit(Kind.PREFERENCE, "phone-dark")
    button = page.get_by_role("button", name="Delete listener 3")
    before = [each.key for each in store.sessions("test-preference")]
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("6 listeners began, 6 finished")).to_be_visible()
    assert [each.key for each in store.sessions("test-preference")] == before[:2] + before[3:]
    page.get_by_role("button", name="Delete it all").click()
    page.get_by_role("button", name="Press again: everything is deleted").click()
    expect(page.get_by_role("heading", name="The test is deleted")).to_be_visible()
    assert "test-preference" not in {each.key for each in store.plans()}


@pytest.mark.thorough
def test_what_is_refused_is_told(visit: Callable[..., Page], opened: tuple[Store, str]) -> None:
    store, _ = opened
    page = visit(Kind.SEVERAL)
    page.get_by_role("button", name="Delete listener 1").evaluate("button => button.dataset.begun = 'another moment'")
    page.get_by_role("button", name="Delete listener 1").click()
    page.get_by_role("button", name="Press again: listener 1 is deleted").click()
    expect(page.get_by_role("alert")).to_have_text("The list of listeners has changed. Load the page again.")
    assert len(store.sessions("test-several")) == 7


def test_it_can_be_read_without_scripts(visit: Callable[..., Page]) -> None:
    page = visit(Kind.RATING, java_script_enabled=False)
    expect(page.get_by_role("heading", name="Who is left out")).to_be_visible()
    expect(page.get_by_role("button", name="Delete it all")).to_be_disabled()
    expect(page.get_by_text("The buttons need JavaScript.")).to_be_visible()
    take_picture(page, "owner-without-scripts")
