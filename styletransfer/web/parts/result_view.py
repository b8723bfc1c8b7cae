"""The result's side of the Transfer tab: player, downloads, report card, curves and spectrograms.

Its values are dictionaries by the names in `ON_PAGE`: what is left out stays as it is on the page. `show_running`,
`show_sound` and `show_cards` follow one another; each result is in a file of its own that nobody else can name.

What is not to be seen is disabled or empty, and layout.css hides it: Gradio may lose updates of `visible` that come in
quick succession.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from styletransfer.settings import SAMPLE_RATE_HZ
from styletransfer.transfer import ReportCard
from styletransfer.web.drawing import pictures, plots
from styletransfer.web.parts import downloads, recorders, strength_player
from styletransfer.web.results import bundle, progress, report_card_table
from styletransfer.web.results.result_file import name_of, write_result
from styletransfer.web.server.jobs import Update
from styletransfer.web.server.private_files import PrivateFiles

OF_SCRIPTS = ("result", "progress", "curves", "spectrograms", "report", "archive")
"""What a script gets of a transfer, in this order."""
ON_PAGE = (*OF_SCRIPTS, "stop", "leave", *downloads.NAMES, "strength_player", "kept", "source_index")
"""With what only the page shows: its buttons, and the player of several strengths with what it can show."""

ZIP = "Download zip with report"

Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class View:
    """The components of this side."""

    result: gr.Audio
    strength_player: gr.HTML
    kept: gr.State
    source_index: gr.State
    download: gr.DownloadButton
    format: gr.Dropdown
    offered: gr.State
    archive: gr.DownloadButton
    report: gr.HTML
    curves: gr.HTML
    spectrograms: gr.HTML


def build(shown: Mapping[str, str]) -> View:
    """Lays it out, with an example's result in it, and connects it."""
    spectrograms = gr.HTML(shown["spectrograms"], elem_id="spectrograms", label="spectrograms")
    result = gr.Audio(
        value=shown["result"],
        label="Result",
        interactive=False,
        type="filepath",
        buttons=[],
        waveform_options=recorders.waveform("result"),
        elem_id="result",
        elem_classes="st-result",
    )
    slider = strength_player.build_player()
    kept, source_index = gr.State(()), gr.State(0)
    with gr.Row(elem_id="downloads"):
        download, format_, offered = downloads.build(shown["result"])
        archive = gr.DownloadButton(ZIP, interactive=False, elem_id="archive", min_width=140)
    curves = gr.HTML(shown["curves"], elem_id="curves", label="curves")
    report = gr.HTML(shown["report"], elem_id="report", label="report card")
    details = [download, format_, offered, report, curves, spectrograms]
    strength_player.connect(slider, kept, source_index, details)
    return View(
        result=result,
        strength_player=slider,
        kept=kept,
        source_index=source_index,
        download=download,
        format=format_,
        offered=offered,
        archive=archive,
        report=report,
        curves=curves,
        spectrograms=spectrograms,
    )


def outputs(values: Values, names: Sequence[str]) -> tuple[Any, ...]:
    """Values for the components of these names, in their order."""
    assert set(values) <= set(ON_PAGE), values.keys()
    return tuple(values.get(name, gr.skip()) for name in names)


def on_page(values: Values) -> tuple[Any, ...]:
    """Values for the components named in ON_PAGE; the zip's button is there once there is a zip."""
    values = dict(values)
    if values.get("archive"):
        values["archive"] = gr.DownloadButton(value=values["archive"], interactive=True)
    return outputs(values, ON_PAGE)


def is_at_work(values: Values) -> bool:
    """Whether these are of a transfer that has begun: who waits keeps what is on the page, and may leave it there."""
    return "curves" in values


def first_on_page(values: Values) -> tuple[Any, ...]:
    """As `on_page`, and nothing more of the result before."""
    empty = {"report": "", "curves": "", "spectrograms": plots.BLANK, **_alone(None)}
    return outputs(empty | values, ON_PAGE)


def show_example(shown: Mapping[str, str]) -> Values:
    """A finished example (see examples.show)."""
    drawn = {name: shown[name] for name in ("progress", "report", "curves", "spectrograms")}
    return drawn | _alone(shown["result"])


