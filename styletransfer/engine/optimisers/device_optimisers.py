"""L-BFGS and Adam of optax, compiled as a whole: chunks of iterations run on the device without a look at the host.

`start` and `advance` run a method on an objective `(x, goal) -> (value, terms)`: `x` one float32 array, `value` a
float64 scalar, `terms` a tuple of float64 scalars. `minimise.minimise` is the way to call them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

MEMORY = 10
"""Pairs of steps and gradient changes that L-BFGS remembers."""
MAX_LINE_SEARCH_STEPS = 20
SUFFICIENT_DECREASE, CURVATURE = 1e-4, 0.9
"""Constants of the Wolfe conditions, as in Nocedal & Wright, "Numerical Optimization" (2006), section 3.1."""
FIRST_STEP = 0.1
"""Of Polyak's: too long a step costs an evaluation, while one too short is an iteration like any other."""

Objective = Callable[[jax.Array, Any], tuple[jax.Array, tuple[jax.Array, ...]]]


class Log(NamedTuple):
    """What a chunk of iterations leaves for the host."""

    iterations: jax.Array
    evaluations: jax.Array
    stuck: jax.Array
    values: jax.Array
    """`(chunk,)`"""
    terms: tuple[jax.Array, ...]
    """of each iteration, `(chunk,)` each"""


class _AdamState(NamedTuple):
    x: jax.Array
    inner: Any
    value: jax.Array
    terms: tuple[jax.Array, ...]
    best_x: jax.Array
    best_value: jax.Array


@dataclass(frozen=True)
class Adam:
    """Adam of optax.

    An iteration's value and terms are those of the point it starts from.
    """

    objective: Objective
    learning_rate: float

    def start(self, x0: jax.Array, terms: tuple[jax.Array, ...]) -> _AdamState:
        """Make the state before the first evaluation.

        `terms` are of the shapes that the objective's have.
        """
        infinity = jnp.asarray(jnp.inf, jnp.float64)
        return _AdamState(x0, optax.adam(self.learning_rate).init(x0), infinity, terms, x0, infinity)

    def trial(self, state: _AdamState) -> jax.Array:
        """Return the point to evaluate next."""
        return state.x

    def update(self, state: _AdamState, value: jax.Array, terms: tuple[jax.Array, ...], gradient: jax.Array) -> Any:
        """Take a step from what was evaluated at the trial.

        Returns the new state, whether that ended an iteration (always), and whether no step down is to be found
        (never).
        """
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
    turned_slope: jax.Array
    """where the direction was taken"""
    step: jax.Array
    """multiple of the direction that is tried next"""
    tries: jax.Array

    @property
    def value(self) -> jax.Array:
        return self.best_value


