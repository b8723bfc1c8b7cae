"""What one listener hears, in which order: drawn from the plan, and kept on the server.

A listener's browser knows the slots of a trial, such as "a", "b" and "x", and nothing of what is in them.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from styletransfer.listening.plan import Item, Kind, ListeningError, Plan, Question, Reference
from styletransfer.listening.statistics.screening import TRAPS_FAILED_FEWEST

CHECK_EVERY = 8
"""One trial of so many is heard again later, to see whether the answer stays, and one more has a known answer."""
FEWEST_FOR_CHECKS = 4
"""Trials of a question from which on there are checks at all"""
SECONDS_A_SOUND = 10
"""What one sound takes somebody who listens and answers, about; nobody has measured it"""
LONG_MINUTES = 30
"""More than most people listen closely"""
SLOTS = "abcdefghij"
MAX_SCORE, MAX_RATING = 100, 5
TRAP_RATING = 4
"""What the content at least gets that is rated for how well it keeps the content, and the style likewise"""


class Check(StrEnum):
    """Why a trial is there, if not for its answer."""

    NONE = ""
    REPEAT = "repeat"
    """the same as an earlier one"""
    IDENTICAL = "identical"
    """two sounds that are one"""
    TRAP = "trap"
    """an answer that everybody knows who listens"""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One question to one listener."""

    item: str
    """key"""
    question: str
    """key"""
    slots: Mapping[str, str]
    """what is in each slot: the key of a condition, or `sound_of` a reference"""
    check: Check = Check.NONE
    of: int = -1
    """index of the trial that a repeat repeats"""


def as_dict(trial: Trial) -> dict[str, Any]:
    """A trial as values that JSON has."""
    return dataclasses.asdict(trial)


def from_dict(given: Mapping[str, Any]) -> Trial:
    """The trial of `as_dict`."""
    return Trial(**{**given, "check": Check(given["check"])})


def sound_of(reference: Reference) -> str:
    """What stands in a slot that holds no condition."""
    return f"reference:{reference}"


class Effort(NamedTuple):
    """What a test asks of each listener."""

    trials: int
    minutes: int
    """about"""

    def __str__(self) -> str:
        trials = "1 trial" if self.trials == 1 else f"{self.trials} trials"
        minutes = "1 minute" if self.minutes == 1 else f"{self.minutes} minutes"
        long = ", which is long for most people" if self.minutes > LONG_MINUTES else ""
        return f"{trials}, about {minutes}{long}"


def effort(plan: Plan) -> Effort:
    """What a test asks of each listener: so many trials, and SECONDS_A_SOUND for each of their sounds."""
    items = [item.key for item in plan.items]
    drawn = draw(plan, items[: plan.items_each or None], "")
    beside = {question.key for question in plan.questions if question.beside}
    n_sounds = sum(len(trial.slots) + (trial.question in beside and "x" not in trial.slots) for trial in drawn)
    return Effort(len(drawn), max(1, round(n_sounds * SECONDS_A_SOUND / 60)))


def draw(plan: Plan, items: Sequence[str], seed: str) -> list[Trial]:
    """All trials of a listener who gets these items, in their order. The same seed draws the same."""
    chance = random.Random(f"{plan.seed}:{seed}")
    chosen = [plan.item(key) for key in items]
    if plan.kind is Kind.ABX:
        return _abx(plan, chosen, chance)
    trials: list[Trial] = []
    for question in plan.questions:  # one question a pass, whose sounds are shuffled anew
        trials += _pass(plan, chosen, question, chance, len(trials))
    return trials


def _abx(plan: Plan, items: Sequence[Item], chance: random.Random) -> list[Trial]:
    """A and B stay what they are, X is drawn anew each time; items take turns in shuffled rounds."""
    first, second = (condition.key for condition in plan.conditions)
    turns: list[Item] = []
    while len(turns) < plan.trials:
        turns += chance.sample(items, len(items))
    return [
        Trial(
            item=item.key,
            question=plan.questions[0].key,
            slots={"a": first, "b": second, "x": chance.choice([first, second])},
        )
        for item in turns[: plan.trials]
    ]


