"""The Transfer tab: two recordings and a few controls in, the result with its curves and spectrograms out.

`transfer` is the page's public endpoint, a generator; `stop` ends the caller's own transfer early. Whatever goes wrong
reaches the visitor as a sentence.
"""

from __future__ import annotations

import html
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from styletransfer import audio
from styletransfer.audio import AudioError
from styletransfer.settings import DEFAULT_PRESET, PRESETS, Settings, SettingsError
from styletransfer.spectrogram import log_magnitude_spectrogram
from styletransfer.transfer import Result
from styletransfer.web import controls, jobs, plots, private_files
from styletransfer.web.theme import COLOURS

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
QUEUE = "device"
WELCOME = "Choose two recordings or an example, then press Transfer."
NOTHING_MADE = "No result was made."
STAGES = {"solve": "Shaping the spectrogram", "phase": "Finding the phase", "refine": "Refining the sound"}

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

    Takes both as audio files, the name of a preset, and settings that replace the preset's. While it runs it yields
    progress and curves; at the end the result, a WAV file at 44,100 Hz, and its spectrograms.
    """
    with as_sentences():
        chosen = controls.settings_from(preset, settings)
        recordings = read_recordings(content, style, chosen)
        with closing(jobs.run(request.session_hash or "", recordings[0], recordings[1:], chosen)) as updates:
            for update in updates:
                yield finished(recordings, update.result) if update.result else unfinished(update)


def stop(request: gr.Request) -> None:
    """Ask your running transfer to end after its current step; it then yields the best result so far."""
    jobs.stop(request.session_hash or "")


@contextmanager
def as_sentences() -> Iterator[None]:
    """Turns what is raised inside into gr.Error with a sentence. What was not foreseen goes to the server's log."""
    try:
        yield
    except (AudioError, SettingsError) as error:
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


def unfinished(update: jobs.Update) -> tuple[Any, ...]:
    """What the page shows while the engine works."""
    return _outputs(
        progress=describe_progress(update),
        curves=plots.curves(update.steps),
        stop=gr.Button(visible=True, interactive=not update.stopping),
        leave=gr.Button(visible=False),
    )


def finished(recordings: Sequence[np.ndarray], result: Result) -> tuple[Any, ...]:
    """What the page shows at the end. The result is written to a file of its own that nobody else can name."""
    path = private_files.new_file("style-transfer.wav")
    audio.write(path, result.sound, result.sample_rate_hz)
    level_lufs = audio.loudness(result.sound)
    settings = result.settings
    sounds = {
        "content": recordings[0],
        "style": audio.at_loudness(recordings[1], level_lufs),
        "result": result.sound,
    }
    logs = {
        name: np.asarray(log_magnitude_spectrogram(sound, settings.n_fft, settings.hop_length))
        for name, sound in sounds.items()
    }
    return _outputs(
        progress=describe_result(result),
        result=str(path),
        curves=plots.curves(result.history),
        spectrograms=plots.spectrograms(logs, result.sample_rate_hz, settings.hop_length),
    )


def describe_progress(update: jobs.Update) -> str:
    """Stage, iteration, loss and the time left, counted from the iterations of this stage that were measured."""
    if update.stopping:
        return _progress("<b>Stopping</b> · making a sound of the best so far", None)
    if not update.steps:
        return _progress(f"<b>Preparing</b> · {update.elapsed_s:.0f} s", None)
    last = update.steps[-1]
    stage = [step for step in update.steps if step.stage == last.stage]
    text = f"<b>{STAGES.get(last.stage, last.stage)}</b> · {last.iteration} of {last.iterations}"
    done, took_s = last.iteration - stage[0].iteration, last.elapsed_s - stage[0].elapsed_s
    if done and took_s > 0:  # the first iteration does not count: its time went into compilation
        text += f" · at most {duration((last.iterations - last.iteration) * took_s / done)} left"
    return _progress(f"{text} · loss {last.total:.4g}", last.iteration / last.iterations)


def describe_result(result: Result) -> str:
    """How the transfer ended, and its losses as measured on the sound that is heard."""
    count, took_s = len(result.history), sum(result.seconds_by_stage.values())
    ending = "Stopped: the best so far" if result.stop_reason == "stopped" else f"Done: {result.stop_reason}"
    heard = result.delivered
    return _progress(
        f"<b>{ending}</b>, {count} iterations in {duration(took_s)}. The sound's losses: content {heard.content:.4g}, "
        f"style {heard.style:.4g}, weighted total {heard.total:.4g}.",
        1.0,
    )


def duration(seconds: float) -> str:
    """Seconds in words: `12 s`, `3 min 5 s`, `2 h 10 min`."""
    minutes, rest_s = divmod(round(seconds), 60)
    hours, rest_min = divmod(minutes, 60)
    if hours:
        return f"{hours} h {rest_min} min"
    return f"{minutes} min {rest_s} s" if minutes else f"{rest_s} s"


def _progress(text: str, share: float | None) -> str:
    value = "" if share is None else f' value="{share:.4f}"'
    return f'{_message(text)}<progress class="st-bar" max="1"{value} aria-label="progress"></progress>'


def _message(text: str) -> str:
    return f'<p class="st-message" role="status">{text}</p>'


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
        list(PRESETS), value=DEFAULT_PRESET, label="Preset", info="where the advanced settings start from"
    )
    with gr.Accordion("Advanced", open=False):
        settings = controls.controls()
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
    progress = gr.HTML(
        "<p>Choose two recordings or an example, then press Transfer.</p>", elem_id="progress", label="progress"
    )
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
    parts = {"progress": progress, "result": result, "download": download}
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
        concurrency_id=QUEUE,
        concurrency_limit=1,
        show_progress="minimal",
        show_progress_on=parts.progress,
    )
    running.success(_idle, outputs=buttons, **light)
    running.failure(lambda: (*_idle(), _message(NOTHING_MADE)), outputs=[*buttons, parts.progress], **light)
    parts.stop.click(stop, api_name="stop", queue=False, show_progress="hidden")
    parts.leave.click(_idle, outputs=buttons, cancels=[running], **light)
    parts.result.change(_offer, parts.result, parts.download, **light)
    parts.preset.input(controls.values_of, parts.preset, list(parts.settings.values()), **light)


def _begin() -> tuple[Any, ...]:
    """The buttons and an empty result as soon as Transfer is pressed, before the queue."""
    busy = jobs.device_is_busy()
    text = "<b>Waiting</b> for another transfer to end" if busy else "<b>Preparing</b>"
    buttons = gr.Button(interactive=False), gr.Button(visible=not busy, interactive=False), gr.Button(visible=busy)
    return *buttons, None, _progress(text, None), "", ""


def _idle() -> tuple[gr.Button, ...]:
    return gr.Button(interactive=True), gr.Button(visible=True, interactive=False), gr.Button(visible=False)


def _offer(path: str | None) -> gr.DownloadButton:
    return gr.DownloadButton(value=path, interactive=path is not None)


def _outputs(
    *, result: Any = None, progress: Any = None, curves: Any = None, spectrograms: Any = None,
    stop: Any = None, leave: Any = None,
) -> tuple[Any, ...]:  # fmt: skip
    """Values for the outputs of `transfer`, in order; what is None stays as it is."""
    values = (result, progress, curves, spectrograms, stop, leave)
    return tuple(gr.skip() if value is None else value for value in values)
