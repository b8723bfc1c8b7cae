"""The Transfer tab: recordings and controls in, the result with its curves and spectrograms out.

`transfer` makes one result, for the page as for the public endpoint (api.py); `stop` ends the caller's own transfer
early. Whatever goes wrong reaches the visitor as a sentence.
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

from styletransfer import audio
from styletransfer.audio import AudioError
from styletransfer.settings import DEFAULT_PRESET, MAX_STYLES, PRESETS, SAMPLE_RATE_HZ, Settings, SettingsError, preset
from styletransfer.transfer import Result
from styletransfer.web import (
    api,
    controls,
    examples,
    inputs,
    jobs,
    pictures,
    plots,
    preview,
    private_files,
    progress,
    sharing,
    shelf,
)

NOTHING_MADE = "No result was made."
LEFT = "You have left the queue."
ERROR_SHOWN_S = 30
LIGHT: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}

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
    stop: gr.Button
    leave: gr.Button
    progress: gr.HTML
    result: gr.Audio
    download: gr.DownloadButton
    curves: gr.HTML
    spectrograms: gr.HTML
    entry: gr.State


def build() -> gr.State:
    """Lays the tab out and connects it, inside the Blocks or Tab that is open. It opens with the first example and its
    finished result. The state is the visitor's latest result as an entry of the shelf, None before the first."""
    first = examples.examples()[0]
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=340):
            left = _build_inputs(first)
        with gr.Column(scale=1, min_width=340):
            right = _build_outputs(examples.shown(first.name))
    parts = Parts(**left, **right, entry=gr.State())
    _connect(parts)
    _connect_settings(parts)
    return parts.entry


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
    preset, and settings that replace the preset's. While it runs it yields progress and curves; at the end the result,
    a WAV file at 44,100 Hz, and its spectrograms.
    """
    with as_sentences():
        changes = {**changes, "style_weights": inputs.style_weights(styles, weights)}
        for outputs, _ in _results(content, styles, preset(preset_name, **changes), request):
            yield outputs


def transfer_from_page(
    request: gr.Request, preset_name: str, content: str | None, *values: Any, **settings: Any
) -> Iterator[tuple[Any, ...]]:
    """`transfer` for what the page's controls hold, none of which may be empty. `values` are styles, then weights.
    After its outputs comes an entry for the shelf."""
    with as_sentences(controls.in_words_of_the_page):
        styles, weights = values[:MAX_STYLES], values[MAX_STYLES:]
        settings["style_weights"] = inputs.style_weights(styles, weights)
        for outputs, entry in _results(content, styles, controls.settings_from(preset_name, settings), request):
            yield *outputs, entry or gr.skip()


def _results(
    content: str | None, styles: Sequence[str | None], settings: Settings, request: gr.Request
) -> Iterator[tuple[tuple[Any, ...], shelf.Entry | None]]:
    recordings = inputs.read(content, styles, settings)
    names = [Path(path).stem for path in (content, *styles) if path]
    visitor = request.session_hash or secrets.token_hex()
    with closing(jobs.run(visitor, recordings[0], recordings[1:], settings)) as updates:
        for update in updates:
            if update.result:
                yield finished(recordings, update, update.result), shelf.make(update.result, recordings, names)
            else:
                yield unfinished(update, settings.hop_length), None


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


def unfinished(update: jobs.Update, hop_length: int) -> tuple[Any, ...]:
    """What the page shows while the engine works."""
    waits = update.ahead is not None
    picture = {} if update.picture is None else {"result": update.picture}
    return _outputs(
        progress=progress.unfinished(update),
        curves=plots.curves(update.steps),
        spectrograms=plots.spectrograms(picture, SAMPLE_RATE_HZ, hop_length, coarseness=2) if picture else gr.skip(),
        stop=gr.Button(visible=not waits, interactive=not update.stopping),
        leave=gr.Button(visible=waits),
    )


def finished(recordings: Sequence[np.ndarray], update: jobs.Update, result: Result) -> tuple[Any, ...]:
    """What the page shows at the end. The result is written to a file of its own that nobody else can name."""
    path = private_files.new_file("style-transfer.wav")
    audio.write(path, result.sound, result.sample_rate_hz)
    return _outputs(
        progress=progress.finished(update, result),
        result=str(path),
        curves=plots.curves(result.history),
        spectrograms=pictures.spectrograms(recordings, result.sound, result.settings),
    )


def _build_inputs(first: examples.Example) -> dict[str, Any]:
    example_buttons = examples.build()
    recordings = inputs.build(first.content, first.style)
    settings: dict[str, Any] = {"content_start_s": recordings.content_start, "style_start_s": recordings.style_start}
    with gr.Row():
        preset_choice = gr.Dropdown(
            list(PRESETS),
            value=DEFAULT_PRESET,
            label="Preset",
            info="sets everything here and under Advanced",
            elem_id="preset",
            min_width=240,
        )
        settings["seconds"] = controls.control("seconds")
    with gr.Row():
        for name in ("strength", "rhythm"):
            with gr.Group(), gr.Column(min_width=240, elem_classes="st-front"):
                settings[name] = controls.control(name)
                controls.ends(name)
    with gr.Row():
        start = gr.Button("Transfer", variant="primary", elem_id="transfer", min_width=120)
        stop_button = gr.Button("Stop", interactive=False, elem_id="stop", min_width=120)
        leave = gr.Button("Leave the queue", visible=False, elem_id="leave", min_width=120)
    with gr.Accordion("Advanced", open=False):
        advanced, seed_choice = controls.build_advanced()
    with gr.Accordion("Share and keep settings", open=False):
        shared = sharing.build()
    parts = {"examples": example_buttons, "inputs": recordings, "preset": preset_choice, "seed_choice": seed_choice}
    parts |= {"settings": settings | advanced, "sharing": shared}
    return parts | {"start": start, "stop": stop_button, "leave": leave}


def _build_outputs(shown: dict[str, str]) -> dict[str, Any]:
    news = gr.HTML(shown["progress"], elem_id="progress", label="progress")
    preview.player()
    result = gr.Audio(
        value=shown["result"],
        label="Result",
        interactive=False,
        type="filepath",
        buttons=[],
        waveform_options=inputs.waveform("result"),
        elem_id="result",
        elem_classes="st-result",
    )
    download = gr.DownloadButton("Download", value=shown["result"], elem_id="download")
    parts = {"progress": news, "result": result, "download": download}
    return parts | {name: gr.HTML(shown[name], elem_id=name, label=name) for name in ("curves", "spectrograms")}


def _connect(parts: Parts) -> None:
    shown = [parts.result, parts.progress, parts.curves, parts.spectrograms, parts.stop, parts.leave]
    buttons = [parts.start, parts.stop, parts.leave]
    seed = parts.settings["seed"]
    started = parts.start.click(_begin, [parts.seed_choice, seed], [*buttons, *shown[:4], seed], **LIGHT)
    # jobs.py has a line of its own, and tells everybody in it where they stand.
    device: dict[str, Any] = {"concurrency_limit": None}
    running = started.then(
        transfer_from_page,
        [parts.preset, parts.inputs.content, *parts.inputs.styles, *parts.inputs.weights],
        [*shown, parts.entry],
        inputs_kwargs=dict(parts.settings),
        api_visibility="private",
        show_progress="minimal",
        show_progress_on=parts.progress,
        **device,
    )
    api.build(transfer, shown, **device)
    running.success(_idle, outputs=buttons, **LIGHT)
    running.failure(lambda: (*_idle(), progress.message(NOTHING_MADE)), outputs=[*buttons, parts.progress], **LIGHT)
    parts.stop.click(stop, api_name="stop", queue=False, show_progress="hidden")
    left = lambda: (*_idle(), progress.message(LEFT))  # noqa: E731
    parts.leave.click(left, outputs=[*buttons, parts.progress], cancels=[running], **LIGHT)
    parts.result.change(_offer, parts.result, parts.download, **LIGHT)


def _connect_settings(parts: Parts) -> None:
    """Whatever sets the controls, or depends on what they are set to."""
    recordings, settings = parts.inputs, parts.settings
    by_name = [settings[name] for name in controls.NAMES]
    shown = [recordings.content_start, recordings.style_start, *recordings.all_values]
    shown += [parts.result, parts.progress, parts.curves, parts.spectrograms]
    for button, example in zip(parts.examples, examples.examples(), strict=True):
        button.click(partial(_choose, example), outputs=shown, **LIGHT)
    parts.preset.input(lambda name: controls.values_of(preset(name)), parts.preset, by_name, **LIGHT)
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
    drawn = examples.shown(example.name)
    results = [drawn[name] for name in ("result", "progress", "curves", "spectrograms")]
    return [0.0, 0.0, *inputs.shown(example.content, [example.style]), *results]


def _begin(seed_choice: str, seed: float | None) -> tuple[Any, ...]:
    """The buttons and an empty result as soon as Transfer is pressed, before the queue; and a seed, for the visitor to
    see, where a new one is wanted."""
    buttons = gr.Button(interactive=False), gr.Button(visible=True, interactive=False), gr.Button(visible=False)
    seed = controls.new_seed() if seed_choice == "new" else seed
    return *buttons, None, progress.with_bar("<b>Preparing</b>", None), "", "", seed


def _idle() -> tuple[gr.Button, ...]:
    return gr.Button(interactive=True), gr.Button(visible=True, interactive=False), gr.Button(visible=False)


def _offer(path: str | None) -> gr.DownloadButton:
    return gr.DownloadButton(value=path, interactive=path is not None)


def _outputs(**values: Any) -> tuple[Any, ...]:
    """Values for the outputs of `transfer`, in order; what is left out stays as it is on the page."""
    names = ("result", "progress", "curves", "spectrograms", "stop", "leave")
    assert set(values) <= set(names)
    return tuple(values.get(name, gr.skip()) for name in names)
