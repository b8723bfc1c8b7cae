"""The parts of a report that tell of ABX scores and of preferences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from styletransfer.listening.plan import Kind
from styletransfer.listening.results import sentences
from styletransfer.listening.results.blocks import Block, Heading, Paragraph, Plot, Table
from styletransfer.listening.results.choosing import Abx, Choices, ListenersScore
from styletransfer.listening.results.sentences import count, interval, meaning, number, p_value, percent, says, too_few
from styletransfer.listening.statistics.abx import HEARING
from styletransfer.listening.statistics.listeners import LEVEL
from styletransfer.listening.statistics.preferences import Pair

SCORES = (
    '"p of one" is how often somebody who only guesses gets as many right or more: it is for one listener who was '
    f"named before the test. Of {round(1 / LEVEL)} who only guess, no more than one reaches the needed score, on "
    "average. So p is adjusted by Holm's method for the number of listeners, and says who hears a difference."
)
WORTHS = (
    "A worth says how often a way is chosen (Bradley and Terry's model, with ties as Davidson has them); 0 is the "
    "average. Of two that are 0.7 apart, one is chosen about twice as often as the other. Intervals are made by "
    "drawing the listeners again; there are none where all of them chose alike."
)
ONE_SIDED = (
    "Some ways won each time, so how far the worths are apart is not known: only their order means something, and "
    "there are no intervals."
)
UNCONNECTED = "Too few pairs were compared yet to order all ways."
PAIRS = (
    "The interval of an average is that of Student's t over listeners; where they hardly differ it reaches as far as "
    "if each choice were of a listener of its own. p is that of a sign-flip test over listeners, adjusted by Holm's "
    f"method for the number of pairs of this question: if it is {LEVEL:g} or less, chance alone would hardly show so "
    "many choices of one if neither were better."
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
    yield Paragraph(f"{count(found.n_shown, 'listener')} of {len(found.scores)} can be said to hear a difference.")
    yield Plot(plot, "How many trials each listener got right, and how many one listener needs")
    yield Table(
        "Listeners",
        ("listener", "right", "one needs", "95 % interval of the rate", "p of one", "p", "what it says"),
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
        p_value(each.p_holm),
        _hears(each),
    )


def _hears(each: ListenersScore) -> str:
    if each.is_shown:
        return "hears a difference"
    return "hears one if named beforehand" if each.score.p <= LEVEL else "not shown to hear one"


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
    tested = [each for each in found.found.pairs if each.p is not None]
    n_listeners = max((each.score.n_listeners for each in tested), default=0)
    yield Table(
        "Pairs",
        ("", "first", WORDS[found.kind].neither, "second", "on average, -1 to 1", "p", "what it says"),
        tuple(_pair(found, each, len(tested), n_listeners) for each in found.found.pairs),
    )
    if told := too_few(len(tested), n_listeners):
        yield Paragraph(told)
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


def _pair(found: Choices, pair: Pair, n_tested: int, n_listeners: int) -> tuple[str, ...]:
    first, second, more = found.ways[pair.first], found.ways[pair.second], WORDS[found.kind].more
    return (
        f"{first} or {second}",
        str(pair.wins),
        str(pair.ties),
        str(pair.losses),
        sentences.mean(pair.score),
        p_value(pair.p_holm),
        says(pair.p_holm, pair.score.mean, f"{first} {more}", f"{second} {more}", n_tested, n_listeners),
    )
