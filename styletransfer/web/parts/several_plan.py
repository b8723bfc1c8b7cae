"""What is going to be made of several recordings, told before it is: how many results, how long they take, and why not.

The controls under Transfer hold for all of them, but for the stretches: each recording is used from its beginning.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from styletransfer import estimate
from styletransfer.errors import SettingsError
from styletransfer.estimate import Lengths
from styletransfer.files.arrivals import Arrival
from styletransfer.settings import SAMPLE_RATE_HZ, Settings, inactive_settings, preset
from styletransfer.settings.metadata import plain
from styletransfer.web.parts import admission_note, controls, piles
from styletransfer.web.results import progress
from styletransfer.web.results.combinations import MAX_RESULTS, Combination, combinations
from styletransfer.web.results.several_runs import Asked
from styletransfer.web.server.server import Server

EMPTY = "Give at least one recording on either side: each content is played with the sound of each style."
NOTHING_CHOSEN = "Tick at least one result to be made."
FROM_BEGINNING: dict[str, Any] = {"content_start_s": 0.0, "style_start_s": 0.0, "style_weights": ()}
"""In place of what the controls have: stretches and weights are of the recordings under Transfer."""
FRONT = ("strength", "rhythm", "melody")


class Plan(NamedTuple):
    """What can be made, and what is going to be."""

    combinations: list[Combination]
    """all that there can be"""
    chosen: list[Combination]
    """those that are wanted"""
    asked: list[Asked]
    """those to be made: none where they are refused"""
    sentence: str
    """plain text: how many and how long, or why not"""


def plan(
    server: Server,
    contents: Sequence[str] | None,
    styles: Sequence[str] | None,
    left_out: Sequence[str],
    preset_name: str,
    values: Mapping[str, Any],
    *,
    new_seeds: bool = False,
) -> Plan:
    """Work out what is to be made of recordings, by their paths, but for the combinations of these titles.

    `values` are those of the controls under Transfer. With `new_seeds` each result has one of its own."""
    all_ = possible(contents, styles)
    chosen = [each for each in all_ if each.title not in left_out]
    if not all_:
        return Plan([], [], [], EMPTY)
    if not chosen:
        return Plan(all_, [], [], NOTHING_CHOSEN)
    if len(chosen) > MAX_RESULTS:
        return Plan(all_, chosen, [], _too_many(len(chosen)))
    try:
        settings = settings_of(preset_name, values)
        server.check_length(settings)
    except SettingsError as error:
        return Plan(all_, chosen, [], controls.in_words_of_the_page(str(error)))
    known = piles.usable(contents) | piles.usable(styles)
    lengths = [_lengths(each, known) for each in chosen]
    works = [estimate.work(settings, each) for each in lengths]
    seeds = [controls.new_seed() if new_seeds else settings.seed for _ in chosen]
    asked = [
        Asked(each, dataclasses.replace(settings, seed=seed), work)
        for each, seed, work in zip(chosen, seeds, works, strict=True)
    ]
    refusals = [server.admission.refusal(settings, each) for each in lengths]
    refused = [
        (work, each.title, refusal) for work, each, refusal in zip(works, chosen, refusals, strict=True) if refusal
    ]
    count = _count(len(asked), server.timings.unit_seconds(), sum(works))
    if not refused:
        return Plan(all_, chosen, asked, count)
    _, title, refusal = max(refused)
    if len(refused) == len(asked):
        return Plan(all_, chosen, [], refusal if len(asked) == 1 else f"{title}: {refusal}")
    return Plan(all_, chosen, asked, f"{count}, but not all of them will be made. {title}: {refusal}")


def possible(contents: Sequence[str] | None, styles: Sequence[str] | None) -> list[Combination]:
    """All combinations of the recordings that can be used."""
    return combinations(list(piles.usable(contents)), list(piles.usable(styles)))


def settings_of(preset_name: str, values: Mapping[str, Any]) -> Settings:
    """The settings that hold. Raises SettingsError."""
    return controls.settings_from(preset_name, {**values, **FROM_BEGINNING})


def told(found: Plan) -> str:
    """HTML of the sentence."""
    return progress.message(escape(found.sentence, quote=False))


def label(count: int) -> str:
    """Of the button."""
    return "Make results" if not count else "Make 1 result" if count == 1 else f"Make {count} results"


def settings_told(preset_name: str, values: Mapping[str, Any]) -> str:
    """HTML that says which settings hold; nothing where they do not go together."""
    try:
        settings = settings_of(preset_name, values)
    except SettingsError:
        return ""
    inactive = inactive_settings(settings)
    front = [f"{name} {plain(getattr(settings, name))}" for name in FRONT if name not in inactive]
    of_preset = preset(preset_name)
    own = sum(getattr(settings, name) != getattr(of_preset, name) for name in controls.OF_PRESETS if name != "seed")
    more = [f"{own} settings of your own" if own > 1 else "one setting of your own"] if own else []
    words = ", ".join([f"preset {preset_name}", *front, *more])
    seconds = f"{settings.seconds:g} s"
    return f"<p>As set under Transfer: {escape(words)}, and at most {seconds} of each content from its beginning.</p>"


def _too_many(count: int) -> str:
    return (
        f"These are {count} results; {MAX_RESULTS} can be made in one go. "
        f"Untick {count - MAX_RESULTS} of them, or take a recording away."
    )


def _count(count: int, unit_s: float | None, work: float) -> str:
    results = "1 result" if count == 1 else f"{count} results"
    return results if unit_s is None else f"{results}, about {progress.duration(max(1.0, unit_s * work))}"


def _lengths(combination: Combination, known: Mapping[str, Arrival]) -> Lengths:
    content, style = (
        round(seen.seconds * SAMPLE_RATE_HZ) if (seen := known[path].waveform) else 0
        for path in (combination.content, combination.style)
    )
    return Lengths(content, (style,), admission_note.channels(combination.content))
