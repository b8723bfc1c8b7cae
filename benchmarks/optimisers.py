"""The solve by the program's own L-BFGS and by SciPy's, on every pairing: `python -m benchmarks.optimisers`.

Both start from the same point and lower the same objective, the default preset's. What was left to gain where the
program's own ended is shown by a restart without its memory, by SciPy's with everything in float64, and by the sound
that is delivered in the end, whose total at the solve's block length stands beside it. Writes Markdown to standard
output.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import click
import jax
import jax.numpy as jnp

from benchmarks import recordings, tables
from styletransfer import stylize
from styletransfer.engine import optimisers
from styletransfer.engine import solve as solving
from styletransfer.engine.losses import objective
from styletransfer.engine.optimisers import Report
from styletransfer.engine.solve import Solver
from styletransfer.settings import DEFAULT_PRESET, PRESETS, preset

FIRST = 10
"""Iterations that are counted by themselves: line searches take longest at first."""
RESTART_ITERATIONS = 100


class Run(NamedTuple):
    """What one solve reached, and what it took."""

    total: float
    iterations: int
    evaluations: int
    seconds: float
    state: jax.Array


def solve(problem: Solver, start: jax.Array | None = None) -> Run:
    """Seconds are those of a second run where the first would include compilation."""
    begun = time.perf_counter()
    solution = problem.solve(ignore, start)
    taken = time.perf_counter() - begun
    return Run(problem.losses(solution.x).total, solution.iterations, solution.evaluations, taken, solution.x)


def solve_in_float64(problem: Solver, state: jax.Array, iterations: int) -> optimisers.Solution:
    """What SciPy's reaches from there, in double precision throughout."""

    def double(x: jax.Array) -> jax.Array:
        return x.astype(jnp.float64) if x.dtype == jnp.float32 else x

    goal = jax.tree.map(double, problem.goal)
    return optimisers.minimise(
        objective.weighted_total_of_point,
        objective.point_of(double(state), goal),
        goal,
        method="scipy",
        iterations=iterations,
    )


def ignore(report: Report) -> None:
    """Nobody watches."""


def row(pairing: recordings.Pairing, preset_name: str, seconds: float) -> str:
    """One line of the table."""
    content, style = (recordings.read(name, seconds) for name in (pairing.content, pairing.style))
    settings = preset(preset_name, seconds=seconds, style_seconds=seconds)
    with jax.enable_x64(True):
        own = solving.prepare(content, [style], settings)

        def having(**changes: object) -> Solver:
            return own.with_settings(preset(preset_name, seconds=seconds, style_seconds=seconds, **changes))

        first = solve(having(iterations=FIRST))
        found = solve(own)
        solve(having(optimizer="scipy", iterations=1))
        scipys = solve(having(optimizer="scipy"))
        restarted = solve(having(iterations=RESTART_ITERATIONS), found.state)
        in_float64 = solve_in_float64(own, found.state, RESTART_ITERATIONS).value
    delivered = stylize(content, [style], own.settings).delivered.total
    cells = [
        pairing.name,
        f"{found.total:.4g}",
        f"{scipys.total:.4g}",
        f"{100 * (found.total / scipys.total - 1):+.1f} %",
        f"{found.seconds:.1f} / {scipys.seconds:.1f}",
        f"{found.iterations} / {scipys.iterations}",
        f"{first.evaluations / first.iterations:.2f} / {found.evaluations / found.iterations:.2f}",
        f"{100 * (1 - restarted.total / found.total):.1f} % / {100 * (1 - in_float64 / found.total):.1f} %",
        f"{delivered / found.total:.2f} x",
    ]
    return f"| {' | '.join(cells)} |"


@click.command()
@click.option("--preset", "preset_name", type=click.Choice(list(PRESETS)), default=DEFAULT_PRESET, show_default=True)
@click.option("--seconds", type=click.FloatRange(0.5, 20), default=10.0, show_default=True, help="of both recordings")
def main(preset_name: str, seconds: float) -> None:
    """Compare the program's L-BFGS with SciPy's on every pairing."""
    columns = (
        "own total",
        "SciPy's",
        "difference",
        "s, own / SciPy",
        "iterations, own / SciPy",
        f"evaluations an iteration, first {FIRST} / all",
        f"gain of {RESTART_ITERATIONS} more, restarted / in float64",
        "delivered total, of the own",
    )
    title = f"{preset_name}, {seconds:g} s"
    tables.print_pairings(title, columns, lambda pairing: row(pairing, preset_name, seconds))


if __name__ == "__main__":
    main()
