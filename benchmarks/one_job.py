"""One job of the page in a process of its own, for admission.py: `python -m benchmarks.one_job CASE` writes JSON.

CASE is JSON after `admission.Case`. The job is what a visitor's is: a sketch, the transfer with looks at it, report
cards. With a further word, `timed`, it is done once more, compiled, for its time. Linux only: what a process has before
is read in /proc.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import child, recordings
from benchmarks.admission import Case
from styletransfer import transfer
from styletransfer.runtime import malloc
from styletransfer.runtime.prepare import prepare
from styletransfer.settings import Settings
from styletransfer.transfer import Step

CONTENTS = ("piano.flac", "violin.flac")
"""of the left and of the right channel"""
STYLES = ("trumpet.flac", "guitar.flac", "piano.flac", "violin.flac")
"""with no pause in them that would make them shorter"""


def resident_bytes() -> int:
    """The memory that this process has now."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) * 1024


def make(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, strengths: Sequence[float]) -> None:
    """Do all that a job does, without the drawing."""
    looked_at = set()

    def look(step: Step) -> None:
        """As the page does, but once in each stage of each window."""
        if step.snapshot is not None and (step.stage, step.window) not in looked_at:
            looked_at.add((step.stage, step.window))
            step.spectrogram()
            step.preview()

    transfer.sketch(content, styles, settings, on_step=look)
    if strengths:
        made = list(transfer.stylize_strengths(content, styles, settings, strengths=strengths, on_step=look))
    else:
        made = [transfer.stylize(content, styles, settings, on_step=look)]
    for result in made:
        transfer.measure(result, content, styles)


def main() -> None:
    """Does the job that the command line names, and prints memory and time as JSON."""
    case = Case.of(json.loads(sys.argv[1]))
    settings = case.settings()
    prepare()
    recordings.read(CONTENTS[0], 1.0)  # so that all that reads is loaded
    idle = resident_bytes()
    content = recordings.read(CONTENTS[0], case.seconds)
    if case.channels == 2:
        content = np.stack([content, recordings.read(CONTENTS[1], case.seconds)], axis=1)
    styles = [recordings.read(name, case.style_s) for name in STYLES[: case.styles]]
    make(content, styles, settings, case.strengths)
    peak = child.peak_bytes() - idle
    took_s = None
    if sys.argv[2:]:
        malloc.trim()
        start = time.perf_counter()
        make(content, styles, settings, case.strengths)
        took_s = time.perf_counter() - start
    print(json.dumps({"peak_bytes": peak, "warm_s": took_s}))


if __name__ == "__main__":
    main()
