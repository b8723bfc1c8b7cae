"""Listening tests for tests: plans without sounds, sounds for them, a clock, and listeners."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from styletransfer.listening.plan import QUESTIONS, Condition, Item, Kind, Plan, Reference
from styletransfer.listening.records import Answer, Session
from styletransfer.listening.store import Store
from styletransfer.settings import SAMPLE_RATE_HZ


def plan_of(kind: Kind, n_items: int = 5, n_conditions: int = 2, **options: Any) -> Plan:
    """A plan of a kind whose files nobody made."""
    keys = [f"condition-{i}" for i in range(1, n_conditions + 1)]
    items = [
        Item(
            key=f"item-{i}",
            label=f"item {i}",
            sounds={key: f"{i}-{key}.wav" for key in keys},
            references={reference: f"{i}-{reference}.wav" for reference in Reference},
        )
        for i in range(1, n_items + 1)
    ]
    fields = {"key": "key-of-test", "owner_key": "key-of-owner", "title": "A test", "seed": 1}
    fields |= {"kind": kind, "questions": QUESTIONS[kind], "items": tuple(items)}
    fields |= {"conditions": tuple(Condition(key=key, label=key.upper()) for key in keys)}
    return Plan(**(fields | options))


def sounds_of(plan: Plan, folder: Path, n_samples: int = 500) -> dict[str, Path]:
    """A file for each sound of a plan, all of one length, by name; the first sample of each is its own."""
    folder.mkdir(exist_ok=True)
    names = [name for item in plan.items for name in (*item.sounds.values(), *item.references.values())]
    for number, name in enumerate(names):
        samples = np.zeros(n_samples)
        samples[0] = number / 1_000
        soundfile.write(folder / name, samples, SAMPLE_RATE_HZ, "PCM_16")
    return {name: folder / name for name in names}


class Clock:
    """A clock that stands still until it is set forward."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


def answer_to(session: Session, trial: int, key: str = "", at: str = "2030-01-01T00:00:00+00:00") -> Answer:
    """An answer with a key of its own for each trial, unless another is given."""
    return Answer(
        key=key or f"{session.key}-{trial}",
        session=session.key,
        trial=trial,
        value={"choice": "a"},
        heard=dict.fromkeys(session.trials[trial].slots, 1.5),
        switches=3,
        seconds=9.25,
        at=at,
    )


def take_whole(store: Store, session: Session, comment: str = "") -> None:
    """Answer what is unanswered of a session, and finish it."""
    answered = {answer.trial for answer in store.answers_of(session.key)}
    for trial in range(len(session.trials)):
        if trial not in answered:
            store.put(answer_to(session, trial))
    store.finish(session.key, comment)
