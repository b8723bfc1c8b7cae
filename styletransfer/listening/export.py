"""Results of a listening test as files: CSV, JSON, Markdown, and a zip of all with the plots.

No file has a key or the code of a test in it: listeners are numbers. While a test is open, what may be read is what its
owner sees (results/reading.py), and each file says whether the owner peeks.
"""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from styletransfer.files.spreadsheets import for_spreadsheets, table
from styletransfer.listening import plots
from styletransfer.listening.plan import Kind, Plan
from styletransfer.listening.records import Answer, Session
from styletransfer.listening.results.blocks import Block, Heading, Listed, Paragraph, Plot, Table
from styletransfer.listening.results.choosing import is_right
from styletransfer.listening.results.reading import Results, may_be_read, readable, results
from styletransfer.listening.results.report import report
from styletransfer.listening.results.said import Listener, Said, labels_of
from styletransfer.listening.trials import Trial

SCHEMA = 1
"""Of the JSON."""
HIDDEN_OF_PLAN = ("key", "owner_key", "code", "seed", "schema")
MARKUP = re.compile(r"([\\`*_{}\[\]<>|#~$&])")
PLOTS = "plots"
"""Folder in the zip"""


def csv(plan: Plan, sessions: Iterable[Session], answers: Iterable[Answer], *, now: datetime | None = None) -> str:
    """Write all answers, one to a line.

    For each slot there is what was in it, for how long it was heard, and the value that it got. Raises ListeningError
    while the test is open, unless its owner peeks.
    """
    listeners = readable(plan, sessions, answers, _now(now))
    slots = sorted({slot for each in listeners for answer in each.answers.values() for slot in answer.heard})
    head = ["listener", "trial", "check", "item", "question", "choice", "chosen", "right", "seconds", "switches", "at"]
    head += [f"{slot}{ending}" for slot in slots for ending in ("", "_seconds", "_value")] + ["owner_peeks"]
    lines = (_line(plan, each, index, slots) for each in listeners for index in sorted(each.answers))
    return table(head, lines)


def listeners_csv(
    plan: Plan,
    sessions: Iterable[Session],
    answers: Iterable[Answer],
    *,
    found: Results | None = None,
    now: datetime | None = None,
) -> str:
    """Write all listeners, one to a line, with their comments and why they are taken out.

    `found` are the results of all that, if they are known. Raises as `csv`.
    """
    sessions, answers, moment = list(sessions), list(answers), _now(now)
    readable(plan, sessions, answers, moment)
    found = found or results(plan, sessions, answers, now=moment)
    head = ["listener", "begun", "finished", "output", "answers", "trials", "complete", "taken_out", "comment"]
    lines = (
        [
            *(each.number, each.begun, each.finished, each.output, each.n_answers, each.n_trials),
            *(_yes(each.is_complete), " ".join(each.reasons or ()), each.comment, _yes(plan.peeks)),
        ]
        for each in found.listeners
    )
    return table([*head, "owner_peeks"], lines)


def as_json(
    plan: Plan,
    sessions: Iterable[Session],
    answers: Iterable[Answer],
    *,
    found: Results | None = None,
    now: datetime | None = None,
) -> str:
    """Write the test, its results, and all that was said, texts as they were typed.

    `found` are the results, if they are known. While only counts may be seen, these are all that is in it.
    """
    sessions, answers, moment = list(sessions), list(answers), _now(now)
    test = {name: value for name, value in dataclasses.asdict(plan).items() if name not in HIDDEN_OF_PLAN}
    listeners = readable(plan, sessions, answers, moment) if may_be_read(plan, moment) else []
    whole = {
        "schema": SCHEMA,
        "test": test,
        "results": dataclasses.asdict(found or results(plan, sessions, answers, now=moment)),
        "listeners": [_listener(plan, each) for each in listeners],
    }
    return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def markdown(found: Results, folder: str = "") -> str:
    """Write the report, to be pasted; `folder` is where plots lie as SVG, if they do."""
    blocks = [each for each in report(found) if folder or not isinstance(each, Plot)]
    return "\n\n".join([f"# {_plain(found.title)}", *(_markdown(each, folder) for each in blocks)]) + "\n"


