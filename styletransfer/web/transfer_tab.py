"""The Transfer tab: two recordings and a few controls in, the result with its curves and spectrograms out.

`transfer` is the page's public endpoint, a generator; `stop` ends the caller's own transfer early. Whatever goes wrong
reaches the visitor as a sentence.
"""

from __future__ import annotations

import html
import json
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from styletransfer import audio
from styletransfer.audio import AudioError
from styletransfer.settings import DEFAULT_PRESET, PRESETS, SAMPLE_RATE_HZ, Settings, SettingsError
from styletransfer.spectrogram import log_magnitude_spectrogram
from styletransfer.transfer import Result
from styletransfer.web import controls, jobs, plots, preview, private_files, progress
from styletransfer.web.theme import COLOURS

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
WELCOME = "Choose two recordings or an example, then press Transfer."
NOTHING_MADE = "No result was made."
LEFT = "You have left the queue."
ERROR_SHOWN_S = 30

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The components that events read and write."""

    content: gr.Audio
    style: gr.Audio
    preset: gr.Dropdown
    settings: dict[str, gr.Slider | gr.Number]
    start: gr.Button
    stop: gr.Button
    leave: gr.Button
    progress: gr.HTML
    result: gr.Audio
    download: gr.DownloadButton
    curves: gr.HTML
    spectrograms: gr.HTML


def build() -> None:
    """Lays the tab out and connects it, inside the Blocks or Tab that is open."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=340):
            inputs = _build_inputs()
        with gr.Column(scale=1, min_width=340):
            outputs = _build_outputs()
    _connect(Parts(**inputs, **outputs))


def transfer(
    content: str | None, style: str | None, preset: str, request: gr.Request, **settings: float | None
) -> Iterator[tuple[Any, ...]]:
    """Play the content recording in the texture of the style recording.

    Takes both as audio files, the name of a preset, and settings that replace the preset's; one that a call leaves out
    has the value that the page opens with. While it runs it yields progress and curves; at the end the result, a WAV
    file at 44,100 Hz, and its spectrograms.
    """
    with as_sentences():
        chosen = controls.settings_from(preset, settings)
        recordings = read_recordings(content, style, chosen)
        visitor = request.session_hash or secrets.token_hex()
        with closing(jobs.run(visitor, recordings[0], recordings[1:], chosen)) as updates:
            for update in updates:
                if update.result is None:
                    yield unfinished(update, chosen.hop_length)
                else:
                    yield finished(recordings, update, update.result)


def stop(request: gr.Request) -> None:
    """Ask your running transfer to end after its current step; it then yields the best result so far."""
    jobs.stop(request.session_hash or "")


@contextmanager
def as_sentences() -> Iterator[None]:
    """Turns what is raised inside into gr.Error with a sentence. What was not foreseen goes to the server's log."""
    try:
        yield
    except (AudioError, SettingsError, jobs.BusyError) as error:
        # The page would render markup, and messages name files as the visitor called them.
        raise gr.Error(html.escape(str(error), quote=False), ERROR_SHOWN_S, print_exception=False) from error
    except Exception as error:
        log.exception("a transfer failed")
        text = "Something went wrong on the server, and it has been noted there. Other recordings or settings may work."
        raise gr.Error(text, ERROR_SHOWN_S, print_exception=False) from error


def read_recordings(content: str | None, style: str | None, settings: Settings) -> list[np.ndarray]:
    """Content and style, cut to the lengths that the settings allow. Raises AudioError."""
    if not content:
        raise AudioError("There is no content recording yet. Upload one, record one or choose an example.")
    if not style:
        raise AudioError("There is no style recording yet. Upload one, record one or choose an example.")
    shortest = settings.shortest_samples
    spans = [
        ("The content", content, settings.content_start_s, settings.seconds),
        ("The style", style, settings.style_start_s, settings.style_seconds),
    ]
    return [
        audio.read(path, start_s=start_s, seconds=seconds, shortest_samples=shortest, name=name)
        for name, path, start_s, seconds in spans
    ]


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
    settings = result.settings
    level_lufs = audio.loudness(result.sound)
    sounds = {
        "content": recordings[0],
        "style": audio.at_loudness(recordings[1], level_lufs),
        "result": result.sound,
    }
    logs = {name: log_magnitudes(sound, settings) for name, sound in sounds.items()}
    return _outputs(
        progress=progress.finished(update, result),
        result=str(path),
        curves=plots.curves(result.history),
        spectrograms=plots.spectrograms(logs, result.sample_rate_hz, settings.hop_length),
    )