@dataclass(frozen=True)
class Lbfgs:
    """L-BFGS with directions of optax and a line search of its own.

    It evaluates once a pass: see `advance`. A trial that lowers the value enough (Armijo) is accepted. If the slope
    there has fallen enough too (Wolfe), optax turns the gradient into the next direction; if not, the step was too
    short, and the next one goes on along the same direction, twice as far. A trial that is refused is shortened to the
    minimum of a parabola (Nocedal & Wright 2006, chapter 3).
    """

    objective: Objective

    def start(self, x0: jax.Array, terms: tuple[jax.Array, ...]) -> _LbfgsState:
        """Make the state before the first evaluation.

        Its trial is `x0` itself, accepted because it lowers infinity. `terms` are of the shapes that the objective's
        have.
        """
        infinity, zero = jnp.asarray(jnp.inf, jnp.float64), jnp.asarray(0.0, jnp.float64)
        memory = self._directions().init(x0)
        return _LbfgsState(x0, infinity, terms, memory, jnp.zeros_like(x0), zero, zero, zero, jnp.asarray(0, jnp.int32))

    def trial(self, state: _LbfgsState) -> jax.Array:
        """Return the point to evaluate next."""
        return state.best_x + state.step.astype(state.best_x.dtype) * state.direction

    def update(self, state: _LbfgsState, value: jax.Array, terms: tuple[jax.Array, ...], gradient: jax.Array) -> Any:
        """Accept or refuse what was evaluated at the trial, and choose the next one.

        Returns the new state, whether that ended an iteration, and whether no step down is to be found.
        """
        x, first = self.trial(state), jnp.isinf(state.best_value)
        accepted = first | (value <= state.best_value + SUFFICIENT_DECREASE * state.step * state.slope)
        slope = _dot(gradient, state.direction)
        too_short = accepted & ~first & (slope < CURVATURE * state.turned_slope)
        turns = accepted & ~too_short
        memory, direction = self._turn(turns, x, gradient, state)
        turned_slope = _dot(gradient, direction)
        # Polyak's step, value / |slope|, would end at 0 if the way went on as straight as it begins.
        polyak = FIRST_STEP * value / jnp.where(turned_slope < 0, -turned_slope, 1.0)
        longer_or_shorter = jnp.where(too_short, 2 * state.step, self._shorten(state, value))
        state = _LbfgsState(
            best_x=jnp.where(accepted, x, state.best_x),
            best_value=jnp.where(accepted, value, state.best_value),
            terms=jax.tree.map(partial(jnp.where, accepted), terms, state.terms),
            memory=memory,
            direction=direction,
            slope=jnp.where(turns, turned_slope, jnp.where(accepted, slope, state.slope)),
            turned_slope=jnp.where(turns, turned_slope, state.turned_slope),
            step=jnp.where(turns, jnp.where(first, polyak, 1.0), longer_or_shorter),
            tries=jnp.where(accepted, 0, state.tries + 1),
        )
        return state, accepted & ~first, state.tries > MAX_LINE_SEARCH_STEPS

    def _turn(self, turns: jax.Array, x: jax.Array, gradient: jax.Array, state: _LbfgsState) -> Any:
        """Memory and direction after the point `x`, or as they were. A loop of one pass or none: XLA works on what a
        loop carries in place, where a branch copies all of the memory."""

        def turn(carry: tuple[jax.Array, Any, jax.Array]) -> tuple[jax.Array, Any, jax.Array]:
            update, memory = self._directions().update(gradient, carry[1], x)
            return jnp.asarray(False), memory, -jnp.asarray(update)

        return jax.lax.while_loop(lambda carry: carry[0], turn, (turns, state.memory, state.direction))[1:]

    @staticmethod
    def _directions() -> optax.GradientTransformation:
        return optax.scale_by_lbfgs(MEMORY)

    @staticmethod
    def _shorten(state: _LbfgsState, value: jax.Array) -> jax.Array:
        curvature = value - state.best_value - state.step * state.slope
        parabola = -0.5 * state.slope * state.step / curvature
        return state.step * jnp.where(jnp.isfinite(parabola), jnp.clip(parabola, 0.1, 0.5), 0.1)


Method = Lbfgs | Adam


@partial(jax.jit, static_argnums=0)
def start(method: Method, x0: jax.Array, goal: Any) -> Any:
    """Make the state of a method at `x0`, from which `advance` goes on."""
    terms = jax.eval_shape(method.objective, x0, goal)[1]
    return method.start(x0, jax.tree.map(lambda t: jnp.zeros(t.shape, t.dtype), terms))


@partial(jax.jit, static_argnums=(0, 4), donate_argnums=1)
def advance(method: Method, state: Any, goal: Any, n_steps: int | jax.Array, chunk: int) -> tuple[Any, Log]:
    """Run iterations of a method on the device.

    At most `n_steps` of them, `n_steps <= chunk`; returns the new state, which takes the place of the old one, and a
    `Log`. The objective is compiled once, in the body of one loop of evaluations: a line search within a loop of
    iterations, such as optax.lbfgs's, compiles it several times over, and a visitor waits for that.
    """

    def body(carry: tuple[Any, Log]) -> tuple[Any, Log]:
        """Evaluate the objective once more."""
        state, log = carry
        (value, terms), gradient = jax.value_and_grad(method.objective, has_aux=True)(method.trial(state), goal)
        state, finished, stuck = method.update(state, value, terms, gradient)
        # A row is written at every evaluation; that of a finished iteration stays.
        row = log.iterations
        log = Log(
            iterations=log.iterations + finished,
            evaluations=log.evaluations + 1,
            stuck=stuck,
            values=log.values.at[row].set(state.value),
            terms=jax.tree.map(lambda column, term: column.at[row].set(term), log.terms, state.terms),
        )
        return state, log

    column = jnp.zeros(chunk, jnp.float64)
    zero = jnp.asarray(0, jnp.int32)
    log = Log(zero, zero, jnp.asarray(False), column, jax.tree.map(lambda _: column, state.terms))
    return jax.lax.while_loop(lambda carry: (carry[1].iterations < n_steps) & ~carry[1].stuck, body, (state, log))


def _dot(a: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.sum(a * b, dtype=jnp.float64)
