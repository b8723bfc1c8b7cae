"""The recordings of one transfer, read as its settings say."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from styletransfer.files import audio
from styletransfer.settings import Settings
from styletransfer.settings.blocks import shortest_samples

Path = str | os.PathLike[str]


def read_recordings(
    content: Path, styles: Sequence[Path], settings: Settings, *, names: Sequence[str] = ()
) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Read content and styles, cut to the stretches that the settings name.

    Returns them, each `(n_samples,)` float32, the content, which may be `(n_samples, 2)`, first, and what a person
    should know about how they were read. `names` are what messages call them, content first; their paths if left out.
    Raises AudioError.
    """
    spans = [(content, settings.content_start_s, settings.seconds)]
    spans += [(style, settings.style_start_s, settings.style_seconds) for style in styles]
    labels = names or [str(os.fspath(path)) for path, _, _ in spans]
    shortest = shortest_samples(settings)
    keep_channels = [settings.stereo != "mono"] + [False] * len(styles)
    read = [
        audio.read_recording(
            path, start_s=start_s, seconds=seconds, shortest_samples=shortest, name=name, stereo=stereo
        )
        for (path, start_s, seconds), name, stereo in zip(spans, labels, keep_channels, strict=True)
    ]
    return [recording.samples for recording in read], tuple(note for recording in read for note in recording.notes)
