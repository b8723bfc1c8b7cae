"""Compiles, in the background after the start, what most visitors will need: JAX compiles anew for every shape.

Each plan is a transfer of a few iterations, of the lengths that visitors bring: the examples, and recordings that are
longer than what is used of them. The first of each preset is run once more, compiled, for the server's timings: what
the page tells of how long a transfer takes is measured here. A visitor's transfer goes first: a plan that is under way
gives up at its next step, and is taken up again later, when what had been compiled is still there.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from styletransfer.files import audio
from styletransfer.settings import DEFAULT_PRESET, PRESETS, SAMPLE_RATE_HZ, Settings, preset
from styletransfer.web.server.server import Server
from styletransfer.workers.protocol import Event, Made, Measurement, Task, Transfer, Wish, events

WANTED = ("instant", DEFAULT_PRESET, "quick")
"""Presets that are compiled for every shape, in this order; the others follow with one."""
COUNTS = ("iterations", "griffin_lim_iterations", "refinement_iterations")
MIN_COUNTS = dict.fromkeys(COUNTS, 1)
TIMED_COUNT = 4
"""Iterations of each stage that are enough to time one"""

log = logging.getLogger(__name__)


class Plan(NamedTuple):
    """One shape of transfer."""

    settings: Settings
    content: np.ndarray
    style: np.ndarray
    timed_as: Settings | None = None
    """the preset whose time it tells, if it does"""


def start(
    server: Server, pairs: Sequence[tuple[Path, Path]], presets: Sequence[str] = tuple(PRESETS)
) -> threading.Thread:
    """Begin to compile for recordings as long as these contents and styles, most wanted first, and for a content and a
    style that are longer than what is used of them."""
    thread = threading.Thread(target=lambda: run(server, plans(pairs, presets)), name="warm-up", daemon=True)
    thread.start()
    return thread


def plans(pairs: Sequence[tuple[Path, Path]], presets: Sequence[str] = tuple(PRESETS)) -> Iterator[Plan]:
    """Each shape once, in the order in which they are to be compiled."""
    sounds = {path: audio.read(path, seconds=Settings().style_seconds) for pair in pairs for path in pair}
    for name in sorted(presets, key=lambda name: WANTED.index(name) if name in WANTED else len(WANTED)):
        settings = preset(name, **MIN_COUNTS)
        lengths = [round(seconds * SAMPLE_RATE_HZ) for seconds in (settings.seconds, settings.style_seconds)]
        recordings = [[sounds[path][:length] for path, length in zip(pair, lengths, strict=True)] for pair in pairs]
        longest = [np.resize(sound, length) for sound, length in zip(recordings[0], lengths, strict=True)]
        wanted = (*recordings[:1], longest, *recordings[1:]) if name in WANTED else recordings[:1]
        shapes = {(len(content), len(style)): (content, style) for content, style in wanted}
        for i, (content, style) in enumerate(shapes.values()):
            yield Plan(settings, content, style)
            if i == 0:
                full = preset(name)
                few = {count: min(getattr(full, count), TIMED_COUNT) for count in COUNTS}
                yield Plan(dataclasses.replace(full, **few), content, style, full)


def run(server: Server, to_do: Iterable[Plan]) -> None:
    """Work the plans off, one after the other, until the server ends."""
    for plan in to_do:
        while not server.closing.is_set() and not _is_done(server, plan):
            pass


def _is_done(server: Server, plan: Plan) -> bool:
    """Wait until nobody wants the device, then compile. False if a visitor came before it was done."""
    ticket = server.queue.join()
    try:
        if not server.queue.wait(ticket) or server.closing.is_set():
            return False
        return _compile(server, plan)
    except Exception:
        log.exception("compiling in advance failed; transfers will compile what they need")
        return True
    finally:
        server.queue.leave(ticket)


def _compile(server: Server, plan: Plan) -> bool:
    """Whether it was done before a visitor came."""
    is_looked_at = 0.0 if plan.timed_as is None else None
    recordings: dict[str, Any] = {"content": plan.content, "styles": [plan.style]}
    task = Transfer(**recordings, settings=plan.settings, picture_s=is_looked_at, preview_s=is_looked_at)
    results = [event.result for event in _events(server, task) if isinstance(event, Made)]
    if not results:
        return False
    if plan.timed_as is None:
        for _ in _events(server, Measurement(**recordings, results=results)):
            pass
    else:
        server.timings.take(results[0], plan.timed_as)
    return True


def _events(server: Server, task: Task) -> Iterator[Event]:
    """What comes of a task; it is given up when a visitor comes or the server ends. Raises what goes wrong."""
    return events(
        server.workers.submit(task),
        lambda: Wish.ABANDON if server.queue.length() or server.closing.is_set() else Wish.GO_ON,
    )
