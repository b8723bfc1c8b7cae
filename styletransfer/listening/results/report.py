"""A test's results as a report: what was asked, who answered, by which rules, and what the figures say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from styletransfer.listening.results import report_of_choices, report_of_ratings
from styletransfer.listening.results.blocks import Block, Heading, Listed, Paragraph, Table
from styletransfer.listening.results.enough import Enough
from styletransfer.listening.results.reading import Elsewhere, Findings, Results
from styletransfer.listening.results.report_of_ratings import NO_RATINGS
from styletransfer.listening.results.sentences import NO_P, NO_P_OVER_ALL, count, number, percent
from styletransfer.listening.statistics.abx import HEARING
from styletransfer.listening.statistics.listeners import FEWEST_FOR_P, LEVEL
from styletransfer.listening.statistics.planning import POWER
from styletransfer.listening.statistics.screening import Rule

EVERYBODY, SCREENED = "everybody", "screened"
"""How names of plots begin"""
SHORT = {
    Rule.NOT_PLAYED: "did not hear all",
    Rule.NO_VARIANCE: "always the same answer",
    Rule.TRAPS: "wrong answers to known questions",
    Rule.REPEATS: "other answers to what came twice",
}


def report(results: Results) -> list[Block]:
    """Write the report of results, its title apart."""
    return [*_state(results), *_rules(results), *_figures(results), *_elsewhere(results), *_enough(results.enough)]


def moment(text: str) -> str:
    """Write a moment of ISO 8601 as people read it."""
    return datetime.fromisoformat(text).strftime("%d %B %Y, %H:%M %Z").lstrip("0") if text else ""


def _state(results: Results) -> Iterator[Block]:
    begun, complete = count(results.begun, "listener"), count(results.complete, "listener")
    yield Paragraph(
        f"{begun} began, {results.finished} finished, and {count(results.answers, 'answer')} came in. "
        f"{complete} answered every trial; only those are in the figures."
    )
    if not results.is_open:
        yield Paragraph(f"The test closed on {moment(results.closes)}.")
    elif results.closes:
        yield Paragraph(f"The test is open until {moment(results.closes)}.")
    else:
        yield Paragraph("The test is open until you close it.")
    if results.peeks:
        yield Paragraph(
            "Peeking: the owner of this test chose to see figures while it was open. Who stops when the figures please "
            "finds differences where there are none, so p and intervals promise more than they hold."
            + (" These figures were read while it was open." if results.is_open else "")
        )
    if not results.are_shown:
        yield Paragraph(
            "Until it is closed there are only counts: who looks at figures earlier stops when they please, "
            "and finds differences where there are none."
        )


def _rules(results: Results) -> Iterator[Block]:
    yield Heading("Who is left out", 2)
    yield Paragraph(
        "These rules stood before the first answer. All figures are shown twice: of everybody, and without those who "
        "broke a rule. Hidden checks are in no figure."
    )
    yield Listed(
        tuple(f"{text}{_broken(results, rule)}" for rule, text in results.rules.items()),
    )


def _broken(results: Results, rule: Rule) -> str:
    if not results.are_shown:
        return ""
    return f" Broken by {count(results.taken_out.get(rule, 0), 'listener')}."


def _figures(results: Results) -> Iterator[Block]:
    if results.everybody is None or results.screened is None:
        return
    yield from _questions(results.everybody)
    yield from _part(results.everybody, EVERYBODY, f"Everybody ({count(results.everybody.n_listeners, 'listener')})")
    n_out = results.everybody.n_listeners - results.screened.n_listeners
    title = f"Without {count(n_out, 'listener')} who broke a rule"
    if n_out:
        yield from _part(results.screened, SCREENED, f"{title} ({results.screened.n_listeners} left)")
    else:
        yield Heading("Without those who broke a rule", 2)
        yield Paragraph("Nobody broke a rule, so these figures are the same.")


def _questions(found: Findings) -> Iterator[Block]:
    """That each question is a test of its own."""
    n_questions = len(found.choices) + len(found.ratings)
    if n_questions > 1 and found.n_listeners >= FEWEST_FOR_P:
        yield Paragraph(
            f"Each of the {n_questions} questions is tested on its own. Where nothing differs, one of them or more "
            f"shows a difference all the same in up to {percent(n_questions * LEVEL)} of all such tests, not in "
            f"{percent(LEVEL)}: so name the question that counts before you look."
        )


def _part(found: Findings, name: str, title: str) -> Iterator[Block]:
    yield Heading(title, 2)
    if not found.n_listeners:
        yield Paragraph("Nobody is left." if name == SCREENED else "No answers yet.")
        return
    if found.n_listeners < FEWEST_FOR_P:
        yield Paragraph(NO_P_OVER_ALL if found.abx else NO_P)
    if found.abx:
        yield from report_of_choices.abx(found.abx, f"{name}-1")
    for index, choices in enumerate(found.choices, 1):
        yield from report_of_choices.choices(choices, f"{name}-{index}")
    for index, ratings in enumerate(found.ratings, 1):
        yield from report_of_ratings.ratings(ratings, f"{name}-{index}")


def _elsewhere(results: Results) -> Iterator[Block]:
    elsewhere: Elsewhere | None = results.elsewhere
    if elsewhere is None:
        return
    published, apart = elsewhere.published, number(elsewhere.least_apart, 1)
    found = [each for each in results.everybody.ratings if each.are_items] if results.everybody else []
    missing = NO_RATINGS if results.are_shown or not results.answers else "not shown yet"
    ours = report_of_ratings.means_by_label(found)
    heads = [f"here: {each.question.text}" for each in found] or ["here"]
    rows = [(label, number(mean), *ours.get(label, [missing] * len(heads))) for label, mean in published.means.items()]
    yield Heading(f"Beside what {published.source} found", 2)
    yield Table("Means of ratings from 1 to 5", ("", published.source, *heads), tuple(rows))
    yield Paragraph(
        f"{published.raters} raters whose tastes differ by a standard deviation of 1 can only tell apart rows that are "
        f"about {apart} apart: smaller differences in that table may well be chance."
    )


def _enough(enough: Enough) -> Iterator[Block]:
    yield Heading("How many listeners do I need?", 2)
    if enough.abx:
        yield Table(
            "ABX: what one listener needs, and the power",
            ("trials", "right answers needed", f"found if the true rate is {percent(HEARING)}"),
            tuple((str(each.trials), str(each.needed), percent(each.power)) for each in enough.abx),
        )
        yield Paragraph(
            "One listener who is named before the test is enough to show that a difference can be heard, if the score "
            "is reached. Where several take it, p is adjusted for their number. For a p over all of them ask "
            f"{FEWEST_FOR_P} or more."
        )
        return
    rows = [
        (f"a mean that is known to {wanted.size:g} to each side", _listeners(wanted.n_listeners))
        for wanted in enough.half_widths
    ]
    if enough.difference:
        size = f"{enough.difference.size:g}"
        wish = f"a difference of {size} between two, found in about {percent(POWER)} of all tests"
        if enough.n_pairs > 1:
            wish += f", with {enough.n_pairs} pairs compared"
        rows.append((wish, _listeners(enough.difference.n_listeners)))
    yield Table("What you want to know, and how many listeners it takes", ("to get", "listeners"), tuple(rows))
    yield Paragraph(_deviations(enough))


def _listeners(n_listeners: int | None) -> str:
    return "too many" if n_listeners is None else str(n_listeners)


def _deviations(enough: Enough) -> str:
    told = {"between listeners": enough.sd, "of one listener's differences": enough.sd_of_differences}
    assumed = "a quarter of the scale"
    if enough.choices_each:
        assumed = f"of who chooses either as often, in {count(enough.choices_each, 'choice')} between two"
    parts = [
        f"{each.sd:.2g} {name} ({'of this test' if each.is_own else f'assumed, {assumed}'})"
        for name, each in told.items()
        if each
    ]
    return f"Reckoned with a standard deviation of {' and of '.join(parts)}."
