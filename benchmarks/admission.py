"""Memory and time of jobs against their estimate: `python -m benchmarks.admission`.

Each case is a process of its own (one_job.py) that does what a visitor's job does. Its memory is the most that it had
resident beyond what it had before, with nothing compiled yet. Iterations are few: the most memory does not hang on
their number, and the time is compared with the estimate for as many.

Writes Markdown to standard output, progress to standard error.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from styletransfer.settings import STRENGTH_SERIES, Settings, preset

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
