"""Whether the statistics of listening tests hold what they say: `python -m benchmarks.listeners`.

Simulated listeners have tastes of their own (normal, with a deviation of 0.5: logits of choices, points of ratings), so
that the answers of one resemble one another. First there is no true difference: how often is one found all the same, at
5 %? Then there is one: how often does the interval of 95 % cover it? Beside ours stand statistics that take each answer
for a listener, and the plain percentiles of the bootstrap.

Writes Markdown to standard output. 4000 simulations of each row take some thirty minutes on one core.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import click
import numpy as np
from scipy import special, stats

from benchmarks import machine, needed
from benchmarks.needed import PUBLISHED
from styletransfer.listening.statistics import abx, preferences, ratings
from styletransfer.listening.statistics.listeners import (
    DRAWS,
    FEWEST_FOR_P,
    LEVEL,
    Interval,
    drawn_again,
    holm,
    mean,
)

TASTE_SD, NOISE_SD = 0.5, 1.0
N_ABX, N_CHOICES, N_ROWS, N_RATINGS = 16, 20, 5, 3
"""Trials of ABX, choices between two, rows that are rated, and ratings of each, by every listener"""
TIE = 0.5
"""The tie parameter: 20 % have no preference between two that are alike"""
RATES = (0.5, 0.8, 0.95)
LOG_WORTHS = (0.6, 0.0, -0.6)
MOST_FOUND, LEAST_COVERED = 0.06, 0.93
WORTH_DRAWS = 500
COUNTS = (3, 6, 8, 12, 20)
CHOSEN = (0.5, 0.8, 0.9)
"""How often the first of two is chosen, by listeners who choose once each"""
NEAR_THE_TOP = (0.0, 0.0, 0.05, 0.05, 0.9)
"""Shares of the ratings from 1 to 5 of which listeners who are nearly content give one each"""

Outcome = dict[str, bool]
Simulation = Callable[[np.random.Generator, int], Outcome]


class Line(NamedTuple):
    """How often something was so, for each number of listeners."""

    name: str
    shares: tuple[float, ...]


def abx_without_difference(rng: np.random.Generator, n_listeners: int) -> Outcome:
    """Listeners who guess, some leaning to the right answer and as many to the wrong one."""
    right = rng.binomial(N_ABX, special.expit(rng.normal(0, TASTE_SD, n_listeners)))
    pooled = abx.p_of_score(int(right.sum()), N_ABX * n_listeners)
    ours = abx.overall(right, np.full(n_listeners, N_ABX)).p
    guessed = [abx.p_of_score(int(each), N_ABX) for each in rng.binomial(N_ABX, 0.5, n_listeners)]
    return {
        "ABX, sign-flip over listeners": _is_found(ours),
        "*ABX, binomial of all trials*": _is_found(pooled),
        "ABX, any one listener who guesses, by Holm": any(map(_is_found, holm(guessed))),
        "*ABX, any one listener who guesses*": any(map(_is_found, guessed)),
    }


def choices_without_difference(rng: np.random.Generator, n_listeners: int) -> Outcome:
    """Listeners who like one or the other of two better, and on the whole both alike; with and without ties."""
    found = {}
    for kind, tie in (("", 0.0), (" with ties", TIE)):
        wins, ties = simulated_choices(rng, np.zeros(2), n_listeners, tie)
        won, lost = int(wins[:, 0, 1].sum()), int(wins[:, 1, 0].sum())
        ours = _preferences(wins, ties, draws=2).pairs[0].p
        pooled = stats.binomtest(won, won + lost).pvalue
        found[f"preference{kind}, sign-flip over listeners"] = _is_found(ours)
        found[f"*preference{kind}, binomial of all choices*"] = _is_found(float(pooled))
    return found


def ratings_without_difference(rng: np.random.Generator, n_listeners: int) -> Outcome:
    """Listeners who like some rows better than others, and on the whole all alike."""
    given = simulated_ratings(rng, np.full(N_ROWS, 3.0), n_listeners)
    means = given.mean(axis=2)
    friedman = ratings.friedman(means)
    anova = stats.f_oneway(*given.swapaxes(0, 1).reshape(N_ROWS, -1))
    pairs = ratings.differences(means, draws=2)
    return {
        "ratings, Friedman over listeners": friedman is not None and _is_found(friedman.p),
        "ratings, any of 10 pairs by Wilcoxon and Holm": any(_is_found(pair.p_holm) for pair in pairs),
        "*ratings, one-way ANOVA of all ratings*": _is_found(float(anova.pvalue)),
    }


def means_are_covered(rng: np.random.Generator, n_listeners: int) -> Outcome:
    """Means of ratings, one row after another of those published; and of single ratings near the top of the scale."""
    centre = float(rng.choice(PUBLISHED))
    given = simulated_ratings(rng, np.array([centre]), n_listeners)
    high = rng.choice(5, n_listeners, p=NEAR_THE_TOP) + 1.0
    truth = 1 + float(np.dot(range(5), NEAR_THE_TOP))
    return {
        "mean rating": _is_covered(_interval_of_ratings(given[:, 0]), true_mean(centre)),
        "mean rating near the top, one each": _is_covered(_interval_of_ratings(high[:, None]), truth),
        "*mean rating near the top, one each, Student's t*": _is_covered(mean(high, (1, 5)).interval, truth),
    }


def _interval_of_ratings(given: np.ndarray) -> Interval | None:
    """Of one row; `given` is `(n_listeners, n_ratings)`."""
    return ratings.one_row(given.mean(axis=1), given.reshape(-1), ratings.RATINGS).mean.interval


def scores_are_covered(rng: np.random.Generator, n_listeners: int) -> Outcome:
    """Scores of a pair that each listener chose between once, without ties."""
    found, first = {}, np.zeros(n_listeners, int)
    for rate in CHOSEN:
        choices = np.where(rng.random(n_listeners) < rate, preferences.FIRST, preferences.SECOND)
        pair = preferences.analyse(range(n_listeners), first, first + 1, choices, 2, draws=2).pairs[0]
        truth, name = 2 * rate - 1, f"score of a pair, {100 * rate:.0f} % choose one, once each"
        found[name] = _is_covered(pair.score.interval, truth)
        found[f"*{name}, Student's t*"] = _is_covered(mean(choices, (-1, 1)).interval, truth)
    return found


def differences_are_covered(rng: np.random.Generator, n_listeners: int) -> Outcome:
    """Differences of two of the rows published."""
    centres = rng.choice(PUBLISHED, 2, replace=False)
    given = simulated_ratings(rng, centres, n_listeners).mean(axis=2)
    truth = true_mean(centres[0]) - true_mean(centres[1])
    apart = np.sort(given[:, 0] - given[:, 1])
    low, high = np.quantile(drawn_again(n_listeners, DRAWS) @ apart / n_listeners, [0.025, 0.975])
    (ours,) = ratings.differences(given, answers_each=N_RATINGS)
    return {
        "difference of ratings, expanded percentiles": _is_covered(ours.interval, truth),
        "*difference of ratings, plain percentiles*": low <= truth <= high,
    }


def rates_are_covered(rng: np.random.Generator, n_listeners: int) -> Outcome:
    """Rates of ABX, from guessing to nearly always right."""
    found = {}
    for rate in RATES:
        centre = float(special.logit(rate))
        right = rng.binomial(N_ABX, special.expit(rng.normal(centre, TASTE_SD, n_listeners)))
        ours = abx.overall(right, np.full(n_listeners, N_ABX)).rate
        pooled = abx.interval_of_rate(int(right.sum()), N_ABX * n_listeners)
        truth = true_rate(centre)
        found[f"ABX around {100 * rate:.0f} %, over listeners"] = _is_covered(ours.interval, truth)
        found[f"*ABX around {100 * rate:.0f} %, exact of all trials*"] = _is_covered(pooled, truth)
    return found


def worths_are_covered(rng: np.random.Generator, n_listeners: int) -> Outcome:
    """Log worths of three conditions; the truth is what a great many such listeners would give."""
    wins, ties = simulated_choices(rng, np.array(LOG_WORTHS), n_listeners, TIE)
    found = _preferences(wins, ties, WORTH_DRAWS).worths or ()
    index = int(rng.integers(len(LOG_WORTHS)))
    is_covered = bool(found) and _is_covered(found[index].interval, true_worths()[index])
    return {"log worth (Bradley-Terry-Davidson), expanded percentiles": is_covered}


WITHOUT_DIFFERENCE: tuple[Simulation, ...] = (
    abx_without_difference,
    choices_without_difference,
    ratings_without_difference,
)
WITH_DIFFERENCE: tuple[Simulation, ...] = (
    means_are_covered,
    scores_are_covered,
    differences_are_covered,
    rates_are_covered,
    worths_are_covered,
)


def _is_found(p: float | None) -> bool:
    return p is not None and p <= LEVEL


def _is_covered(interval: Interval | None, truth: float) -> bool:
    return interval is not None and interval.low <= truth <= interval.high


def simulated_ratings(rng: np.random.Generator, centres: np.ndarray, n_listeners: int) -> np.ndarray:
    """Whole ratings from 1 to 5, `(n_listeners, n_rows, N_RATINGS)`."""
    tastes = centres + rng.normal(0, TASTE_SD, (n_listeners, len(centres)))
    return np.clip(np.rint(tastes[..., None] + rng.normal(0, NOISE_SD, (*tastes.shape, N_RATINGS))), 1, 5)


def true_mean(centre: float) -> float:
    """Compute the mean of all such ratings around a centre: 1 and the shares of those above 1.5, 2.5, 3.5 and 4.5."""
    edges = np.array([1.5, 2.5, 3.5, 4.5])
    return 1 + float(special.ndtr((centre - edges) / math.hypot(TASTE_SD, NOISE_SD)).sum())


def true_rate(centre: float) -> float:
    """Compute the mean rate of listeners whose logits are normal around a centre, by Gauss-Hermite quadrature."""
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    return float(weights @ special.expit(centre + TASTE_SD * points) / weights.sum())


@functools.cache
def true_worths() -> np.ndarray:
    """Find the log worths that a great many listeners would give, `(n_conditions,)`."""
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    n_conditions = len(LOG_WORTHS)
    wins, ties = np.zeros((2, 1, n_conditions, n_conditions))
    for i in range(n_conditions):
        for j in set(range(n_conditions)) - {i}:
            # Of the difference of two tastes.
            shares = _shares(LOG_WORTHS[i] - LOG_WORTHS[j] + math.sqrt(2) * TASTE_SD * points, TIE)
            wins[0, i, j], ties[0, i, j] = 1e6 * (weights @ shares[:, :2]) / weights.sum()
    return preferences.fit(wins, ties)[0][0]


def _shares(apart: np.ndarray, tie: float) -> np.ndarray:
    """How often the first, neither and the second is chosen, `(n, 3)`, where log worths are so far apart."""
    logits = np.stack([apart / 2, np.full_like(apart, math.log(tie) if tie else -np.inf), -apart / 2], axis=-1)
    return special.softmax(logits, axis=-1)


def simulated_choices(
    rng: np.random.Generator, log_worths: np.ndarray, n_listeners: int, tie: float
) -> tuple[np.ndarray, np.ndarray]:
    """Wins and ties by listener, each `(n_listeners, n_conditions, n_conditions)`."""
    tastes = log_worths + rng.normal(0, TASTE_SD, (n_listeners, len(log_worths)))
    if len(log_worths) == 2:
        tastes[:, 1] = log_worths[1]  # of two only the difference counts
    wins, ties = np.zeros((2, n_listeners, len(log_worths), len(log_worths)))
    for i, j in zip(*np.triu_indices(len(log_worths), 1), strict=True):
        counts = rng.multinomial(N_CHOICES, _shares(tastes[:, i] - tastes[:, j], tie))
        wins[:, i, j], wins[:, j, i] = counts[:, 0], counts[:, 2]
        ties[:, i, j] = ties[:, j, i] = counts[:, 1]
    return wins, ties


def _preferences(wins: np.ndarray, ties: np.ndarray, draws: int) -> preferences.Preferences:
    won, tied = (np.argwhere(each > 0) for each in (wins, np.triu(ties)))
    counts = np.concatenate([wins[tuple(won.T)], ties[tuple(tied.T)]]).astype(int)
    choices = np.repeat([preferences.FIRST, preferences.NEITHER], [len(won), len(tied)])
    columns = np.column_stack([np.concatenate([won, tied]), choices]).repeat(counts, axis=0).T
    who, firsts, seconds, chosen = columns
    return preferences.analyse(who, firsts, seconds, chosen, wins.shape[1], draws=draws)


def shares(simulation: Simulation, counts: Sequence[int], simulations: int, seed: int) -> list[Line]:
    """Repeat a simulation for each number of listeners, and count how often each of its outcomes was so."""
    found: dict[str, list[float]] = {}
    for n_listeners in counts:
        rng = np.random.default_rng([seed, n_listeners])
        outcomes = [simulation(rng, n_listeners) for _ in range(simulations)]
        for name in outcomes[0]:
            found.setdefault(name, []).append(sum(outcome[name] for outcome in outcomes) / simulations)
    return [Line(name, tuple(each)) for name, each in found.items()]


def table(title: str, limit: str, lines: Sequence[Line], counts: Sequence[int], holds: Callable[[float], bool]) -> str:
    """Make a table of shares; whether the limit holds is told of ours, which are not in italics."""
    head = f"| {title} | {' | '.join(f'{count} listeners' for count in counts)} | {limit} |"
    rows = [head, f"|---|{'--:|' * len(counts)}---|"]
    for line in lines:
        verdict = "" if line.name.startswith("*") else "yes" if all(map(holds, line.shares)) else "no"
        rows.append(f"| {line.name} | {' | '.join(f'{100 * share:.1f} %' for share in line.shares)} | {verdict} |")
    return "\n".join(rows)


@click.command()
@click.option("--simulations", type=click.IntRange(1), default=4000, show_default=True, help="for each row")
@click.option("--listeners", "counts", type=click.IntRange(2), multiple=True, default=COUNTS, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(simulations: int, counts: tuple[int, ...], seed: int) -> None:
    """Simulate listeners, and count what statistics say of them."""
    for line in [*machine.describe(), "", f"{simulations} simulations of each row, seed {seed}."]:
        click.echo(line)
    for each in (needed.abx_table(), needed.width_table((8, 20, 40)), needed.listeners_table()):
        click.echo(f"\n{each}")
    click.echo()
    tested = [count for count in counts if count >= FEWEST_FOR_P]
    nothing = (
        [line for each in WITHOUT_DIFFERENCE for line in shares(each, tested, simulations, seed)] if tested else []
    )
    title, limit = "found at 5 % where there is nothing", f"at most {100 * MOST_FOUND:.0f} %"
    click.echo(f"{table(title, limit, nothing, tested, lambda share: share <= MOST_FOUND)}\n")
    covered = [line for each in WITH_DIFFERENCE for line in shares(each, counts, simulations, seed)]
    title, limit = "intervals of 95 % that cover the truth", f"at least {100 * LEAST_COVERED:.0f} %"
    click.echo(table(title, limit, covered, counts, lambda share: share >= LEAST_COVERED))


if __name__ == "__main__":
    main()
