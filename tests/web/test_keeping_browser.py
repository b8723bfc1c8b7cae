"""What outlasts a page: recordings, controls and results after a reload and on another server, in a real browser.

The engine is replaced by one that is done at once, or by one that waits until it is let go.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect
from support.page_server import DRUMS, PIANO, Stub, instant, instant_strengths, report_card, serve, wait_until
from support.page_visitors import PATIENCE_MS, box, expect_progress, start, take

from styletransfer.web import frontend
from styletransfer.web.server.server import Server
from styletransfer.workers.in_process import InProcess

NO_STORE = (
    """Object.defineProperty(window, "indexedDB", { get() { throw new DOMException("no", "SecurityError"); } })"""
)
LANES = "#deck st-player .source"


def stub(**functions: Any) -> Stub:
    made = {"stylize": instant, "stylize_strengths": instant_strengths, "measure": lambda *_: report_card()}
    return Stub(**(made | functions))


@pytest.fixture(autouse=True)
def _instant_engine(server: Server) -> None:
    server.workers = InProcess(stub())


def opened(page: Page) -> Page:
    """The page, when everything that was kept is back."""
    page.locator("#transfer").wait_for()
    page.evaluate(f"import('./{frontend.ADDRESS}/page-keeper.js').then(({{ restored }}) => restored)")
    return page


def wait_until_kept(page: Page, key: str, test: str = "value.blob !== null") -> None:
    own = f"import('./{frontend.ADDRESS}/window-store.js').then(({{ readOwn }}) => readOwn('{key}'))"
    shared = f"import('./{frontend.ADDRESS}/database.js').then(({{ read }}) => read('page', '{key}'))"
    read = shared if key == "shown" else own
    wait_until(lambda: page.evaluate(f"{read}.then((value) => value !== undefined && {test})"))


def reload(page: Page) -> None:
    # A page that is left closes Gradio's stream, of which Gradio complains; only the page that comes is listened to.
    page.evaluate("addEventListener('beforeunload', () => (console.error = () => {}), { capture: true })")
    page.reload()
    opened(page)


def make_one(page: Page) -> None:
    start(page)
    expect_progress(page, "Done")
    expect(page.locator("#transfer")).to_be_enabled()
    wait_until_kept(page, "shown")
    results = f"import('./{frontend.ADDRESS}/visit-store.js').then(({{ results }}) => results())"
    wait_until(lambda: page.evaluate(f"{results}.then((entries) => entries.length)"))


def upload(page: Page, recorder: str, path: Path) -> None:
    page.locator(f"#{recorder}-take input[type=file]").set_input_files(path)
    expect(take(page, recorder, "name")).to_contain_text(path.stem)
    wait_until_kept(page, recorder)


def set_strength(page: Page, value: int) -> None:
    box(page, "strength").fill(str(value))
    box(page, "strength").press("Tab")


def test_recordings_controls_and_the_result_survive_a_reload(visit: Callable[..., Page]) -> None:
    page = opened(visit())
    upload(page, "content", PIANO)
    page.locator("#add-style").click()
    upload(page, "style-2", DRUMS)
    set_strength(page, 33)
    make_one(page)
    summary = page.locator("#summary").inner_text()
    reload(page)
    expect(take(page, "content", "name")).to_contain_text("piano")
    expect(take(page, "style-2", "name")).to_contain_text("drums")
    expect(box(page, "strength")).to_have_value("33")
    expect_progress(page, "Your last result: piano as")
    expect(page.locator("#summary")).to_have_text(summary)
    expect(page.locator(LANES).first).to_contain_text("piano as")
    with page.expect_download() as download:
        page.locator("#download").click()
    assert download.value.suggested_filename.startswith("piano-as-hand-drums-and-drums")
    page.locator("#use").click()
    expect(take(page, "content", "name")).to_contain_text("piano-as-hand-drums-and-drums")
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#shelf li")).to_have_count(1)


@pytest.mark.thorough
def test_several_strengths_are_shown_again_each_with_its_own(visit: Callable[..., Page]) -> None:
    page = opened(visit())
    page.locator("#five").click()
    expect_progress(page, "5 of 5 strengths")
    wait_until_kept(page, "shown")
    expect(page.locator("#transfer")).to_be_enabled()
    reload(page)
    page.locator("#deck st-player .steps button").nth(1).click()
    expect(page.locator("#download")).to_have_text("Download strength 25")
    page.get_by_role("button", name="Details").press("Enter")  # a click would meet the dock
    expect(page.locator("#report")).to_contain_text("strength 25")
    wait_until_kept(page, "shown", "value.place === 1")
    reload(page)
    expect(page.locator("#deck .step").nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#download")).to_have_text("Download strength 25")
    expect(page.get_by_label("Download it so")).to_have_count(0)  # it has no files on the server any more


@pytest.mark.thorough
def test_a_link_wins_over_what_was_kept_but_not_over_what_was_changed_since(
    visit: Callable[..., Page], url: str
) -> None:
    page = opened(visit())
    set_strength(page, 33)
    page.goto(f"{url}?preset=balanced&melody=65&strength=12")
    expect(box(opened(page), "strength")).to_have_value("12")
    set_strength(page, 44)
    reload(page)
    expect(box(page, "strength")).to_have_value("44")
    page.goto("about:blank")
    page.go_back()
    expect(box(opened(page), "strength")).to_have_value("44")


@pytest.mark.thorough
def test_everything_is_forgotten_at_the_second_press(visit: Callable[..., Page], server: Server) -> None:
    def clips() -> set[Path]:
        return set(server.files.folder.glob("made/*/excerpt.wav"))

    before = clips()
    page = opened(visit())
    set_strength(page, 33)
    make_one(page)
    assert clips() > before
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#shelf li")).to_have_count(1)
    kept = page.locator(".st-keeping p:visible")
    expect(kept).to_contain_text("kept in this browser alone")
    kept.get_by_role("button", name="Forget everything").click()
    kept.get_by_role("button", name="Really?").click()
    expect_progress(opened(page), "speech + drums")
    expect(box(page, "strength")).not_to_have_value("33")
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#shelf")).to_contain_text("Nothing to compare yet")
    assert clips() <= before, "the server has clips of the visit still"


@pytest.mark.thorough
def test_a_browser_that_keeps_nothing_says_so(visit: Callable[..., Page]) -> None:
    page = opened(visit(script=NO_STORE))
    make_one(page)
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#shelf li")).to_have_count(1)
    expect(page.locator("#player st-player .source").first).to_contain_text("Result 1")
    expect(page.locator(".st-keeping").last).to_contain_text("keeps nothing")


@contextmanager
def a_page(browser: Browser) -> Iterator[Page]:
    """One whose console may complain: of a server that is gone, and Gradio of a run that is left."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


