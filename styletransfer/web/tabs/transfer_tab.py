"""The Transfer tab: recordings and controls in, the result with its curves and spectrograms out.

`build` lays it out and connects it; what its buttons run is in endpoints/transfer_events.py.
"""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from styletransfer.web import frontend, gradio_compat
from styletransfer.web.endpoints.transfer_events import TransferEvents
from styletransfer.web.gradio_compat import LIGHT
from styletransfer.web.parts import (
    admission_note,
    controls,
    examples,
    keeping,
    latest,
    preset_choice,
    preview_player,
    recorders,
    result_view,
    sharing,
    strength_series,
)
from styletransfer.web.parts.downloads import Offered
from styletransfer.web.parts.keeping import Visit
from styletransfer.web.results import progress

TITLE, ID = "Transfer", "transfer"
NOTHING_MADE = "No result was made."
LISTEN = (
    '<button type="button" class="st-listen" aria-label="Play the deck" aria-pressed="false"><span></span></button>'
)
LEFT = "You have left the queue."
# The server has a queue of its own, and tells everybody in it where they stand.
DEVICE: dict[str, Any] = {"concurrency_limit": None}


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The components that events read and write."""

    examples: list[gr.Button]
    inputs: recorders.Inputs
    preset: gr.Dropdown
    settings: dict[str, controls.Control]
    seed_choice: gr.Radio
    sharing: sharing.Sharing
    start: gr.Button
    five: gr.Button
    stop: gr.Button
    leave: gr.Button
    progress: gr.HTML
    note: gr.HTML
    """why Transfer would be refused"""
    view: result_view.View
    latest: gr.HTML
    made: gr.State


def build(events: TransferEvents, visit: Visit) -> None:
    """Lay the tab out and connect it, inside the Tab that is open. It opens with the first example and its finished
    result. `visit.made` gets what the visitor made last, and `visit.controls` the controls."""
    first = examples.examples()[0]
    last = latest.build(_told(events, first.name))
    # The dock stands at the foot of the window (layout.css), and comes first for who moves by keyboard.
    dock = _build_dock(examples.show(first.name)["progress"])
    with gr.Row(equal_height=False, elem_id="sides"):
        with gr.Column(scale=1, min_width=340, elem_id="input-side"):
            left = _build_inputs(first, visit)
        with gr.Column(scale=1, min_width=340, elem_id="result-side"):
            view = result_view.build(examples.show(first.name))
    parts = Parts(**left, **dock, view=view, latest=last, made=visit.made)
    runs = _connect(parts, events)
    opened = _connect_settings(parts, events)
    visit.controls.update({"preset": parts.preset, **parts.settings, "seed_choice": parts.seed_choice})
    keeping.keep_page(opened, visit.controls, parts.inputs)
    keeping.keep_shown(opened, *runs, parts.latest, parts.progress, parts.view, parts.inputs)


def _build_inputs(first: examples.Example, visit: Visit) -> dict[str, Any]:
    example_buttons = examples.build()
    recordings = recorders.build(first.content, first.style)
    settings: dict[str, Any] = {"content_start_s": recordings.content_start, "style_start_s": recordings.style_start}
    with gr.Row(equal_height=True, elem_id="sliders"):
        for name in ("strength", "rhythm", "melody"):
            with gr.Group(), gr.Column(min_width=160, elem_classes="st-front"):
                settings[name] = controls.control(name)
                controls.ends(name)
    with gr.Row(elem_id="kind"):
        choice = preset_choice.build()
        settings["seconds"] = controls.control("seconds")
    with gr.Accordion("For researchers", open=False, elem_id="researchers"):
        advanced, seed_choice = controls.build_advanced()
    with gr.Accordion("Share and keep settings", open=False, elem_id="share"):
        shared = sharing.build()
        keeping.build(visit)
    gr.HTML(f'<p class="st-card-note">{html.escape(strength_series.WORDS)}</p>', padding=False)
    parts = {"examples": example_buttons, "inputs": recordings, "preset": choice, "seed_choice": seed_choice}
    return parts | {"settings": settings | advanced, "sharing": shared}


def _build_dock(shown: str) -> dict[str, Any]:
    """What is in sight at every moment, at the foot of the window: how it stands, the preview, and the buttons."""
    with gr.Row(elem_id="dock", elem_classes="st-dock"):
        keeping.notices()
        news = gr.HTML(shown, elem_id="progress", label="progress", padding=False)
        preview_player.player()
        gr.HTML(LISTEN, js_on_load=frontend.mount("dock"), padding=False, elem_id="listen", label="listen")
        note = admission_note.build()
        with gr.Row(elem_id="buttons", elem_classes="st-buttons"):
            start = gr.Button("Transfer", variant="primary", elem_id="transfer", min_width=100)
            five = gr.Button("Five strengths", elem_id="five", min_width=100)
            stop_button = gr.Button("Stop", interactive=False, elem_id="stop", min_width=80)
            leave = gr.Button("Leave the queue", interactive=False, elem_id="leave", min_width=100)
    return {"progress": news, "note": note, "start": start, "five": five, "stop": stop_button, "leave": leave}


def _connect(parts: Parts, events: TransferEvents) -> tuple[list[Any], Any]:
    """Connect the buttons; return the events of one result, and that of several."""
    view = parts.view
    outputs = [_component(parts, name) for name in result_view.ON_PAGE]
    one = _run(parts, parts.start, events.transfer_from_page, outputs)
    again = _run(parts, view.again, events.transfer_from_page, outputs, new_seed=True)
    five = _run(parts, parts.five, events.five_from_page, outputs)
    view.use.click(_use, view.offered, [parts.inputs.content, parts.inputs.content_start], **LIGHT)
    # The slider may have moved while the reports were made.
    of_nearest = [_component(parts, name) for name in strength_series.SHOWN]
    five.success(strength_series.show_at, [view.kept, view.source_index, view.offered], of_nearest, **LIGHT)
    parts.stop.click(events.stop, api_name="stop", queue=False, show_progress="hidden")
    parts.leave.click(
        functools.partial(_end, LEFT), outputs=[*_buttons(parts), parts.progress], cancels=[one, again, five], **LIGHT
    )
    return [one, again], five


def _run(
    parts: Parts,
    button: gr.Button,
    run: Callable[..., Iterator[Any]],
    outputs: Sequence[Any],
    *,
    new_seed: bool = False,
) -> Any:
    """Has a button run, which empties the result's side once it has begun; with `new_seed`, with one in any case."""
    seed, buttons = parts.settings["seed"], _buttons(parts)
    begin = functools.partial(_begin, "new") if new_seed else _begin
    inputs = [seed] if new_seed else [parts.seed_choice, seed]
    started = button.click(begin, inputs, [*buttons, parts.progress, seed], **LIGHT)
    runs = started.then(
        run,
        [parts.preset, parts.inputs.content, *parts.inputs.styles, *parts.inputs.weights],
        [*outputs, parts.made],
        inputs_kwargs=dict(parts.settings),
        api_visibility="private",
        show_progress="minimal",
        show_progress_on=parts.progress,
        **DEVICE,
    )
    runs.success(_idle, outputs=buttons, **LIGHT)
    runs.failure(_failed, parts.progress, [*buttons, parts.progress], **LIGHT)
    return runs


