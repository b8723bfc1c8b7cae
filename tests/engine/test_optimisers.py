"""One table of known minima, run by every method; reports, stops and the best so far."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pytest

from styletransfer.engine import optimisers
from styletransfer.engine.optimisers import device_optimisers

pytestmark = pytest.mark.usefixtures("x64")

METHODS = ["scipy", "lbfgs", "adam"]
TRACES: list[str] = []
"""A name each time that an objective below is traced."""


def _objective(function: Callable[[Any, Any], Any]) -> device_optimisers.Objective:
    def objective(x, goal):
        TRACES.append(function.__name__)
        value = function(x.astype(jnp.float64), goal)
        return value, (2 * value, jnp.sum(x, dtype=jnp.float64))

    return objective


@_objective
def quadratic(x, goal):
    scales, centre, floor = goal
    return floor + 0.5 * jnp.sum(scales * (x - centre) ** 2)


@_objective
def rosenbrock(x, _goal):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@_objective
def quartics(x, centre):
    return jnp.sum((x - centre) ** 4)


@_objective
def waves(x, _goal):
    return jnp.sum(2 + jnp.cos(3 * x) + 0.01 * x**2)


@_objective
def least_squares(x, goal):
    matrix, vector = goal
    return jnp.mean((jnp.tanh(matrix @ x.reshape(-1)) - vector) ** 2)


class Known(NamedTuple):
    """An objective and where its minimum is."""

    objective: device_optimisers.Objective
    goal: Any
    start: np.ndarray
    minimum: np.ndarray
    least: float
    value_within: float
    point_within: float
    rates: tuple[float, ...] = (0.1, 0.01, 0.001)
    """learning rates of adam, one run from the end of the other"""


CENTRE = np.linspace(-1, 2, 30)
KNOWN = {
    "quadratic of condition 1": Known(quadratic, (1.0, CENTRE, 0.0), np.zeros(30), CENTRE, 0.0, 1e-5, 1e-2),
    "quadratic of condition 10,000": Known(
        quadratic, (np.logspace(-2, 2, 30), CENTRE, 0.0), np.zeros(30), CENTRE, 0.0, 1e-3, 0.3
    ),
    "quadratic above a floor, in two dimensions": Known(
        quadratic,
        (np.logspace(0, 2, 30).reshape(5, 6), CENTRE.reshape(5, 6), 3.0),
        np.zeros((5, 6)),
        CENTRE.reshape(5, 6),
        3.0,
        1e-2,
        0.2,
    ),
    "Rosenbrock's valley": Known(rosenbrock, None, np.array([-1.2, 1.0]), np.ones(2), 0.0, 2e-3, 0.1, (0.03, 0.01)),
    "quartics": Known(quartics, CENTRE, np.zeros(30), CENTRE, 0.0, 1e-4, 0.1),
}


def _run(known: Known, method: str, iterations: int = 1000) -> optimisers.Solution:
    """`iterations` of L-BFGS, or as many of adam at each of its learning rates."""
    goal = None if known.goal is None else _arrays(known.goal)
    x = jnp.asarray(known.start, jnp.float32)
    run = partial(optimisers.minimise, known.objective, goal=goal, method=method, iterations=iterations, chunk=50)
    if method != "adam":
        return run(x)
    first, *others = known.rates
    solution = run(x, learning_rate=first)
    for rate in others:
        solution = run(solution.x, learning_rate=rate)
    return solution


def _arrays(goal):
    return tuple(jnp.asarray(g, jnp.float64) for g in goal) if isinstance(goal, tuple) else jnp.asarray(goal)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", KNOWN)
def test_known_minima_are_found(name, method):
    known = KNOWN[name]
    solution = _run(known, method)
    assert solution.x.dtype == jnp.float32
    assert solution.x.shape == known.start.shape
    assert solution.value == pytest.approx(known.least, abs=known.value_within)
    np.testing.assert_allclose(solution.x, known.minimum, atol=known.point_within)


SMALL = KNOWN["quadratic of condition 10,000"]
SMALL_GOAL = (np.logspace(-2, 2, 30), CENTRE, 1.0)


def _minimise(method: str, reports: list | None = None, stop_at: int | None = None, **keywords) -> optimisers.Solution:
    def on_iteration(report):
        if reports is not None:
            reports.append(report)
        return report.iteration == stop_at

    arguments = {"iterations": 12, "learning_rate": 0.03} | keywords
    start = jnp.asarray(SMALL.start, jnp.float32)
    return optimisers.minimise(
        quadratic, start, _arrays(SMALL_GOAL), method=method, on_iteration=on_iteration, **arguments
    )


@pytest.mark.parametrize(("method", "chunk"), [("scipy", 1), ("lbfgs", 1), ("lbfgs", 5), ("adam", 1), ("adam", 5)])
def test_each_iteration_is_reported_once_in_order(method, chunk):
    reports: list[optimisers.Report] = []
    solution = _minimise(method, reports, chunk=chunk)
    assert [r.iteration for r in reports] == list(range(1, 13))
    assert solution.iterations == 12
    assert solution.evaluations >= 12
    assert solution.stop_reason == optimisers.LIMIT
    assert min(r.value for r in reports) == pytest.approx(solution.value)
    assert reports[-1].value < 0.7 * reports[0].value
    for report in reports:
        assert report.terms[0] == pytest.approx(2 * report.value, rel=1e-6)  # of the same point as the value
    if method != "adam":  # a trial of the line search that was refused is no iteration
        at_start = float(quadratic(jnp.asarray(SMALL.start), _arrays(SMALL_GOAL))[0])
        values = [at_start, *(r.value for r in reports)]
        assert all(later < sooner for sooner, later in itertools.pairwise(values))


@pytest.mark.parametrize("method", METHODS)
def test_true_from_the_callback_stops_at_once_and_the_best_so_far_comes_back(method):
    reports: list[optimisers.Report] = []
    solution = _minimise(method, reports, stop_at=4)
    assert [r.iteration for r in reports] == [1, 2, 3, 4]
    assert solution.iterations == 4
    assert solution.stop_reason == optimisers.STOPPED
    assert solution.value == pytest.approx(min(r.value for r in reports))
    assert float(quadratic(solution.x, _arrays(SMALL_GOAL))[0]) == pytest.approx(solution.value, rel=1e-6)


@pytest.mark.parametrize("method", ["lbfgs", "adam"])
def test_a_stop_within_a_chunk_is_the_last_report(method):
    reports: list[optimisers.Report] = []
    solution = _minimise(method, reports, stop_at=7, chunk=5)
    assert [r.iteration for r in reports] == list(range(1, 8))
    assert (solution.iterations, solution.stop_reason) == (7, optimisers.STOPPED)


def test_the_best_comes_back_where_the_last_is_worse():
    centre = np.full(4, 0.3)
    reports: list[optimisers.Report] = []
    solution = optimisers.minimise(
        quadratic,
        jnp.zeros(4, jnp.float32),
        _arrays((1.0, centre, 0.0)),
        method="adam",
        iterations=6,
        learning_rate=0.29,
        on_iteration=reports.append,
    )
    values = [r.value for r in reports]
    assert int(np.argmin(values)) == 1
    assert values[-1] > 10 * values[1]
    assert solution.value == pytest.approx(values[1])
    np.testing.assert_allclose(solution.x, 0.29, atol=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_tiny_gradients_stop_nothing(method):
    # Each entry of the gradient is below 1e-6 from the start, as of a loss of order one over a million variables.
    goal = _arrays((1e-7 * np.logspace(-1, 1, 30), CENTRE, 0.0))
    start = jnp.asarray(CENTRE + 1.0, jnp.float32)
    at_start = float(quadratic(start, goal)[0])
    solution = optimisers.minimise(quadratic, start, goal, method=method, iterations=300, learning_rate=0.05, chunk=50)
    assert solution.value < 1e-3 * at_start


@pytest.mark.parametrize("method", METHODS)
def test_a_run_that_gains_nothing_more_ends_as_converged(method):
    reports: list[optimisers.Report] = []
    solution = _minimise(method, reports, iterations=3000, learning_rate=0.1)
    assert solution.stop_reason == optimisers.CONVERGED
    assert 5 < solution.iterations == len(reports) < 1500
    assert solution.value == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_a_start_at_the_minimum_converges(method):
    start = jnp.asarray(CENTRE, jnp.float32)
    goal = _arrays((1.0, np.asarray(start), 1.0))
    solution = optimisers.minimise(quadratic, start, goal, method=method, iterations=60)
    assert solution.stop_reason == optimisers.CONVERGED
    assert solution.value == pytest.approx(1)
    np.testing.assert_array_equal(solution.x, start)


@pytest.mark.parametrize("method", METHODS)
def test_a_restart_from_the_result_gains_next_to_nothing(rng, method):
    # Curved, ill-conditioned and with a floor well above 0, like the losses.
    matrix = rng.normal(size=(150, 100)) * np.logspace(-1.5, 0, 100)
    goal = _arrays((matrix, rng.uniform(-1, 1, 150)))
    run = partial(optimisers.minimise, least_squares, goal=goal, method=method, iterations=8000, learning_rate=0.05)
    first = run(jnp.asarray(rng.normal(size=(10, 10)), jnp.float32), chunk=20)
    again = run(first.x, chunk=20)
    assert first.stop_reason == optimisers.CONVERGED
    assert again.value > 0.98 * first.value


def test_lbfgs_remembers_no_step_of_negative_curvature(rng):
    """Over hills a step may end where the way down is steeper than where it began: such a pair would turn L-BFGS's
    directions uphill."""
    method = device_optimisers.Lbfgs(waves)
    for start in rng.uniform(-0.5, 0.5, (5, 40)).astype(np.float32):  # near the tops
        state, kept = device_optimisers.start(method, jnp.asarray(start), None), 0
        for _ in range(40):
            state, log = device_optimisers.advance(method, state, None, 1, 1)
            steps, changes = np.asarray(state.memory.diff_params_memory), np.asarray(state.memory.diff_updates_memory)
            curvature = np.sum(steps.astype(float) * changes, axis=1)
            filled = np.abs(steps).max(axis=1) > 0
            assert (curvature[filled] > 0).all()
            kept = max(kept, np.count_nonzero(filled))
            if log.stuck:
                break
        assert kept > 2


@pytest.mark.parametrize("method", METHODS)
def test_the_second_run_of_a_shape_compiles_nothing(method, traces):
    def run(offset):
        goal = (jnp.linspace(1.0, 2.0, 17, dtype=jnp.float64), jnp.full(17, offset), jnp.asarray(offset))
        start = jnp.full(17, -offset, jnp.float32)
        optimisers.minimise(quadratic, start, goal, method=method, iterations=6, learning_rate=0.125, chunk=3)

    TRACES.clear()
    run(1.0)
    assert TRACES
    TRACES.clear()
    traces.clear()
    run(2.0)
    assert TRACES == []
    assert traces == []


def test_an_unknown_method_is_a_key_error():
    with pytest.raises(KeyError, match="newton"):
        _minimise("newton")
