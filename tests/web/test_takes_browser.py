"""Recorders and their takes in a real browser: dropped, named, drawn, moved, played, chosen from samples."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from playwright.sync_api import FilePayload, Locator, Page, expect
from support.page_server import PIANO, replace_engine, wait_until
from support.page_visitors import begin_at, box, findings, show, take

from styletransfer.errors import AudioError
from styletransfer.settings import Settings
from styletransfer.web.server.server import Server
from tools.screenshots import DRAWN_MS

Visit = Callable[..., Page]
DROP = """async ([data, name]) => {
    const bytes = await (await fetch(`data:application/octet-stream;base64,${data}`)).arrayBuffer();
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name));
    return transfer;
}"""
SOUNDS = """
window.sounds = [];
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  if (!window.sounds.includes(this)) window.sounds.push(this);
  return play.call(this);
};
"""

SLOW_UPLOADS = """
const fetched = window.fetch;
window.fetch = async (address, options) => {
  const file = options?.body instanceof FormData ? options.body.values().next().value : null;
  if (file?.name === "slow.wav") await new Promise((done) => { window.goOn = done; });
  return fetched(address, options);
};
"""
LISTENERS = """
window.listeners = 0;
const listen = Document.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (type, heard, options) {
  if (this === document && (type === "focusin" || type === "st-playing")) {
    window.listeners++;
    listen.call(options?.signal ?? new EventTarget(), "abort", () => window.listeners--);
  }
  return listen.call(this, type, heard, options);
};
"""


@pytest.fixture
def short() -> FilePayload:
    """A recording of 0.3 s."""
    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(13_230) / 9) / 3, 44_100, format="WAV")
    return {"name": "short.wav", "mimeType": "", "buffer": file.getvalue()}


@pytest.fixture
def piano() -> np.ndarray:
    return soundfile.read(PIANO, frames=4 * 44_100, dtype="float32")[0]


def drop(page: Page, where: Locator, path: Path) -> None:
    data = base64.b64encode(path.read_bytes()).decode()
    where.dispatch_event("drop", {"dataTransfer": page.evaluate_handle(DROP, [data, path.name])})


def write_m4a(path: Path, samples: np.ndarray) -> None:
    """As phones record: AAC in MP4."""
    with av.open(path, "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=44_100, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = 44_100
        for part in (frame, None):
            container.mux(stream.encode(part))


def text_of(window: Locator) -> str:
    return window.get_attribute("aria-valuetext") or ""


@pytest.mark.thorough
def test_a_file_dropped_on_a_filled_recorder_replaces_what_is_in_it(
    visit: Visit, server: Server, piano: np.ndarray, tmp_path: Path
) -> None:
    """Of a kind that has no type for browsers and that they cannot play: the server gives a WAV of the stretch."""
    heard: list[np.ndarray] = []

    def note(content: np.ndarray, _styles: Sequence[np.ndarray], _settings: Settings, **_: Any) -> None:
        heard.append(content)
        raise AudioError("Noted.")

    replace_engine(server, stylize=note)
    soundfile.write(tmp_path / "take.w64", piano, 44_100, format="W64")
    page = visit(script=SOUNDS)
    expect(take(page, "content", "play")).to_be_enabled()
    drop(page, page.locator("#content-take canvas"), tmp_path / "take.w64")
    expect(take(page, "content", "name")).to_contain_text("take.w64")
    expect(take(page, "content", "name")).to_contain_text("4 s")
    expect(page.locator("#content-said")).to_be_empty()
    take(page, "content", "play").click()
    wait_until(lambda: page.evaluate("window.sounds.some((s) => s.currentTime > 0.2 && s.duration > 3.9)"))
    assert "stretch.wav" in page.evaluate("window.sounds.at(-1).src")
    expect(take(page, "content", "play")).to_have_attribute("aria-pressed", "true")
    page.locator("#transfer").click()
    wait_until(lambda: heard)
    np.testing.assert_allclose(heard[0], piano, atol=1e-4)


def test_a_voice_memo_is_named_drawn_and_played_from_where_its_stretch_begins(
    visit: Visit, piano: np.ndarray, tmp_path: Path
) -> None:
    write_m4a(tmp_path / "Voice memo (3) Ü.m4a", piano)
    page = visit(query="?seconds=1", script=SOUNDS)
    with page.expect_file_chooser() as chooser:
        take(page, "content", "replace").press("Enter")
    chooser.value.set_files(tmp_path / "Voice memo (3) Ü.m4a")
    expect(take(page, "content", "name")).to_contain_text("Voice memo (3) Ü.m4a")
    expect(take(page, "content", "window")).to_have_attribute("aria-valuetext", re.compile("from 0.0 to 1.0 s of 4"))
    expect(take(page, "content", "replace")).to_be_focused()
    drawn = """canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((_, i) => i % 4 === 3 && data[i] > 0).length / (canvas.width * canvas.height);
    }"""
    wait_until(lambda: 0.05 < page.locator("#content-take canvas").evaluate(drawn) < 0.9)
    begin_at(page, "content", 2)
    window = take(page, "content", "window")
    window.press(" ")
    wait_until(lambda: page.evaluate("window.sounds.some((s) => s.currentTime > 2.2)"))
    expect(take(page, "content", "play")).to_have_attribute("aria-pressed", "false")
    assert 2.9 < page.evaluate("window.sounds[0].currentTime") < 3.5, "it stops where the stretch ends"


@pytest.mark.thorough
def test_the_window_is_dragged_and_follows_the_settings(visit: Visit, short: FilePayload) -> None:
    page = visit(query="?style_start_s=1&style_seconds=5")
    window, style = take(page, "content", "window"), take(page, "style", "window")
    expect(style).to_have_attribute("aria-valuetext", "from 1.0 to 6.0 s of 12.5 s")
    expect(window).to_have_attribute("aria-valuetext", "from 0.0 to 10.0 s of 13.3 s")
    wave = page.locator("#content-take .st-take-wave").bounding_box()
    assert wave
    x, y = wave["x"], wave["y"] + wave["height"] / 2
    page.mouse.move(x + 0.3 * wave["width"], y)
    page.mouse.down()
    page.mouse.move(x + 0.4 * wave["width"], y, steps=3)
    page.mouse.up()
    begin = round(0.1 * 13.26, 1)
    expect(box(page, "content_start_s")).to_have_value(str(begin))
    assert text_of(window) == f"from {begin} to {begin + 10:.1f} s of 13.3 s"
    expect(window).to_be_focused()
    window.press("ArrowRight")
    expect(box(page, "content_start_s")).to_have_value(f"{begin + 0.1:.1f}")
    box(page, "seconds").fill("3")
    expect(window).to_have_attribute("aria-valuetext", f"from {begin + 0.1:.1f} to {begin + 3.1:.1f} s of 13.3 s")
    window.press("End")
    expect(box(page, "content_start_s")).to_have_value("10.25")
    page.locator("#content-take input[type=file]").set_input_files(short)
    expect(window).to_have_attribute("aria-valuetext", "from 0.0 to 0.3 s of 0.3 s")
    expect(box(page, "content_start_s")).to_have_value("0")


@pytest.mark.thorough
def test_samples_combine_with_ones_own_recordings_and_the_focus_stays(visit: Visit, short: FilePayload) -> None:
    page = visit()
    page.locator("#content-take input[type=file]").set_input_files(short)
    expect(take(page, "content", "name")).to_contain_text("short.wav")
    samples = page.get_by_role("combobox", name="A sample as the style")
    samples.focus()
    samples.select_option("Violin")
    expect(take(page, "style", "name")).to_contain_text("Violin")
    expect(samples).to_be_focused()
    expect(samples).to_have_value("Violin")
    expect(take(page, "content", "name")).to_contain_text("short.wav")
    take(page, "content", "remove").press("Enter")
    expect(page.locator("#content .upload-container")).to_be_focused()
    expect(page.get_by_role("heading", name="What to play")).to_be_visible()
    for look in ("desktop-light", "phone-dark"):
        show(page, look)
        page.wait_for_timeout(DRAWN_MS)  # colours go over slowly
        assert findings(page) == [], look
    show(page, "desktop-light")
    page.locator("#content input[type=file]").set_input_files(short)
    expect(take(page, "content", "play")).to_be_focused()
    heights = [page.locator(f"#{name}-recorder").bounding_box() for name in ("content", "style")]
    assert all(each and each["height"] <= 160 for each in heights)


@pytest.mark.thorough
def test_what_was_chosen_last_counts_however_slowly_another_loads(visit: Visit, short: FilePayload) -> None:
    page = visit(script=SLOW_UPLOADS)
    file, name = page.locator("#content-take input[type=file]"), take(page, "content", "name")
    slow: FilePayload = {**short, "name": "slow.wav", "buffer": short["buffer"] + b"more"}
    transfer, recorder = page.locator("#transfer"), page.locator("#content-recorder")

    def begin_slowly() -> None:
        file.set_input_files(slow)
        expect(name).to_have_text("slow.wavloading")
        expect(transfer).to_have_attribute("aria-disabled", "true")
        page.wait_for_function("Boolean(window.goOn)")

    def end_slowly() -> None:
        expect(transfer).not_to_have_attribute("aria-disabled", "true")
        page.evaluate("window.goOn(); window.goOn = null")
        page.wait_for_timeout(1500)  # there is nothing to wait for

    expect(take(page, "content", "play")).to_be_enabled()
    begin_slowly()
    transfer.click(force=True)
    file.set_input_files(short)
    expect(name).to_have_text("short.wav0.3 s")
    expect(page.locator("#progress")).to_contain_text("Speech as hand drums")
    end_slowly()
    expect(name).to_contain_text("short.wav")

    begin_slowly()
    page.get_by_role("button", name="Guitar as violin", exact=True).click()
    expect(name).to_contain_text("Guitar")
    end_slowly()
    expect(name).to_contain_text("Guitar")

    begin_slowly()
    take(page, "content", "remove").click()
    expect(recorder).not_to_contain_class("st-filled")
    end_slowly()
    expect(recorder).not_to_contain_class("st-filled")

    begin_slowly()
    page.evaluate("window.goOn(); window.goOn = null")
    expect(name).to_have_text("slow.wav0.3 s")
    expect(transfer).not_to_have_attribute("aria-disabled", "true")


@pytest.mark.thorough
def test_a_style_that_is_taken_away_leaves_nothing_that_listens(visit: Visit) -> None:
    page = visit(script=LISTENERS)

    def come_and_go() -> int:
        page.locator("#add-style").click()
        expect(take(page, "style-2", "remove")).to_be_visible()
        take(page, "style-2", "remove").click()
        expect(page.locator("#style-2-recorder")).to_be_hidden()
        return page.evaluate("window.listeners")

    first = come_and_go()
    assert come_and_go() == first
