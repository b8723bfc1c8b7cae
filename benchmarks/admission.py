"""Memory and time of jobs against their estimate: `python -m benchmarks.admission`.

Each case is a process of its own (one_job.py) that does what a visitor's job does. Its memory is the most that it had
resident beyond what it had before, with nothing compiled yet. Iterations are few: the most memory does not hang on
their number, and the time is compared with the estimate for as many.

Writes Markdown to standard output, progress to standard error.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import click

from benchmarks import machine
from benchmarks.lengths import ROOT, environment
from styletransfer.settings import SAMPLE_RATE_HZ, STRENGTH_SERIES, Settings, preset

# No JAX here: Linux counts the memory of a process that starts another towards the peak of the one it starts.

COUNTS = {"iterations": 4, "griffin_lim_iterations": 4, "refinement_iterations": 4}
SCIPY_ITERATIONS = 12
"""It takes the memory of its ten pairs one by one."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One job."""

    preset: str
    seconds: float = 10.0
    style_s: float = 20.0
    changes: Mapping[str, Any] = field(default_factory=dict)
    styles: int = 1
    channels: int = 1
    strengths: tuple[float, ...] = ()

    @staticmethod
    def of(values: Mapping[str, Any]) -> Case:
        """What `key` has written."""
        return Case(**{**values, "strengths": tuple(values["strengths"])})

    @property
    def key(self) -> str:
        """As JSON."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    def settings(self) -> Settings:
        """Those of the job, with few iterations."""
        asked = preset(self.preset, seconds=self.seconds, style_seconds=self.style_s, **self.changes)
        fewer = {name: min(most, getattr(asked, name)) for name, most in COUNTS.items()}
        if asked.optimizer == "scipy":
            fewer["iterations"] = SCIPY_ITERATIONS
        return dataclasses.replace(asked, **fewer)


CASES = (
    *(Case(preset=name) for name in ("instant", "quick", "balanced", "studio", "remix", "voice", "paper")),
    Case(preset="balanced", seconds=1, style_s=2),
    Case(preset="balanced", seconds=4, style_s=8),
    Case(preset="instant", seconds=30, style_s=60),
    Case(preset="instant", seconds=240),
    Case(preset="quick", seconds=30),
    Case(preset="balanced", seconds=30),
    Case(preset="balanced", seconds=45),
    Case(preset="quick", seconds=240),
    Case(preset="quick", seconds=20, style_s=10, changes={"n_fft": 128, "hop_length": 64}),
    Case(preset="quick", seconds=30, changes={"n_fft": 256, "hop_length": 128}),
    Case(preset="quick", changes={"n_fft": 256, "hop_length": 64}),
    Case(preset="balanced", changes={"n_fft": 512, "hop_length": 128}),
    Case(preset="balanced", changes={"n_fft": 1024, "hop_length": 512}),
    Case(preset="balanced", changes={"n_fft": 4096, "hop_length": 1024}),
    Case(preset="quick", changes={"n_fft": 2048, "hop_length": 128}),
    Case(preset="balanced", seconds=5, style_s=10, changes={"engine": "network"}),
    Case(preset="quick", changes={"engine": "network", "filters": 1024, "n_fft": 1024, "hop_length": 256}),
    Case(preset="quick", seconds=5, style_s=10, changes={"engine": "network", "filters": 16_384, "kernel_width": 5}),
    Case(preset="quick", changes={"engine": "network", "filters": 512, "kernel_width": 32}),
    Case(preset="paper", seconds=5, style_s=5, changes={"optimizer": "lbfgs"}),
    Case(preset="quick", seconds=20, changes={"layers": 2}),
    Case(preset="balanced", changes={"layers": 3}),
    Case(preset="quick", seconds=20, changes={"kernel_width": 32}),
    Case(preset="studio", seconds=20, style_s=30),
    Case(preset="quick", style_s=40, styles=2),
    Case(preset="balanced", style_s=10, styles=3),
    Case(preset="quick", seconds=20, style_s=30, styles=4),
    Case(preset="balanced", channels=2),
    Case(preset="balanced", channels=2, changes={"stereo": "joint"}),
    Case(preset="quick", seconds=60, channels=2),
    Case(preset="quick", strengths=STRENGTH_SERIES),
    Case(preset="balanced", seconds=20, strengths=STRENGTH_SERIES),
    Case(preset="quick", seconds=20, changes={"optimizer": "adam"}),
    Case(preset="quick", seconds=20, changes={"optimizer": "scipy"}),
)


TOLERANCE, SMALL_BYTES = 0.25, 50e6
"""Part of what is measured by which an estimate may be off, and by how much in any case."""
TOO_LARGE = Case(preset="quick", seconds=30, changes={"n_fft": 128, "hop_length": 32})
"""It is estimated, and not run."""


class Measured(NamedTuple):
    """What a case took beside its estimate."""

    case: Case
    peak_bytes: int
    seconds: float | None
    """None where it was not timed"""

    @property
    def estimated_bytes(self) -> int:
        """By estimate.py."""
        return estimated_bytes(self.case)

    @property
    def is_near(self) -> bool:
        """Whether the estimate is within the tolerance."""
        return abs(self.estimated_bytes - self.peak_bytes) <= max(SMALL_BYTES, TOLERANCE * self.peak_bytes)


def lengths(case: Case) -> Any:
    """Those of its recordings."""
    from styletransfer.estimate import Lengths  # here, for it loads JAX: see above

    content, style = (round(seconds * SAMPLE_RATE_HZ) for seconds in (case.seconds, case.style_s))
    return Lengths(content, (style,) * case.styles, case.channels)


def estimated_bytes(case: Case) -> int:
    """The memory of a case by its estimate."""
    from styletransfer import estimate

    return estimate.memory_bytes(case.settings(), lengths(case), max(1, len(case.strengths)))


def work(case: Case) -> float:
    """The work of a case by its estimate."""
    from styletransfer import estimate

    return estimate.work(case.settings(), lengths(case), case.strengths)


def measure(case: Case, *, timed: bool) -> dict[str, Any]:
    """Run one case in a fresh process. Raises CalledProcessError where it fails."""
    words = [sys.executable, "-m", "benchmarks.one_job", case.key, *(["timed"] if timed else [])]
    done = subprocess.run(words, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def table(found: Sequence[Measured]) -> list[str]:
    """Lines of Markdown: a row for each case, and how many estimates are near."""
    lines = ["| case | measured GB | estimated GB | ratio |", "|---|--:|--:|--:|"]
    for each in found:
        ratio = each.estimated_bytes / each.peak_bytes
        sizes = f"{each.peak_bytes / 1e9:.2f} | {each.estimated_bytes / 1e9:.2f}"
        lines.append(f"| {label(each.case)} | {sizes} | {ratio:.2f} |")
    lines.append(f"| {label(TOO_LARGE)} | not run | {estimated_bytes(TOO_LARGE) / 1e9:.2f} | |")
    near = sum(each.is_near for each in found)
    return [*lines, "", f"{near} of {len(found)} within {TOLERANCE:.0%}, or {SMALL_BYTES / 1e6:.0f} MB."]


def label(case: Case) -> str:
    """In words: `quick, 30 s, style 20 s, hop_length 128`."""
    styles = f"{case.styles} styles of" if case.styles > 1 else "style"
    words = [case.preset, f"{case.seconds:g} s", f"{styles} {case.style_s:g} s"]
    words += [f"{name} {value}" for name, value in case.changes.items()]
    words += ["stereo"] if case.channels == 2 else []
    return ", ".join(words + (["five strengths"] if case.strengths else []))


def paces(found: Sequence[Measured]) -> list[str]:
    """A line on what a unit of work took."""
    taken = sorted(each.seconds / work(each.case) for each in found if each.seconds is not None)
    if len(taken) < 2:
        return []
    median = statistics.median(taken)
    return ["", f"A unit of work takes {median:.3f} s by the median of {len(taken)}; "
            f"they are {taken[0] / median:.2f} to {taken[-1] / median:.2f} times that."]  # fmt: skip


@click.command()
@click.option("--timed", is_flag=True, help="Do each job once more, compiled, for its time.")
@click.option("--kept", type=click.Path(path_type=Path), help="JSON of measurements: what it has is not run again.")
def main(timed: bool, kept: Path | None) -> None:
    """Measure memory, and if wanted time, of jobs beside their estimates."""
    known = json.loads(kept.read_text(encoding="utf-8")) if kept and kept.exists() else {}
    found = []
    for case in CASES:
        if case.key not in known:
            known[case.key] = measure(case, timed=timed)
            if kept:
                kept.write_text(json.dumps(known, indent=1), encoding="utf-8")
        values = known[case.key]
        found.append(Measured(case, values["peak_bytes"], values["warm_s"]))
        click.echo(f"{label(case)}: {values['peak_bytes'] / 1e9:.2f} GB", err=True)
    click.echo("\n".join([*table(found), *paces(found), "", *machine.describe()]))


if __name__ == "__main__":
    main()
