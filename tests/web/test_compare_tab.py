"""The Compare tab in a real browser: results of the visit are listed, chosen, renamed, downloaded, deleted and heard.

The engine is replaced by one that turns the content down at once: this is about what comes after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Page, expect
from support.page_server import Stub, instant, instant_strengths, report_card
from support.page_visitors import expect_fits, take

from styletransfer.transfer import Result
from styletransfer.web.server.server import Server
from styletransfer.workers.in_process import InProcess

STRENGTHS = (75, 20, 50, 0, 100)
PLAYER = "#player st-player"
"""Of this tab: the slider of several strengths is a player, too."""


def stub(strengths_of: Callable[..., Iterator[Result]] = instant_strengths) -> Stub:
    return Stub(stylize=instant, stylize_strengths=strengths_of, measure=lambda *_: report_card())


@pytest.fixture(autouse=True)
def _instant_engine(server: Server) -> None:
    server.workers = InProcess(stub())


def make_results(page: Page, count: int) -> None:
    """One transfer after the other, of STRENGTHS."""
    page.get_by_role("button", name="Speech as hand drums", exact=True).click()
    for name in ("content", "style"):
        expect(take(page, name, "play")).to_be_enabled()
    for strength in STRENGTHS[:count]:
        box = page.get_by_label("number input for Strength")
        box.fill(str(strength))
        box.press("Tab")
        page.locator("#transfer").click()
        expect(page.locator("#transfer")).to_be_disabled()
        expect(page.locator("#progress")).to_contain_text("Done")
        expect(page.locator("#transfer")).to_be_enabled()


def make_at_once(page: Page, server: Server, count: int) -> None:
    """The weakest of the five strengths, on the shelf by their names after one press."""
    weakest = stub(
        lambda *given, strengths, **rest: instant_strengths(*given, strengths=sorted(strengths)[:count], **rest)
    )
    server.workers = InProcess(weakest)
    page.locator("#five").click()
    expect(page.locator("#progress")).to_contain_text(f"{count} of 5 strengths")
    expect(page.locator("#five")).to_be_enabled()


def open_compare(page: Page, count: int) -> None:
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#shelf li")).to_have_count(count)


def sources(page: Page) -> list[str]:
    page.locator(f"{PLAYER} .play:enabled").wait_for()
    return page.locator(f"{PLAYER} .source span").all_inner_texts()


def test_results_of_the_visit_are_compared(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#shelf")).to_contain_text("Nothing to compare yet")
    expect(page.locator(PLAYER)).to_have_count(0)
    page.get_by_role("tab", name="Transfer").click()
    make_results(page, 3)
    open_compare(page, 3)
    rows = page.locator("#shelf li")
    for row, strength in zip(rows.all(), STRENGTHS, strict=False):
        expect(row).to_contain_text(f"Strength {strength}")
        expect(row).to_contain_text("style's sound 90 %")
        assert "Seed" not in row.inner_text(), "a setting is shown in which the results do not differ"
    expect(page.locator(f"{PLAYER} .source")).to_have_count(5)
    assert sources(page) == ["Result 1", "Result 2", "Result 3", "Content", "Style"]
    expect_fits(page, "compare")
    page.get_by_role("button", name="Blind").click()
    assert sources(page) == list("ABCDE")
    expect_fits(page, "blind")


@pytest.mark.thorough
def test_choosing_takes_effect_and_ends_at_four(visit: Callable[..., Page], server: Server) -> None:
    page = visit()
    make_at_once(page, server, 5)
    open_compare(page, 5)
    boxes = page.locator("#shelf li input[type=checkbox]")
    expect(boxes.nth(0)).to_be_disabled()  # the newest are chosen
    boxes.nth(1).click()
    expect(boxes.nth(0)).to_be_enabled()
    expect(page.locator(f"{PLAYER} .source")).to_have_count(5)
    boxes.nth(0).click()
    expect(boxes.nth(1)).to_be_disabled()
    expect(page.locator(f"{PLAYER} .source")).to_have_count(6)
    assert sources(page)[:4] == ["Strength 0", "Strength 50", "Strength 75", "Strength 100"]
    page.get_by_role("checkbox", name="the style").click()
    expect(page.locator(f"{PLAYER} .source")).to_have_count(5)
    assert "Style" not in sources(page)


@pytest.mark.thorough
def test_rename_download_and_delete(visit: Callable[..., Page], server: Server, tmp_path: Path) -> None:
    page = visit()
    make_at_once(page, server, 2)
    open_compare(page, 2)
    box = page.get_by_label("Name of Strength 0")
    box.fill("Rain <on> tin 1")
    box.press("Enter")
    expect(page.get_by_label("Name of Rain <on> tin 1")).to_have_value("Rain <on> tin 1")
    expect(page.locator(f"{PLAYER} .source span").first).to_have_text("Rain <on> tin 1")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Rain").click()
    assert download.value.suggested_filename == "rain-on-tin-1.wav"
    download.value.save_as(tmp_path / "rain.wav")
    sound, rate_hz = soundfile.read(tmp_path / "rain.wav")
    assert rate_hz == 44_100
    assert len(sound) > rate_hz
    button = page.get_by_role("button", name="Delete Rain")
    button.click()
    expect(button).to_have_text("Really?")
    expect(page.locator("#shelf li")).to_have_count(2)
    button.click()
    expect(page.locator("#shelf li")).to_have_count(1)
    assert sources(page)[0] == "Strength 25"
    expect(page.locator("#shelf li input[type=checkbox]")).to_be_checked()
    button = page.get_by_role("button", name="Delete Strength 25")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(button).to_have_text("Really?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing to compare yet")).to_be_focused()


# What lies at the edge of the list, and how far its last row ends from that when it has been scrolled to.
EDGE = """list => {
    list.scrollTop = list.scrollHeight;
    const [edge, last] = [list, list.lastElementChild].map((each) => each.getBoundingClientRect().bottom);
    return [getComputedStyle(list).maskImage, edge - last];
}"""


@pytest.mark.thorough
def test_a_row_at_the_edge_of_the_list_fades_and_the_last_one_does_not(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit()
    make_at_once(page, server, 5)
    open_compare(page, 5)
    mask, distance_px = page.locator(".st-shelf").evaluate(EDGE)
    fade_px = re.search(r"100% - (\d+)px", mask)
    assert fade_px, mask
    assert distance_px >= int(fade_px[1])


@pytest.mark.thorough
def test_ticks_in_quick_succession_all_count(visit: Callable[..., Page], server: Server) -> None:
    page = visit()
    make_at_once(page, server, 3)
    open_compare(page, 3)
    page.locator("#shelf").evaluate(
        "list => { for (const box of list.querySelectorAll('li [type=checkbox]')) box.click(); }"
    )
    expect(page.locator("#player")).to_contain_text("Choose two results")
    page.locator("#shelf").evaluate(
        "list => { for (const box of list.querySelectorAll('li [type=checkbox]')) box.click(); }"
    )
    expect(page.locator(f"{PLAYER} .source")).to_have_count(5)
    expect(page.locator("#shelf li input:checked")).to_have_count(3)


@pytest.mark.thorough
def test_one_sound_at_a_time(visit: Callable[..., Page]) -> None:
    page = visit()
    make_results(page, 1)
    content, style = take(page, "content", "play"), take(page, "style", "play")
    content.click()
    expect(content).to_have_attribute("aria-pressed", "true")
    style.click()
    expect(style).to_have_attribute("aria-pressed", "true")
    expect(content).to_have_attribute("aria-pressed", "false")
    open_compare(page, 1)
    sources(page)
    page.locator(f"{PLAYER} .play").click()
    page.get_by_role("tab", name="Transfer").click()
    expect(style).to_have_attribute("aria-pressed", "false")


@pytest.mark.thorough
def test_visitors_have_shelves_of_their_own(visit: Callable[..., Page]) -> None:
    first, second = visit(), visit()
    make_results(first, 1)
    open_compare(first, 1)
    second.get_by_role("tab", name="Compare").click()
    expect(second.locator("#shelf")).to_contain_text("Nothing to compare yet")


@pytest.mark.thorough
def test_the_player_stops_when_its_tab_is_left(visit: Callable[..., Page]) -> None:
    page = visit()
    make_results(page, 1)
    open_compare(page, 1)
    sources(page)
    page.locator(f"{PLAYER} .play").click()
    playing = "document.querySelector('#player st-player').transport.playing"
    assert page.evaluate(playing)
    page.get_by_role("tab", name="Transfer").click()
    page.wait_for_function(f"!{playing}")
    page.keyboard.press("1")  # goes to nobody
    open_compare(page, 1)
    expect(page.locator(f"{PLAYER} .source").first).to_have_attribute("aria-pressed", "true")


def test_a_listening_test_is_made_of_results_and_opens(visit: Callable[..., Page], server: Server) -> None:
    page = visit()
    make_at_once(page, server, 3)
    open_compare(page, 3)
    page.get_by_text("Make a blind listening test").click()
    maker = page.locator("#listening-maker")
    make = maker.get_by_role("button", name="Make the test")
    maker.get_by_label("What listeners do").select_option("abx")
    expect(maker.get_by_role("status")).to_contain_text("Choose 2 results of the same recordings")
    expect(make).to_be_disabled()
    page.locator("#shelf li input[type=checkbox]").nth(0).click()
    expect(make).to_be_enabled()
    maker.get_by_label("Trials for each listener").select_option("8")
    maker.get_by_label("Name of the test").fill("Is it <heard>?")
    expect_fits(page, "listening-maker")
    make.click()
    link = maker.get_by_role("link", name="For listeners")
    expect(link).to_be_visible()
    assert server.listening
    plan = server.listening.plans()[-1]
    assert (plan.title, plan.kind, plan.trials) == ("Is it <heard>?", "abx", 8)
    assert [condition.label for condition in plan.conditions] == ["Strength 25", "Strength 50"]
    with page.context.expect_page() as opened:
        link.click()
    expect(opened.value.get_by_role("heading", name="Is it <heard>?")).to_be_visible()
    opened.value.close()
    page.reload()
    page.get_by_role("tab", name="Compare").click()
    page.get_by_text("Make a blind listening test").click()
    expect(link).to_be_visible()
