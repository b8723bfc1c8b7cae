"""The player measured in a real browser: what it plays is recorded and compared with its sources sample by sample."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from support.player_stage import RATE_HZ, Stage, sources_of

FADE = int(0.005 * RATE_HZ) + 1
RNG = np.random.default_rng(11)
NOISE = RNG.uniform(0.2, 0.9, 4 * RATE_HZ).astype(np.float32)
"""Never 0: what is recorded, divided by it, is the gain"""
SIGNALS = {
    "full": NOISE,
    "half": NOISE * 0.5,
    "quarter": NOISE * 0.25,
    "ramp": np.linspace(0.1, 0.9, 4 * RATE_HZ, dtype=np.float32),
}


@pytest.fixture
def stage(browser: Browser) -> Iterator[Stage]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.set_default_timeout(20_000)
    yield Stage(page, SIGNALS)
    context.close()
    assert not [text for text in complaints if "404" not in text]


def gains(recorded: np.ndarray, source: np.ndarray = NOISE) -> np.ndarray:
    """The gain at each sample of a recording of a part of `source`, which is found by its loudest correlation."""
    active = np.flatnonzero(recorded)
    heard = recorded[active[0] : active[-1] + 1]
    probe = heard[FADE : FADE + 2000]
    places = np.correlate(source - source.mean(), probe - probe.mean(), "valid")
    start = int(places.argmax()) - FADE
    assert start >= 0
    heard = heard[: len(source) - start]
    return heard / source[start : start + len(heard)]


def assert_no_click(gain: np.ndarray, largest_change: float) -> None:
    """Steps no larger than a linear fade of 5 ms has."""
    assert np.abs(np.diff(gain)).max() <= largest_change / FADE * 1.03 + 1e-5


@pytest.mark.timing
def test_keys_switch_without_gap_or_step_and_sample_locked(stage: Stage) -> None:
    page = stage.page
    stage.show(["full", "half", "quarter"])
    page.keyboard.press("Space")
    stage.record()
    stage.hear(0.15)
    for key in "23121":
        page.keyboard.press(key)
        stage.hear(0.2)
    page.keyboard.press("2")
    page.keyboard.press("3")
    page.keyboard.press("1")
    stage.hear(0.15)
    recorded = stage.recorded()
    gain = gains(recorded)
    assert len(gain) > 0.5 * RATE_HZ
    assert gain.min() > 0.249, "there was a gap, or a source that was not in time"
    assert gain.max() < 1.001
    assert_no_click(gain, 0.75)
    settled = [round(level, 3) for level, run in itertools.groupby(gain.round(4)) if len(list(run)) > 2 * FADE]
    assert settled[:6] == [1.0, 0.5, 0.25, 1.0, 0.5, 1.0]


def test_a_planned_switch_is_a_linear_fade_of_5_ms(stage: Stage) -> None:
    out = stage.render(
        0.5,
        """const d = new Mixer(context, context.destination,
             {buffers, levels, weights: [1, 0, 0, 0], position: 1000, when: 0});
           d.mix([0, 1, 0, 0], 0.25); d.stop(0.4);""",
    )
    gain = out / NOISE[1000 : 1000 + len(out)]
    at, end = round(0.25 * RATE_HZ), round(0.4 * RATE_HZ)
    assert gain[FADE + 1 : at] == pytest.approx(1.0, abs=1e-4)
    assert gain[at + FADE + 1 : end] == pytest.approx(0.5, abs=1e-4)
    assert gain[end + FADE + 1 :] == pytest.approx(0.0, abs=1e-6)
    fade = gain[at : at + FADE]
    assert fade == pytest.approx(1 - 0.5 * np.arange(FADE) / FADE, abs=0.005)
    assert_no_click(gain, 1.0)


def test_a_mixer_takes_over_from_another_without_a_gap(stage: Stage) -> None:
    """As when one seeks: both stand at the same sample here, so that together they are as loud as one."""
    out = stage.render(
        0.5,
        """const at = Math.round(0.2 * 44100) / 44100;
           const first = new Mixer(context, context.destination, {buffers, levels, weights: [1, 0, 0, 0], when: 0});
           const second = new Mixer(context, context.destination,
             {buffers, levels, weights: [1, 0, 0, 0], position: Math.round(0.2 * 44100), when: at});
           first.stop(second.begunAt);""",
    )
    gain = out / NOISE[: len(out)]
    assert gain[FADE + 1 :] == pytest.approx(1.0, abs=1e-3)


def test_a_loop_repeats_exactly_its_part_and_its_seam_is_faded(stage: Stage) -> None:
    out = stage.render(
        1.0,
        """new Mixer(context, context.destination,
             {buffers, levels, weights: [0, 0, 0, 1], position: 30000, loop: [28000, 40000], when: 0});""",
    )
    ramp = SIGNALS["ramp"]
    assert out[FADE + 1 : 9000] == pytest.approx(ramp[30000 + FADE + 1 : 39000], abs=1e-6)
    assert out[10000 + FADE : 22000 - FADE] == pytest.approx(ramp[28000 + FADE : 40000 - FADE], abs=1e-6)
    assert out[22000 + FADE : 34000 - FADE] == pytest.approx(out[10000 + FADE : 22000 - FADE], abs=1e-9)
    assert_no_click(out, 0.9)


@pytest.mark.timing
def test_every_source_is_brought_to_the_loudness_of_the_quietest(stage: Stage) -> None:
    """ "full" is 12.04 dB louder than "quarter" and "half" 6.02: switching between them must change nothing."""
    page = stage.page
    stage.show(["full", "half", "quarter"], lufs=[-20.0, -26.02, -32.04])
    page.keyboard.press("Space")
    stage.record()
    stage.hear(0.1)
    for key in "231":
        page.keyboard.press(key)
        stage.hear(0.1)
    gain = gains(stage.recorded())[FADE:]
    assert 20 * np.log10(gain.max() / gain.min()) < 0.02
    assert gain.mean() == pytest.approx(0.25, abs=0.001)


def give(stage: Stage, names: list[str], patient: bool) -> None:
    """Other sources for the player that is there."""
    stage.page.locator("st-player").evaluate(
        """(player, [patient, sources]) => {
            player.dataset.patient = patient;
            player.dataset.sources = sources;
        }""",
        [str(patient).lower(), json.dumps(sources_of(names))],
    )


def test_what_comes_by_itself_waits_while_one_listens(stage: Stage) -> None:
    page = stage.page
    shown = stage.show(["full", "half"])
    page.keyboard.press("Space")
    give(stage, ["full", "half", "quarter"], patient=True)
    page.wait_for_timeout(200)
    expect(shown.locator(".source")).to_have_count(2)
    assert stage.state("p.transport.playing")
    page.keyboard.press("Space")
    expect(shown.locator(".source")).to_have_count(3)


def test_other_sources_keep_the_place_the_loop_and_the_blind(stage: Stage) -> None:
    page = stage.page
    shown = stage.show(["full", "half"])
    stage.state("p.transport.setLoop(44100, 88200, true)")
    stage.state("p.transport.seek(66150)")
    page.get_by_role("button", name="Blind").click()
    give(stage, ["full", "half", "quarter"], patient=True)
    page.wait_for_timeout(200)
    expect(shown.locator(".source span")).to_have_text(["A", "B"])
    give(stage, ["full", "half", "quarter"], patient=False)
    expect(shown.locator(".source span")).to_have_text(["A", "B", "C"])
    page.locator("st-player .play:enabled").wait_for()
    assert stage.state("[p.transport.position, p.transport.loop, p.transport.looping]") == [66150, [44100, 88200], True]
    assert "Name of" not in page.locator("st-player").evaluate("p => p.outerHTML + p.shadowRoot.innerHTML")


@pytest.mark.timing
def test_the_slider_moves_between_neighbours_without_a_gap(stage: Stage) -> None:
    page = stage.page
    stage.show_series(["full", "half", "quarter"], style="ramp")
    page.keyboard.press("Space")
    stage.record()
    slider = page.get_by_role("slider", name="From one result to the next")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(20)
    stage.hear(0.2)
    expect(slider).to_have_attribute("aria-valuetext", "between Name of full and Name of half")
    assert float(slider.input_value()) == 0.5
    gain = gains(stage.recorded())
    assert gain[-100:].mean() == pytest.approx(0.75, abs=0.01)
    assert (np.diff(gain[FADE * 2 :]) < 1e-5).all(), "the way from one to the other was not straight"
    page.locator("st-player .step").nth(2).click()
    expect(slider).to_have_attribute("aria-valuetext", "Name of quarter")
    stage.hear(0.2)
    gain = gains(stage.recorded())
    assert gain[-100:].mean() == pytest.approx(0.25, abs=0.001)
    assert_no_click(gain, 0.75)


def everything_in_the_page(stage: Stage) -> str:
    """Markup, attributes, properties of fields: whatever a curious listener or a screen reader could find."""
    return stage.page.evaluate(
        """() => {
            const roots = [document, ...[...document.querySelectorAll("st-player")].map((p) => p.shadowRoot)];
            const values = roots.flatMap((r) => [...r.querySelectorAll("input, button")]).map((f) => f.value);
            return roots.map((r) => (r.documentElement ?? r).outerHTML ?? r.innerHTML).join() + values.join();
        }"""
    )


@pytest.mark.thorough
def test_blind_hides_names_and_order_until_revealed(stage: Stage) -> None:
    page = stage.page
    names = ["full", "half", "quarter"]
    orders = set()
    for _ in range(7):
        stage.page.locator("#stage").evaluate("(stage) => (stage.innerHTML = '')")
        stage.show(names)
        page.get_by_role("button", name="Blind").click()
        found = everything_in_the_page(stage)
        assert not [name for name in ("Name of", "full", "half", "quarter", "result") if name in found]
        buttons = page.locator("st-player .source")
        assert buttons.locator("span").all_inner_texts() == ["A", "B", "C"]
        expect(buttons.first).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name="Reveal").click()
        shown = [text.split()[-1] for text in buttons.locator("span").all_inner_texts()]
        assert sorted(shown) == names
        orders.add(tuple(shown))
    assert len(orders) > 1, "the order was never shuffled"  # by chance once in 6 ** 6


def test_after_reveal_names_are_back_and_others_come(stage: Stage) -> None:
    page = stage.page
    shown = stage.show(["full", "half"])
    names = page.get_by_role("button", name="Names", exact=True)
    expect(names).to_be_hidden()
    page.get_by_role("button", name="Blind").click()
    expect(names).to_be_hidden()
    page.get_by_role("button", name="Reveal").click()
    names.click()
    expect(shown.locator(".source span")).to_have_text(["Name of full", "Name of half"])
    expect(page.get_by_role("button", name="Blind")).to_be_focused()
    page.get_by_role("button", name="Blind").click()
    page.get_by_role("button", name="Reveal").click()
    give(stage, ["full", "half", "quarter"], patient=True)
    expect(shown.locator(".source span")).to_have_text(["Name of full", "Name of half", "Name of quarter"])


@pytest.mark.timing
def test_blind_keys_play_what_reveal_then_names(stage: Stage) -> None:
    page = stage.page
    stage.show(["full", "half", "quarter"])
    page.get_by_role("button", name="Blind").click()
    page.keyboard.press("1")
    page.locator("st-player .play").click()
    stage.record()
    stage.hear(0.1)
    for key in "23":
        page.keyboard.press(key)
        stage.hear(0.2)
    recorded = stage.recorded()
    page.get_by_role("button", name="Reveal").click()
    factor = {"full": 1.0, "half": 0.5, "quarter": 0.25}
    names = [text.split()[-1] for text in page.locator("st-player .source").all_inner_texts()]
    gain = gains(recorded)
    heard = [level for level, run in itertools.groupby(gain.round(3)) if len(list(run)) > 2 * FADE]
    assert heard == [factor[name] for name in names]


def test_waveforms_do_not_tell_blind_sources_apart(stage: Stage) -> None:
    page = stage.page
    stage.show(["full", "quarter", "ramp"])
    pictures = "[...p.shadowRoot.querySelectorAll('canvas')].map((c) => c.toDataURL())"
    assert len(set(stage.state(pictures))) == 3
    page.get_by_role("button", name="Blind").click()
    assert len(set(stage.state(pictures))) == 1


def test_loop_by_dragging_and_by_numbers(stage: Stage) -> None:
    page = stage.page
    stage.show(["full", "half"])
    box = page.get_by_role("slider", name="Position").bounding_box()
    assert box
    x, y, width = box["x"], box["y"] + 20, box["width"]
    page.mouse.move(x + 0.75 * width, y)
    page.mouse.down()
    page.mouse.move(x + 0.5 * width, y, steps=5)
    page.mouse.up()
    assert stage.state("p.transport.loop") == pytest.approx([2 * RATE_HZ, 3 * RATE_HZ], abs=0.02 * RATE_HZ)
    expect(page.get_by_label("Loop", exact=True)).to_be_checked()
    page.get_by_label("Loop from, seconds").fill("1.5")
    page.get_by_label("Loop from, seconds").press("Enter")
    page.get_by_label("Loop to, seconds").fill("1.75")
    page.get_by_label("Loop to, seconds").press("Enter")
    assert stage.state("p.transport.loop") == [1.5 * RATE_HZ, 1.75 * RATE_HZ]
    page.locator("st-player .play").click()
    for _ in range(6):
        page.wait_for_timeout(100)
        assert 1.5 * RATE_HZ <= stage.state("p.transport.now") < 1.75 * RATE_HZ
    box = page.get_by_role("slider", name="Position").bounding_box()  # below the numbers, which came with the loop
    assert box
    page.mouse.click(x + 0.1 * width, box["y"] + 20)
    expect(page.get_by_label("Loop", exact=True)).not_to_be_checked()
    assert stage.state("p.transport.now") < RATE_HZ
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_seeking_and_the_end(stage: Stage) -> None:
    page = stage.page
    stage.show(["full", "half"])
    for key, seconds in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("ArrowLeft", 0), ("ArrowLeft", 0)):
        page.keyboard.press(key)
        assert stage.state("p.transport.position") == seconds * RATE_HZ
    timeline = page.get_by_role("slider", name="Position")
    timeline.focus()
    page.keyboard.press("End")
    expect(timeline).to_have_attribute("aria-valuetext", "0:04.0 of 0:04.0")
    page.keyboard.press("Home")
    timeline.tap(position={"x": 100, "y": 20})
    width = (timeline.bounding_box() or {})["width"]
    assert stage.state("p.transport.position") == pytest.approx(100 / width * 4 * RATE_HZ, abs=0.02 * RATE_HZ)
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=5_000)
    assert stage.state("p.transport.position") == 0


def test_keys_are_left_to_text_fields_and_to_pages_without_a_player_in_sight(stage: Stage) -> None:
    page = stage.page
    stage.show(["full", "half"])
    page.locator("#elsewhere").click()
    page.keyboard.type("2 2")
    assert page.locator("#elsewhere").input_value() == "2 2"
    page.get_by_label("Loop", exact=True).check()
    page.get_by_label("Loop from, seconds").click()
    page.keyboard.type("2")
    first, second = page.locator("st-player .source").all()
    expect(first).to_have_attribute("aria-pressed", "true")
    assert not stage.state("p.transport.playing")
    page.locator("#other").focus()
    page.keyboard.press("Space")
    assert not stage.state("p.transport.playing"), "space pressed a button and played too"
    page.keyboard.press("2")
    expect(second).to_have_attribute("aria-pressed", "true")
    page.evaluate("document.activeElement.blur(), document.querySelector('#stage').style.marginTop = '3000px'")
    page.keyboard.press("1")
    expect(second).to_have_attribute("aria-pressed", "true")
    page.evaluate("document.querySelector('#stage').style.marginTop = 0")
    page.keyboard.press("1")
    expect(first).to_have_attribute("aria-pressed", "true")


@pytest.mark.timing
def test_a_player_out_of_the_page_is_silent(stage: Stage) -> None:
    page = stage.page
    stage.show(["full", "half"])
    page.keyboard.press("Space")
    stage.record()
    page.wait_for_timeout(100)
    page.evaluate("window.kept = document.querySelector('st-player'), kept.parentElement.style.display = 'none'")
    page.wait_for_function("!kept.transport.playing")
    page.evaluate("kept.parentElement.style.display = 'block'")
    page.keyboard.press("Space")
    page.wait_for_timeout(100)
    page.evaluate("kept.remove()")
    assert not page.evaluate("kept.transport.playing")
    page.wait_for_timeout(100)
    assert not stage.recorded()[-128:].any()


def test_a_recording_that_is_gone_is_told_in_a_sentence(stage: Stage) -> None:
    page = stage.page
    stage.show(["full", "half"])
    give(stage, ["full", "gone"], patient=False)
    expect(page.locator("st-player .status")).to_have_text("A recording could not be loaded. Choose the results again.")
    expect(page.locator("st-player .source span")).to_have_text(["Name of full", "Name of half"])


def test_other_sources_are_heard_without_a_pause(stage: Stage) -> None:
    page = stage.page
    shown = stage.show(["full", "half"])
    page.keyboard.press("2")
    page.keyboard.press("Space")
    before = stage.state("p.transport.now")
    give(stage, ["quarter", "half", "ramp"], patient=False)
    expect(shown.locator(".source")).to_have_count(3)
    assert stage.state("p.transport.playing")
    assert stage.state("p.transport.now") >= before
    expect(shown.locator(".source").nth(1)).to_have_attribute("aria-pressed", "true")  # the one that was heard


def test_a_result_is_mixed_with_the_original_at_one_loudness(stage: Stage) -> None:
    """Both are the same sound here, at other levels: whatever their shares, the mixture is that sound."""
    page = stage.page
    stage.show(["full", "half"], lufs=[-20.0, -26.02], roles=["result", "content"], attributes='data-blends="kept"')
    page.evaluate("document.addEventListener('st-blend', ({ detail }) => (window.blend = detail))")
    assert stage.state("p.transport.levels") == pytest.approx([0.5, 1.0], abs=1e-3)
    slider = page.get_by_role("slider", name="How much of the result is heard")
    kept = page.get_by_label("Download it so")
    expect(kept).to_be_disabled()
    slider.focus()
    for pressed in range(1, 7):
        page.keyboard.press("ArrowLeft")
        share = 1 - 0.05 * pressed
        assert stage.state("p.transport.weights") == pytest.approx([share, 1 - share], abs=1e-3)
    expect(slider).to_have_attribute("aria-valuetext", "70 % result")
    kept.check()
    assert page.evaluate("window.blend") == {"share": 0.7, "kept": True}
    page.keyboard.press("2")
    assert stage.state("p.transport.weights") == [0, 1]


def test_a_player_fits_on_a_phone(stage: Stage) -> None:
    stage.show(["full", "half", "quarter", "ramp"])
    assert stage.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for target in stage.page.locator("st-player .source, st-player .play, st-player .blind").all():
        box = target.bounding_box()
        assert box
        assert box["height"] >= 44
        assert box["width"] >= 44
