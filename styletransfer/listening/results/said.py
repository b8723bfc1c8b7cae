"""What listeners said, put in order: numbered as they began, the first answer to each trial, checks apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from styletransfer.listening.plan import Plan, Reference
from styletransfer.listening.records import Answer, Session
from styletransfer.listening.trials import Check, Trial, sound_of


class Said(NamedTuple):
    """A trial and what was answered to it."""

    trial: Trial
    value: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Listener:
    """One listener's run through a test."""

    number: int
    """from 1 in the order of beginning; stands for the listener wherever results are shown"""
    session: Session
    answers: Mapping[int, Answer]
    """by index of the trial"""

    @property
    def is_complete(self) -> bool:
        """Whether all trials have an answer. Only such listeners are in the figures."""
        return len(self.answers) == len(self.session.trials)

    def counted(self, question: str = "") -> Iterator[Said]:
        """What counts for the figures: all but the checks, of one question if it is named."""
        for index, answer in sorted(self.answers.items()):
            trial = self.session.trials[index]
            if trial.check is Check.NONE and question in ("", trial.question):
                yield Said(trial, answer.value)


def listeners_of(sessions: Iterable[Session], answers: Iterable[Answer]) -> list[Listener]:
    """All listeners of a test, in the order of beginning; of two answers to one trial the first counts."""
    given: dict[str, dict[int, Answer]] = {}
    for answer in answers:
        given.setdefault(answer.session, {}).setdefault(answer.trial, answer)
    ordered = sorted(sessions, key=lambda session: session.begun)
    return [
        Listener(number=number, session=session, answers=given.get(session.key, {}))
        for number, session in enumerate(ordered, 1)
    ]


def labels_of(plan: Plan) -> dict[str, str]:
    """What people call each sound, by what stands in a slot."""
    references = {sound_of(each): f"the {each} itself" for each in Reference}
    return {condition.key: condition.label for condition in plan.conditions} | references
