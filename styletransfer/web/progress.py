"""What the page says about a job: where it stands, how it ended. Every function returns HTML."""

from __future__ import annotations

from styletransfer.pace import Pace
from styletransfer.transfer import Result
from styletransfer.web import jobs

STAGES = {"solve": "Shaping the spectrogram", "phase": "Finding the phase", "refine": "Refining the sound"}


def unfinished(update: jobs.Update) -> str:
    """Stage, iteration, loss and the time left, counted from the iterations of this stage that were measured."""
    if update.stopping:
        return with_bar("<b>Stopping</b> · making a sound of the best so far", None)
    if not update.steps:
        return with_bar(f"<b>Preparing</b> · {update.elapsed_s:.0f} s", None)
    last = update.steps[-1]
    text = f"<b>{STAGES.get(last.stage, last.stage)}</b> · {last.iteration} of {last.iterations}"
    pace = Pace()
    each_s = [pace.seconds_an_iteration(step) for step in update.steps][-1]
    if each_s is not None:
        text += f" · at most {duration((last.iterations - last.iteration) * each_s)} left"
    return with_bar(f"{text} · loss {last.total:.4g}", last.iteration / last.iterations)


def finished(result: Result) -> str:
    """How the transfer ended, and its losses as measured on the sound that is heard."""
    count, took_s = len(result.history), sum(result.seconds_by_stage.values())
    ending = "Stopped: the best so far" if result.stop_reason == "stopped" else f"Done: {result.stop_reason}"
    heard = result.delivered
    return with_bar(
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


def with_bar(text: str, share: float | None) -> str:
    """A text over a bar that is filled to `share`, 0 to 1, or not yet at all."""
    value = "" if share is None else f' value="{share:.4f}"'
    return f'{message(text)}<progress class="st-bar" max="1"{value} aria-label="progress"></progress>'


def message(text: str) -> str:
    """A text that screen readers announce when it changes."""
    return f'<p class="st-message" role="status">{text}</p>'
