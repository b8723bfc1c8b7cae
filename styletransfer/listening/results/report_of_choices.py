"""The parts of a report that tell of ABX scores and of preferences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from styletransfer.listening.plan import Kind
from styletransfer.listening.results import choosing, sentences
from styletransfer.listening.results.blocks import Block, Heading, Paragraph, Plot, Table
from styletransfer.listening.results.choosing import Abx, Choices, ListenersScore
from styletransfer.listening.results.sentences import count, interval, meaning, number, p_value, percent
from styletransfer.listening.statistics.abx import HEARING
from styletransfer.listening.statistics.listeners import LEVEL
from styletransfer.listening.statistics.preferences import Pair

SCORES = (
    "p of a listener is how often somebody who only guesses gets as many right or more. "
    f"Of {round(1 / LEVEL)} who only guess, no more than one reaches the needed score, on average."
)
WORTHS = (
    "A worth says how often a way is chosen (Bradley and Terry's model, with ties as Davidson has them); 0 is the "
    "average. Of two that are 0.7 apart, one is chosen about twice as often as the other. Intervals are made by "
    "drawing the listeners again."
)
ONE_SIDED = (
    "Some ways won each time, so how far the worths are apart is not known: only their order means something, and "
    "there are no intervals."
)
UNCONNECTED = "Too few pairs were compared yet to order all ways."
PAIRS = (
    "p is that of a sign-flip test over listeners, adjusted by Holm's method for the number of pairs: if it is "
    f"{LEVEL:g} or less, chance alone would hardly show so many choices of one if neither were better."
)


@dataclass(frozen=True)
class Words:
    """How choices of a kind are called."""

    neither: str
    more: str
    """of what was chosen more often"""
    worths: str


WORDS = {
    Kind.PREFERENCE: Words("no preference", "is preferred", "How much each way is preferred"),
    Kind.CLOSER: Words("as close", "is closer", "How close each way is"),
}


def abx(found: Abx, plot: str) -> Iterator[Block]:
    """Tell how often X was found; `plot` is the name of the picture."""
    yield Heading(f"Can {found.ways[0]} and {found.ways[1]} be told apart?", 3)
    overall, rate = found.overall, found.overall.rate
    told = f"X was found in {overall.right} of {overall.trials} trials, in {percent(rate.mean)} on average"
    if rate.interval:
        told += f" (95 % interval {100 * rate.interval.low:.0f} to {100 * rate.interval.high:.0f} %)"
    yield Paragraph(f"{told}. Guessing finds it in 50 %.")
    if overall.p is not None:
        seen = "So together they hear a difference."
        not_seen = "So this test does not show that they hear a difference, which does not mean that there is none."
        yield Paragraph("Over listeners, " + meaning(overall.p, "if everybody only guessed", seen, not_seen))
    yield Paragraph(f"{count(found.n_reached, 'listener')} of {len(found.scores)} reached the needed score.")
    yield Plot(plot, "How many trials each listener got right, and how many are needed")
    yield Table(
        "Listeners",
        ("listener", "right", "needed", "95 % interval of the rate", "p", "what it says"),
        tuple(map(_score, found.scores)),
    )
    yield Paragraph(f"{SCORES} {_power(found)}")
    rows = tuple((each.label, f"{each.right} of {each.trials}") for each in found.items)
    yield Table("Items", ("item", "right"), rows, is_aside=True)


def _score(each: ListenersScore) -> tuple[str, ...]:
    score = each.score
    return (
        str(each.listener),
        f"{score.right} of {score.trials}",
        str(score.needed),
        f"{100 * score.interval.low:.0f} to {100 * score.interval.high:.0f} %",
        p_value(score.p),
        "hears a difference" if choosing.has_reached(score) else "not shown to hear one",
    )


def _power(found: Abx) -> str:
    score = found.scores[0].score
    return (
        f"Somebody who is truly right in {percent(HEARING)} of all trials reaches the needed {score.needed} of "
        f"{score.trials} in {percent(score.power)} of all tests."
    )


def choices(found: Choices, plot: str) -> Iterator[Block]:
    """Tell what was chosen when a question was asked; `plot` is the name of its picture."""
    yield Heading(found.question.text, 3)
    yield from _worths(found, plot)
    yield Table(
        "Pairs",
        ("", "first", WORDS[found.kind].neither, "second", "on average, -1 to 1", "p", "what it says"),
        tuple(_pair(found, each) for each in found.found.pairs),
    )
    yield Paragraph(PAIRS)
    rows = tuple(
        (each.label, f"{each.first} or {each.second}", str(each.wins), str(each.ties), str(each.losses))
        for each in found.items
    )
    yield Table("Items", ("item", "pair", "first", WORDS[found.kind].neither, "second"), rows, is_aside=True)


def _worths(found: Choices, plot: str) -> Iterator[Block]:
    if found.found.worths is None:
        yield Paragraph(UNCONNECTED)
        return
    yield Plot(plot, f"{WORDS[found.kind].worths}: {found.question.text}")
    rows = zip(found.ways, found.found.worths, strict=True)
    yield Table(
        WORDS[found.kind].worths,
        ("", "worth", "95 % interval"),
        tuple((label, number(worth.log_worth), interval(worth.interval)) for label, worth in rows),
    )
    yield Paragraph(WORTHS if found.found.is_finite else ONE_SIDED)


def _pair(found: Choices, pair: Pair) -> tuple[str, ...]:
    first, second, more = found.ways[pair.first], found.ways[pair.second], WORDS[found.kind].more
    return (
        f"{first} or {second}",
        str(pair.wins),
        str(pair.ties),
        str(pair.losses),
        sentences.mean(pair.score),
        p_value(pair.p_holm),
        sentences.says(pair.p_holm, pair.score.mean, f"{first} {more}", f"{second} {more}"),
    )
