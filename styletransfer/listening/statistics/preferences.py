"""Choices between two with "no preference": worths after Bradley, Terry and Davidson, and a test for each pair.

Of conditions with worths a and b and a tie parameter v, the first is preferred with the probability
a / (a + b + v sqrt(a b)), and neither with v sqrt(a b) / (a + b + v sqrt(a b)) (Davidson, "On extending the
Bradley-Terry model to accommodate ties in paired comparison experiments", 1970).
"""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from styletransfer.listening.plan import ListeningError
from styletransfer.listening.statistics.listeners import (
    SEED,
    Interval,
    Mean,
    drawn_again,
    holm,
    interval_of_draws,
    mean,
    sign_flip_p,
)
from styletransfer.listening.statistics.widening import interval_of_choices, widened

FIT_DRAWS = 2000
"""Times that listeners are drawn again: each time all worths are found anew"""
PRIOR_SD = 5.0
"""Of log worths and of the log tie parameter, around 0: else what is preferred each time had an infinite worth"""
MOST_STEPS, CLOSE = 200, 1e-8
FIRST, NEITHER, SECOND = 1, 0, -1
"""What a choice can be"""


@dataclass(frozen=True, kw_only=True)
class Worth:
    """How much a condition is preferred."""

    log_worth: float
    """natural logarithm; those of all conditions have the mean 0"""
    interval: Interval | None
    """of `log_worth`, by drawing listeners again; None where all of them chose alike, so that it had no width"""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """How two conditions were chosen between."""

    first: int
    second: int
    """indices of the conditions"""
    wins: int
    """choices of the first"""
    ties: int
    losses: int
    score: Mean
    """over listeners, of their means of 1 for a win, 0 for a tie and -1 for a loss"""
    p: float | None
    """sign-flip test over listeners, two-sided"""
    p_holm: float | None
    """adjusted for the number of pairs"""


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What listeners prefer."""

    worths: tuple[Worth, ...] | None
    """of each condition; None while the choices do not connect all of them"""
    tie: float | None
    """the tie parameter; 0 where nobody was undecided"""
    is_finite: bool
    """whether the choices alone give finite worths. If not, some conditions never lost to others: the distance between
    them is what PRIOR_SD allows, only its direction means something, and there are no intervals"""
    pairs: tuple[Pair, ...]
    n_listeners: int
    n_choices: int


@dataclass(frozen=True)
class Table:
    """Choices counted by listener, each array `(n_listeners, n_conditions, n_conditions)` float64."""

    wins: np.ndarray
    """how often the condition of the row was preferred to that of the column"""
    ties: np.ndarray
    """how often neither was; symmetric"""


def tabulate(
    listeners: ArrayLike, firsts: ArrayLike, seconds: ArrayLike, choices: ArrayLike, n_conditions: int
) -> Table:
    """Count choices by listener.

    All are `(n_choices,)`: who chose (any labels), the indices of both conditions, and FIRST, NEITHER or SECOND. The
    order of the listeners in the table does not depend on their labels. Raises ListeningError.
    """
    first, second, choice = (np.asarray(each, np.int64) for each in (firsts, seconds, choices))
    labels, who = np.unique(np.asarray(listeners), return_inverse=True)
    if not (who.shape == first.shape == second.shape == choice.shape and first.ndim == 1):
        raise ListeningError("Each choice needs a listener, two conditions and an answer. Give as many of each.")
    if len(first):
        _check(first, second, choice, n_conditions)
    wins, ties = (np.zeros((len(labels), n_conditions, n_conditions)) for _ in range(2))
    won, lost, tied = choice == FIRST, choice == SECOND, choice == NEITHER
    np.add.at(wins, (who[won], first[won], second[won]), 1)
    np.add.at(wins, (who[lost], second[lost], first[lost]), 1)
    np.add.at(ties, (who[tied], first[tied], second[tied]), 1)
    np.add.at(ties, (who[tied], second[tied], first[tied]), 1)
    order = np.lexsort(np.concatenate([wins, ties], axis=1).reshape(len(labels), -1).T) if len(labels) else []
    return Table(wins[order], ties[order])


def _check(first: np.ndarray, second: np.ndarray, choice: np.ndarray, n_conditions: int) -> None:
    lowest, highest = min(first.min(), second.min()), max(first.max(), second.max())
    if lowest < 0 or highest >= n_conditions or (first == second).any():
        raise ListeningError(f"A choice is between two of {n_conditions} conditions. Number them from 0.")
    if not np.isin(choice, (FIRST, NEITHER, SECOND)).all():
        raise ListeningError("A choice is 1 for the first, 0 for neither or -1 for the second. Give one of these.")


def analyse(
    listeners: ArrayLike,
    firsts: ArrayLike,
    seconds: ArrayLike,
    choices: ArrayLike,
    n_conditions: int,
    *,
    draws: int = FIT_DRAWS,
    seed: int = SEED,
) -> Preferences:
    """Tell what listeners prefer: see `tabulate` for the arrays. Raises ListeningError."""
    table = tabulate(listeners, firsts, seconds, choices, n_conditions)
    wins, ties = table.wins.sum(axis=0), table.ties.sum(axis=0)
    n_listeners = len(table.wins)
    is_connected, is_finite = connections(wins, ties)
    worths, tie = None, None
    if is_connected:
        (log_worths,), (tie,) = fit(wins[None], ties[None])
        intervals = _intervals(table, log_worths, draws, seed) if is_finite else [None] * n_conditions
        worths = tuple(Worth(log_worth=float(a), interval=b) for a, b in zip(log_worths, intervals, strict=True))
    return Preferences(
        worths=worths,
        tie=None if tie is None else float(tie),
        is_finite=is_finite,
        pairs=_pairs(table, seed),
        n_listeners=n_listeners,
        n_choices=int(wins.sum() + ties.sum() / 2),
    )


def connections(wins: np.ndarray, ties: np.ndarray) -> tuple[bool, bool]:
    """Tell whether choices connect all conditions, and whether they give finite worths.

    Both arrays are `(n_conditions, n_conditions)`. Worths are finite where one gets from each condition to each other
    along wins and ties (Ford 1957; a tie goes both ways).
    """
    from scipy.sparse import csgraph  # takes long to load

    met = wins + ties > 0
    n_weak, _ = csgraph.connected_components(met, connection="weak")
    n_strong, _ = csgraph.connected_components(met, connection="strong")
    return bool(n_weak == 1), bool(n_strong == 1)


def fit(wins: np.ndarray, ties: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the worths and the tie parameter that make choices most probable.

    `wins` and `ties` are `(n_tables, n_conditions, n_conditions)`; each table is fitted on its own. Returns log worths
    `(n_tables, n_conditions)` with mean 0, and tie parameters `(n_tables,)`. Maximum likelihood with a light prior, by
    Newton's method: log worths, and the log tie parameter where there are ties, are taken to be normal around 0 with
    the deviation PRIOR_SD. It moves what comes from a hundred choices by about a hundredth of the standard error, and
    keeps what was preferred each time finite.
    """
    n_tables, n_conditions, _ = wins.shape
    first, second = np.triu_indices(n_conditions, 1)
    counts = np.stack([wins[:, first, second], wins[:, second, first], ties[:, first, second]], axis=-1)
    features = _features(first, second, n_conditions)
    parameters = np.zeros((n_tables, n_conditions + 1))
    has_ties = np.asarray(counts[..., 2].any(axis=1))
    for _ in range(MOST_STEPS):
        step = _newton_step(parameters, counts, features, has_ties)
        # Far from the top a whole step can lead too far.
        parameters += step / np.maximum(1.0, np.abs(step).max(axis=1, keepdims=True))
        if np.abs(step).max(initial=0.0) < CLOSE:
            break
    log_worths = parameters[:, :-1] - parameters[:, :-1].mean(axis=1, keepdims=True)
    return log_worths, np.where(has_ties, np.exp(parameters[:, -1]), 0.0)


