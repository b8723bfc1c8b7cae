"""The result's side of the Transfer tab: the deck, spectrogram, two sentences, downloads, and under Details the rest.

Its values are dictionaries by the names in `ON_PAGE` and `OF_SCRIPTS`: what is left out stays as it is. `show_running`,
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

from styletransfer.settings import SAMPLE_RATE_HZ, inactive_settings
from styletransfer.transfer import ReportCard, Result
from styletransfer.web import frontend
from styletransfer.web.drawing import pictures, plots
from styletransfer.web.parts import downloads, strength_series
from styletransfer.web.results import bundle, progress, report_card_table
from styletransfer.web.results.result_file import name_of, write_result
from styletransfer.web.server.jobs import Update
from styletransfer.web.server.private_files import PrivateFiles

OF_SCRIPTS = ("result", "progress", "curves", "spectrograms", "report", "archive")
"""What a script gets of a transfer, in this order."""
ON_PAGE = (
    *("progress", "stop", "leave", "latest", "spectrogram", "summary", *downloads.NAMES, "archive", "use", "again"),
    *("curves", "other_spectrograms", "report", "kept", "source_index"),
)
"""What the page shows of one."""

ZIP = "Zip with report"

Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class View:
    """The components of this side."""

    deck: gr.HTML
    spectrogram: gr.HTML
    summary: gr.HTML
    kept: gr.State
    source_index: gr.State
    download: gr.DownloadButton
    format: gr.Dropdown
    offered: gr.State
    turn: gr.Number
    archive: gr.DownloadButton
    use: gr.Button
    again: gr.Button
    report: gr.HTML
    curves: gr.HTML
    other_spectrograms: gr.HTML


def build(shown: Mapping[str, Any]) -> View:
    """Lay it out, with an example's result in it, and connect it."""
    gr.HTML("<h2>What came of it</h2>", padding=False, elem_classes="st-heading")
    script = frontend.mount("deck", "choose", "blend")
    deck = gr.HTML("", js_on_load=script, apply_default_css=False, padding=False, elem_id="deck", label="deck")
    summary = gr.HTML(shown["summary"], elem_id="summary", label="in short", padding=False)
    with gr.Row(elem_id="downloads"):
        download, format_, offered, turn = downloads.build(shown["result"])
        archive = gr.DownloadButton(ZIP, interactive=False, elem_id="archive", min_width=100)
        use = gr.Button("Use as content", interactive=False, elem_id="use", min_width=100)
        again = gr.Button("Another seed", interactive=False, elem_id="again", min_width=100)
    spectrogram = gr.HTML(shown["spectrograms"].result, elem_id="spectrogram", label="spectrogram", padding=False)
    with gr.Accordion("Details", open=False, elem_id="details"):
        curves = gr.HTML(shown["curves"], elem_id="curves", label="curves")
        others = gr.HTML(shown["spectrograms"].others, elem_id="spectrograms", label="spectrograms")
        report = gr.HTML(shown["report"], elem_id="report", label="report card")
    kept, source_index = gr.State(()), gr.State(0)
    downloads.connect(deck, offered, turn)
    shown_in = [download, format_, offered, turn, summary, report, curves, spectrogram, others]
    strength_series.connect(deck, kept, source_index, offered, shown_in)
    return View(
        deck=deck,
        spectrogram=spectrogram,
        summary=summary,
        kept=kept,
        source_index=source_index,
        download=download,
        format=format_,
        offered=offered,
        turn=turn,
        archive=archive,
        use=use,
        again=again,
        report=report,
        curves=curves,
        other_spectrograms=others,
    )


def of_scripts(values: Values) -> tuple[Any, ...]:
    """Values in the order of OF_SCRIPTS: all spectrograms in one text, and the card with its sentences."""
    drawn: Values = {}
    if "spectrograms" in values:
        drawn["spectrograms"] = values["spectrograms"].together()
    if "report" in values:
        drawn["report"] = values.get("summary", "") + values["report"]
    return _in_order(values | drawn, OF_SCRIPTS)


def on_page(values: Values) -> tuple[Any, ...]:
    """Values for the components named in ON_PAGE; the zip's button is there once there is a zip."""
    values = dict(values)
    if isinstance(values.get("archive"), str):
        values["archive"] = gr.DownloadButton(value=values["archive"], interactive=True)
    if "spectrograms" in values:
        values["spectrogram"], values["other_spectrograms"] = values["spectrograms"]
    return _in_order(values, ON_PAGE)


