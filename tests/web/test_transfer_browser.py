"""The page while a transfer runs, in a real browser: what is heard, what is waited for, how soon it answers."""

from __future__ import annotations

import dataclasses
import math
import re
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from support.page_server import Stub, endless, instant, replace_engine, report_card, wait_until
from support.page_visitors import PATIENCE_MS, expect_fits, expect_progress, start, take

from styletransfer.engine.steps import Snapshot
from styletransfer.settings import SAMPLE_RATE_HZ, Settings
from styletransfer.transfer import OnStep, Result, Step
from styletransfer.web.server.server import Server
from styletransfer.workers.in_process import InProcess

PREVIEW_LENGTH_S = 4.0
SLOWEST_ANSWER_MS = 200

# A sound that is made in a script is in no document: it is found again here.
WATCH_SOUNDS = """
    window.sounds = [];
    window.Audio = new Proxy(window.Audio, {
        construct(Audio, given) { const sound = new Audio(...given); window.sounds.push(sound); return sound; },
    });
"""
HEARD = """() => {
    const sound = window.sounds.find((one) => one.src) ?? {};
    return { src: sound.src ?? "", at: sound.currentTime ?? 0, playing: sound.paused === false && !sound.ended };
}"""


class Tone(Snapshot):
    """A look at a transfer that sounds like a tone."""

    def __init__(self) -> None:
        """Of no transfer."""

    def sound(self) -> np.ndarray:
        t = np.arange(round(PREVIEW_LENGTH_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        return (0.1 * np.sin(2 * math.pi * 440 * t)).astype(np.float32)

    def spectrogram(self) -> np.ndarray:
        return np.random.default_rng().random((100, 1025)).astype(np.float32)


def humming(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> Result:
    """An engine that can be looked at and goes on until it is stopped, with a second of sound."""
    tone = Tone()
    number = 0
    while not on_step(Step("solve", number, 5000, 1.0, 1.0, 1.0, 0.5, 0.02 * number, tone)):
        number += 1
        time.sleep(0.02)
    made = instant(content[:SAMPLE_RATE_HZ], styles, settings, on_step=lambda _: None)
    return dataclasses.replace(made, stop_reason="stopped")


HUMMING = Stub(stylize=humming, measure=lambda *_: report_card())


def take_example(page: Page) -> None:
    page.get_by_role("button", name="Speech as hand drums", exact=True).click()
    for name in ("content", "style"):
        expect(take(page, name, "play")).to_be_enabled()


@pytest.mark.timing
def test_a_preview_is_heard_while_it_runs_and_no_update_interrupts_it(
    visit: Callable[..., Page],
    server: Server,
) -> None:
    server.workers = InProcess(HUMMING)
    server.limits = dataclasses.replace(server.limits, preview_s=0.8)
    page = visit(script=WATCH_SOUNDS)
    play, newer = page.locator(".st-preview-play"), page.locator(".st-preview-newer")
    expect(play).to_be_hidden()
    take_example(page)
    start(page)
    play.click()
    wait_until(lambda: page.evaluate(HEARD)["playing"], timeout_s=10)
    first = page.evaluate(HEARD)

    expect(newer).to_be_visible()
    page.wait_for_timeout(1500)
    later = page.evaluate(HEARD)
    assert later["playing"]
    assert later["src"] == first["src"], "an update took the place of what was playing"
    assert later["at"] - first["at"] > 1.2, "the sound stood still"

    newer.click()
    wait_until(lambda: page.evaluate(HEARD)["src"] != first["src"], timeout_s=5)
    wait_until(lambda: page.evaluate(HEARD)["playing"], timeout_s=5)
    second = page.evaluate(HEARD)
    assert second["at"] >= later["at"], "the newer one began anew"

    wait_until(lambda: page.evaluate(HEARD)["src"] != second["src"], timeout_s=10)  # at its end, by itself
    wait_until(lambda: page.evaluate(HEARD)["playing"], timeout_s=5)
    third = page.evaluate(HEARD)
    assert third["at"] < 1
    page.wait_for_timeout(1200)

    play.click()
    wait_until(lambda: page.evaluate(HEARD)["src"] != third["src"], timeout_s=5)
    paused = page.evaluate(HEARD)
    assert not paused["playing"]
    assert paused["at"] > 1, "the place was lost"
    play.press("Space")
    wait_until(lambda: page.evaluate(HEARD)["playing"], timeout_s=5)
    assert page.evaluate(HEARD)["at"] >= paused["at"] - 0.1


@pytest.mark.thorough
@pytest.mark.timing
def test_the_player_of_previews_goes_when_its_sound_has_ended(
    visit: Callable[..., Page],
    server: Server,
) -> None:
    server.workers = InProcess(HUMMING)
    page = visit(script=WATCH_SOUNDS)
    take_example(page)
    start(page)
    page.locator(".st-preview-play").click()
    wait_until(lambda: page.evaluate(HEARD)["playing"], timeout_s=10)
    expect(page.locator("#spectrogram img")).to_have_count(1)
    expect_fits(page, "running")
    page.locator("#stop").click()
    expect_progress(page, "Stopped: the best so far")
    assert page.evaluate(HEARD)["playing"], "the result's arrival cut the preview off"
    expect(page.locator(".st-preview")).to_be_hidden(timeout=10_000)
    assert page.evaluate(HEARD)["src"] == ""
    page.locator("#details > button").press("Enter")
    expect(page.locator("#spectrograms img")).to_have_count(2)


@pytest.mark.thorough
def test_on_a_phone_the_result_comes_first(visit: Callable[..., Page]) -> None:
    page = visit("phone-light")
    boxes = [
        page.locator(name).bounding_box()
        for name in ("#deck", "#content-recorder", "#sliders", ".st-large", "#details")
    ]
    tops = [box["y"] for box in boxes if box]
    assert len(tops) == 5
    assert tops == sorted(tops)
    expect(page.locator("#deck .play")).to_be_in_viewport(ratio=1)


SIZES = [(1280, 720), (1366, 650), (1920, 1080), (844, 390), (390, 844), (360, 640)]
ALWAYS = ("#transfer", "#stop", "#progress .st-message", ".st-listen")


def in_sight(page: Page, size: tuple[int, int], moment: str) -> None:
    """What is to be inside the window at every moment is: with nothing over it, and without scrolling."""
    for name in ALWAYS:
        box = page.locator(name).bounding_box()
        assert box, f"{name} is not there {moment} at {size}"
        assert box["x"] >= 0, (name, moment, size)
        assert box["y"] >= 0, (name, moment, size)
        assert box["x"] + box["width"] <= size[0] + 1, (name, moment, size)
        assert box["y"] + box["height"] <= size[1] + 1, (name, moment, size)
        on_top = "e => { const r = e.getBoundingClientRect(); return e.contains(document.elementFromPoint("
        on_top += "r.x + r.width / 2, r.y + r.height / 2)) || !r.width; }"
        assert page.locator(name).evaluate(on_top), f"{name} is covered {moment} at {size}"


@pytest.mark.thorough
def test_buttons_and_progress_are_in_sight_before_during_and_after_a_run(
    visit: Callable[..., Page], server: Server
) -> None:
    server.workers = InProcess(HUMMING)
    page = visit("desktop-light")
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.evaluate("scrollTo(0, 0)")
        in_sight(page, size, "before")
        start(page)
        expect(page.locator("#progress")).to_contain_text("Shaping")
        expect(page.locator(".st-preview")).to_be_visible()
        in_sight(page, size, "while it runs")
        page.evaluate("scrollTo(0, 400)")
        in_sight(page, size, "scrolled")
        page.locator("#stop").click()
        expect_progress(page, "Stopped: the best so far")
        expect(page.locator("#transfer")).to_be_enabled()
        in_sight(page, size, "after")
    for pressed in ("true", "false"):
        page.locator(".st-listen").click()
        expect(page.locator(".st-listen")).to_have_attribute("aria-pressed", pressed)


SLIDERS = ("strength", "rhythm", "melody")


@pytest.mark.thorough
def test_recordings_sliders_preset_and_deck_are_on_one_screen(visit: Callable[..., Page]) -> None:
    page = visit("desktop-light")
    for size in SIZES[:3]:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.evaluate("scrollTo(0, 0)")
        foot = page.locator("#dock").bounding_box()
        assert foot
        shown = ["#content-recorder", "#style-recorder", "#deck", "#preset", *(f"#setting-{each}" for each in SLIDERS)]
        for name in shown:
            box = page.locator(name).bounding_box()
            assert box, name
            assert box["y"] + box["height"] <= foot["y"] + 1, (name, size)


@pytest.mark.thorough
def test_an_example_that_is_chosen_meanwhile_brings_its_recordings_alone(
    visit: Callable[..., Page],
    server: Server,
) -> None:
    server.workers = InProcess(HUMMING)
    page = visit()
    take_example(page)
    start(page)
    expect_progress(page, "Shaping the sound")
    page.get_by_role("button", name="Guitar as violin", exact=True).click()
    expect(page.locator("#content a[download]").first).to_have_attribute("href", re.compile("guitar.flac$"))
    expect_progress(page, "Shaping the sound")
    expect(page.locator("#spectrogram img")).to_have_count(1)
    expect(page.locator("#download")).to_be_disabled()
    page.locator("#stop").click()
    expect_progress(page, "Stopped: the best so far")
    expect(page.locator("#transfer")).to_be_enabled(timeout=PATIENCE_MS)  # the report card is there, too
    page.get_by_role("button", name="Guitar as violin", exact=True).click()
    expect_progress(page, "Guitar as violin, made beforehand")


@pytest.mark.thorough
def test_who_waits_sees_their_place_and_moves_up(
    visit: Callable[..., Page],
    server: Server,
) -> None:
    replace_engine(server, stylize=endless)
    first, second, third = pages = [visit() for _ in range(3)]
    for page in pages:
        take_example(page)
    for page, text in zip(pages, ("Shaping the sound", "number 2 in the queue", "number 3 in the queue"), strict=True):
        start(page)
        expect_progress(page, text)
    expect(third.locator("#leave")).to_be_visible()
    expect(third.locator("#stop")).to_be_hidden()
    second.locator("#leave").click()
    expect_progress(second, "You have left the queue.")
    expect(second.locator(".st-blank")).to_have_count(0)
    expect_progress(third, "number 2 in the queue: one other transfer is before yours")
    first.close()
    expect_progress(third, "Shaping the sound")
    expect(third.locator("#stop")).to_be_enabled()


@pytest.mark.thorough
def test_the_page_says_that_it_is_warming_up(
    visit: Callable[..., Page],
    server: Server,
) -> None:
    replace_engine(server, stylize=endless)
    warm_up = server.queue.join()
    assert server.queue.wait(warm_up)
    try:
        page = visit()
        take_example(page)
        start(page)
        expect_progress(page, "Warming up")
    finally:
        server.queue.leave(warm_up)
    expect_progress(page, "Shaping the sound")


@pytest.mark.thorough
@pytest.mark.timing
def test_the_page_answers_at_once_while_a_transfer_runs(visit: Callable[..., Page], server: Server) -> None:
    """The real engine, at the length of a visitor's transfer, both on a quiet page and on a busy one."""
    page = visit(query="?preset=quick&iterations=200")  # the least to compile, and long enough
    take_example(page)
    start(page)
    expect_progress(page, "Shaping the sound")
    opened, answered = [], []
    for number in range(10):
        opened.append(time_ms(page, OPEN_ADVANCED))
        answered.append(time_ms(page, ASK_SERVER))
        assert "Done" not in page.locator("#progress").inner_text() or number > 3
    page.close()
    wait_until(lambda: not server.queue.is_busy())
    print(f"opened {opened}, answered {answered}")
    assert statistics.median(opened) < SLOWEST_ANSWER_MS, opened
    assert statistics.median(answered) < SLOWEST_ANSWER_MS, answered


OPEN_ADVANCED = """async () => {
    const buttons = [...document.querySelectorAll("button")];
    buttons.find((one) => one.textContent.trim().startsWith("For researchers")).click();
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
}"""
# What a light event does: it asks for the function with this name, and waits for its answer.
ASK_SERVER = """async () => {
    const { root, api_prefix } = window.gradio_config;
    await (await fetch(`${root}${api_prefix}/info`)).text();
}"""


def time_ms(page: Page, script: str) -> float:
    timed = f"async () => {{ const begun = performance.now(); await ({script})(); return performance.now() - begun; }}"
    return page.evaluate(timed)
