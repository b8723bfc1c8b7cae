"""The listener's page in a real browser, phone-sized and wide: whole tests taken, by finger and by keyboard, with
reloads and while the server is away; axe in every step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.listening_visitors import (
    COMMENT,
    PHONE,
    SECONDS,
    Site,
    answer,
    begin,
    expect_clean,
    expect_number,
    expect_step,
    finish,
    hear_all,
    listeners,
)
from support.page_server import wait_until

from styletransfer.listening.plan import QUESTIONS, Kind
from styletransfer.listening.store import Store


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Store(tmp_path_factory.mktemp("data") / "store") as store:
        made = Site(store)
        yield made
        made.stop()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    with listeners(browser, site) as open_page:
        yield open_page


def test_abx_on_a_phone_with_a_reload_midway(visit: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    plan = site.add(Kind.ABX, tmp_path / "sounds", code="mint tea")
    page = visit(plan, **PHONE)
    expect_clean(page, "welcome")
    page.get_by_label("The code from your invitation").fill("wrong")
    page.get_by_label("Headphones").check()
    page.get_by_role("button", name="Agree and begin").click()
    expect(page.get_by_role("alert").filter(has_text="This code is not right")).to_be_visible()
    expect_clean(page, "wrong-code")
    page.reload()
    expect(page.get_by_role("heading", name=plan.title)).to_be_visible()  # nothing has begun
    page.get_by_label("Headphones").check()
    page.get_by_label("The code from your invitation").fill("Mint Tea")
    begin(page)
    expect_step(page, plan.questions[0].text)
    expect_clean(page, "practice")
    expect(page.locator("#count")).to_have_text("Practice")
    answer(page, "X is A")
    choices = "abbabbab"
    for index, choice in enumerate(choices):
        expect_number(page, index + 1, len(choices))
        answer(page, f"X is {choice.upper()}")
        expect(page.locator("#saved")).to_have_text(f"✓ Answer {index + 1} is saved.")
        if index == 3:
            expect_clean(page, "trial")
            page.reload()
            expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
            expect(page.get_by_label("Headphones")).to_be_hidden()
            expect_clean(page, "welcome-back")
            page.get_by_role("button", name="Go on").click()
    expect_step(page, "Anything to add?")
    expect_clean(page, "comment")
    finish(page)
    expect_clean(page, "thanks")
    (session,) = site.store.sessions(plan.key)
    assert (session.comment, session.output) == (COMMENT, "headphones")
    answers = site.store.answers_of(session.key)
    assert "".join(each.value["choice"] for each in answers) == choices
    assert all(seconds >= SECONDS for each in answers for seconds in each.heard.values())
    assert all(each.switches == 2 and each.seconds > 3 * SECONDS for each in answers)
    right = sum(trial.slots["x"] == trial.slots[choice] for trial, choice in zip(session.trials, choices, strict=True))
    expect(page.locator("#steps")).to_contain_text(f"You were right in {right} of 8 trials.")
    page.reload()
    expect_step(page, "Thank you")
    expect(page.locator("#steps")).to_contain_text(f"You were right in {right} of 8 trials.")


@pytest.mark.thorough
def test_the_server_goes_away_and_nothing_is_lost(visit: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    """For the answer to one trial and a reload's worth of waiting; the next trial's sounds are there already."""
    plan = site.add(Kind.RATING, tmp_path / "sounds", key="away-test", questions=QUESTIONS[Kind.RATING][:1])
    page = visit(plan)
    begin(page)
    banner = page.locator("#banner")

    def rate(number: int) -> None:
        hear_all(page)
        page.keyboard.press(f"{number}")
        page.keyboard.press("Enter")

    rate(1)
    count = int(page.locator("#count").inner_text().split()[-1])
    expect_number(page, 1, count)
    expect(page.locator(".play")).to_be_enabled()
    wait_until(lambda: page.evaluate("performance.getEntriesByType('resource').at(-1).name").endswith("/1/a"))
    page.wait_for_timeout(100)
    site.stop()
    rate(2)
    expect_number(page, 2, count)
    expect(banner).to_contain_text("Your answers are kept here and sent when the connection is back; you can go on.")
    expect_clean(page, "away")
    rate(3)
    expect_number(page, 3, count)
    expect(page.locator(".missing")).to_contain_text("The sounds are coming")
    expect(page.locator("#segments .kept")).to_have_count(2)
    assert not site.store.answers(plan.key)
    site.start()
    expect(banner).to_be_empty()
    expect(page.locator("#segments .kept")).to_have_count(0)
    rate(4)
    expect_number(page, 4, count)
    kept = site.store.answers(plan.key)
    wait_until(lambda: len(site.store.answers(plan.key)) == 3, timeout_s=10)
    kept = site.store.answers(plan.key)
    assert [each.value["rating"] for each in kept] == [2, 3, 4]


@pytest.mark.thorough
def test_unsent_answers_outlast_a_reload(visit: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    """Given while the posts fail, they are sent after the reload, and the listener is not asked again."""
    plan = site.add(Kind.PREFERENCE, tmp_path / "sounds", key="unsent-test")
    page = visit(plan)
    begin(page)
    answer(page, "No preference")
    page.route("**/answer", lambda route: route.abort())
    answer(page, "A")
    expect_number(page, 2, 2)
    expect(page.locator("#banner")).not_to_be_empty()
    page.unroute_all()
    page.route("**/answer", lambda route: route.fulfill(status=503, json={"error": "The disk is full."}))
    page.reload()
    page.get_by_role("button", name="Go on").click()
    expect_number(page, 2, 2)
    answer(page, "B")
    expect_step(page, "Anything to add?")
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("#end")).to_contain_text("being sent")
    page.unroute_all()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#end")).to_contain_text("You can close this page.")
    (session,) = site.store.sessions(plan.key)
    assert session.finished
    assert [each.value["choice"] for each in site.store.answers_of(session.key)] == ["a", "b"]


@pytest.mark.thorough
def test_several_by_keyboard_alone(visit: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    plan = site.add(Kind.SEVERAL, tmp_path / "sounds", restarts=True)
    page = visit(plan, color_scheme="dark")
    press = page.keyboard.press
    page.get_by_label("Headphones").focus()
    press("ArrowRight")
    press("Enter")
    expect_step(page, "How loud is it?")
    expect(page.get_by_role("button", name="Play")).to_be_enabled()
    press("Tab")
    press("Space")
    press("Tab")
    press("Enter")
    for number in range(3):
        expect_step(page, plan.questions[0].text)
        expect(page.locator(".play")).to_be_enabled()
        press("Enter")
        expect(page.locator(".trial [role=status]")).to_contain_text("listen to 4 sounds; move 4 sliders")
        for key in "12cd":
            press(key)
            expect(page.locator(f".sound >> nth={'12cd'.index(key)}")).to_have_class(re.compile("heard"))
        press("Space")
        expect(page.get_by_role("button", name="Play")).to_be_visible()
        for i, key in enumerate(("ArrowRight", "Home", "End", "PageUp")):
            slider = page.get_by_role("slider", name=f"Score of {'ABCD'[i]}")
            expect(slider).to_have_attribute("aria-valuetext", "not given yet")
            slider.press(key)
        if number == 1:
            expect_clean(page, "several")
        press("Enter")
    finish(page)
    (session,) = site.store.sessions(plan.key)
    for each in site.store.answers_of(session.key):
        assert each.value == {"scores": {"a": 51, "b": 0, "c": 100, "d": 60}}
        assert each.switches == 3


@pytest.mark.thorough
def test_closer_names_what_x_is_and_goes_on_after_a_call(
    visit: Callable[..., Page], site: Site, tmp_path: Path
) -> None:
    plan = site.add(Kind.CLOSER, tmp_path / "sounds")
    page = visit(plan, **PHONE)
    begin(page)
    x = page.get_by_role("button", name=re.compile("^X the style"))
    x.click()
    expect(x).to_have_attribute("aria-pressed", "true")
    page.evaluate("contexts[0].suspend()")  # as a telephone call does
    expect(page.locator(".missing")).to_have_text("Something else took the sound. Press play to go on.")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    hear_all(page)
    assert page.evaluate("contexts.length") == 1, "one context, made in the first tap"


@pytest.mark.thorough
def test_a_browser_without_sound_says_so(visit: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    """Its context is there, and its time stands still."""
    plan = site.add(Kind.RATING, tmp_path / "sounds", key="silent-test")
    silent = "Object.defineProperty(Real.prototype.__proto__, 'currentTime', { get: () => 0 });"
    silent += "const wait = window.setTimeout; window.setTimeout = (act, ms) => wait(act, ms === 5000 ? 300 : ms);"
    page = visit(plan, silent)
    page.get_by_label("Headphones").check()
    page.get_by_role("button", name="Agree and begin").click()
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("status").filter(has_text="No sound comes from this browser")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible()


@pytest.mark.thorough
@pytest.mark.parametrize("restarts", [False, True])
def test_a_switch_keeps_the_place_or_goes_back_to_the_beginning(
    restarts: bool, visit: Callable[..., Page], site: Site, tmp_path: Path
) -> None:
    plan = site.add(Kind.ABX, tmp_path / "sounds", 2.5, key=f"switch-{restarts}".lower(), restarts=restarts)
    page = visit(plan)
    begin(page)
    share = "Number(/scaleX\\((.*)\\)/.exec(document.querySelector('.line i').style.transform)[1])"
    first = page.locator(".sound").first
    first.click()
    wait_until(lambda: page.evaluate(share) > 0.1)
    expect(first).to_contain_text("not heard")
    wait_until(lambda: page.evaluate(share) > 0.5)
    expect(first).to_have_class(re.compile("heard"))  # a second of it is enough
    after = page.evaluate(f"""async () => {{
        document.querySelectorAll('.sound')[1].click();
        await new Promise((done) => setTimeout(done, 100));
        return {share};
    }}""")
    assert (after < 0.4) == restarts


@pytest.mark.thorough
def test_rating_shows_the_reference_by_name(visit: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    question = QUESTIONS[Kind.RATING][1]
    plan = site.add(Kind.RATING, tmp_path / "sounds", key="content-test", questions=(question,))
    page = visit(plan, **PHONE)
    begin(page)
    expect(page.get_by_role("button", name=re.compile("^Content"))).to_be_visible()
    expect(page.locator(".missing")).to_contain_text("listen to A and Content; choose a number")
    expect(page.locator(".keys")).to_contain_text("A and C switch")
    expect(page.locator(".play")).to_be_enabled()
    for key, place in (("a", 0), ("c", 1), ("s", 1), ("a", 0)):  # each by the first letter of its button
        page.keyboard.press(key)
        expect(page.locator(".sound").nth(place)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".ends")).to_contain_text("1: not at all")
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .choices label, input[type=range]')]
            .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 44)
            .map((each) => each.outerHTML)"""
    )
    assert small == [], "too small for thumbs"
    bottom = """() => Math.max(...[...document.querySelectorAll('.sound, label, .actions')]
        .map((each) => each.getBoundingClientRect().top))"""
    assert page.evaluate(bottom) > 844 / 2, "what is pressed is in the lower half"


