"""The runs of a grid, one for each result, and the batches in which they are made.

A batch has the runs that differ in strength alone: each starts from its neighbour's result, as `stylize_strengths`
makes them, so that several cost little more than one.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from styletransfer import estimate
from styletransfer.errors import AudioError
from styletransfer.files.result_names import result_name
from styletransfer.grid import identity
from styletransfer.grid.plan import Pairing, Plan, Variant
from styletransfer.grid.sources import Excerpt, Source, Sources
from styletransfer.settings import Settings
from styletransfer.settings.blocks import shortest_samples
from styletransfer.settings.series import strength_order


@dataclass(frozen=True)
class Run:
    """One result that is to be made."""

    id: str
    name: str
    """that tells what it is; with the id it is the name of the run's folder"""
    content: Source
    styles: tuple[Source, ...]
    variant: Variant
    ending: str

    @property
    def settings(self) -> Settings:
        """What it is made with."""
        return self.variant.settings

    @property
    def sound_name(self) -> str:
        """The name of its sound's file."""
        return self.name + self.ending


@dataclass(frozen=True)
class Batch:
    """Runs of the same recordings that differ in strength alone, in the order in which they are made."""

    key: str
    """what no two batches have alike, whatever strengths are asked for"""
    runs: tuple[Run, ...]

    @property
    def settings(self) -> Settings:
        """Those of its first run."""
        return self.runs[0].settings

    @property
    def strengths(self) -> tuple[float, ...] | None:
        """Those of its runs, or None where it has one."""
        return tuple(run.settings.strength for run in self.runs) if len(self.runs) > 1 else None

    @property
    def lengths(self) -> estimate.Lengths:
        """What counts of its recordings."""
        first = self.runs[0]
        styles = tuple(style.n_samples for style in first.styles)
        return estimate.Lengths(first.content.n_samples, styles, first.content.n_channels)

    @property
    def work(self) -> float:
        """Estimate how much there is to do, as `estimate.work`."""
        return estimate.work(self.settings, self.lengths, self.strengths or ())


@dataclass(frozen=True)
class Runs:
    """All that a plan asks for, and what cannot be had."""

    batches: tuple[Batch, ...]
    unusable: dict[str, str]
    """sentences, by the path of a recording"""
    n_missing: int
    """runs that there would be if these recordings could be used"""

    def all(self) -> list[Run]:
        """All runs, in the order of their batches."""
        return [run for batch in self.batches for run in batch.runs]


def of_plan(plan: Plan, sources: Sources) -> Runs:
    """Read all recordings of a plan, and find the runs that can be made of them."""
    unusable: dict[str, str] = {}
    grouped: defaultdict[str, dict[str, Run]] = defaultdict(dict)
    n_missing = 0
    for pairing in plan.pairings:
        for variant in plan.variants:
            met = _meet(pairing, variant.settings, sources, unusable)
            if met is None:
                n_missing += 1
                continue
            run = _run(met[0], tuple(met[1:]), variant, plan.ending)
            grouped[_batch_key(run)].setdefault(run.id, run)
    batches = tuple(Batch(key, _in_order(runs.values())) for key, runs in grouped.items())
    return Runs(batches, unusable, n_missing)


def _meet(pairing: Pairing, settings: Settings, sources: Sources, unusable: dict[str, str]) -> list[Source] | None:
    """The recordings of a pairing, content first; None where one cannot be used, all of which are told."""
    excerpts = [Excerpt.of_content(pairing.content, settings)]
    excerpts += [Excerpt.of_style(path, settings) for path in pairing.styles]
    met: list[Source] = []
    for excerpt in excerpts:
        try:
            met.append(sources.meet(excerpt, shortest_samples(settings)))
        except AudioError as error:
            unusable.setdefault(str(excerpt.path), str(error))
    return met if len(met) == len(excerpts) else None


def _run(content: Source, styles: tuple[Source, ...], variant: Variant, ending: str) -> Run:
    name = result_name(content.name, [style.name for style in styles], variant.settings, variant.in_words())
    key = identity.of_run(content.digest, [style.digest for style in styles], variant.settings)
    return Run(key, name, content, styles, variant, ending)


def _batch_key(run: Run) -> str:
    """What a run has in common with those that differ from it in strength alone."""
    alike = dataclasses.replace(run.settings, strength=0.0)
    return identity.of_run(run.content.digest, [style.digest for style in run.styles], alike)


def _in_order(runs: Iterable[Run]) -> tuple[Run, ...]:
    by_strength = {run.settings.strength: run for run in runs}
    return tuple(by_strength[strength] for strength in strength_order(by_strength))


def shard(batches: Iterable[Batch], number: int, count: int) -> tuple[Batch, ...]:
    """Take every `count`-th batch, from that of `number`, which is from 1."""
    return tuple(batch for place, batch in enumerate(batches) if place % count == number - 1)
