"""Makes results of several recordings for the page, as a generator of what it shows meanwhile.

One call makes all of them and counts as so many transfers. Each visit makes one list of them at a time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import gradio as gr

from styletransfer.errors import SettingsError, StyleTransferError
from styletransfer.web.endpoints.transfer_events import as_sentences, visitor_of
from styletransfer.web.guard import budgets, faults
from styletransfer.web.guard.refusals import Refused
from styletransfer.web.parts import controls, several_plan
from styletransfer.web.results import several_progress, shelf
from styletransfer.web.results.several_runs import SeveralRuns
from styletransfer.web.results.shelf import Entry
from styletransfer.web.server.device_queue import Visitor
from styletransfer.web.server.jobs import Update
from styletransfer.web.server.server import Server

AT_WORK = "Results are being made for you already. Wait until they are done, or stop them."
MAX_LISTS = 12
"""That are made at a time, of all visitors: each keeps a thread of the server's"""
TOO_MANY = f"{MAX_LISTS} lists of results are being made for others already. Try again in a few minutes."

Shown = tuple[Any, ...]
"""Values for the list, the progress, the zip, Stop, and the state of what was made"""


class SeveralEvents:
    """The events of one server's page."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._runs: dict[str, SeveralRuns] = {}
        self._lock = threading.Lock()

    def several_from_page(
        self,
        request: gr.Request,
        contents: list[str] | None,
        styles: list[str] | None,
        left_out: list[str],
        preset_name: str,
        seed_choice: str,
        **settings: Any,
    ) -> Iterator[Shown]:
        """Make all results of these recordings, but those that are left out, with the values of the page's controls."""
        with as_sentences(controls.in_words_of_the_page):
            is_new = seed_choice == "new"
            found = several_plan.plan(self.server, contents, styles, left_out, preset_name, settings, new_seeds=is_new)
            if not found.asked:
                raise StyleTransferError(found.sentence)
            visitor = visitor_of(request)
            runs = SeveralRuns(self.server, visitor, found.asked, _in_words)
            self._take_down(visitor, runs)
            try:
                self._count(visitor, len(found.asked))
                with closing(runs.run()) as updates:
                    yield from _shown(runs, updates)
                yield from self._end(runs)
            finally:
                del self._runs[visitor.visit]

    def _take_down(self, visitor: Visitor, runs: SeveralRuns) -> None:
        """Remember what is made for a visit. Raises StyleTransferError where that is one list too many."""
        with self._lock:
            if visitor.visit in self._runs:
                raise StyleTransferError(AT_WORK)
            if len(self._runs) >= MAX_LISTS:
                raise StyleTransferError(TOO_MANY)
            self._runs[visitor.visit] = runs

    def stop_several(self, request: gr.Request) -> None:
        """End what `several_from_page` makes for the visit: with the best so far of what is at work, and no more."""
        if runs := self._runs.get(request.session_hash or ""):
            runs.stop()

    def is_at_work(self, request: gr.Request) -> bool:
        """Whether several results are being made for the visit."""
        return (request.session_hash or "") in self._runs

    def _count(self, visitor: Visitor, jobs: int) -> None:
        """Each counts as a transfer; the gate has counted one. Raises StyleTransferError where that is too many."""
        try:
            if jobs > 1:
                self.server.counts.spend(budgets.JOBS, address=visitor.network, visit=visitor.visit, amount=jobs - 1)
        except Refused as error:
            raise StyleTransferError(str(error)) from error

    def _end(self, runs: SeveralRuns) -> Iterator[Shown]:
        """What was made, and a zip of it."""
        off = gr.Button(interactive=False)
        if not runs.done or self.server.closing.is_set():
            yield listing(runs), several_progress.tell_end(runs), gr.skip(), off, _entries(runs)
            return
        yield listing(runs), several_progress.ZIPPING, gr.skip(), off, _entries(runs)
        path = runs.zip()
        button = gr.skip() if path is None else gr.DownloadButton(value=str(path), interactive=True)
        yield gr.skip(), several_progress.tell_end(runs, has_room=path is not None), button, off, gr.skip()


def _shown(runs: SeveralRuns, updates: Iterator[Update | None]) -> Iterator[Shown]:
    """What is shown while they are made: of the list and of what was made only what is new."""
    listed, made = "", ()
    for update in updates:
        now_listed, now_made = listing(runs), _entries(runs)
        yield (
            gr.skip() if now_listed == listed else now_listed,
            several_progress.tell_running(runs, update),
            gr.skip() if listed else gr.DownloadButton(value=None, interactive=False),
            gr.Button(interactive=not runs.stopped.is_set()),
            gr.skip() if now_made == made else now_made,
        )
        listed, made = now_listed, now_made


def _entries(runs: SeveralRuns) -> tuple[Entry, ...]:
    return tuple(made.entry for made in runs.done if made.entry)


def listing(runs: SeveralRuns) -> str:
    """What frontend/several.js is told of the results, as JSON."""
    return json.dumps(
        [
            {
                "title": made.combination.title,
                "state": made.state,
                "said": made.said,
                "entry": shelf.as_dict(made.entry) if made.entry else None,
            }
            for made in runs.all
        ]
    )


def _in_words(error: Exception) -> str:
    words = faults.plain(error)
    return controls.in_words_of_the_page(words) if isinstance(error, SettingsError) else words