@pytest.mark.thorough
def test_where_storage_is_forbidden_all_works_in_memory(visit: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    plan = site.add(Kind.PREFERENCE, tmp_path / "sounds", key="memory-test")
    forbid = (
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    page = visit(plan, forbid)
    expect(page.locator(".note")).to_contain_text("if you reload it, the test begins anew")
    begin(page)
    answer(page, "No preference")
    for number in (1, 2):
        expect_number(page, number, 2)
        answer(page, "A")
    finish(page, "")


def test_little_is_fetched_before_the_first_sound(visit: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    plan = site.add(Kind.ABX, tmp_path / "sounds", key="light-test")
    page = visit(plan)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    begin(page)
    before = asked[: next(i for i, url in enumerate(asked) if "/sound/" in url)]
    assert len(before) <= 12, before
    assert all(url.startswith((site.url, "data:")) for url in asked)


@pytest.mark.thorough
def test_a_refused_answer_is_told(visit: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    plan = site.add(Kind.PREFERENCE, tmp_path / "sounds", key="refused-test")
    page = visit(plan)
    begin(page)
    answer(page, "A")
    site.store.remove_listener(plan.key, site.store.sessions(plan.key)[0].listener)
    answer(page, "A")
    expect(page.locator("#fault")).to_contain_text("Answer 1 was not taken: This listener's answers are not known here")
    expect(page.locator("#segments .kept")).to_have_count(0)
    kept = "Object.keys(localStorage).filter((name) => name.includes('outbox')).length"
    assert page.evaluate(kept) == 1, "the server may know it again"
    page.reload()
    expect(page.locator("#fault")).to_contain_text("Answer 1 was not taken")
    page.get_by_role("button", name="Go on").click()
    expect_number(page, 1, 2)
    assert page.evaluate(kept) == 0, "a new session has begun: it will not"


@pytest.mark.thorough
def test_the_end_is_told_and_a_comment_is_taken_after_it(
    visit: Callable[..., Page], site: Site, tmp_path: Path
) -> None:
    plan = site.add(Kind.PREFERENCE, tmp_path / "sounds", key="ending-test", closes="2040-01-02T22:30:00+00:00")
    page = visit(plan, timezone_id="Asia/Tokyo")
    expect(page.locator("#welcome")).to_contain_text(
        "It has 2 trials, about 1 minute. It is open until 3 January 2040 at 07:30."
    )
    begin(page)
    answer(page, "A")
    for number in (1, 2):
        expect_number(page, number, 2)
        answer(page, "A")
    expect_step(page, "Anything to add?")
    site.store.close_test(plan.key)
    finish(page)
    (session,) = site.store.sessions(plan.key)
    assert session.comment == COMMENT


@pytest.mark.thorough
def test_who_lacks_an_answer_at_the_end_is_told_that_it_is_over(
    visit: Callable[..., Page], site: Site, tmp_path: Path
) -> None:
    plan = site.add(Kind.PREFERENCE, tmp_path / "sounds", key="late-test")
    page = visit(plan)
    begin(page)
    answer(page, "A")
    answer(page, "A")
    expect(page.locator("#saved")).to_have_text("✓ Answer 1 is saved.")
    expect(page.locator(".play")).to_be_enabled()
    site.store.close_test(plan.key)
    answer(page, "A")
    expect(page.locator("#fault")).to_contain_text("Answer 2 was not taken: This listening test is closed")
    page.get_by_role("button", name="Finish").click()
    expect_step(page, "This test is over")