def zipped(
    plan: Plan,
    sessions: Iterable[Session],
    answers: Iterable[Answer],
    *,
    found: Results | None = None,
    now: datetime | None = None,
) -> bytes:
    """Pack all exports with the plots, as SVG and PNG. `found` are the results, if they are known. Raises as `csv`."""
    sessions, answers, moment = list(sessions), list(answers), _now(now)
    found = found or results(plan, sessions, answers, now=moment)
    files: dict[str, bytes] = {
        "answers.csv": for_spreadsheets(csv(plan, sessions, answers, now=moment)),
        "listeners.csv": for_spreadsheets(listeners_csv(plan, sessions, answers, found=found, now=moment)),
        "results.json": as_json(plan, sessions, answers, found=found, now=moment).encode("utf-8"),
        "results.md": markdown(found, PLOTS).encode("utf-8"),
    }
    for name in plots.names(found):
        figure = plots.one(found, name)
        files |= {f"{PLOTS}/{name}.svg": plots.svg(figure), f"{PLOTS}/{name}.png": plots.png(figure)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _now(now: datetime | None) -> datetime:
    return now or datetime.now(UTC)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _line(plan: Plan, listener: Listener, index: int, slots: Sequence[str]) -> list[Any]:
    trial, answer, labels = listener.session.trials[index], listener.answers[index], labels_of(plan)
    choice = answer.value.get("choice", "")
    values = _values(answer.value)
    question = {each.key: each.text for each in plan.questions}[trial.question]
    head = [listener.number, index + 1, trial.check.value, plan.item(trial.item).label, question]
    chosen = labels.get(trial.slots.get(choice, ""), choice)
    right = _yes(is_right(Said(trial, answer.value))) if plan.kind is Kind.ABX else ""
    cells: list[Any] = [*head, choice, chosen, right, answer.seconds, answer.switches, answer.at]
    for slot in slots:
        cells += [labels.get(trial.slots.get(slot, ""), ""), answer.heard.get(slot, ""), values.get(slot, "")]
    return [*cells, _yes(plan.peeks)]


def _values(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The value that each slot got."""
    return {"a": value["rating"]} if "rating" in value else value.get("scores", {})


def _listener(plan: Plan, listener: Listener) -> dict[str, Any]:
    session = listener.session
    return {
        "number": listener.number,
        "begun": session.begun,
        "finished": session.finished,
        "output": session.output,
        "comment": session.comment,
        "trials": [_trial(plan, trial, listener.answers.get(i)) for i, trial in enumerate(session.trials)],
    }


def _trial(plan: Plan, trial: Trial, answer: Answer | None) -> dict[str, Any]:
    labels = labels_of(plan)
    return {
        "item": plan.item(trial.item).label,
        "question": trial.question,
        "check": trial.check,
        "repeats": trial.of + 1 if trial.of >= 0 else None,
        "slots": {slot: labels[sound] for slot, sound in trial.slots.items()},
        "answer": dict(_said(answer)) if answer else None,
    }


def _said(answer: Answer) -> Iterator[tuple[str, Any]]:
    for name, value in dataclasses.asdict(answer).items():
        if name not in ("key", "session", "trial"):
            yield name, value


def _markdown(block: Block, folder: str) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_plain(text)}"
        case Paragraph(text):
            return _plain(text)
        case Listed(lines):
            return "\n".join(f"- {_plain(line)}" for line in lines)
        case Plot(name, says):
            return f"![{_plain(says)}]({folder}/{name}.svg)"
        case Table(caption, head, rows, _):
            first, *others = ([_plain(cell) for cell in row] for row in (head, *rows))
            lines = [first, ["---"] * len(head), *others]
            return f"{_plain(caption)}:\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, in one line."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))
