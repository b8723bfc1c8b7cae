"""What `styletransfer grid` does in a folder: looks at it, makes what is missing, and tells what came of it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from styletransfer import estimate
from styletransfer.cli.grid_progress import GridProgress
from styletransfer.cli.interrupts import INTERRUPTED, Interruptions
from styletransfer.cli.progress import duration
from styletransfer.cli.saying import say
from styletransfer.grid import forecast
from styletransfer.grid import runs as grid_runs
from styletransfer.grid.driver import Driver, State, why_given_up
from styletransfer.grid.folder import GridFolder
from styletransfer.grid.leases import Leases
from styletransfer.grid.plan import Plan
from styletransfer.grid.runs import Batch, Run, Runs
from styletransfer.grid.sources import Sources
from styletransfer.runtime import memory
from styletransfer.runtime.prepare import prepare
from styletransfer.workers.in_process import InProcess
from styletransfer.workers.processes import Processes
from styletransfer.workers.protocol import Workers

INCOMPLETE = 1
"""Exit status where something could not be made."""
WORKER_BYTES = 300e6
"""Of a process that has made nothing yet."""


def make(plan: Plan, output: Path, options: dict[str, Any], interruptions: Interruptions) -> int:
    """Make what is missing of a plan in a folder, as the options of `styletransfer grid run` say.

    Returns the exit status. Raises StyleTransferError.
    """
    folder, sources, progress = GridFolder(output), Sources(), GridProgress()
    runs = grid_runs.of_plan(plan, sources)
    batches = runs.batches if options["shard"] is None else grid_runs.shard(runs.batches, *options["shard"])
    with folder.writing():
        _set_out(folder, plan, runs, options)
    if _missing(folder, batches):
        interruptions.something_to_keep = True
        state = _make(folder, sources, batches, progress, interruptions, options)
        if interruptions.asked:
            interruptions.last_words()
            _end(INTERRUPTED, state)
    missing = [run for batch in batches for run in batch.runs if not folder.is_done(run)]
    is_given_up = _summarise(folder, runs, missing, sum(len(batch.runs) for batch in batches))
    is_incomplete = is_given_up if options["dry_run"] else bool(missing)
    return INCOMPLETE if runs.unusable or is_incomplete else 0


def _summarise(folder: GridFolder, runs: Runs, missing: Sequence[Run], n_runs: int) -> bool:
    """Tell what is there at the end, and what is not. Returns whether something was given up."""
    whys = ((run.name, why_given_up(folder.failures(run))) for run in missing)
    given_up = [(name, sentence) for name, sentence in whys if sentence is not None]
    for name, sentence in given_up:
        say(f"Not made: {name}: {sentence}", err=True)
    say(f"{n_runs - len(missing)} of {n_runs} results are in {folder.root}.")
    if given_up:
        say("--retry-failed tries again what was not made.")
    if runs.n_missing:
        say(f"{runs.n_missing} could not be asked for, since a recording cannot be used.")
    return bool(given_up)


def _set_out(folder: GridFolder, plan: Plan, runs: Runs, options: dict[str, Any]) -> None:
    """Look at the folder, write down what is asked for, and tell what there is to do."""
    folder.set_out(plan.title, runs)
    folder.check(runs)
    folder.forgive(None if options["retry_failed"] else "unread")
    for sentence in runs.unusable.values():
        say(f"Not used: {sentence}", err=True)
    every = runs.all()
    n_done = sum(map(folder.is_done, every))
    say(f"{len(every)} results are asked for; {n_done} of them are there.", err=True)


def _missing(folder: GridFolder, batches: Sequence[Batch]) -> list[Batch]:
    return [batch for batch in batches if not all(map(folder.is_done, batch.runs))]


def _make(
    folder: GridFolder,
    sources: Sources,
    batches: Sequence[Batch],
    progress: GridProgress,
    interruptions: Interruptions,
    options: dict[str, Any],
) -> State:
    """Make what is missing, or two batches to tell what all will take."""
    _warn_of_memory(_missing(folder, batches), options)
    with folder.writing(), _workers(options) as workers, Leases(folder.leases) as leases:
        folder.clear(leases.tokens())
        driver = Driver(folder, leases, sources, workers, progress, lambda: interruptions.asked)
        progress.begin(driver, folder, batches, workers)
        try:
            state = _forecast(driver, folder, batches, workers) if options["dry_run"] else driver.run(batches)
        finally:
            progress.end()
        if state.error is not None:
            raise state.error
        return state


def _warn_of_memory(batches: Sequence[Batch], options: dict[str, Any]) -> None:
    """Say where the results that are made at a time may take more than this machine has free."""
    count, free = max(1, options["workers"]), memory.free_bytes()
    most = max(estimate.memory_bytes(batch.settings, batch.lengths, len(batch.runs)) for batch in batches)
    needed = count * (most + WORKER_BYTES)
    if options["ray"] is None and free is not None and needed > free:
        fewer = "fewer --workers, a shorter length" if count > 1 else "a shorter length"
        say(
            f"Up to {needed / 1e9:.1f} GB are needed for {count} at a time, and {free / 1e9:.1f} GB are free here. If "
            f"results fail for lack of memory, use {fewer} or the preset quick.",
            err=True,
        )


def _forecast(driver: Driver, folder: GridFolder, batches: Sequence[Batch], workers: Workers) -> State:
    """Make two batches, and tell what the others will take, but for those that are given up."""
    measured = []
    for batch in forecast.samples(list(filter(driver.missing, batches))):
        begun_s = time.monotonic()
        driver.run([batch])
        if not _missing(folder, [batch]):
            measured.append((batch, time.monotonic() - begun_s))
    left = list(filter(driver.missing, batches))
    if left and measured:
        told = forecast.forecast(measured, left, workers.count, folder)
        say(
            f"{told.n_runs} results are left: about {duration(told.seconds)} with {workers.count} at a time, and "
            f"{told.disk_bytes / 1e6:.0f} MB."
        )
    return driver.state


@contextlib.contextmanager
def _workers(options: dict[str, Any]) -> Iterator[Workers]:
    """Who makes the results. Raises StyleTransferError where there can be none."""
    is_here = options["ray"] is None and not options["workers"]
    prepare(computes=is_here)
    workers: Workers
    if options["ray"] is not None:
        workers = _cluster(options["ray"])
    else:
        workers = InProcess() if is_here else Processes(options["workers"])
    try:
        yield workers
    finally:
        workers.close()


def _cluster(address: str) -> Workers:
    """The workers of a Ray cluster, of which at least one has begun; what is wrong with others is told."""
    from styletransfer.workers.ray_actors import RayActors  # here: Ray takes seconds to load

    workers = RayActors(address)
    try:
        workers.wait_until_ready()
    except BaseException:
        workers.close()
        raise
    for trouble in workers.troubles():
        say(trouble, err=True)
    return workers


def _end(status: int, state: State) -> None:
    """End the program, at once where something is under way that Python cannot end."""
    if not state.is_clean:
        os._exit(status)
    raise click.exceptions.Exit(status)