def _alone(path: str | None) -> Values:
    """The one result in its player, and nothing of several."""
    return {
        "result": path,
        **downloads.offer_file(path),
        "archive": gr.DownloadButton(value=None, interactive=False),
        "strength_player": "",
        "kept": (),
    }


def show_running(update: Update, hop_length: int) -> Values:
    """While the transfer waits, when nothing but its place in the queue is shown, and while the engine works."""
    waits = update.ahead is not None
    values: Values = {
        "progress": progress.tell_running(update),
        "stop": gr.Button(interactive=not waits and not update.stopping),
        "leave": gr.Button(interactive=waits),
    }
    if waits:
        return values
    # Again and again: an example that was chosen a moment before Transfer was pressed may arrive after the first.
    values |= {"report": "", "result": None, **downloads.offer_file(None)}
    values["curves"] = plots.curves(update.steps)
    if update.picture is not None:
        shown = {"result": update.picture}
        values["spectrograms"] = plots.spectrograms(shown, SAMPLE_RATE_HZ, hop_length, coarseness=2)
    return values


class Finished:
    """The results of one job: `show_sound` as soon as they are made, `show_cards` when their cards are there.

    `recordings` are the content and the styles as they were used, `names` what the visitor calls them, `strength` is
    where the slider of several begins, and `notes` are what a person should know about how the recordings were read.
    """

    def __init__(
        self,
        files: PrivateFiles,
        recordings: Sequence[np.ndarray],
        names: Sequence[str],
        update: Update,
        strength: float,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.files, self.names, self.strength = files, names, strength
        self.results = tuple(dataclasses.replace(each, notes=(*notes, *each.notes)) for each in update.results)
        self.is_series = update.series_position is not None and len(update.results) > 1
        self.paths = [write_result(files, result, names) for result in update.results]
        self.pictures = [pictures.spectrograms(recordings, each.sound, each.settings) for each in update.results]

    def show_sound(self, update: Update) -> Values:
        """Everything but what is still to be measured."""
        if self.is_series:
            return self._show_series(update)
        path, result = str(self.paths[0]), self.results[0]
        return {
            "result": path,
            "stop": gr.Button(interactive=False),
            **downloads.offer(path),
            "progress": progress.tell_result(update, result),
            "curves": plots.curves(result.history, result.delivered),
            "spectrograms": self.pictures[0],
            "report": report_card_table.pending() if update.measuring else "",
        }

    def show_cards(self, update: Update) -> Values:
        """The report cards and a zip with everything; where measuring failed, that there are none."""
        cards = update.cards or (None,) * len(self.results)
        if self.is_series:
            tables = [report_card_table.table(each, self._title(i)) for i, each in enumerate(cards)]
            values = {"progress": progress.tell_series(update, self.results), "kept": self._kept(tables)}
        else:
            values = {
                "progress": progress.tell_result(update, self.results[0]),
                "report": report_card_table.table(cards[0]),
            }
        return values | ({"archive": str(self._archive(update.cards))} if update.cards else {})

    def _show_series(self, update: Update) -> Values:
        kept = self._kept([report_card_table.pending(self._title(i)) for i in range(len(self.results))])
        source_index = strength_player.nearest([each.strength for each in kept], self.strength)
        return {
            "result": None,
            "stop": gr.Button(interactive=False),
            "strength_player": strength_player.player_of(self.results, self.paths, source_index),
            "progress": progress.tell_series(update, self.results),
            "kept": kept,
            "source_index": source_index,
        } | dict(zip(strength_player.SHOWN, strength_player.show(kept[source_index]), strict=True))

    def _archive(self, cards: Sequence[ReportCard]) -> Path:
        if self.is_series:
            name = name_of(self.names, self.results[0].settings, is_series=True)
            return bundle.several(self.files, name, list(zip(self.paths, self.results, cards, strict=True)))
        return bundle.one(self.files, self.paths[0], self.results[0], cards[0])

    def _title(self, i: int) -> str:
        return f"Report card of {strength_player.name(self.results[i])}"

    def _kept(self, reports: Sequence[str]) -> tuple[strength_player.StrengthDetails, ...]:
        return tuple(
            strength_player.StrengthDetails(
                strength=result.settings.strength,
                path=str(path),
                report=report,
                curves=plots.curves(result.history, result.delivered),
                spectrograms=picture,
            )
            for result, path, report, picture in zip(self.results, self.paths, reports, self.pictures, strict=True)
        )