def _buttons(parts: Parts) -> list[gr.Button]:
    return [parts.start, parts.five, parts.stop, parts.leave]


def _component(parts: Parts, name: str) -> Any:
    """The component of a name in result_view.ON_PAGE."""
    return getattr(parts if name in ("stop", "leave", "progress", "latest") else parts.view, name)


def _connect_settings(parts: Parts, events: TransferEvents) -> Any:
    """Whatever sets the controls, or depends on what they are set to. Return the event that opens the page."""
    recordings, settings = parts.inputs, parts.settings
    lengths = settings["seconds"], settings["style_seconds"]
    recorders.connect(recordings, *lengths, events.server.files)
    admission_note.connect(parts.note, settings, recordings, events.server)
    shown = [recordings.content_start, recordings.style_start, *recordings.all_values]
    shown += [_component(parts, name) for name in result_view.ON_PAGE]
    for button, example in zip(parts.examples, examples.examples(), strict=True):
        button.click(_choose(example, events), outputs=shown, **LIGHT)
    of_preset = [settings[name] for name in controls.SET_BY_PRESETS]
    parts.preset.input(controls.values_of_preset, parts.preset, of_preset, **LIGHT)
    deciding = [settings[name] for name in controls.DECIDING]
    gr.on(
        [component.change for component in (parts.preset, *deciding)],
        _tell_what_they_do,
        [parts.preset, *deciding],
        [parts.preset, *(settings[name] for name in controls.DEPENDENT), parts.seed_choice],
        trigger_mode="always_last",
        **LIGHT,
    )
    page = gradio_compat.current_blocks()
    preset_choice.connect(parts.preset, events.server.timings, page)
    return sharing.connect(parts.sharing, parts.preset, settings, recordings, page)


def _choose(example: examples.Example, events: TransferEvents) -> Callable[[gr.Request], list[Any]]:
    """An event that shows the recordings of an example, from their beginnings, and its finished result, unless a
    transfer of the visitor's is writing in its place. Settings stay as they are."""

    def choose(request: gr.Request) -> list[Any]:
        drawn = result_view.show_example(examples.show(example.name)) | {"latest": _told(events, example.name)}
        if events.is_at_work(request):  # asked last: drawing may take so long that a transfer begins meanwhile
            drawn = {}
        recordings = recorders.show_recordings(example.content, [example.style])
        return [0.0, 0.0, *recordings, *result_view.on_page(drawn)]

    return choose


def _told(events: TransferEvents, name: str) -> str:
    """What the browser is told of an example."""
    return latest.tell([examples.entry(events.server.files, name)], is_example=True)


def _tell_what_they_do(preset: str, *deciding: Any) -> list[Any]:
    """How far the controls are from the preset, and which of them have an effect."""
    values = dict(zip(controls.DECIDING, deciding, strict=True))
    return [gr.Dropdown(label=preset_choice.label(preset, values)), *controls.availability(*deciding)]


def _use(offered: Offered | None) -> tuple[Any, Any]:
    """The result as content, from its beginning."""
    return (gr.skip(), gr.skip()) if offered is None else (offered.path, 0.0)


def _begin(seed_choice: str, seed: float | None) -> tuple[Any, ...]:
    """The buttons and a first word as soon as Transfer is pressed, before the queue; and a seed that the visitor sees,
    where a new one is wanted."""
    off = gr.Button(interactive=False)
    seed = controls.new_seed() if seed_choice == "new" else seed
    return off, off, off, off, progress.with_bar("<b>Preparing</b>", None), seed


def _end(text: str) -> tuple[Any, ...]:
    """Without a result: ready for another one."""
    return *_idle(), progress.message(text)


def _failed(shown: str) -> tuple[Any, ...]:
    """Ready for another one. Who has left the queue is told that, whichever of the two arrives last."""
    return _end(LEFT if LEFT in shown else NOTHING_MADE)


def _idle() -> tuple[gr.Button, ...]:
    ready, off = gr.Button(interactive=True), gr.Button(interactive=False)
    return ready, ready, off, off