@contextmanager
def a_run_that_is_left(
    browser: Browser, server: Server, url: str, answer: Callable[[Dialog], None]
) -> Iterator[tuple[Page, threading.Event, list[str]]]:
    """A page with a transfer at work, which goes on at the event; what its visitor is asked, and answers."""
    go = threading.Event()
    server.workers = InProcess(stub(stylize=lambda *given, **rest: go.wait(30) and instant(*given, **rest)))
    questions: list[str] = []

    def asked(dialog: Dialog) -> None:
        questions.append(dialog.type)
        answer(dialog)

    with a_page(browser) as page:
        page.goto(url)
        opened(page)
        page.on("dialog", asked)
        start(page)
        expect_progress(page, "Preparing")
        expect(page.locator("#transfer")).to_be_disabled()
        yield page, go, questions


@pytest.mark.thorough
def test_a_run_that_was_cut_off_is_told_and_run_again(browser: Browser, server: Server, url: str) -> None:
    with a_run_that_is_left(browser, server, url, Dialog.accept) as (page, go, questions):
        reload(page)
        assert questions == ["beforeunload"]
        go.set()
        page.get_by_role("button", name="Run it again").click()
        expect_progress(page, "Done")
        expect(page.locator("#transfer")).to_be_enabled()
        reload(page)
        expect_progress(page, "Your last result")
        expect(page.locator("#interrupted")).not_to_contain_text("interrupted")


@pytest.mark.thorough
def test_a_run_goes_on_where_somebody_is_asked_and_stays(browser: Browser, server: Server, url: str) -> None:
    with a_run_that_is_left(browser, server, url, Dialog.dismiss) as (page, go, questions):
        page.evaluate("setTimeout(() => location.reload())")
        wait_until(lambda: page.title() and questions)
        go.set()
        expect_progress(page, "Done")
        expect(page.locator("#transfer")).to_be_enabled()
        assert questions == ["beforeunload"]


@pytest.mark.thorough
def test_a_server_that_goes_is_told_and_another_gets_everything_back(browser: Browser) -> None:
    with a_page(browser) as page:
        with serve() as (server, url):
            server.workers = InProcess(stub())
            page.goto(url)
            opened(page)
            upload(page, "content", PIANO)
            set_strength(page, 33)
            make_one(page)
        expect(page.locator("#interrupted")).to_contain_text("The server is away")
        port = int(url.rstrip("/").rsplit(":", 1)[1])
        with serve(server_port=port) as (server, _):
            server.workers = InProcess(stub())
            expect(page.locator("#interrupted")).not_to_contain_text("away")
            opened(page)
            expect(take(page, "content", "name")).to_contain_text("piano")
            expect(box(page, "strength")).to_have_value("33")
            expect_progress(page, "Your last result: piano as")
            make_one(page)
            page.get_by_role("tab", name="Compare").click()
            expect(page.locator("#shelf li")).to_have_count(2)
