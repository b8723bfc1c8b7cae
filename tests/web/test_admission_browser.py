"""Admission in a real browser: the sentence stands beside Transfer before it is pressed, and goes when it need not."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator

import pytest
import soundfile
from playwright.sync_api import Page, expect
from support.page_server import instant, replace_engine
from support.page_visitors import PATIENCE_MS

from styletransfer import estimate
from styletransfer.estimate import Lengths
from styletransfer.settings import PRESETS, SAMPLE_RATE_HZ, Settings
from styletransfer.web.parts import examples
from styletransfer.web.server.server import Server

Visit = Callable[..., Page]


def taken_bytes(settings: Settings) -> int:
    """With the recordings that the page opens with."""
    example = examples.examples()[0]
    content, style = (
        round(soundfile.info(path).duration * SAMPLE_RATE_HZ) for path in (example.content, example.style)
    )
    return estimate.memory_bytes(settings, Lengths(content, (style,)))


@pytest.fixture
def small(server: Server) -> Iterator[Server]:
    """A server with a little less memory than `studio` takes."""
    usual = server.admission
    server.admission = dataclasses.replace(usual, memory_bytes=taken_bytes(PRESETS["studio"]) - 1, is_given=True)
    yield server
    server.admission = usual


@pytest.mark.thorough
def test_the_sentence_comes_and_goes_with_the_preset(visit: Visit, small: Server) -> None:
    replace_engine(small, stylize=instant)
    page, note, sentence = visit(), "#admission", re.compile(r"would take \d+\.\d GB of memory; .* Use .*\.")

    def choose(preset: str) -> None:
        page.locator("#preset input").click()
        page.get_by_role("option", name=re.compile(rf"^{preset}:")).click()

    expect(page.locator("#transfer")).to_be_enabled()
    expect(page.locator(note)).to_be_hidden()
    choose("studio")
    expect(page.locator(note)).to_have_text(sentence)
    told = page.locator(f"{note} .st-message").inner_text()
    page.locator("#transfer").click()
    expect(page.get_by_test_id("toast-body").last).to_contain_text(told)
    choose("quick")
    expect(page.locator(note)).to_be_hidden(timeout=PATIENCE_MS)
