"""Figures of tests in which listeners rate: one sound from 1 to 5, or several from 0 to 100."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from styletransfer.listening.plan import Kind, Plan, Question, Reference
from styletransfer.listening.results.said import Listener, labels_of
from styletransfer.listening.statistics import ratings
from styletransfer.listening.statistics.listeners import FEWEST_FOR_P
from styletransfer.listening.statistics.ratings import Analysis, Row, Scale
from styletransfer.listening.trials import sound_of

SCALES = {Kind.RATING: ratings.RATINGS, Kind.SEVERAL: ratings.SCORES}


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A row of a table of means."""

    label: str
    row: Row


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One item in one way."""

    item: str
    way: str
    row: Row


@dataclass(frozen=True, kw_only=True)
class Ratings:
    """What listeners said of all sounds when asked a question."""

    question: Question
    scale: Scale
    are_items: bool
    """whether the rows are the items, as where there is one way alone; else they are the ways"""
    labels: tuple[str, ...]
    """of the rows"""
    found: Analysis
    anchors: tuple[Labelled, ...]
    """the content and the style themselves, where they were hidden among the sounds; compared with nothing"""
    cells: tuple[Cell, ...]
    """each item in each way; none where the rows are the items"""
    difference_sds: tuple[float, ...]
    """between listeners, of their own differences: of each two rows that enough of them rated for a p"""


@dataclass(frozen=True, kw_only=True)
class Rated:
    """One value that one sound got."""

    listener: int
    """number"""
    item: str
    sound: str
    """as it stands in a slot"""
    value: float


def ratings_of(plan: Plan, question: Question, listeners: Iterable[Listener]) -> Ratings:
    """Tell what listeners said when asked a question."""
    rated = list(rated_in(question, listeners))
    scale = SCALES[plan.kind]
    are_items, rows = _are_items(plan), rows_of(plan)
    places = {key: index for index, key in enumerate(rows)}
    of_rows = [(each, places.get(each.item if are_items else each.sound)) for each in rated]
    known = [(each.listener, index, each.value) for each, index in of_rows if index is not None]
    numbers, indices, values = zip(*known, strict=True) if known else [()] * 3
    return Ratings(
        question=question,
        scale=scale,
        are_items=are_items,
        labels=tuple(rows.values()),
        found=ratings.analyse(numbers, indices, values, len(rows), scale),
        anchors=tuple(_anchors(plan, rated)) if plan.kind is Kind.SEVERAL else (),
        cells=() if are_items else tuple(_cells(plan, rated)),
        difference_sds=tuple(_difference_sds(ratings.listener_means(numbers, indices, values, len(rows)))),
    )


def rows_of(plan: Plan) -> dict[str, str]:
    """Whatever has a mean of its own, as labels by key: the ways, or the items where there is one way alone."""
    return {each.key: each.label for each in (plan.items if _are_items(plan) else plan.conditions)}


def _are_items(plan: Plan) -> bool:
    return plan.kind is Kind.RATING and len(plan.conditions) == 1


def rated_in(question: Question, listeners: Iterable[Listener]) -> Iterator[Rated]:
    """All values that sounds got when a question was asked, but for those of checks."""
    for listener in listeners:
        for trial, value in listener.counted(question.key):
            sounds = {"a": value["rating"]} if "rating" in value else value["scores"]
            for slot, each in sounds.items():
                yield Rated(listener=listener.number, item=trial.item, sound=trial.slots[slot], value=each)


def _anchors(plan: Plan, rated: Sequence[Rated]) -> Iterator[Labelled]:
    for key in map(sound_of, Reference):
        row = _row(SCALES[plan.kind], [each for each in rated if each.sound == key])
        yield Labelled(label=labels_of(plan)[key], row=row)


def _cells(plan: Plan, rated: Sequence[Rated]) -> Iterator[Cell]:
    by_cell: dict[tuple[str, str], list[Rated]] = {}
    for each in rated:
        by_cell.setdefault((each.item, each.sound), []).append(each)
    for item, condition in itertools.product(plan.items, plan.conditions):
        row = _row(SCALES[plan.kind], by_cell.get((item.key, condition.key), []))
        yield Cell(item=item.label, way=condition.label, row=row)


def _difference_sds(means: np.ndarray) -> Iterator[float]:
    for first, second in itertools.combinations(range(means.shape[1]), 2):
        apart = means[:, first] - means[:, second]
        apart = apart[~np.isnan(apart)]
        if len(apart) >= FEWEST_FOR_P:
            yield float(apart.std(ddof=1))


def _row(scale: Scale, rated: Sequence[Rated]) -> Row:
    """A row that is compared with no other."""
    values = [each.value for each in rated]
    means = ratings.listener_means([each.listener for each in rated], [0] * len(values), values, 1)[:, 0]
    return ratings.one_row(means, np.asarray(values, np.float64), scale)
