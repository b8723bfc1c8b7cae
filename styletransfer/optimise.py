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
import optax
import scipy.optimize

WINDOW = {"scipy": 10, "lbfgs": 10, "adam": 50}
"""Iterations by method: adam swings past a minimum and comes back, so its window is longer."""
MIN_PROGRESS = 5e-4
MEMORY = 10
"""Pairs of steps and gradient changes that L-BFGS remembers."""
MAX_LINE_SEARCH_STEPS = 20
SUFFICIENT_DECREASE, CURVATURE = 1e-4, 0.9
"""Constants of the Wolfe conditions, as in Nocedal & Wright, "Numerical Optimization" (2006), section 3.1."""

CONVERGED = "converged"
STOPPED = "stopped"
LIMIT = "iteration limit"

Objective = Callable[[jax.Array, Any], tuple[jax.Array, tuple[jax.Array, ...]]]


class Report(NamedTuple):
    """One finished iteration. Returning True from the callback that gets it ends the run."""

    iteration: int
    value: float
    terms: tuple[float, ...]


OnIteration = Callable[[Report], bool | None]


@dataclass(frozen=True, slots=True)
class Solution:
    """The best point met, its value, and how the run went."""

    x: jax.Array
    value: float
    iterations: int
    evaluations: int
    stop_reason: str


def minimise(
    objective: Objective,
    x0: jax.Array,
    goal: Any,
    *,
    method: str,
    iterations: int,
    learning_rate: float = 1e-3,
    on_iteration: OnIteration | None = None,
    chunk: int = 1,
) -> Solution:
    """Lower `objective(x, goal)[0]` from `x0` by "scipy" (L-BFGS-B), "lbfgs" (optax) or "adam" (optax).

    `objective` must be a module-level function: it is compiled once and cached by identity. `learning_rate` is adam's
    alone. On the device, `chunk` iterations run between two looks at the clock of the outside world: `on_iteration` is
    called for each of them, but can only stop the run after a chunk. Raises KeyError for an unknown method.
    """
    watch = _Watch(on_iteration or (lambda report: None), WINDOW[method])
    if method == "scipy":
        return _scipy(objective, x0, goal, iterations, watch)
    build = {"lbfgs": lambda: _Lbfgs(objective), "adam": lambda: _Adam(objective, learning_rate)}[method]
    return _on_device(build(), x0, goal, iterations, chunk, watch)


class _Watch:
    """Passes reports on and decides when to stop."""

    def __init__(self, on_iteration: OnIteration, window: int) -> None:
        self.on_iteration = on_iteration
        self.best = deque([np.inf], maxlen=window + 1)
        self.iteration = 0

    def stop_reason(self, value: float, terms: tuple[float, ...]) -> str | None:
        self.iteration += 1
        self.best.append(min(value, self.best[-1]))
        if self.on_iteration(Report(self.iteration, value, terms)):
            return STOPPED
        full = len(self.best) == self.best.maxlen and np.isfinite(self.best[0])
        if full and self.best[0] - self.best[-1] <= MIN_PROGRESS * abs(self.best[-1]):
            return CONVERGED
        return None


def _scipy(objective: Objective, x0: jax.Array, goal: Any, iterations: int, watch: _Watch) -> Solution:
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

    def callback(intermediate_result: scipy.optimize.OptimizeResult) -> None:
        value = float(intermediate_result.fun)
        if value <= best[0]:
            best[:] = [value, intermediate_result.x.copy()]  # SciPy's x is one live buffer
        state["reason"] = watch.stop_reason(value, latest["terms"])
        if state["reason"]:
            raise StopIteration

    options = {"maxcor": MEMORY, "ftol": 0.0, "gtol": 0.0, "maxfun": 100 * iterations, "maxls": MAX_LINE_SEARCH_STEPS}
    while state["reason"] is None and watch.iteration < iterations:
        before = watch.iteration
        options["maxiter"] = iterations - before
        scipy.optimize.minimize(evaluate, best[1], jac=True, method="L-BFGS-B", callback=callback, options=options)
        if watch.iteration == before:
            state["reason"] = CONVERGED  # not one step down, even along the gradient
    x = jnp.asarray(best[1].reshape(shape), x0.dtype)
    return Solution(x, best[0], watch.iteration, state["evaluations"], state["reason"] or LIMIT)


