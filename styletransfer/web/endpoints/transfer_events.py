"""Makes results for the page and for the public endpoint, as generators of what the page shows meanwhile.

`transfer` is the endpoint (transfer_endpoint.py), `transfer_from_page` and `five_from_page` are for the page's buttons;
`stop` ends the caller's own transfer early. Whatever goes wrong reaches the visitor as a sentence.
"""

from __future__ import annotations

import dataclasses
import html
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from styletransfer.errors import SettingsError
from styletransfer.settings import MAX_STYLES, STRENGTH_SERIES, Settings, preset
from styletransfer.web.drawing import plots
from styletransfer.web.guard import faults
from styletransfer.web.parts import controls, latest, recorders, result_view, strength_series
from styletransfer.web.results import report_card_table, shelf
from styletransfer.web.results.recording_names import name_of
from styletransfer.web.server.device_queue import Visitor
from styletransfer.web.server.jobs import Update
from styletransfer.web.server.server import Server

ERROR_SHOWN_S = 30


class TransferEvents:
    """The events of one server's page."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def transfer(
        self,
        content: str | None,
        styles: Sequence[str | None],
        weights: Sequence[float | None],
        preset_name: str,
        changes: dict[str, Any],
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:
        """Play the content recording in the texture of one to four style recordings.

        Takes recordings as audio files, how much each style counts (by proportion; equal if left out), the name of a
        preset, and settings that replace the preset's. While it runs it yields progress and curves; then the result, a
        WAV file at 44,100 Hz, and its spectrograms; at the end also its report card, and a zip of the WAV, the settings
        and the report.
        """
        with as_sentences():
            changes = {**changes, "style_weights": recorders.style_weights(styles, weights)}
            known: result_view.Values = {}
            for values, _ in self._results(content, styles, preset(preset_name, **changes), request):
                known |= values  # whoever takes the last outputs alone gets everything
                yield result_view.of_scripts(known)

    def transfer_from_page(
        self, request: gr.Request, preset_name: str, content: str | None, *values: Any, **settings: Any
    ) -> Iterator[tuple[Any, ...]]:
        """`transfer` for what the page's controls hold, none of which may be empty. `values` are styles, then weights.
        After its outputs come entries for the shelf."""
        yield from self._from_page(request, preset_name, content, values, settings)

    def five_from_page(
        self, request: gr.Request, preset_name: str, content: str | None, *values: Any, **settings: Any
    ) -> Iterator[tuple[Any, ...]]:
        """As `transfer_from_page`, for several strengths; that of the controls is where the slider begins."""
        yield from self._from_page(request, preset_name, content, values, settings, STRENGTH_SERIES)

    def _from_page(
        self,
        request: gr.Request,
        preset_name: str,
        content: str | None,
        values: Sequence[Any],
        changes: dict[str, Any],
        several: Sequence[float] | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        with as_sentences(controls.in_words_of_the_page):
            styles, weights = values[:MAX_STYLES], values[MAX_STYLES:]
            changes["style_weights"] = recorders.style_weights(styles, weights)
            settings = controls.settings_from(preset_name, changes)
            if several:
                strength_series.check(settings)
            # Nothing is taken off the page before the device is at work: the recordings may be refused, or the queue
            # left.
            has_begun = False
            try:
                for shown, entries in self._results(content, styles, settings, request, several):
                    begins = not has_begun and result_view.is_at_work(shown)
                    on_page = result_view.first_on_page if begins else result_view.on_page
                    has_begun |= begins
                    yield *on_page(shown), entries or gr.skip()
            except Exception:
                if has_begun:  # no place for a spectrogram that will not come
                    yield *result_view.on_page({"spectrograms": plots.Spectrograms("")}), gr.skip()
                raise

    def _results(
        self,
        content: str | None,
        styles: Sequence[str | None],
        settings: Settings,
        request: gr.Request,
        several: Sequence[float] | None = None,
    ) -> Iterator[tuple[result_view.Values, tuple[shelf.Entry, ...]]]:
        """What the page shows, and once there is something, the entries of it."""
        recordings, notes = recorders.read(content, styles, settings)
        names = [name_of(path) for path in (content, *styles) if path]
        given = visitor_of(request), recordings[0], recordings[1:], settings
        finished, made = None, ()
        with closing(self.server.run(*given, strengths=several, measured=True)) as updates:
            for update in updates:
                if not update.results:
                    yield result_view.show_running(update, settings.hop_length), ()
                    continue
                if finished is None:
                    if several is None:
                        self.server.timings.take(update.results[0])
                    finished = result_view.Finished(
                        self.server.files, recordings, names, update, settings.strength, notes
                    )
                    made = self._entries(update, finished.paths, recordings, names)
                    yield finished.show_sound(update) | {"latest": latest.tell(made, place=finished.place)}, made
                if not update.measuring:
                    made = _with_figures(made, update)
                    yield finished.show_cards(update) | {"latest": latest.tell(made, place=finished.place)}, made

    def stop(self, request: gr.Request) -> None:
        """Ask your running transfer to end after its current step; it then yields the best result so far."""
        self.server.stop(request.session_hash or "")

    def is_at_work(self, request: gr.Request) -> bool:
        """Whether a transfer of yours has begun and is not over, its report card included."""
        return self.server.is_at_work(request.session_hash or "")

    def _entries(
        self, update: Update, paths: Sequence[Path], recordings: Sequence[np.ndarray], names: Sequence[str]
    ) -> tuple[shelf.Entry, ...]:
        is_series = update.series_position is not None
        series = secrets.token_urlsafe(8) if is_series else ""
        made: list[shelf.Entry] = []
        for result, path in zip(update.results, paths, strict=True):
            made.append(
                shelf.make(
                    self.server.files,
                    result.sound,
                    result.settings,
                    path,
                    recordings,
                    names,
                    name=strength_series.name(result).capitalize() if is_series else "",
                    series=series,
                    beside=made[0] if made else None,
                )
            )
        return tuple(made)


def _with_figures(made: Sequence[shelf.Entry], update: Update) -> tuple[shelf.Entry, ...]:
    """The entries with figures of the report cards, if these could be measured."""
    cards = update.cards or (None,) * len(made)
    return tuple(
        dataclasses.replace(entry, figures=report_card_table.figures(card))
        for entry, card in zip(made, cards, strict=True)
    )


def visitor_of(request: gr.Request) -> Visitor:
    """Who asks; a call without a session is a visit of its own."""
    return Visitor(request.session_hash or secrets.token_hex(), request.client.host if request.client else "")


@contextmanager
def as_sentences(in_words: Callable[[str], str] = str) -> Iterator[None]:
    """Turns what is raised inside into gr.Error with a sentence; `in_words` may reword those about settings. What was
    not foreseen goes to the server's log."""
    try:
        yield
    except Exception as error:
        is_setting = isinstance(error, SettingsError)
        text = html.escape(in_words(str(error)), quote=False) if is_setting else faults.sentence(error)
        raise gr.Error(text, ERROR_SHOWN_S, print_exception=False) from error
