"""Names of results: short, plain, and telling what was made."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styletransfer.files import result_names
from styletransfer.files.result_names import result_name
from styletransfer.settings import PRESETS, Settings, preset

NAMES = st.text(max_size=300)


@pytest.mark.parametrize(
    ("content", "styles", "settings", "name", "expected"),
    [
        ("Piano", ["violin"], preset("quick"), "quick", "piano-as-violin-strength-90-quick"),
        ("a_b (1)", ["c", "D"], Settings(strength=12.5), "balanced", "a-b-1-as-c-and-d-strength-12-5-balanced"),
        ("Gemüse", ["雨の音"], preset("instant", seed=7), "instant", "gemüse-as-雨の音-strength-90-instant-seed-7"),
        ("../..", ["\0"], Settings(), "balanced", "recording-as-recording-strength-90-balanced"),
        # Raw losses do not know strength, and filters are left to chance.
        ("a", ["b"], PRESETS["paper"], "paper", "a-as-b-paper-seed-0"),
    ],
)
def test_a_name_tells_what_was_made(
    content: str, styles: list[str], settings: Settings, name: str, expected: str
) -> None:
    assert result_name(content, styles, settings, name) == expected


def test_the_name_of_a_series_tells_no_strength() -> None:
    assert result_name("a", ["b"], preset("quick"), "quick", is_series=True) == "a-as-b-strengths-quick"


@given(content=NAMES, styles=st.lists(NAMES, min_size=1, max_size=4), name=st.sampled_from(sorted(PRESETS)))
def test_a_name_is_short_and_has_nothing_odd(content: str, styles: list[str], name: str) -> None:
    settings = dataclasses.replace(PRESETS[name], seed=2**31 - 1, strength=33.333333)
    made = result_name(content, styles, settings, name)
    assert len(made) <= result_names.MAX_CHARACTERS
    assert len(made.encode()) <= result_names.MAX_BYTES
    assert re.fullmatch(r"[^\W_]+(-[^\W_]+)*", made)
    assert "-as-" in made
    assert f"-{name}" in made