def log_magnitudes(sound: np.ndarray, settings: Settings) -> np.ndarray:
    """`(n_frames, n_freqs)` of a sound, filled up to whole seconds on the way: JAX compiles for every new length."""
    padded = np.pad(sound, (0, -len(sound) % SAMPLE_RATE_HZ))
    frames = log_magnitude_spectrogram(padded, settings.n_fft, settings.hop_length)
    return np.asarray(frames)[: 1 + len(sound) // settings.hop_length]


def _build_inputs() -> dict[str, Any]:
    with gr.Row():
        content, style = _input("Content", "content"), _input("Style", "style")
    pairings = json.loads((SAMPLES / "pairings.json").read_text())
    gr.Examples(
        [[str(SAMPLES / pairing["content"]), str(SAMPLES / pairing["style"])] for pairing in pairings],
        [content, style],
        label="Examples: the five pairings of the paper",
        example_labels=[pairing["name"] for pairing in pairings],
        cache_examples=False,
        api_visibility="private",
    )
    with gr.Row():
        start = gr.Button("Transfer", variant="primary", elem_id="transfer", min_width=120)
        stop_button = gr.Button("Stop", interactive=False, elem_id="stop", min_width=120)
        leave = gr.Button("Leave the queue", visible=False, elem_id="leave", min_width=120)
    preset = gr.Dropdown(
        list(PRESETS), value=DEFAULT_PRESET, label="Preset", info="where the settings below start from"
    )
    settings = controls.controls(controls.FRONT)
    with gr.Accordion("Advanced", open=False):
        settings |= controls.controls(controls.ADVANCED)
    parts = {"content": content, "style": style, "preset": preset, "settings": settings}
    return parts | {"start": start, "stop": stop_button, "leave": leave}


def _input(label: str, name: str) -> gr.Audio:
    return gr.Audio(
        label=label,
        sources=["upload", "microphone"],
        type="filepath",
        buttons=["download"],
        waveform_options=_waveform(name),
        elem_id=name,
        elem_classes=f"st-{name}",
        min_width=240,
    )


def _build_outputs() -> dict[str, Any]:
    news = gr.HTML(progress.message(WELCOME), elem_id="progress", label="progress")
    preview.player()
    result = gr.Audio(
        label="Result",
        interactive=False,
        type="filepath",
        buttons=[],
        waveform_options=_waveform("result"),
        elem_id="result",
        elem_classes="st-result",
    )
    download = gr.DownloadButton("Download WAV", interactive=False, elem_id="download")
    parts = {"progress": news, "result": result, "download": download}
    return parts | {name: gr.HTML(elem_id=name, label=name) for name in ("curves", "spectrograms")}


def _waveform(name: str) -> gr.WaveformOptions:
    return gr.WaveformOptions(waveform_color=COLOURS[name] + "aa", waveform_progress_color=COLOURS[name])


def _connect(parts: Parts) -> None:
    shown = [parts.result, parts.progress, parts.curves, parts.spectrograms, parts.stop, parts.leave]
    buttons = [parts.start, parts.stop, parts.leave]
    light: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    started = parts.start.click(_begin, outputs=[*buttons, *shown[:4]], **light)
    running = started.then(
        transfer,
        [parts.content, parts.style, parts.preset],
        shown,
        inputs_kwargs=dict(parts.settings),
        api_name="transfer",
        concurrency_limit=None,  # jobs.py has a line of its own, and tells everybody in it where they stand
        show_progress="minimal",
        show_progress_on=parts.progress,
    )
    running.success(_idle, outputs=buttons, **light)
    running.failure(lambda: (*_idle(), progress.message(NOTHING_MADE)), outputs=[*buttons, parts.progress], **light)
    parts.stop.click(stop, api_name="stop", queue=False, show_progress="hidden")
    parts.leave.click(
        lambda: (*_idle(), progress.message(LEFT)), outputs=[*buttons, parts.progress], cancels=[running], **light
    )
    parts.result.change(_offer, parts.result, parts.download, **light)
    parts.preset.input(controls.values_of, parts.preset, list(parts.settings.values()), **light)


def _begin() -> tuple[Any, ...]:
    """The buttons and an empty result as soon as Transfer is pressed, before the queue."""
    buttons = gr.Button(interactive=False), gr.Button(visible=True, interactive=False), gr.Button(visible=False)
    return *buttons, None, progress.with_bar("<b>Preparing</b>", None), "", ""


def _idle() -> tuple[gr.Button, ...]:
    return gr.Button(interactive=True), gr.Button(visible=True, interactive=False), gr.Button(visible=False)


def _offer(path: str | None) -> gr.DownloadButton:
    return gr.DownloadButton(value=path, interactive=path is not None)


def _outputs(**values: Any) -> tuple[Any, ...]:
    """Values for the outputs of `transfer`, in order; what is left out stays as it is on the page."""
    names = ("result", "progress", "curves", "spectrograms", "stop", "leave")
    assert set(values) <= set(names)
    return tuple(values.get(name, gr.skip()) for name in names)
