"""The Transfer tab: recordings and controls in, the result with its curves and spectrograms out.

`transfer` makes one result, for the page as for the public endpoint (api.py), `five_from_page` one for each of several
strengths; `stop` ends the caller's own transfer early. Whatever goes wrong reaches the visitor as a sentence.
"""

from __future__ import annotations

import html
import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.context import Context

from styletransfer.audio import AudioError
from styletransfer.settings import DEFAULT_PRESET, FADER_STRENGTHS, MAX_STYLES, PRESETS, Settings, SettingsError, preset
from styletransfer.web import (
    api,
    card,
    controls,
    examples,
    inputs,
    jobs,
    progress,
    result_view,
    sharing,
    shelf,
    strengths,
)

NOTHING_MADE = "No result was made."
LEFT = "You have left the queue."
ERROR_SHOWN_S = 30
LIGHT: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
# jobs.py has a line of its own, and tells everybody in it where they stand.
DEVICE: dict[str, Any] = {"concurrency_limit": None}

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The components that events read and write."""

    examples: list[gr.Button]
    inputs: inputs.Inputs
    preset: gr.Dropdown
    settings: dict[str, controls.Control]
    seed_choice: gr.Radio
    sharing: sharing.Sharing
    start: gr.Button
    five: gr.Button
    stop: gr.Button
    leave: gr.Button
    view: result_view.View
    latest: gr.State


def build() -> gr.State:
    """Lays the tab out and connects it, inside the Blocks or Tab that is open. It opens with the first example and its
    finished result. The state is what the visitor made last, as entries of the shelf."""
    first = examples.examples()[0]
    with gr.Row(equal_height=False, elem_id="sides"):
        with gr.Column(scale=1, min_width=340):
            left = _build_inputs(first)
        with gr.Column(scale=1, min_width=340):
            view = result_view.build(examples.shown(first.name))
    parts = Parts(**left, view=view, latest=gr.State(()))
    _connect(parts)
    _connect_settings(parts)
    return parts.latest


def transfer(
    content: str | None,
    styles: Sequence[str | None],
    weights: Sequence[float | None],
    preset_name: str,
    changes: dict[str, Any],
    request: gr.Request,
) -> Iterator[tuple[Any, ...]]:
    """Play the content recording in the texture of one to four style recordings.

    Takes recordings as audio files, how much each style counts (by proportion; equal if left out), the name of a
    preset, and settings that replace the preset's. While it runs it yields progress and curves; then the result, a WAV
    file at 44,100 Hz, and its spectrograms; at the end also its report card, and a zip of the WAV, the settings and the
    report.
    """
    with as_sentences():
        changes = {**changes, "style_weights": inputs.style_weights(styles, weights)}
        known: result_view.Values = {}
        for values, _ in _results(content, styles, preset(preset_name, **changes), request):
            known |= values  # whoever takes the last outputs alone gets everything
            yield result_view.outputs(known)


def transfer_from_page(
    request: gr.Request, preset_name: str, content: str | None, *values: Any, **settings: Any
) -> Iterator[tuple[Any, ...]]:
    """`transfer` for what the page's controls hold, none of which may be empty. `values` are styles, then weights.
    After its outputs come entries for the shelf."""
    yield from _from_page(request, preset_name, content, values, settings)


def five_from_page(
    request: gr.Request, preset_name: str, content: str | None, *values: Any, **settings: Any
) -> Iterator[tuple[Any, ...]]:
    """As `transfer_from_page`, for several strengths; that of the controls is where the slider begins."""
    yield from _from_page(request, preset_name, content, values, settings, FADER_STRENGTHS)


def _from_page(
    request: gr.Request,
    preset_name: str,
    content: str | None,
    values: Sequence[Any],
    changes: dict[str, Any],
    several: Sequence[float] | None = None,
) -> Iterator[tuple[Any, ...]]:
    with as_sentences(controls.in_words_of_the_page):
        styles, weights = values[:MAX_STYLES], values[MAX_STYLES:]
        changes["style_weights"] = inputs.style_weights(styles, weights)
        settings = controls.settings_from(preset_name, changes)
        if several:
            strengths.check(settings)
        # Nothing is taken off the page before the device is at work: the recordings may be refused, or the queue left.
        has_begun = False
        try:
            for shown, entries in _results(content, styles, settings, request, several):
                begins = not has_begun and result_view.is_at_work(shown)
                on_page = result_view.first_on_page if begins else result_view.on_page
                has_begun |= begins
                yield *on_page(shown), entries or gr.skip()
        except Exception:
            if has_begun:  # no place for a spectrogram that will not come
                yield *result_view.on_page({"spectrograms": ""}), gr.skip()
            raise


def _results(
    content: str | None,
    styles: Sequence[str | None],
    settings: Settings,
    request: gr.Request,
    several: Sequence[float] | None = None,
) -> Iterator[tuple[result_view.Values, tuple[shelf.Entry, ...]]]:
    """What the page shows, and at the end what joins the shelf."""
    recordings = inputs.read(content, styles, settings)
    names = [Path(path).stem for path in (content, *styles) if path]
    visitor = request.session_hash or secrets.token_hex()
    given = visitor, recordings[0], recordings[1:], settings
    finished = None
    with closing(jobs.run(*given, strengths=several, measure=True)) as updates:
        for update in updates:
            if not update.results:
                yield result_view.unfinished(update, settings.hop_length), ()
                continue
            if finished is None:
                finished = result_view.Finished(recordings, update, settings.strength)
                yield finished.heard(update), ()
            if not update.measuring:
                yield finished.measured(update), _entries(update, recordings, names)


def _entries(update: jobs.Update, recordings: Sequence[np.ndarray], names: Sequence[str]) -> tuple[shelf.Entry, ...]:
    made = []
    for result in update.results:
        figures = card.figures(result.report_card if update.measured else None)
        name = strengths.name(result).capitalize() if update.place else ""
        made.append(shelf.make(result, recordings, names, figures=figures, name=name))
    return tuple(made)


def stop(request: gr.Request) -> None:
    """Ask your running transfer to end after its current step; it then yields the best result so far."""
    jobs.stop(request.session_hash or "")


@contextmanager
def as_sentences(in_words: Callable[[str], str] = str) -> Iterator[None]:
    """Turns what is raised inside into gr.Error with a sentence; `in_words` may reword those about settings. What was
    not foreseen goes to the server's log."""
    try:
        yield
    except (AudioError, SettingsError, jobs.BusyError) as error:
        message = in_words(str(error)) if isinstance(error, SettingsError) else str(error)
        # The page would render markup, and messages name files as the visitor called them.
        raise gr.Error(html.escape(message, quote=False), ERROR_SHOWN_S, print_exception=False) from error
    except Exception as error:
        log.exception("a transfer failed")
        text = "Something went wrong on the server, and it has been noted there. Other recordings or settings may work."
        raise gr.Error(text, ERROR_SHOWN_S, print_exception=False) from error


