"""Which rules of screening somebody can break in a test: where trials are few, not all."""

from __future__ import annotations

from typing import Any

from styletransfer.listening import trials
from styletransfer.listening.plan import Kind, Plan
from styletransfer.listening.records import Answer, Session
from styletransfer.listening.results import screened
from styletransfer.listening.results.said import Listener
from styletransfer.listening.statistics.screening import TEXTS, UNDECIDED, Rule
from styletransfer.listening.trials import Check, Trial


def rules_of(plan: Plan) -> dict[Rule, str]:
    """The rules that a listener of a test can break, each in words."""
    items = [item.key for item in plan.items][: plan.items_each or None]
    drawn = tuple(trials.draw(plan, items, ""))
    session = Session(key="", test=plan.key, listener="", items=tuple(items), trials=drawn, output="", begun="")
    careless = [_careless(plan, session, is_fickle) for is_fickle in (False, True)]
    broken = {rule for each in careless for rule in screened.reasons(plan, each)}
    return {rule: text for rule, text in TEXTS.items() if rule in broken}


def _careless(plan: Plan, session: Session, is_fickle: bool) -> Listener:
    """Who hears nothing and presses the same each time, or who says something else to what is asked again or known."""
    answers = {}
    for index, trial in enumerate(session.trials):
        value = _value(plan.kind, trial, is_fickle and trial.check in (Check.REPEAT, Check.TRAP))
        answers[index] = Answer(key="", session="", trial=index, value=value, heard={}, switches=0, seconds=0, at="")
    return Listener(number=1, session=session, answers=answers)


def _value(kind: Kind, trial: Trial, is_other: bool) -> dict[str, Any]:
    if kind is Kind.RATING:
        return {"rating": trials.MAX_RATING if is_other else 1}
    if kind is Kind.SEVERAL:
        return {"scores": dict.fromkeys(trial.slots, trials.MAX_SCORE if is_other else 0)}
    return {"choice": UNDECIDED if is_other else "a"}