def _on_device(
    method: _Lbfgs | _Adam, x0: jax.Array, goal: Any, iterations: int, chunk: int, watch: _Watch
) -> Solution:
    state = _start(method, x0, goal)
    evaluations, reason = 0, None
    while reason is None and watch.iteration < iterations:
        state, log = _advance(method, state, goal, min(chunk, iterations - watch.iteration), chunk)
        evaluations += int(log.evaluations)
        rows = np.stack([np.asarray(column, float) for column in (log.values, *log.terms)], axis=1)
        for value, *terms in rows[: int(log.iterations)].tolist():
            reason = watch.stop_reason(value, tuple(terms))
            if reason:
                break
        if log.stuck:
            reason = reason or CONVERGED  # not one step down, even along the gradient
    return Solution(state.best_x, float(state.best_value), watch.iteration, evaluations, reason or LIMIT)


class _Log(NamedTuple):
    """What a chunk of iterations leaves for the host."""

    iterations: jax.Array
    evaluations: jax.Array
    stuck: jax.Array
    values: jax.Array
    """`(chunk,)`"""
    terms: tuple[jax.Array, ...]
    """of each iteration, `(chunk,)` each"""


@partial(jax.jit, static_argnums=0)
def _start(method: _Lbfgs | _Adam, x0: jax.Array, goal: Any) -> Any:
    terms = jax.eval_shape(method.objective, x0, goal)[1]
    return method.start(x0, jax.tree.map(lambda t: jnp.zeros(t.shape, t.dtype), terms))


@partial(jax.jit, static_argnums=(0, 4), donate_argnums=1)
def _advance(method: _Lbfgs | _Adam, state: Any, goal: Any, n_steps: int, chunk: int) -> tuple[Any, _Log]:
    """At most `n_steps` iterations, `n_steps <= chunk`. The objective is compiled once, in the body of one loop of
    evaluations: a line search within a loop of iterations would compile it several times over, which costs a visitor
    seconds (optax.lbfgs's zoom search: three to six times the compilation of one evaluation)."""

    def body(carry: tuple[Any, _Log]) -> tuple[Any, _Log]:
        state, log = carry
        (value, terms), gradient = jax.value_and_grad(method.objective, has_aux=True)(method.trial(state), goal)
        state, finished, stuck = method.update(state, value, terms, gradient)
        # A row is written at every evaluation; that of a finished iteration stays.
        row = log.iterations
        log = _Log(
            iterations=log.iterations + finished,
            evaluations=log.evaluations + 1,
            stuck=stuck,
            values=log.values.at[row].set(state.value),
            terms=jax.tree.map(lambda column, term: column.at[row].set(term), log.terms, state.terms),
        )
        return state, log

    column = jnp.zeros(chunk, jnp.float64)
    zero = jnp.asarray(0, jnp.int32)
    log = _Log(zero, zero, jnp.asarray(False), column, jax.tree.map(lambda _: column, state.terms))
    return jax.lax.while_loop(lambda carry: (carry[1].iterations < n_steps) & ~carry[1].stuck, body, (state, log))


class _AdamState(NamedTuple):
    x: jax.Array
    inner: Any
    value: jax.Array
    terms: tuple[jax.Array, ...]
    best_x: jax.Array
    best_value: jax.Array


@dataclass(frozen=True)
class _Adam:
    """optax.adam; an iteration's value and terms are those of the point it starts from."""

    objective: Objective
    learning_rate: float

    def start(self, x0: jax.Array, terms: tuple[jax.Array, ...]) -> _AdamState:
        infinity = jnp.asarray(jnp.inf, jnp.float64)
        return _AdamState(x0, optax.adam(self.learning_rate).init(x0), infinity, terms, x0, infinity)

    def trial(self, state: _AdamState) -> jax.Array:
        return state.x

    def update(self, state: _AdamState, value: jax.Array, terms: tuple[jax.Array, ...], gradient: jax.Array) -> Any:
        better = value < state.best_value
        best_x = jnp.where(better, state.x, state.best_x)
        updates, inner = optax.adam(self.learning_rate).update(gradient, state.inner)
        best_value = jnp.where(better, value, state.best_value)
        return _AdamState(state.x + jnp.asarray(updates), inner, value, terms, best_x, best_value), True, False