def _build_inputs(first: examples.Example) -> dict[str, Any]:
    example_buttons = examples.build()
    recordings = inputs.build(first.content, first.style)
    settings: dict[str, Any] = {"content_start_s": recordings.content_start, "style_start_s": recordings.style_start}
    with gr.Row():
        preset_choice = gr.Dropdown(
            list(PRESETS),
            value=DEFAULT_PRESET,
            label="Preset",
            info="sets everything under Advanced",
            elem_id="preset",
            min_width=240,
        )
        settings["seconds"] = controls.control("seconds")
    with gr.Row(equal_height=True, elem_id="faders"):
        for name in ("strength", "rhythm"):
            with gr.Group(), gr.Column(min_width=240, elem_classes="st-front"):
                settings[name] = controls.control(name)
                controls.ends(name)
    with gr.Row(elem_id="buttons"):
        start = gr.Button("Transfer", variant="primary", elem_id="transfer", min_width=120)
        five = gr.Button("Five strengths", elem_id="five", min_width=120)
        stop_button = gr.Button("Stop", interactive=False, elem_id="stop", min_width=120)
        leave = gr.Button("Leave the queue", interactive=False, elem_id="leave", min_width=120)
    gr.HTML(f'<p class="st-card-note">{html.escape(strengths.WORDS)}</p>', padding=False)
    with gr.Accordion("Advanced", open=False):
        advanced, seed_choice = controls.build_advanced()
    with gr.Accordion("Share and keep settings", open=False):
        shared = sharing.build()
    parts = {"examples": example_buttons, "inputs": recordings, "preset": preset_choice, "seed_choice": seed_choice}
    parts |= {"settings": settings | advanced, "sharing": shared}
    return parts | {"start": start, "five": five, "stop": stop_button, "leave": leave}


