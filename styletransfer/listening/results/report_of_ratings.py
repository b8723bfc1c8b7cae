"""The part of a report that tells of ratings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from styletransfer.listening.results.blocks import Block, Heading, Paragraph, Plot, Table
from styletransfer.listening.results.rating import Labelled, Ratings
from styletransfer.listening.results.sentences import count, interval, meaning, number, p_value, says, too_few
from styletransfer.listening.statistics.listeners import FEWEST_FOR_P, LEVEL
from styletransfer.listening.statistics.ratings import MOST_PAIRS, RATINGS, Difference, Row

NO_RATINGS = "no ratings yet"
MEANS = (
    "Intervals are those of Student's t over listeners. Where they hardly differ, intervals reach further, as if "
    "there were one more answer, of which nothing is known."
)
PAIRS = (
    "An interval of a difference is made by drawing the listeners again, and reaches further likewise. p is that of "
    "Wilcoxon's test, adjusted by Holm's method for the number of pairs of this question: if it is "
    f"{LEVEL:g} or less, chance alone would hardly show such a difference if there were none."
)


def ratings(found: Ratings, plot: str) -> Iterator[Block]:
    """Tell what listeners said to one question; `plot` is the name of its picture."""
    scale = found.scale
    yield Heading(found.question.text, 3)
    yield Plot(plot, f"How often each value was given, and the means with their intervals: {found.question.text}")
    rows = [Labelled(label=label, row=row) for label, row in zip(found.labels, found.found.rows, strict=True)]
    yield Table(
        f"Means from {scale.low:g} to {scale.high:g}, with 95 % intervals over listeners",
        ("", "mean", "95 % interval", "listeners", "ratings", _bins(found)),
        tuple(_row(each, _digits(found)) for each in (*rows, *found.anchors)),
    )
    yield Paragraph(MEANS)
    if found.anchors:
        yield Paragraph(
            "The content and the style themselves were hidden among the sounds, to show what the scale was used for. "
            "They are compared with nothing."
        )
    yield from _comparison(found)
    if found.cells:
        yield Table(
            "Each item in each way",
            ("item", "way", "mean", "95 % interval", "listeners"),
            tuple((each.item, each.way, *_means(each.row, _digits(found))) for each in found.cells),
            is_aside=True,
        )


def means_by_label(found: Sequence[Ratings]) -> dict[str, list[str]]:
    """Write the means of each row to all questions, or that there are none yet, by the label of the row."""
    means: dict[str, list[str]] = {}
    for each in found:
        for label, row in zip(each.labels, each.found.rows, strict=True):
            means.setdefault(label, []).append(number(row.mean.mean) if row.n_ratings else NO_RATINGS)
    return means


def _comparison(found: Ratings) -> Iterator[Block]:
    if len(found.labels) > 2:
        yield Paragraph(_friedman(found))
    analysis = found.found
    n_pairs = math.comb(len(found.labels), 2)
    if n_pairs > MOST_PAIRS:
        yield Paragraph(
            f"{len(found.labels)} {_what(found)} make {n_pairs} pairs: more than {MOST_PAIRS} are not compared two by "
            "two, for hardly any could be told apart."
        )
    elif analysis.differences:
        tested = [each for each in analysis.differences if each.p is not None]
        n_listeners = max((each.n_listeners for each in tested), default=0)
        yield Table(
            "Differences of two",
            ("", "difference", "95 % interval", "p", "what it says"),
            tuple(_difference(found, each, len(tested), n_listeners) for each in analysis.differences),
        )
        if told := too_few(len(tested), n_listeners):
            yield Paragraph(told)
        yield Paragraph(PAIRS)


def _friedman(found: Ratings) -> str:
    """Whether any rows differ, or why that is not tested."""
    what, n_complete = _what(found), found.found.n_complete
    rated = f"{count(n_complete, 'listener')} rated all {len(found.labels)} {what}"
    if n_complete < FEWEST_FOR_P:
        return f"There is no Friedman's test of whether any {what} differ: {rated}, and {FEWEST_FOR_P} are needed."
    friedman = found.found.friedman
    if friedman is None:
        return f"Friedman's test has no value: {rated}, and each of them rated all alike."
    told = meaning(
        friedman.p,
        f"if all {what} were alike to listeners",
        "So they are not all alike.",
        "So this test shows no difference between them, which does not mean that there is none.",
    )
    return f"{rated}. Friedman's test of them, {told}"


def _what(found: Ratings) -> str:
    return "items" if found.are_items else "ways"


def _difference(found: Ratings, each: Difference, n_tested: int, n_listeners: int) -> tuple[str, ...]:
    first, second = found.labels[each.first], found.labels[each.second]
    digits = _digits(found)
    higher = f"{first} is higher", f"{second} is higher"
    return (
        f"{first} less {second}",
        number(each.mean, digits),
        interval(each.interval, digits),
        p_value(each.p_holm),
        says(each.p_holm, each.mean, *higher, n_tested, n_listeners),
    )


def _row(each: Labelled, digits: int) -> tuple[str, ...]:
    counts = " · ".join(map(str, each.row.histogram))
    return (each.label, *_means(each.row, digits), str(each.row.n_ratings), counts)


def _means(row: Row, digits: int) -> tuple[str, str, str]:
    return number(row.mean.mean, digits), interval(row.mean.interval, digits), str(row.mean.n_listeners)


def _digits(found: Ratings) -> int:
    return 2 if found.scale is RATINGS else 1


def _bins(found: Ratings) -> str:
    edges = found.scale.edges
    if found.scale is RATINGS:
        return "how many 1 · 2 · 3 · 4 · 5"
    return f"how many in steps of {edges[1] - edges[0]:g}"
