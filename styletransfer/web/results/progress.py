"""What the page says about a job: where it stands, how it ended. Every function returns HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from styletransfer.eta import STAGE_TITLES, Eta
from styletransfer.settings.series import series_settings
from styletransfer.transfer import Result
from styletransfer.web.gradio_compat import file_url
from styletransfer.web.server.jobs import SeriesPosition, Update

REPORTING = "The report card is being measured …"


def tell_running(update: Update) -> str:
    """The place in the queue, or the stage and the time left for all, counted from the iterations that were measured;
    and, unseen, where the preview is, for frontend/preview.js."""
    if update.ahead is not None:
        return with_bar(tell_waiting(update), None)
    return _tell_stage(update) + _preview(update)


def tell_waiting(update: Update) -> str:
    """What a visitor reads whose transfer has not begun."""
    if update.warming_up:
        return "<b>Warming up</b> · the page was started a moment ago; yours is next"
    if not update.ahead:
        return "<b>Preparing</b>"
    others = "one other transfer is" if update.ahead == 1 else f"{update.ahead} other transfers are"
    return f"<b>Waiting</b> · number {update.ahead + 1} in the queue: {others} before yours"


def _tell_stage(update: Update) -> str:
    if update.stopping or not update.steps:
        return with_bar(stage(update), None)
    last, eta = update.steps[-1], eta_of(update)
    return with_bar(stage(update), eta.share(last), left(eta.seconds_left(last)))


def stage(update: Update) -> str:
    """What is done now."""
    series = "" if update.series_position is None else f" · {strength(update.series_position)}"
    if update.is_second_try:
        series += " · once more, for its first worker was lost"
    if update.stopping:
        return f"<b>Stopping</b>{series} · making a sound of the best so far"
    if not update.steps:
        sketched = " · a mosaic of it can be heard already" if update.preview else ""
        return f"<b>Preparing</b>{series}{sketched}"
    name = update.steps[-1].stage
    return f"<b>{STAGE_TITLES.get(name, name)}</b>{series}"


def left(seconds: float | None) -> str:
    """A count of what is left; nothing as long as that is not known."""
    return "" if seconds is None else f", about {duration(max(1, seconds))} left"


def eta_of(update: Update) -> Eta:
    """What the steps so far tell of the whole run."""
    position = update.series_position
    if position is None:
        eta = Eta(update.settings)
    else:
        running, *following = series_settings(update.settings, position.order)[position.number - 1 :]
        eta = Eta(running, following)
    for step in update.steps:
        eta.take(step)
    return eta


def figures(update: Update) -> str:
    """Plain text on the last step: `iteration 20 of 80, loss 0.01591, correlation with the content 0.86`."""
    if not update.steps:
        return ""
    last = update.steps[-1]
    window = f"window {last.window} of {last.windows}, " if last.windows > 1 else ""
    return (
        f"{window}iteration {last.iteration} of {last.iterations}, loss {last.total:.4g}, "
        f"correlation with the content {last.correlation:.2f}"
    )


def result_figures(result: Result) -> str:
    """Plain text on how a result came about: `81 iterations, iteration limit`."""
    count = sum(step.stage != "phase" for step in result.history)
    return f"{count} iterations, {result.stop_reason}"


def strength(position: SeriesPosition) -> str:
    """Which of several strengths is under way: `strength 75, 2 of 5`."""
    return f"strength {position.strength:g}, {position.number} of {position.total}"


def _preview(update: Update) -> str:
    if update.preview is None:
        return ""
    return f'<span hidden data-preview="{escape(file_url(update.preview))}"></span>'


def tell_result(update: Update, result: Result) -> str:
    """How the transfer ended."""
    took_s = sum(result.seconds_by_stage.values())
    ending = "Stopped: the best so far" if result.stop_reason == "stopped" else "Done"
    text = f"<b>{tell_limit(update) or ending}</b> in {duration(took_s)}."
    return _tell_end(update, " ".join([text, *_notes(result)]))


def _notes(result: Result) -> list[str]:
    return [escape(note, quote=False) for note in result.notes]


def tell_series(update: Update, results: Sequence[Result]) -> str:
    """How a job of several strengths ended; `results` are its own, with all notes about them."""
    made, asked = len(results), update.series_position.total if update.series_position else 1
    took_s = sum(sum(result.seconds_by_stage.values()) for result in results)
    ending = "Done" if made == asked else "Stopped"
    text = f"<b>{tell_limit(update) or ending}</b>: {made} of {asked} strengths in {duration(took_s)}."
    return _tell_end(update, " ".join([text, *_series_notes(results)]))


def _series_notes(results: Sequence[Result]) -> list[str]:
    """What is true of all strengths once, the rest with its strength."""
    told = [_notes(result) for result in results]
    shared = [note for note in told[0] if all(note in notes for notes in told)]
    own = [
        f"Strength {result.settings.strength:g}: {note}"
        for result, notes in zip(results, told, strict=True)
        for note in notes
        if note not in shared
    ]
    return shared + own


def tell_limit(update: Update) -> str:
    """That a transfer was stopped at the limit of time; nothing where it was not."""
    if update.limit_reached_s is None:
        return ""
    return f"Stopped at the limit of {duration(update.limit_reached_s)} for one transfer: the best so far"


def _tell_end(update: Update, text: str) -> str:
    return with_bar(f"{text} {REPORTING}" if update.measuring else text, 1.0)


def duration(seconds: float) -> str:
    """Seconds in words: `12 s`, `3 min 5 s`, `2 h 10 min`."""
    minutes, rest_s = divmod(round(seconds), 60)
    hours, rest_min = divmod(minutes, 60)
    if hours:
        return f"{hours} h {rest_min} min"
    return f"{minutes} min {rest_s} s" if minutes else f"{rest_s} s"


def with_bar(text: str, share: float | None, count: str = "") -> str:
    """A message over a bar that is filled to `share`, 0 to 1, or not yet at all."""
    value = "" if share is None else f' value="{share:.4f}"'
    return f'{message(text, count)}<progress class="st-bar" max="1"{value} aria-label="progress"></progress>'


def message(text: str, count: str = "") -> str:
    """A text that screen readers announce when it changes, and a count that changes too often to be read out."""
    return f'<p class="st-message"><span role="status">{text}</span>{count}</p>'
