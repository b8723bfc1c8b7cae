"""From a test and what was said in it to figures, as far as they may be seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from styletransfer.listening.plan import Kind, ListeningError, Plan, Published
from styletransfer.listening.records import Answer, Session
from styletransfer.listening.results import choosing, enough, rating, screened
from styletransfer.listening.results.choosing import Abx, Choices
from styletransfer.listening.results.enough import Enough
from styletransfer.listening.results.rating import SCALES, Ratings
from styletransfer.listening.results.rules import rules_of
from styletransfer.listening.results.said import Listener, listeners_of
from styletransfer.listening.statistics.planning import least_apart
from styletransfer.listening.statistics.screening import Rule


@dataclass(frozen=True, kw_only=True)
class Person:
    """One listener as the results show them: by number."""

    number: int
    begun: str
    finished: str
    output: str
    n_answers: int
    n_trials: int
    is_complete: bool
    """whether all trials are answered; else nothing of this listener is in the figures"""
    reasons: tuple[Rule, ...] | None
    """the rules that take this listener out; None while results are hidden, and for who is not through"""
    comment: str
    """empty while results are hidden"""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The figures of some listeners."""

    n_listeners: int
    abx: Abx | None = None
    choices: tuple[Choices, ...] = ()
    """of each question"""
    ratings: tuple[Ratings, ...] = ()
    """of each question"""


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """What others found, and how far two of their means lie apart that can just be told apart."""

    published: Published
    least_apart: float
    """with a standard deviation of 1 between raters"""


@dataclass(frozen=True, kw_only=True)
class Results:
    """All that may be told of a test at a moment."""

    title: str
    kind: Kind
    at: str
    """the moment, ISO 8601"""
    created: str
    closes: str
    is_open: bool
    peeks: bool
    """whether the owner chose, before the first answer, to see figures while the test is open"""
    are_shown: bool
    begun: int
    finished: int
    complete: int
    """listeners who have answered all trials"""
    answers: int
    listeners: tuple[Person, ...]
    rules: Mapping[Rule, str]
    """by which listeners of this test can be taken out, in words; they stand before the first answer"""
    taken_out: Mapping[Rule, int]
    """by how many listeners each rule was broken"""
    everybody: Findings | None
    """None while hidden"""
    screened: Findings | None
    """without those whom the rules take out"""
    elsewhere: Elsewhere | None
    enough: Enough


def results(plan: Plan, sessions: Iterable[Session], answers: Iterable[Answer], *, now: datetime) -> Results:
    """Tell all that may be told of a test at a moment, which has a time zone.

    Before it is closed that is how many began, finished and answered, unless the plan says that its owner peeks. Only
    listeners who have answered all of their trials are in the figures; so nobody's ABX score is seen before the last.
    """
    listeners = listeners_of(sessions, answers)
    are_shown = may_be_read(plan, now)
    complete = [each for each in listeners if each.is_complete]
    broken = {each.number: screened.reasons(plan, each) for each in complete} if are_shown else {}
    stay = [each for each in complete if not broken.get(each.number)]
    everybody = _findings(plan, complete) if are_shown else None
    left = everybody if len(stay) == len(complete) else _findings(plan, stay)
    return Results(
        title=plan.title,
        kind=plan.kind,
        at=now.isoformat(timespec="seconds"),
        created=plan.created,
        closes=plan.closes,
        is_open=plan.is_open(now),
        peeks=plan.peeks,
        are_shown=are_shown,
        begun=len(listeners),
        finished=sum(bool(each.session.finished) for each in listeners),
        complete=len(complete),
        answers=sum(len(each.answers) for each in listeners),
        listeners=tuple(_person(each, broken.get(each.number), are_shown) for each in listeners),
        rules=rules_of(plan),
        taken_out=dict(Counter(rule for rules in broken.values() for rule in rules)),
        everybody=everybody,
        screened=left,
        elsewhere=_elsewhere(plan),
        enough=enough.enough_for(plan, [*everybody.ratings, *everybody.choices] if everybody else []),
    )


def may_be_read(plan: Plan, now: datetime) -> bool:
    """Whether more than counts may be seen of a test."""
    return plan.peeks or not plan.is_open(now)


def readable(plan: Plan, sessions: Iterable[Session], answers: Iterable[Answer], now: datetime) -> list[Listener]:
    """List the listeners whose answers may be read one by one.

    Raises ListeningError while only counts may be seen. Where the owner peeks into an ABX test, those who are not
    through yet are left out.
    """
    if not may_be_read(plan, now):
        raise ListeningError("This test is open: what listeners said can be read once it is closed. Close it first.")
    is_hidden = plan.kind is Kind.ABX and plan.is_open(now)
    return [each for each in listeners_of(sessions, answers) if each.is_complete or not is_hidden]


def _findings(plan: Plan, listeners: Sequence[Listener]) -> Findings:
    n_listeners = len(listeners)
    if plan.kind is Kind.ABX:
        return Findings(n_listeners=n_listeners, abx=choosing.abx_of(plan, listeners))
    if plan.kind in SCALES:
        found = tuple(rating.ratings_of(plan, question, listeners) for question in plan.questions)
        return Findings(n_listeners=n_listeners, ratings=found)
    chosen = tuple(choosing.choices_of(plan, question, listeners) for question in plan.questions)
    return Findings(n_listeners=n_listeners, choices=chosen)


def _person(listener: Listener, reasons: tuple[Rule, ...] | None, is_shown: bool) -> Person:
    session = listener.session
    return Person(
        number=listener.number,
        begun=session.begun,
        finished=session.finished,
        output=session.output,
        n_answers=len(listener.answers),
        n_trials=len(session.trials),
        is_complete=listener.is_complete,
        reasons=reasons,
        comment=session.comment if is_shown else "",
    )


def _elsewhere(plan: Plan) -> Elsewhere | None:
    published = plan.published
    return Elsewhere(published=published, least_apart=least_apart(published.raters)) if published else None
