"""The choice of a preset: what each sounds like, how long it takes on this machine, and what was changed since."""

from __future__ import annotations

from typing import Any

import gradio as gr

from styletransfer.errors import SettingsError
from styletransfer.settings import DEFAULT_PRESET, FIELDS, PRESETS, Settings, preset
from styletransfer.settings.metadata import plain
from styletransfer.settings.presets import PRESET_SOUNDS
from styletransfer.web.gradio_compat import LIGHT
from styletransfer.web.results.progress import duration
from styletransfer.web.server.timings import Timings

LABEL = f"Preset, and its time here for {Settings().seconds:g} s"
LOOK_AGAIN_S = 10.0
"""As long as some times are not known yet"""


def build() -> gr.Dropdown:
    """Lay the choice out, without times."""
    return gr.Dropdown(
        choices(Timings()), value=DEFAULT_PRESET, label=LABEL, filterable=False, elem_id="preset", min_width=240
    )


def connect(choice: gr.Dropdown, timings: Timings, page: gr.Blocks) -> None:
    """Have the choice tell the times when the page opens, and those that become known while it is open."""
    timer = gr.Timer(LOOK_AGAIN_S)

    def look() -> tuple[Any, ...]:
        return gr.Dropdown(choices=choices(timings)), gr.Timer(active=not timings.are_complete())

    for event in (page.load, timer.tick):
        event(look, outputs=[choice, timer], **LIGHT)


def choices(timings: Timings) -> list[tuple[str, str]]:
    """Label and value of each preset: `quick: 5 s, a first listen`. What is cut off on a narrow screen is its end."""
    return [(f"{name}: {_time(timings, name)}{PRESET_SOUNDS[name]}", name) for name in PRESETS]


def _time(timings: Timings, name: str) -> str:
    seconds = timings.seconds(name, PRESETS[name].seconds)
    return "" if seconds is None else f"{duration(max(1.0, seconds))}, "


def label(name: str, values: dict[str, Any]) -> str:
    """The choice's label: what it is, or how the controls differ from the preset. `values` are those of controls that
    presets set."""
    try:
        of_preset = preset(name)
    except SettingsError:
        return LABEL
    changed = {each: value for each, value in values.items() if value != getattr(of_preset, each)}
    if not changed:
        return LABEL
    (first, value), *others = changed.items()
    more = f" and {len(others)} more" if others else ""
    return f"Preset, changed: {FIELDS[first].label} {plain(value)}{more}"
