"""The recordings: content and styles side by side, each a recorder for upload, drop and microphone with its take.

There are MAX_STYLES recorders for styles on the page, of which the first is always there; "Add a style" shows the next
one. Styles are read in the order of their recorders, and one that is empty counts for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from styletransfer.errors import AudioError, SettingsError
from styletransfer.files.recordings import read_recordings
from styletransfer.settings import MAX_STYLES, Settings
from styletransfer.web.gradio_compat import LIGHT
from styletransfer.web.parts import controls, takes
from styletransfer.web.parts.stretches import Stretches
from styletransfer.web.server.private_files import PrivateFiles

MIN_WEIGHT, MAX_WEIGHT = 0.1, 10.0
MAX_SENT_WEIGHT = 1e6

TO_HAVE_ONE = "Upload one, record one or choose an example."


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The components of this part."""

    content: gr.Audio
    content_take: gr.HTML
    content_start: gr.Number
    styles: list[gr.Audio]
    style_takes: list[gr.HTML]
    style_start: gr.Number
    weights: list[gr.Slider]
    slots: list[gr.Column]
    """what is shown and hidden for each style: of the first its weight, of the others all"""
    count: gr.State
    swap: gr.Button
    add: gr.Button

    @property
    def all_values(self) -> list[Any]:
        """What `show_recordings` gives values for, in that order."""
        return [self.content, *self.styles, *self.weights, *self.slots, self.count, self.add]


def build(content: str | None, style: str | None) -> Inputs:
    """Lays the recorders out, with these recordings in them, and connects them; the rest does `connect`."""
    weights, slots = [], []
    with gr.Row(elem_id="recordings"):
        content_input, content_take = _recorder("content", "the content", "What to play", content)
        with gr.Column(elem_classes="st-slot", min_width=240):
            first, first_take = _recorder("style", "the style", "What it should sound like", style)
            with gr.Column(visible=False) as slot:
                weights.append(_weight(1))
            slots.append(slot)
        styles, style_takes = [first], [first_take]
        for number in range(2, MAX_STYLES + 1):
            with gr.Column(visible=False, elem_id=f"slot-{number}", elem_classes="st-slot", min_width=240) as slot:
                recorder, take = _recorder(f"style-{number}", f"style {number}", f"Style {number}", None)
                weights.append(_weight(number))
            styles.append(recorder)
            style_takes.append(take)
            slots.append(slot)
    with gr.Row(elem_id="recordings-more"):
        swap = gr.Button("⇄ Swap content and style", size="sm", elem_id="swap", min_width=140)
        add = gr.Button("+ Add a style", size="sm", elem_id="add-style", min_width=140)
    with gr.Row(elem_id="starts"):  # set by the windows on the waveforms
        content_start, style_start = (controls.control(name) for name in ("content_start_s", "style_start_s"))
    assert isinstance(content_start, gr.Number)
    assert isinstance(style_start, gr.Number)
    inputs = Inputs(
        content=content_input,
        content_take=content_take,
        content_start=content_start,
        styles=styles,
        style_takes=style_takes,
        style_start=style_start,
        weights=weights,
        slots=slots,
        count=gr.State(1),
        swap=swap,
        add=add,
    )
    _connect(inputs)
    return inputs


def _recorder(key: str, what: str, title: str, value: str | None) -> tuple[gr.Audio, gr.HTML]:
    """A recorder for the content or a style, under its title, and its take. `key` is the recorder's id."""
    role, _, number = key.partition("-")
    level = 3 if number else 2
    with gr.Column(elem_id=f"{key}-recorder", elem_classes=["st-recorder", f"st-{role}"], min_width=240):
        gr.HTML(f'<h{level} class="st-take-title">{title}</h{level}>', padding=False)
        recorder = gr.Audio(
            value=value,
            label=title,
            sources=["upload", "microphone"],
            type="filepath",
            buttons=["download"],
            waveform_options=gr.WaveformOptions(show_recording_waveform=False),
            elem_id=key,
            elem_classes=f"st-{role}",
        )
        return recorder, takes.build(recorder, value, role=role, what=what)


def connect(inputs: Inputs, seconds: controls.Control, style_seconds: controls.Control, files: PrivateFiles) -> None:
    """Connects the recorders with the settings that say how much of them is used. What browsers cannot play is written
    to `files`."""
    stretches = Stretches(files)
    takes.connect(inputs.content_take, inputs.content, inputs.content_start, seconds, stretches)
    for take, style in zip(inputs.style_takes, inputs.styles, strict=True):
        takes.connect(take, style, inputs.style_start, style_seconds, stretches)
    takes.follow((inputs.content_start, inputs.style_start), (seconds, style_seconds))