def _in_order(values: Values, names: Sequence[str]) -> tuple[Any, ...]:
    assert set(values) <= {*OF_SCRIPTS, *ON_PAGE}, values.keys()
    return tuple(values.get(name, gr.skip()) for name in names)


def is_at_work(values: Values) -> bool:
    """Whether these are of a transfer that has begun: who waits keeps what is on the page, and may leave it there."""
    return "curves" in values


def first_on_page(values: Values) -> tuple[Any, ...]:
    """As `on_page`, and nothing more of the result before."""
    return on_page(NOTHING | {"curves": "", "spectrograms": plots.BLANK, **_alone(None)} | values)


NOTHING: Values = {"summary": "", "report": ""}


def show_example(shown: Mapping[str, Any]) -> Values:
    """A finished example (see examples.show)."""
    drawn = {name: shown[name] for name in ("progress", "summary", "report", "curves", "spectrograms")}
    return drawn | _alone(shown["result"])


def _alone(path: str | None) -> Values:
    """A file as it is, and nothing of several results."""
    return {
        **downloads.offer_file(path),
        "archive": gr.DownloadButton(value=None, interactive=False),
        "use": gr.Button(interactive=False),
        "again": gr.Button(interactive=False),
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
    values |= NOTHING | downloads.offer_file(None)
    values["curves"] = plots.curves(update.steps, figures=progress.figures(update))
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
        self.paths = [write_result(files, result, names, recordings[0]) for result in update.results]
        self.pictures = [pictures.spectrograms(recordings, each.sound, each.settings) for each in update.results]

    def show_sound(self, update: Update) -> Values:
        """Everything but what is still to be measured."""
        if self.is_series:
            return self._show_series(update)
        path, result = str(self.paths[0]), self.results[0]
        return NOTHING | {
            "result": path,
            "stop": gr.Button(interactive=False),
            **downloads.offer(path),
            "use": gr.Button(interactive=True),
            "again": gr.Button(interactive="seed" not in inactive_settings(result.settings)),
            "progress": progress.tell_result(update, result),
            "curves": _curves(result),
            "spectrograms": self.pictures[0],
            "summary": report_card_table.pending() if update.measuring else "",
        }

    def show_cards(self, update: Update) -> Values:
        """The report cards and a zip with everything; where measuring failed, that there are none."""
        cards = update.cards or (None,) * len(self.results)
        if self.is_series:
            values = {"progress": progress.tell_series(update, self.results), "kept": self._kept(cards)}
        else:
            values = {
                "progress": progress.tell_result(update, self.results[0]),
                "summary": report_card_table.summary(cards[0]),
                "report": report_card_table.table(cards[0]),
            }
        return values | ({"archive": str(self._archive(update.cards))} if update.cards else {})

    @property
    def place(self) -> int:
        """The result at which the slider of several begins."""
        return strength_series.nearest([each.settings.strength for each in self.results], self.strength)

    def _show_series(self, update: Update) -> Values:
        kept = self._kept(None)
        return {
            "stop": gr.Button(interactive=False),
            "use": gr.Button(interactive=True),
            "progress": progress.tell_series(update, self.results),
            "kept": kept,
            "source_index": self.place,
        } | strength_series.values(kept[self.place])

    def _archive(self, cards: Sequence[ReportCard]) -> Path:
        if self.is_series:
            name = name_of(self.names, self.results[0].settings, is_series=True)
            return bundle.several(self.files, name, list(zip(self.paths, self.results, cards, strict=True)))
        return bundle.one(self.files, self.paths[0], self.results[0], cards[0])

    def _title(self, i: int) -> str:
        return f"Report card of {strength_series.name(self.results[i])}"

    def _kept(self, cards: Sequence[ReportCard | None] | None) -> tuple[strength_series.StrengthDetails, ...]:
        """What is shown of each strength; without cards, that they are on their way."""
        return tuple(
            strength_series.StrengthDetails(
                strength=result.settings.strength,
                path=str(path),
                summary=report_card_table.pending() if cards is None else report_card_table.summary(cards[i]),
                report="" if cards is None else report_card_table.table(cards[i], self._title(i)),
                curves=_curves(result),
                spectrograms=picture,
            )
            for i, (result, path, picture) in enumerate(zip(self.results, self.paths, self.pictures, strict=True))
        )


def _curves(result: Result) -> str:
    return plots.curves(result.history, result.delivered, progress.result_figures(result))
