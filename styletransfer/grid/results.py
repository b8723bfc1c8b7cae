"""A run's recordings, read for a worker, and its result as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from styletransfer.files import atomic, audio
from styletransfer.grid.folder import GridFolder
from styletransfer.grid.runs import Run
from styletransfer.grid.sources import Sources
from styletransfer.quality.drawings import drawings
from styletransfer.settings import text as settings_text
from styletransfer.transfer import ReportCard, Result, report


def read(run: Run, sources: Sources, folder: GridFolder) -> list[np.ndarray]:
    """Read a run's recordings, content first, and keep them in the folder.

    Raises AudioError where one is not what it was, WritingError where it cannot be kept.
    """
    recordings = []
    for source in (run.content, *run.styles):
        samples = sources.samples(source)
        folder.keep_recording(source, samples)
        recordings.append(samples)
    return recordings


def keep(
    run: Run, result: Result, card: ReportCard, recordings: Sequence[np.ndarray], folder: GridFolder, token: str
) -> None:
    """Keep a result in the folder: its sound with its settings, a report, and figures.

    `recordings` are those that `read` gave, `token` the process's own. Raises WritingError.
    """
    used = (run.content, *run.styles)
    paths = [str(each.excerpt.path) for each in used]
    names = [Path(path).name for path in paths] + [run.sound_name]
    drawn = drawings(result.sound, recordings, names, result.history, result.settings)

    def write(part: Path) -> dict[str, Any]:
        """Write all but the report into the folder, and return that."""
        sound, settings = part / run.sound_name, settings_text.of_result(result.settings)
        audio.write(sound, result.sound, result.sample_rate_hz, settings=settings)
        for name, figure in drawn.items():
            atomic.write_bytes(part / f"{name}.png", figure)
        notes = [note for each in used for note in each.notes]
        told = {"inputs": {"content": paths[0], "styles": paths[1:]}, "output": sound.name, **report(result, card)}
        return told | {"notes": [*notes, *result.notes]}

    folder.keep(run, token, write)
