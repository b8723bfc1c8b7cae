"""Results of several recordings, made one after the other: each is a job of its own, so that others have turns between.

What is done is kept, whatever comes of the rest. A result that cannot be made has a sentence in its place.
"""

from __future__ import annotations

import dataclasses
import enum
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from styletransfer.errors import AudioError
from styletransfer.files.recordings import read_recordings
from styletransfer.settings import Settings
from styletransfer.transfer import ReportCard
from styletransfer.web.results import bundle, figures_table, progress, report_card_table, shelf
from styletransfer.web.results.combinations import Combination
from styletransfer.web.results.result_file import write_result
from styletransfer.web.results.several_pace import Pace
from styletransfer.web.results.shelf import Entry
from styletransfer.web.server.device_queue import BusyError, Visitor
from styletransfer.web.server.jobs import ClosingError, Update
from styletransfer.web.server.server import Server

NAMES = ("The content", "The style")
RETRY_S = 3.0
"""After which a place in the queue is asked for again, where there was none"""
STOPPED = "Stopped early: the best so far"
LEFT = "Not made: it was stopped before."
NO_PLACE = "Waiting for a place in the queue"
ZIP_NAME = "style-transfers"


class State(enum.StrEnum):
    """Where a result stands."""

    WAITING = "waiting"
    NOW = "now"
    DONE = "done"
    FAILED = "failed"
    LEFT = "left"
    """it was stopped before"""


@dataclass
class Made:
    """A result that was asked for, and what became of it."""

    combination: Combination
    settings: Settings
    state: State = State.WAITING
    said: str = ""
    """plain text: why there is none, or what a person should know of it"""
    entry: Entry | None = None
    packed: bundle.Packed | None = None
    card: ReportCard | None = None
    took_s: float | None = None


class Asked(NamedTuple):
    """A result that is to be made."""

    combination: Combination
    settings: Settings
    work: float
    """as `estimate.work` has it"""


class SeveralRuns:
    """Makes what was asked for. `in_words` tells what went wrong as plain text, while it is handled."""

    def __init__(
        self, server: Server, visitor: Visitor, asked: Sequence[Asked], in_words: Callable[[Exception], str]
    ) -> None:
        self.all = [Made(each.combination, each.settings) for each in asked]
        self.pace = Pace([each.work for each in asked], server.timings.unit_seconds())
        self.stopped = threading.Event()
        self.index = 0
        """Of the one that is made now"""
        self._server, self._visitor, self._in_words = server, visitor, in_words
        self._name = f"{visitor.visit} several"
        self._begun_s = time.monotonic()

    @property
    def done(self) -> list[Made]:
        """Those that there are, in their order."""
        return [made for made in self.all if made.state is State.DONE]

    @property
    def elapsed_s(self) -> float:
        """Since they were asked for."""
        return time.monotonic() - self._begun_s

    def stop(self) -> None:
        """End soon: with the best so far of what is at work, and no more."""
        self.stopped.set()
        self._server.stop(self._name)

    def run(self) -> Generator[Update | None, None, None]:
        """Make them all; yields whenever something has changed, with what is told of the one that is made now.

        Closing the generator gives up what is at work. Raises BusyError where there is no place in the queue for the
        first."""
        for index, made in enumerate(self.all):
            self.index = index
            if self.stopped.is_set():
                made.state, made.said = State.LEFT, LEFT
                continue
            made.state = State.NOW
            yield None
            try:
                yield from self._make(made)
            except BusyError:
                raise
            except Exception as error:
                self._fail(made, error)

    def figures(self) -> str:
        """Their figures as a CSV, with those that were not made."""
        done = [made for made in self.done if made.packed]
        stems = bundle.stems([made.packed for made in done if made.packed])
        files = {id(made): f"{stem}.wav" for made, stem in zip(done, stems, strict=True)}
        return figures_table.table([_line(made, files.get(id(made), "")) for made in self.all])

    def zip(self) -> Path | None:
        """A zip of all that are done; None where the disk has no room for it."""
        results = [made.packed for made in self.done if made.packed]
        if not self._server.files.has_room(sum(each.wav.stat().st_size for each in results)):
            return None
        return bundle.of_recordings(self._server.files, ZIP_NAME, results, self.figures())

    def _make(self, made: Made) -> Iterator[Update]:
        combination, settings = made.combination, made.settings
        for name, path in zip(NAMES, combination, strict=False):
            if not Path(path).exists():
                raise AudioError(f"{name} is no longer on this server. Add it again.")
        recordings, notes = read_recordings(combination.content, [combination.style], settings, names=NAMES)
        update = None
        with closing(self._updates(made, recordings)) as updates:
            for update in updates:
                if self.stopped.is_set() and not update.results and self._has_left(update):
                    made.state, made.said = State.LEFT, LEFT
                    return
                if update.results and made.entry is None:
                    self._take(made, update, recordings, notes)
                if update.results and not update.measuring:
                    _measured(made, update)
                yield update
        assert update is not None
        self.pace.end(self.index, update.elapsed_s)

    def _updates(self, made: Made, recordings: Sequence[np.ndarray]) -> Generator[Update, None, None]:
        """Those of the job. One that is not the first waits until there is a place for it in the queue."""
        content, *styles = recordings
        how: dict[str, Any] = {"measured": True, "watched": False, "name": self._name}
        while True:
            try:
                with closing(self._server.run(self._visitor, content, styles, made.settings, **how)) as updates:
                    for update in updates:
                        made.said = "" if made.said == NO_PLACE else made.said
                        yield update
                return
            except BusyError:
                if self.index == 0:
                    raise
            made.said = NO_PLACE
            yield Update((), 0.0, stopping=False, ahead=0, settings=made.settings)
            self.stopped.wait(RETRY_S)

    def _has_left(self, update: Update) -> bool:
        """Whether what is to be stopped has not begun; what has begun is asked for its best."""
        if update.ahead is None and not update.stopping:
            self._server.stop(self._name)  # it began just when it was to be stopped
        return update.ahead is not None

    def _take(self, made: Made, update: Update, recordings: Sequence[np.ndarray], notes: Sequence[str]) -> None:
        """Write a result as soon as it can be heard."""
        files, (result,), combination = self._server.files, update.results, made.combination
        names = combination.content_name, combination.style_name
        self._server.timings.take(result)
        path = write_result(files, result, names, recordings[0])
        given = result.sound, result.settings, path, recordings, names
        made.entry = shelf.make(files, *given, name=combination.title)
        made.packed = bundle.packed(path, result, None)
        made.took_s = sum(result.seconds_by_stage.values())
        ending = progress.tell_limit(update) or (STOPPED if result.stop_reason == "stopped" else "")
        made.said = " ".join([*([f"{ending}."] if ending else []), *notes, *result.notes])
        made.state = State.DONE

    def _fail(self, made: Made, error: Exception) -> None:
        if made.state is not State.DONE:  # it has no report card else
            made.state, made.said = State.FAILED, self._in_words(error)
            self.pace.skip(self.index)
        if isinstance(error, ClosingError):
            self.stopped.set()


def _measured(made: Made, update: Update) -> None:
    assert made.packed is not None
    assert made.entry is not None
    made.card = update.cards[0] if update.cards else None
    made.packed = bundle.packed(made.packed.wav, update.results[0], made.card)
    made.entry = dataclasses.replace(made.entry, figures=report_card_table.figures(made.card))


def _line(made: Made, file: str) -> figures_table.Line:
    settings = made.settings if made.state is State.DONE else None
    return figures_table.Line(made.combination, made.said, file, settings, made.took_s, made.card)
