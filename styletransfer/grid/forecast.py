"""What a grid will take, told from the first results that were made of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from styletransfer.grid.folder import GridFolder
from styletransfer.grid.runs import Batch
from styletransfer.settings import Settings


class Forecast(NamedTuple):
    """What is still to come."""

    n_runs: int
    seconds: float
    disk_bytes: int


def kind(batch: Batch) -> Settings:
    """What batches have alike that share compiled programs."""
    return dataclasses.replace(batch.settings, strength=0.0, seed=0)


def samples(batches: Sequence[Batch]) -> list[Batch]:
    """Choose the batches to measure, two of one kind where there are two: the first compiles what the second finds."""
    first = batches[:1]
    alike = [batch for batch in batches[1:] if kind(batch) == kind(first[0])]
    return [*first, *(alike or batches[1:])[:1]]


def forecast(
    measured: Sequence[tuple[Batch, float]], left: Sequence[Batch], n_workers: int, folder: GridFolder
) -> Forecast:
    """Tell what batches will take from what others took, each with its seconds, that was made after the first."""
    (first, first_s), (last, last_s) = measured[0], measured[-1]
    each_s = last_s / last.work
    compiling_s = max(0.0, first_s - first.work * each_s)
    new_kinds = {kind(batch) for batch in left} - {kind(batch) for batch, _ in measured}
    seconds = each_s * sum(batch.work for batch in left) / max(1, min(n_workers, len(left)))
    runs = [run for batch in left for run in batch.runs]
    made = [run for batch, _ in measured for run in batch.runs if folder.is_done(run)]
    sizes = [folder.sizes(run) for run in made]
    sound_each = sum(size.sound for size in sizes) / sum(run.content.n_samples for run in made)
    beside = sum(size.beside for size in sizes) / len(made)
    disk = sound_each * sum(run.content.n_samples for run in runs) + beside * len(runs)
    return Forecast(len(runs), seconds + compiling_s * len(new_kinds), round(disk))