def _connect(parts: Parts) -> None:
    view = parts.view
    outputs = [_component(parts, name) for name in result_view.ON_PAGE]
    running = [_run(parts, parts.start, transfer_from_page, outputs), _run(parts, parts.five, five_from_page, outputs)]
    # The slider may have moved while the reports were made.
    of_nearest = [_component(parts, name) for name in strengths.SHOWN]
    running[1].success(strengths.shown_at, [view.kept, view.place], of_nearest, **LIGHT)
    api.build(transfer, [_component(parts, name) for name in result_view.OUTPUTS], **DEVICE)
    parts.stop.click(stop, api_name="stop", queue=False, show_progress="hidden")
    parts.leave.click(partial(_ended, LEFT), outputs=[*_buttons(parts), view.progress], cancels=running, **LIGHT)


def _run(parts: Parts, button: gr.Button, run: Callable[..., Iterator[Any]], outputs: Sequence[Any]) -> Any:
    """Has a button run, which empties the result's side once it has begun."""
    seed, buttons, view = parts.settings["seed"], _buttons(parts), parts.view
    started = button.click(_begin, [parts.seed_choice, seed], [*buttons, view.progress, seed], **LIGHT)
    running = started.then(
        run,
        [parts.preset, parts.inputs.content, *parts.inputs.styles, *parts.inputs.weights],
        [*outputs, parts.latest],
        inputs_kwargs=dict(parts.settings),
        api_visibility="private",
        show_progress="minimal",
        show_progress_on=view.progress,
        **DEVICE,
    )
    running.success(_idle, outputs=buttons, **LIGHT)
    running.failure(partial(_ended, NOTHING_MADE), outputs=[*buttons, view.progress], **LIGHT)
    return running


def _buttons(parts: Parts) -> list[gr.Button]:
    return [parts.start, parts.five, parts.stop, parts.leave]


def _component(parts: Parts, name: str) -> Any:
    """The component of a name in result_view.ON_PAGE."""
    return getattr(parts if name in ("stop", "leave") else parts.view, name)


def _connect_settings(parts: Parts) -> None:
    """Whatever sets the controls, or depends on what they are set to."""
    recordings, settings = parts.inputs, parts.settings
    shown = [recordings.content_start, recordings.style_start, *recordings.all_values]
    shown += [_component(parts, name) for name in result_view.ON_PAGE]
    for button, example in zip(parts.examples, examples.examples(), strict=True):
        button.click(partial(_choose, example), outputs=shown, **LIGHT)
    of_preset = [settings[name] for name in controls.OF_PRESETS]
    parts.preset.input(
        lambda name: controls.values_of(preset(name), controls.OF_PRESETS), parts.preset, of_preset, **LIGHT
    )
    deciding = [settings[name] for name in controls.DECIDING]
    gr.on(
        [component.change for component in deciding],
        controls.availability,
        deciding,
        [*(settings[name] for name in controls.DEPENDENT), parts.seed_choice],
        trigger_mode="always_last",
        **LIGHT,
    )
    page = Context.root_block
    assert page is not None
    sharing.connect(parts.sharing, parts.preset, settings, recordings, page)


def _choose(example: examples.Example) -> list[Any]:
    """The recordings of an example, from their beginnings, and its finished result. Settings stay as they are."""
    drawn = result_view.example(examples.shown(example.name))
    recordings = inputs.shown(example.content, [example.style])
    return [0.0, 0.0, *recordings, *result_view.outputs(drawn, result_view.ON_PAGE)]


def _begin(seed_choice: str, seed: float | None) -> tuple[Any, ...]:
    """The buttons and a first word as soon as Transfer is pressed, before the queue; and a seed that the visitor sees,
    where a new one is wanted."""
    off = gr.Button(interactive=False)
    seed = controls.new_seed() if seed_choice == "new" else seed
    return off, off, off, off, progress.with_bar("<b>Preparing</b>", None), seed


def _ended(text: str) -> tuple[Any, ...]:
    """Without a result: ready for another one."""
    return *_idle(), progress.message(text)


def _idle() -> tuple[gr.Button, ...]:
    ready, off = gr.Button(interactive=True), gr.Button(interactive=False)
    return ready, ready, off, off
