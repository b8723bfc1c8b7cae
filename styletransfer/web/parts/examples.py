"""The paper's five pairings, each with a finished result that `samples/make_results.py` made."""

from __future__ import annotations

import functools
import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from styletransfer.files import audio, resources
from styletransfer.files.recordings import read_recordings
from styletransfer.quality import card_words
from styletransfer.settings import Settings
from styletransfer.settings import text as settings_text
from styletransfer.transfer import Losses, Step
from styletransfer.web import gradio_compat
from styletransfer.web.drawing import pictures, plots
from styletransfer.web.results import progress, report_card_table, shelf
from styletransfer.web.results.recording_names import name_of, sample_names
from styletransfer.web.results.shelf import Entry
from styletransfer.web.server.private_files import PrivateFiles

SAMPLES = resources.SAMPLES


@dataclass(frozen=True)
class Example:
    """One pairing: its recordings, and its finished result with the report of it."""

    name: str
    content: str
    style: str
    result: str
    report: dict[str, Any]

    @property
    def title(self) -> str:
        """What is heard: `Piano as trumpet`."""
        content, style = map(name_of, (self.content, self.style))
        return f"{content} as {style.lower()}"

    @property
    def settings(self) -> Settings:
        """What the result was made with; a setting that is newer than the result has its default."""
        return settings_text.from_values(self.report["settings"])


@functools.cache
def examples() -> tuple[Example, ...]:
    """All five, in the paper's order. The page may serve their files as they are, to everybody."""
    gradio_compat.serve_to_everybody([SAMPLES])
    found = []
    for pairing in json.loads((SAMPLES / "pairings.json").read_text(encoding="utf-8")):
        stem = SAMPLES / "results" / pairing["name"].replace(" + ", "-")
        report = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        content, style = (str(SAMPLES / pairing[part]) for part in ("content", "style"))
        found.append(Example(pairing["name"], content, style, str(stem.with_suffix(".mp3")), report))
    return tuple(found)


@dataclass(frozen=True)
class Sample:
    """A recording of the project's own, called after what is heard in it."""

    name: str
    path: str


@functools.cache
def samples(role: str) -> tuple[Sample, ...]:
    """All samples to choose from as content or style: those that the pairings have in that role first."""
    first = [getattr(example, role) for example in examples()]
    return tuple(Sample(name_of(path), path) for path in dict.fromkeys([*first, *sample_names()]))


@functools.cache
def show(name: str) -> dict[str, Any]:
    """What the page shows of an example's result: sound, message, report card, curves and spectrograms. Drawn once."""
    example = next(example for example in examples() if example.name == name)
    settings = example.settings
    recordings, _ = read_recordings(example.content, [example.style], settings)
    card = card_words.from_dict(example.report["report_card"])
    return {
        "result": example.result,
        "progress": message(example),
        "summary": report_card_table.summary(card),
        "report": report_card_table.table(card),
        "curves": plots.curves(
            [Step(**step) for step in example.report["history"]], Losses(**example.report["delivered"])
        ),
        "spectrograms": pictures.spectrograms(recordings, audio.read(example.result), settings),
    }


@functools.cache
def entry(files: PrivateFiles, name: str) -> Entry:
    """The example's result as an entry, whose files stay as long as the server. Made once for each server."""
    example = next(example for example in examples() if example.name == name)
    recordings, _ = read_recordings(example.content, [example.style], example.settings)
    names = [name_of(path) for path in (example.content, example.style)]
    path = Path(example.result)
    return shelf.make(
        files, audio.read(path), example.settings, path, recordings, names, name=example.title, ages=False
    )


def message(example: Example) -> str:
    """What was made, and with what."""
    return progress.message(
        f"<b>{example.title}</b>, made beforehand with the preset {example.report['preset']}: press play.",
        f" <small>In the paper: {example.name}.</small>",
    )


def prepare(files: PrivateFiles, closing: threading.Event) -> None:
    """Draws all examples and makes their entries, so that the first visitor who chooses one need not wait for that,
    until the program ends."""
    for example in examples():
        if closing.is_set():
            return
        try:
            show(example.name)
            entry(files, example.name)
        except Exception:
            if not closing.is_set():  # else its folder went away meanwhile, which is as it should be
                raise


def build() -> list[gr.Button]:
    """A button for each example."""
    gr.HTML('<p class="st-lead">Hear an example</p>', padding=False, elem_id="examples-lead")
    with gr.Row(elem_id="examples", elem_classes="st-examples"):
        return [gr.Button(example.title, size="sm", min_width=100) for example in examples()]
