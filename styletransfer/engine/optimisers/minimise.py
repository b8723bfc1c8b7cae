"""Three optimisers behind one contract: SciPy's L-BFGS-B on the host, optax's L-BFGS and Adam compiled on the device.

`minimise` lowers `objective(x, goal) -> (value, terms)`, where `x` is one float32 array, `value` a float64 scalar and
`terms` a tuple of float64 scalars that are only reported. Every iteration is reported, the best point so far is what
comes back, and the reason for the end comes with it.

None of them stops for a small gradient: with a loss of order one over a million variables each entry of the gradient
is small far from the minimum, and SciPy's default tolerances end at twice the reachable loss. A run ends when WINDOW
iterations together have lowered the value by less than MIN_PROGRESS of it, when it is told to, or at its count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize

from styletransfer.engine.optimisers import device_optimisers

WINDOW = {"scipy": 10, "lbfgs": 10, "adam": 50}
"""Iterations by method: adam swings past a minimum and comes back, so its window is longer."""
MIN_PROGRESS = 2e-4
CONVERGED = "converged"
STOPPED = "stopped"
LIMIT = "iteration limit"


class Report(NamedTuple):
    """One finished iteration, as the callback gets it.

    Returning True from the callback ends the run.
    """

    iteration: int
    value: float
    terms: tuple[float, ...]
    point: Callable[[], jax.Array]
    """the best point so far, to be taken before the callback returns: the next chunk is made in its place"""


OnIteration = Callable[[Report], bool | None]


@dataclass(frozen=True, slots=True)
class Solution:
    """The best point that a run met, its value, and how the run went."""

    x: jax.Array
    value: float
    iterations: int
    evaluations: int
    stop_reason: str


def minimise(
    objective: device_optimisers.Objective,
    x0: jax.Array,
    goal: Any,
    *,
    method: str,
    iterations: int,
    learning_rate: float = 1e-3,
    on_iteration: OnIteration | None = None,
    chunk: int = 1,
) -> Solution:
    """Lower an objective from a starting point.

    The value is `objective(x, goal)[0]`, the start `x0`, and `method` one of "scipy" (L-BFGS-B), "lbfgs" (optax's
    directions, a line search of our own) and "adam" (optax). Returns the best point met within `iterations`.

    `objective` must be a module-level function: it is compiled once and cached by identity. `learning_rate` is adam's
    alone. On the device, `chunk` iterations run between two looks at the clock of the outside world: `on_iteration` is
    called for each of them, but can only stop the run after a chunk. Raises KeyError for an unknown method.
    """
    watch = _Watch(on_iteration or (lambda report: None), WINDOW[method])
    if method == "scipy":
        return _scipy(objective, x0, goal, iterations, watch)
    build = {
        "lbfgs": lambda: device_optimisers.Lbfgs(objective),
        "adam": lambda: device_optimisers.Adam(objective, learning_rate),
    }[method]
    return _on_device(build(), x0, goal, iterations, chunk, watch)


class _Watch:
    """Passes reports on and decides when to stop."""

    def __init__(self, on_iteration: OnIteration, window: int) -> None:
        self.on_iteration = on_iteration
        self.best = deque([np.inf], maxlen=window + 1)
        self.iteration = 0

    def stop_reason(self, value: float, terms: tuple[float, ...], point: Callable[[], jax.Array]) -> str | None:
        self.iteration += 1
        self.best.append(min(value, self.best[-1]))
        if self.on_iteration(Report(self.iteration, value, terms, point)):
            return STOPPED
        full = len(self.best) == self.best.maxlen and np.isfinite(self.best[0])
        if full and self.best[0] - self.best[-1] <= MIN_PROGRESS * abs(self.best[-1]):
            return CONVERGED
        return None


def _scipy(
    objective: device_optimisers.Objective, x0: jax.Array, goal: Any, iterations: int, watch: _Watch
) -> Solution:
    """L-BFGS-B on float64 copies. A line search that fails for rounding is started anew from where it stood."""
    shape = x0.shape
    best: list[Any] = [np.inf, np.asarray(x0, np.float64).ravel()]
    latest: dict[str, Any] = {"terms": ()}
    state: dict[str, Any] = {"reason": None, "evaluations": 0}

    def evaluate(flat: np.ndarray) -> tuple[float, np.ndarray]:
        (value, terms), gradient = _value_and_gradient(objective, jnp.asarray(flat.reshape(shape), x0.dtype), goal)
        latest["terms"] = tuple(float(t) for t in terms)
        state["evaluations"] += 1
        if state["evaluations"] == 1:
            best[0] = float(value)  # of x0, in case there is no step down from it
        return float(value), np.asarray(gradient, np.float64).ravel()

    def best_point() -> jax.Array:
        return jnp.asarray(best[1].reshape(shape), x0.dtype)

    def callback(intermediate_result: scipy.optimize.OptimizeResult) -> None:
        value = float(intermediate_result.fun)
        if value <= best[0]:
            best[:] = [value, intermediate_result.x.copy()]  # SciPy's x is one live buffer
        state["reason"] = watch.stop_reason(value, latest["terms"], best_point)
        if state["reason"]:
            raise StopIteration

    options = {
        "maxcor": device_optimisers.MEMORY,
        "ftol": 0.0,
        "gtol": 0.0,
        "maxfun": 100 * iterations,
        "maxls": device_optimisers.MAX_LINE_SEARCH_STEPS,
    }
    while state["reason"] is None and watch.iteration < iterations:
        before = watch.iteration
        options["maxiter"] = iterations - before
        scipy.optimize.minimize(evaluate, best[1], jac=True, method="L-BFGS-B", callback=callback, options=options)
        if watch.iteration == before:
            state["reason"] = CONVERGED  # not one step down, even along the gradient
    return Solution(best_point(), best[0], watch.iteration, state["evaluations"], state["reason"] or LIMIT)


def _on_device(
    method: device_optimisers.Method, x0: jax.Array, goal: Any, iterations: int, chunk: int, watch: _Watch
) -> Solution:
    state = device_optimisers.start(method, x0, goal)
    evaluations, reason = 0, None
    while reason is None and watch.iteration < iterations:
        state, log = device_optimisers.advance(method, state, goal, min(chunk, iterations - watch.iteration), chunk)
        evaluations += int(log.evaluations)
        rows = np.stack([np.asarray(column, float) for column in (log.values, *log.terms)], axis=1)
        for value, *terms in rows[: int(log.iterations)].tolist():
            reason = watch.stop_reason(value, tuple(terms), partial(getattr, state, "best_x"))
            if reason:
                break
        if log.stuck:
            reason = reason or CONVERGED  # not one step down, even along the gradient
    return Solution(state.best_x, float(state.best_value), watch.iteration, evaluations, reason or LIMIT)


@partial(jax.jit, static_argnums=0)
def _value_and_gradient(objective: device_optimisers.Objective, x: jax.Array, goal: Any) -> Any:
    return jax.value_and_grad(objective, has_aux=True)(x, goal)
