"""Made-up listeners: they take a test as it would be drawn for them, and answer as a function says."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from styletransfer.listening import trials
from styletransfer.listening.plan import Kind, Plan
from styletransfer.listening.records import Answer, Session
from styletransfer.listening.store import Store
from styletransfer.listening.trials import Check, Trial

BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = BEGAN + timedelta(days=30)
"""A moment after everybody is through"""
CLOSED = "2026-01-20T00:00:00+00:00"

Answering = Callable[[Trial, random.Random], Mapping[str, Any]]


@dataclass
class Taken:
    """A test, and what was said in it."""

    plan: Plan
    sessions: list[Session] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def take(self, answering: Answering, *, n_answers: int | None = None, comment: str = "", **options: Any) -> Session:
        """One more listener, who stops after so many answers; `options` are fields of the answers."""
        number = len(self.sessions) + 1
        seed = f"session-{number}-key"
        keys = [item.key for item in self.plan.items]
        items = random.Random(seed).sample(keys, self.plan.items_each or len(keys))
        drawn = trials.draw(self.plan, items, seed)
        begun = BEGAN + timedelta(hours=number)
        session = Session(
            key=seed,
            test=self.plan.key,
            listener=f"listener-{number}-key",
            items=tuple(items),
            trials=tuple(drawn),
            output="headphones",
            begun=begun.isoformat(),
            finished=(begun + timedelta(minutes=20)).isoformat() if n_answers is None else "",
            comment=comment,
        )
        self.sessions.append(session)
        answers = answers_to(self.plan, session, answering, **options)
        self.answers += answers if n_answers is None else answers[:n_answers]
        return session

    @property
    def all(self) -> tuple[Plan, list[Session], list[Answer]]:
        """What `results` and the exports take."""
        return self.plan, self.sessions, self.answers


def answers_to(plan: Plan, session: Session, answering: Answering, **options: Any) -> list[Answer]:
    """All answers that somebody gives in a session; `options` are fields of them."""
    chance = random.Random(session.key)
    answers = []
    for index, trial in enumerate(session.trials):
        fields = {
            "key": f"answer-{index}-{session.key}",
            "session": session.key,
            "trial": index,
            "value": trials.checked_answer(plan, trial, answering(trial, chance)),
            "heard": dict.fromkeys(trial.slots, 4.5),
            "switches": 3,
            "seconds": 12.25,
            "at": (datetime.fromisoformat(session.begun) + timedelta(seconds=30 * index)).isoformat(),
        }
        answers.append(Answer(**(fields | options)))
    return answers


def take_in(store: Store, test: str, answering: Answering, comment: str = "") -> Session:
    """One more listener of a test that a store has."""
    listener = f"listener-{len(store.sessions(test)) + 1}-key"
    session = store.begin(test, listener, "headphones")
    for answer in answers_to(store.plan(test), session, answering):
        store.put(answer)
    store.finish(session.key, comment)
    return session


def hears(rate: float) -> Answering:
    """Who finds X in such a share of all ABX trials."""

    def answer(trial: Trial, chance: random.Random) -> Mapping[str, Any]:
        right = "a" if trial.slots["a"] == trial.slots["x"] else "b"
        return {"choice": right if chance.random() < rate else {"a": "b", "b": "a"}[right]}

    return answer


def worth(sound: str) -> float:
    """How good a sound is to those who listen: content and style are the best, of the ways the last."""
    return 9.0 if sound.startswith("reference:") else float(sound.rpartition("-")[2])


def listens(spread: float = 0.5) -> Answering:
    """Who says what a sound is worth, give or take; who knows a trap and what is identical, and says things twice."""
    said: dict[object, Any] = {}

    def answer(trial: Trial, chance: random.Random) -> Mapping[str, Any]:
        what = (trial.item, trial.question, tuple(sorted(trial.slots.values())))
        heard = {sound: worth(sound) + chance.gauss(0, spread) for sound in sorted(set(trial.slots.values()))}
        worths = said.setdefault(what, heard)
        if trial.check is Check.IDENTICAL:
            return {"choice": "none"}
        if trial.check is Check.TRAP and "b" in trial.slots:
            return {"choice": "a" if trial.slots["a"] == trial.slots["x"] else "b"}
        if "b" not in trial.slots:
            return {"rating": min(5, max(1, round(1 + worths[trial.slots["a"]])))}
        if len(trial.slots) > 3:
            return {"scores": {slot: min(100, max(0, round(15 * worths[s]))) for slot, s in trial.slots.items()}}
        first, second = (worths[trial.slots[slot]] for slot in "ab")
        return {"choice": "none" if abs(first - second) < 0.2 else "a" if first > second else "b"}

    return answer


def nonsense(kind: Kind) -> Answering:
    """Who presses the same each time."""

    def answer(trial: Trial, _: random.Random) -> Mapping[str, Any]:
        if kind is Kind.RATING:
            return {"rating": 1}
        return {"scores": dict.fromkeys(trial.slots, 50)} if kind is Kind.SEVERAL else {"choice": "a"}

    return answer


def taken_by(plan: Plan, n_listeners: int, answering: Callable[[], Answering]) -> Taken:
    """A test that so many have taken."""
    taken = Taken(plan)
    for _ in range(n_listeners):
        taken.take(answering())
    return taken
