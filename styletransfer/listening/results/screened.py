"""Which listeners the rules of statistics/screening.py take out, from what they answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from styletransfer.listening import trials
from styletransfer.listening.plan import Kind, Plan
from styletransfer.listening.records import Answer
from styletransfer.listening.results.choosing import is_right
from styletransfer.listening.results.said import Listener
from styletransfer.listening.statistics import screening
from styletransfer.listening.statistics.screening import LEAST_HEARD_S, UNDECIDED, Answers, Rule, Summary
from styletransfer.listening.trials import Check, Trial

KINDS = {Kind.RATING: Answers.RATINGS, Kind.SEVERAL: Answers.SCORES}
"""The other kinds have choices."""


def reasons(plan: Plan, listener: Listener) -> tuple[Rule, ...]:
    """List the rules that take a listener out; none for one who stays."""
    session, answers = listener.session, listener.answers
    checks = [(session.trials[index], answer) for index, answer in answers.items()]
    known = [(trial, answer) for trial, answer in checks if trial.check in (Check.TRAP, Check.IDENTICAL)]
    return screening.reasons(
        Summary(
            kind=KINDS.get(plan.kind, Answers.CHOICES),
            not_played=sum(not _is_heard(trial, answer) for trial, answer in checks),
            answers=[] if _is_all_right(plan, listener) else list(_buttons_of(checks)),
            traps=len(known),
            traps_failed=sum(not _is_passed(trial, answer.value) for trial, answer in known),
            repeats=list(_repeats(listener)),
        )
    )


def _is_heard(trial: Trial, answer: Answer) -> bool:
    return all(answer.heard.get(slot, 0) >= LEAST_HEARD_S for slot in trial.slots)


def _is_all_right(plan: Plan, listener: Listener) -> bool:
    """Whether X was found each time: where it was always the same, so is the button."""
    return plan.kind is Kind.ABX and all(map(is_right, listener.counted()))


def _buttons_of(checks: Iterable[tuple[Trial, Answer]]) -> Iterator[float | str]:
    """What was pressed, but in traps, where it is known what to press."""
    for trial, answer in checks:
        if trial.check is not Check.TRAP:
            yield from _buttons(answer.value)


def _is_passed(trial: Trial, value: Mapping[str, Any]) -> bool:
    if trial.check is Check.IDENTICAL:
        return value["choice"] == UNDECIDED
    return trials.is_trap_passed(trial, value)


def _buttons(value: Mapping[str, Any]) -> list[float | str]:
    """What was pressed, wherever that led to."""
    return list(value["scores"].values()) if "scores" in value else list(value.values())


def _repeats(listener: Listener) -> Iterator[tuple[float | str, float | str]]:
    """Both answers to whatever was heard twice, sound by sound."""
    for index, answer in listener.answers.items():
        trial = listener.session.trials[index]
        before = listener.answers.get(trial.of)
        if trial.check is Check.REPEAT and before:
            again = _by_sound(trial, answer.value)
            first = _by_sound(listener.session.trials[trial.of], before.value)
            yield from ((first[sound], again[sound]) for sound in first)


def _by_sound(trial: Trial, value: Mapping[str, Any]) -> dict[str, float | str]:
    """What was said of each sound; of a choice, which sound it was."""
    if "scores" in value:
        return {trial.slots[slot]: score for slot, score in value["scores"].items()}
    if "choice" in value:
        return {"": trial.slots.get(value["choice"], UNDECIDED)}
    return {"": value["rating"]}