class _LbfgsState(NamedTuple):
    best_x: jax.Array
    """the last accepted point"""
    best_value: jax.Array
    terms: tuple[jax.Array, ...]
    memory: Any
    direction: jax.Array
    slope: jax.Array
    """of the value along the direction, at the accepted point"""
    step: jax.Array
    """multiple of the direction that is tried next"""
    tries: jax.Array

    @property
    def value(self) -> jax.Array:
        return self.best_value


@dataclass(frozen=True)
class _Lbfgs:
    """L-BFGS directions of optax with a line search of its own, which evaluates once a pass: see `_advance`.

    A trial that lowers the value enough (Armijo) is accepted. If the slope there has fallen enough too (Wolfe), optax
    turns the gradient into the next direction; if not, the step was too short, and the next one goes on along the same
    direction, twice as far. A trial that is refused is shortened to the minimum of a parabola.
    """

    objective: Objective

    def start(self, x0: jax.Array, terms: tuple[jax.Array, ...]) -> _LbfgsState:
        # The first trial is x0 itself, accepted because it lowers infinity.
        infinity, zero = jnp.asarray(jnp.inf, jnp.float64), jnp.asarray(0.0, jnp.float64)
        memory = self._directions().init(x0)
        return _LbfgsState(x0, infinity, terms, memory, jnp.zeros_like(x0), zero, zero, jnp.asarray(0, jnp.int32))

    @staticmethod
    def _directions() -> optax.GradientTransformation:
        return optax.scale_by_lbfgs(MEMORY)

    def trial(self, state: _LbfgsState) -> jax.Array:
        return state.best_x + state.step.astype(state.best_x.dtype) * state.direction

    def update(self, state: _LbfgsState, value: jax.Array, terms: tuple[jax.Array, ...], gradient: jax.Array) -> Any:
        first = jnp.isinf(state.best_value)
        accepted = first | (value <= state.best_value + SUFFICIENT_DECREASE * state.step * state.slope)
        state = jax.lax.cond(
            accepted,
            lambda: self._accept(state, first, value, terms, gradient),
            lambda: self._shorten(state, value),
        )
        return state, accepted & ~first, state.tries > MAX_LINE_SEARCH_STEPS

    def _accept(
        self, state: _LbfgsState, first: jax.Array, value: jax.Array, terms: tuple[jax.Array, ...], gradient: jax.Array
    ) -> _LbfgsState:
        x = self.trial(state)
        slope = _dot(gradient, state.direction)
        too_short = ~first & (slope < CURVATURE * state.slope)

        def turn() -> tuple[Any, ...]:
            turned, memory = self._directions().update(gradient, state.memory, x)
            update = jnp.asarray(turned)
            slope = -_dot(gradient, update)
            # Polyak's step, value / |slope|, begins the first line search at about the right length.
            polyak = value / jnp.where(slope < 0, -slope, 1.0)
            return memory, -update, slope, jnp.where(first, polyak, 1.0)

        def go_on() -> tuple[Any, ...]:
            return state.memory, state.direction, slope, 2 * state.step

        memory, direction, slope, step = jax.lax.cond(too_short, go_on, turn)
        return _LbfgsState(x, value, terms, memory, direction, slope, step, jnp.zeros_like(state.tries))

    def _shorten(self, state: _LbfgsState, value: jax.Array) -> _LbfgsState:
        curvature = value - state.best_value - state.step * state.slope
        parabola = -0.5 * state.slope * state.step / curvature
        factor = jnp.where(jnp.isfinite(parabola), jnp.clip(parabola, 0.1, 0.5), 0.1)
        return state._replace(step=state.step * factor, tries=state.tries + 1)


def _dot(a: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.sum(a * b, dtype=jnp.float64)


@partial(jax.jit, static_argnums=0)
def _value_and_gradient(objective: Objective, x: jax.Array, goal: Any) -> Any:
    return jax.value_and_grad(objective, has_aux=True)(x, goal)