def _pass(plan: Plan, items: Sequence[Item], question: Question, chance: random.Random, begins: int) -> list[Trial]:
    """The trials of one question; `begins` is the index of the first."""
    trials = [
        Trial(item=item.key, question=question.key, slots=slots)
        for item in items
        for slots in _slots(plan, question, chance)
    ]
    if len(trials) < FEWEST_FOR_CHECKS:
        return chance.sample(trials, len(trials))
    trials += _checks(plan, items, question, chance, len(trials) // CHECK_EVERY)
    chance.shuffle(trials)
    # What is repeated is heard in the first half, its repeats in the second: so no index before them moves.
    half = math.ceil(len(trials) / 2)
    plain = [i for i in range(half) if trials[i].check is Check.NONE]
    for i in chance.sample(plain, min(len(plain), math.ceil(len(trials) / CHECK_EVERY))):
        repeat = dataclasses.replace(_turned(trials[i], chance), check=Check.REPEAT, of=begins + i)
        trials.insert(chance.randint(max(half, i + 2), len(trials)), repeat)  # never directly after the first
    return trials


def _slots(plan: Plan, question: Question, chance: random.Random) -> list[dict[str, str]]:
    """What is in the slots of each trial that one item makes."""
    keys = [condition.key for condition in plan.conditions]
    if plan.kind is Kind.RATING:
        return [{"a": key} for key in keys]
    if plan.kind is Kind.SEVERAL:
        return [_shuffled([*keys, *map(sound_of, Reference)], chance)]
    return [_shuffled(pair, chance) | _beside(question) for pair in itertools.combinations(keys, 2)]


def _shuffled(sounds: Sequence[str], chance: random.Random) -> dict[str, str]:
    return dict(zip(SLOTS, chance.sample(sounds, len(sounds)), strict=False))


def _beside(question: Question) -> dict[str, str]:
    return {"x": sound_of(question.beside)} if question.beside else {}


def _checks(plan: Plan, items: Sequence[Item], question: Question, chance: random.Random, n_wanted: int) -> list[Trial]:
    """Trials with a known answer: as many as wanted, but one of each kind that there is, and TRAPS_FAILED_FEWEST in the
    whole test, as one mistake leaves nobody out."""
    kinds = _known_by(plan.kind, question)
    if not kinds:
        return []
    n_passes = sum(bool(_known_by(plan.kind, each)) for each in plan.questions)
    count = max(n_wanted, len(kinds), math.ceil(TRAPS_FAILED_FEWEST / n_passes))
    shuffled = chance.sample(items, len(items))
    return [
        Trial(
            item=item.key,
            question=question.key,
            slots=_known(plan, question, check, chance),
            check=check,
        )
        for item, check in itertools.islice(zip(itertools.cycle(shuffled), itertools.cycle(kinds), strict=False), count)
    ]


def _known_by(kind: Kind, question: Question) -> tuple[Check, ...]:
    """Why the answer to a trial of a question can be known."""
    if kind in (Kind.ABX, Kind.SEVERAL):
        return ()
    identical = () if kind is Kind.RATING else (Check.IDENTICAL,)
    return (*identical, Check.TRAP) if question.beside else identical


def _known(plan: Plan, question: Question, check: Check, chance: random.Random) -> dict[str, str]:
    """The slots of a trial whose answer is known."""
    way = chance.choice(plan.conditions).key
    if check is Check.IDENTICAL:
        return {"a": way, "b": way} | _beside(question)
    reference = _beside(question)["x"]
    if plan.kind is Kind.RATING:
        return {"a": reference}
    return _shuffled([way, reference], chance) | {"x": reference}


def _turned(trial: Trial, chance: random.Random) -> Trial:
    """The same sounds in slots that are drawn anew."""
    x = {slot: sound for slot, sound in trial.slots.items() if slot == "x"}
    sounds = [sound for slot, sound in trial.slots.items() if slot != "x"]
    return dataclasses.replace(trial, slots=_shuffled(sounds, chance) | x)


def is_trap_passed(trial: Trial, answer: Mapping[str, Any]) -> bool:
    """Whether a trap was answered as everybody would who listens."""
    if "rating" in answer:
        return answer["rating"] >= TRAP_RATING
    return trial.slots.get(answer["choice"]) == trial.slots["x"]


def checked_answer(plan: Plan, trial: Trial, given: object) -> dict[str, Any]:
    """An answer as a browser sent it, brought to what is kept: a choice of a slot or "none", a rating, or the scores
    of all slots. Raises ListeningError."""
    answer = given if isinstance(given, dict) else {}
    if plan.kind is Kind.RATING and _is_whole(answer.get("rating"), 1, MAX_RATING):
        return {"rating": answer["rating"]}
    if plan.kind is Kind.SEVERAL:
        scores = answer.get("scores")
        known = scores if isinstance(scores, dict) and scores.keys() == trial.slots.keys() else {}
        if known and all(_is_whole(score, 0, MAX_SCORE) for score in known.values()):
            return {"scores": known}
    offered = ("a", "b") if plan.kind is Kind.ABX else ("a", "b", "none")
    if plan.kind in (Kind.ABX, Kind.PREFERENCE, Kind.CLOSER) and answer.get("choice") in offered:
        return {"choice": answer["choice"]}
    raise ListeningError("This is no answer to that question. Load the page again.")


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