def _features(first: np.ndarray, second: np.ndarray, n_conditions: int) -> np.ndarray:
    """What the logarithm of each outcome's share is made of, `(n_pairs, 3, n_conditions + 1)`."""
    worths = np.eye(n_conditions + 1)
    tied = (worths[first] + worths[second]) / 2 + worths[-1]
    return np.stack([worths[first], worths[second], tied], axis=1)


def _newton_step(parameters: np.ndarray, counts: np.ndarray, features: np.ndarray, has_ties: np.ndarray) -> np.ndarray:
    logits = np.einsum("pok,tk->tpo", features, parameters)
    logits[~has_ties, :, 2] = -np.inf
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    expected = counts.sum(axis=-1, keepdims=True) * shares
    gradient = np.einsum("tpo,pok->tk", counts - expected, features) - parameters / PRIOR_SD**2
    means = np.einsum("tpo,pok->tpk", shares, features)
    curvature = np.einsum("tpo,pok,pol->tkl", expected, features, features, optimize=True)
    curvature -= np.einsum("tp,tpk,tpl->tkl", counts.sum(axis=-1), means, means, optimize=True)
    curvature += np.eye(parameters.shape[1]) / PRIOR_SD**2
    return np.linalg.solve(curvature, gradient[..., None])[..., 0]


def _intervals(table: Table, log_worths: np.ndarray, draws: int, seed: int) -> list[Interval | None]:
    n_listeners = len(table.wins)
    if n_listeners < 2:
        return [None] * len(log_worths)
    counts = drawn_again(n_listeners, draws, seed)
    drawn, _ = fit(np.tensordot(counts, table.wins, 1), np.tensordot(counts, table.ties, 1))
    pairs = zip(log_worths, drawn.T, strict=True)
    return [
        interval_of_draws(float(estimate), each, n_listeners) if np.ptp(each) > 1e-6 else None
        for estimate, each in pairs
    ]


def _pairs(table: Table, seed: int) -> tuple[Pair, ...]:
    found, p_values = [], []
    for first, second in itertools.combinations(range(table.wins.shape[1]), 2):
        wins, losses, ties = table.wins[:, first, second], table.wins[:, second, first], table.ties[:, first, second]
        met = wins + losses + ties
        scores = ((wins - losses)[met > 0]) / met[met > 0]
        counts = {"wins": int(wins.sum()), "ties": int(ties.sum()), "losses": int(losses.sum())}
        found.append({"first": first, "second": second, "score": _score(scores, **counts)} | counts)
        p_values.append(sign_flip_p(scores, seed=seed))
    adjusted = holm(p_values)
    return tuple(Pair(**each, p=p, p_holm=q) for each, p, q in zip(found, p_values, adjusted, strict=True))


def _score(scores: np.ndarray, wins: int, ties: int, losses: int) -> Mean:
    """The mean over listeners, with the interval of Student's t, widened where they hardly differ."""
    found = mean(scores, (-1.0, 1.0))
    if found.interval is None:
        return found
    return dataclasses.replace(found, interval=widened(found.interval, interval_of_choices(wins, ties, losses)))
