"""What the page says of several results: which is made now, how long it takes, what came of them. Returns HTML."""

from __future__ import annotations

from html import escape

from styletransfer.web.results import progress
from styletransfer.web.results.several_runs import SeveralRuns, State
from styletransfer.web.server.jobs import Update

AT_WORK = "<span hidden data-at-work></span>"
"""Unseen, for frontend/run-state.js: there as long as they are being made."""
BEGUN = progress.with_bar("<b>Preparing</b>", None) + AT_WORK
ZIPPING = progress.with_bar("<b>Putting the zip together</b>", None) + AT_WORK
NO_ROOM = "There is no room for a zip on this server just now: download the results one by one."


def tell_running(runs: SeveralRuns, update: Update | None) -> str:
    """Which one is made now, and how long all of them take."""
    return _tell_running(runs, update) + AT_WORK


def _tell_running(runs: SeveralRuns, update: Update | None) -> str:
    made, index = runs.all[runs.index], runs.index
    head = f"<b>{index + 1} of {len(runs.all)}</b> · {escape(made.combination.title)}"
    if update is None:
        return progress.with_bar(f"{head} · <b>Preparing</b>", None)
    if update.ahead is not None:
        return progress.with_bar(f"{head} · {escape(made.said) or progress.tell_waiting(update)}", None)
    words = "<b>Measuring the result</b>" if update.results else progress.stage(update)
    count = "" if runs.stopped.is_set() else progress.left(runs.pace.left_s(index, update))
    return progress.with_bar(f"{head} · {words}", runs.pace.share(index, update), count)


def tell_end(runs: SeveralRuns, *, has_room: bool = True) -> str:
    """What came of them."""
    made, asked = len(runs.done), len(runs.all)
    failed = sum(each.state is State.FAILED for each in runs.all)
    ending = "Stopped" if any(each.state is State.LEFT for each in runs.all) else "Done"
    results = f"{made} of {asked} results" if made != asked else "one result" if made == 1 else f"all {made} results"
    text = f"<b>{ending}</b>: {results} in {progress.duration(runs.elapsed_s)}."
    if made:
        text += " It is in Compare, too." if made == 1 else " They are in Compare, too."
    if failed:
        text += f" {failed} could not be made: the list says why."
    return progress.with_bar(text if has_room else f"{text} {NO_ROOM}", 1.0)
