"""The whole page in a real browser behind Debian's nginx, with the file that people copy: hosting/nginx.conf.

Both ways: nginx passes the page's path on, or takes it away. In either all that a browser asks for lies under that
path, and nothing is missing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect
from support import nginx
from support.listening_visitors import answer, begin
from support.page_server import instant, instant_strengths, replace_engine, report_card, serve, slow, wait_until
from support.page_visitors import PATIENCE_MS, expect_progress, is_fault, start, take

from styletransfer.listening.plan import Kind
from styletransfer.settings import Settings
from styletransfer.transfer import OnStep, Result
from styletransfer.web import hosting
from styletransfer.web.server.server import Server

LONG_RUN = "?preset=paper&seconds=1&iterations=5000&filters=64"
SILENCE_S = 61
"""More than nginx by itself allows a stream."""
LARGE_BYTES = 150 * 10**6


class Site(NamedTuple):
    """A page behind nginx: the server that makes it, its public address, and how a visitor opens it."""

    server: Server
    url: str
    visit: Callable[..., Page]


@pytest.fixture(params=["passes the path on", pytest.param("takes the path away", marks=pytest.mark.thorough)])
def site(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Site]:
    """At the end nothing was asked for elsewhere, nothing was missing, and no console has an error."""
    context = browser.new_context()
    asked: set[str] = set()
    faults: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if is_fault(message) and is_of_the_page(message.location["url"]):
            faults.append(message.text)

    def look(reply: Response) -> None:
        if reply.status >= 400 and is_of_the_page(reply.url):
            faults.append(f"{reply.status} {reply.url}")

    def visit(query: str = "") -> Page:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", hear)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(url + query)
        for recorder in ("content", "style"):  # which the page fills by itself
            expect(take(page, recorder, "play")).to_be_enabled(timeout=PATIENCE_MS)
        return page

    folder = tmp_path / "nginx"
    folder.mkdir()
    strips = request.param == "takes the path away"
    public = hosting.decide(root_path=nginx.PATH, trusted_proxies=["127.0.0.1"])
    with (
        serve(tmp_path / "data", root_path=nginx.PATH, hosting=public) as (server, backend),
        nginx.in_front_of(backend, folder, strips=strips) as url,
    ):
        context.on("request", lambda request: asked.add(request.url))
        context.on("response", look)
        yield Site(server, url, visit)
        context.close()
    addresses = {urlsplit(each) for each in asked if not each.startswith(("data:", "blob:"))}
    assert {each.netloc for each in addresses} == {urlsplit(url).netloc}
    assert {each.path for each in addresses if not each.path.startswith(f"{nginx.PATH}/")} <= nginx.AT_THE_ROOT
    assert not faults


def is_of_the_page(url: str) -> bool:
    return urlsplit(url).path not in nginx.AT_THE_ROOT


def make_a_result(site: Site, page: Page) -> None:
    """Of a real transfer that is stopped once it was heard."""
    replace_engine(site.server, stylize=slow)
    start(page)
    page.locator(".st-preview-play").click()
    expect(page.locator(".st-preview output")).to_contain_text(" of ")
    page.locator("#stop").click()
    expect_progress(page, "Stopped: the best so far")
    page.locator("#deck .play:enabled").wait_for()


@pytest.mark.thorough
def test_a_transfer_is_heard_while_it_runs_and_downloaded(site: Site, tmp_path: Path) -> None:
    """Of a recording that was brought here."""
    tone = np.sin(np.arange(44_100) / 9).astype(np.float32) / 3
    soundfile.write(tmp_path / "tone.wav", tone, 44_100)
    page = site.visit(LONG_RUN)
    expect(page.locator(".st-message")).to_have_css("font-variant-numeric", "tabular-nums")
    page.locator("#content-take input[type=file]").set_input_files(tmp_path / "tone.wav")
    expect(take(page, "content", "name")).to_contain_text("tone.wav")
    make_a_result(site, page)
    with page.expect_download() as download:
        page.locator("#download").click()
    download.value.save_as(tmp_path / "result.wav")
    assert soundfile.info(tmp_path / "result.wav").frames == 44_100
    with page.expect_response(lambda reply: reply.url.endswith("/alive")) as alive:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert alive.value.json()["id"]


@pytest.mark.thorough
def test_strengths_are_compared_and_become_a_listening_test(site: Site) -> None:
    replace_engine(site.server, stylize=instant, stylize_strengths=instant_strengths, measure=lambda *_: report_card())
    page = site.visit()
    page.locator("#five").click()
    expect_progress(page, "5 of 5 strengths")
    expect(page.locator("#deck .step")).to_have_count(5)
    page.locator("#deck .play:enabled").wait_for()
    page.get_by_role("tab", name="Compare").click()
    page.locator("#player st-player .play:enabled").wait_for()
    expect(page.locator("#shelf li input:checked")).to_have_count(4)
    page.get_by_text("Make a blind listening test").click()
    page.get_by_role("button", name="Make the test").click()
    page.get_by_role("link", name="For listeners").wait_for()
    assert site.server.listening
    (plan,) = site.server.listening.plans()
    assert plan.kind is Kind.PREFERENCE
    listener = follow(page, "For listeners")
    begin(listener)
    answer(listener, "No preference")
    answer(listener, "A")
    wait_until(lambda: site.server.listening and len(site.server.listening.answers(plan.key)) == 1)
    results = follow(page, "For you alone")
    expect(results.locator("main")).to_contain_text("1 listener began")
    expect(page.locator("#listening-maker")).to_contain_text("Each listener gets 9 trials, about 3 minutes")
    page.get_by_label("Code that listeners need").fill("mint")
    page.get_by_role("button", name="This program against the textbook").click()
    page.get_by_role("heading", name="This program against the textbook's recipe").wait_for()
    assert [each.code for each in site.server.listening.plans() if each.key != plan.key] == ["mint"]


def follow(page: Page, link: str) -> Page:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=link).click()
    opened.value.set_default_timeout(PATIENCE_MS)
    return opened.value


def silent(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> Result:
    """An engine that says nothing for a long time, and then has a result."""
    time.sleep(SILENCE_S)
    return instant(content, styles, settings, on_step=on_step)


@pytest.mark.thorough
def test_a_result_arrives_after_a_long_silence(site: Site) -> None:
    replace_engine(site.server, stylize=silent, measure=lambda *_: report_card())
    page = site.visit()
    start(page)
    expect(page.locator("#progress")).to_contain_text(re.compile("Done"), timeout=2 * PATIENCE_MS)
    page.locator("#deck .play:enabled").wait_for()


@pytest.mark.thorough
def test_a_large_recording_is_brought_here(site: Site, tmp_path: Path) -> None:
    """Most of it is a hole in the file, which costs the disk nothing."""
    path = tmp_path / "large.wav"
    frames = LARGE_BYTES // 4
    with soundfile.SoundFile(path, "w", 44_100, 2, "PCM_16") as file:
        file.write(np.full((44_100, 2), 0.1))
        file.seek(frames - 1)
        file.write(np.full((1, 2), 0.1))
    assert path.stat().st_size > LARGE_BYTES
    page = site.visit()
    page.locator("#content-take input[type=file]").set_input_files(path)
    expect(take(page, "content", "name")).to_contain_text("large.wav")
    size = path.stat().st_size
    wait_until(lambda: [each.stat().st_size for each in site.server.files.folder.rglob("large.wav")] == [size])
    expect(take(page, "content", "play")).to_be_enabled()