def show_recordings(content: str | None, styles: Sequence[str | None], weights: Sequence[float] = ()) -> list[Any]:
    """Values for `Inputs.all_values` that show these recordings, and as many recorders as there are styles. Weights
    that are left out are 1."""
    count = max(1, len(styles))
    files = [*styles, *[None] * MAX_STYLES][:MAX_STYLES]
    scales = [*weights, *[1.0] * MAX_STYLES][:MAX_STYLES]
    return [content, *files, *scales, *_show_slots(count)]


def show_styles(count: int | None) -> list[Any]:
    """Values for slots, count and the Add button that show so many recorders for styles."""
    return _show_slots(min(max(1, count or 1), MAX_STYLES))


def show_weights(weights: Sequence[float]) -> list[Any]:
    """Values for `Inputs.all_values` that leave the recordings and show the weights of as many styles; without weights
    all count the same. Weights count by their proportions, so they are scaled to fit the sliders. Raises SettingsError
    where they cannot."""
    if not weights:
        return [*[gr.skip()] * (1 + MAX_STYLES), *[1.0] * MAX_STYLES, *[gr.skip()] * (MAX_STYLES + 2)]
    lightest, heaviest = min(weights), max(weights)
    if heaviest > lightest * MAX_WEIGHT / MIN_WEIGHT:
        raise SettingsError(
            f"One style weighs {heaviest:g}, another {lightest:g}; on this page it can be at most "
            f"{MAX_WEIGHT / MIN_WEIGHT:g} times as much. Bring the weights closer together."
        )
    scale = min(1.0, MAX_WEIGHT / heaviest) if heaviest > MAX_WEIGHT else max(1.0, MIN_WEIGHT / lightest)
    sliders = [*(weight * scale for weight in weights), *[1.0] * MAX_STYLES][:MAX_STYLES]
    return [*[gr.skip()] * (1 + MAX_STYLES), *sliders, *_show_slots(len(weights))]


def style_weights(styles: Sequence[str | None], weights: Sequence[float | None]) -> tuple[float, ...]:
    """The weights of the styles that there are, as settings have them: none where all count the same."""
    for weight in weights:
        if weight is not None and (
            isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= MAX_SENT_WEIGHT
        ):
            raise SettingsError(
                f"The weight of a style is no number above 0 and at most {MAX_SENT_WEIGHT:g}; give one, or none."
            )
    given = [1.0 if weight is None else float(weight) for style, weight in zip(styles, weights, strict=True) if style]
    return () if len(set(given)) < 2 else tuple(given)


def read(
    content: str | None, styles: Sequence[str | None], settings: Settings
) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Content and styles, cut to the lengths that the settings allow, and notes about them. Raises AudioError."""
    if not content:
        raise AudioError(f"There is no content recording yet. {TO_HAVE_ONE}")
    if not any(styles):
        raise AudioError(f"There is no style recording yet. {TO_HAVE_ONE}")
    given = {
        "The style" if number == 1 else f"Style {number}": style for number, style in enumerate(styles, 1) if style
    }
    return read_recordings(content, list(given.values()), settings, names=("The content", *given))


def _weight(number: int) -> gr.Slider:
    return gr.Slider(
        MIN_WEIGHT,
        MAX_WEIGHT,
        1.0,
        step=0.1,
        label=f"Weight of style {number}",
        elem_id=f"weight-{number}",
    )


def _show_slots(count: int) -> list[Any]:
    """Slots, count and the Add button for `count` styles."""
    slots = [gr.Column(visible=count > 1), *(gr.Column(visible=count > i) for i in range(1, MAX_STYLES))]
    return [*slots, count, gr.Button(interactive=count < MAX_STYLES)]


def _connect(inputs: Inputs) -> None:
    both = [inputs.content, inputs.styles[0], inputs.content_start, inputs.style_start]
    inputs.swap.click(_swap, both, both, **LIGHT)
    inputs.add.click(
        lambda count: _show_slots(min(count + 1, MAX_STYLES)),
        inputs.count,
        [*inputs.slots, inputs.count, inputs.add],
        **LIGHT,
    )
    columns = [*inputs.styles, *inputs.weights]
    for number, take in enumerate(inputs.style_takes[1:], 1):
        take.remove(_remover(number), [inputs.count, *columns], inputs.all_values[1:], **LIGHT)


def _swap(content: str | None, style: str | None, content_start: float | None, style_start: float | None) -> Any:
    return style, content, style_start, content_start


def _remover(number: int) -> Any:
    """An event that takes the style of an index away; those after it move up."""

    def remove(count: int, *values: Any) -> list[Any]:
        styles, weights = list(values[:MAX_STYLES]), list(values[MAX_STYLES:])
        del styles[number], weights[number]
        kept = max(1, count - 1)
        return show_recordings(None, styles[:kept], weights[:kept])[1:]

    return remove
