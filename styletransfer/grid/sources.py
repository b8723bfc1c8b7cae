"""The recordings of a grid, read as its settings say. What was read last is kept, within a bound of memory."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from styletransfer.errors import AudioError
from styletransfer.files import audio
from styletransfer.grid import identity
from styletransfer.settings import SAMPLE_RATE_HZ, Settings

KEPT_BYTES = 256 * 2**20


class Excerpt(NamedTuple):
    """A stretch of a recording, as settings ask for it."""

    path: Path
    start_s: float
    seconds: float
    stereo: bool

    @classmethod
    def of_content(cls, path: Path, settings: Settings) -> Excerpt:
        """What a content with these settings is."""
        return cls(path, settings.content_start_s, settings.seconds, settings.stereo != "mono")

    @classmethod
    def of_style(cls, path: Path, settings: Settings) -> Excerpt:
        """What a style with these settings is."""
        return cls(path, settings.style_start_s, settings.style_seconds, False)


class Source(NamedTuple):
    """What is known of an excerpt once it was read."""

    excerpt: Excerpt
    digest: str
    n_samples: int
    n_channels: int
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the recording is called."""
        return self.excerpt.path.stem


class Sources:
    """Reads excerpts. For many threads."""

    def __init__(self) -> None:
        self._known: dict[Excerpt, Source | AudioError] = {}
        self._samples: OrderedDict[tuple[Excerpt, int, int], np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def meet(self, excerpt: Excerpt, shortest_samples: int) -> Source:
        """Read an excerpt, and find out what it is known by. Raises AudioError where it cannot be used, or is shorter
        than so many samples."""
        if excerpt not in self._known:
            self._known[excerpt] = self._meet(excerpt)
        known = self._known[excerpt]
        if isinstance(known, AudioError):
            raise known
        if known.n_samples < shortest_samples:
            needed_s, has_s = shortest_samples / SAMPLE_RATE_HZ, known.n_samples / SAMPLE_RATE_HZ
            raise AudioError(
                f"{excerpt.path} has {has_s:.3f} s to use; these settings need at least {needed_s:.3f} s. "
                "Use a longer recording."
            )
        return known

    def samples(self, source: Source) -> np.ndarray:
        """Read a recording once more, `(n_samples,)` or `(n_samples, 2)`.

        Raises AudioError, also where it is no longer what it was.
        """
        samples = self._read(source.excerpt)[0]
        if identity.of_samples(samples) != source.digest:
            raise AudioError(f"{source.excerpt.path} has changed since the grid began. Start the grid again.")
        return samples

    def _meet(self, excerpt: Excerpt) -> Source | AudioError:
        try:
            samples, notes = self._read(excerpt)
        except AudioError as error:
            return error
        n_channels = 1 if samples.ndim == 1 else samples.shape[1]
        return Source(excerpt, identity.of_samples(samples), len(samples), n_channels, notes)

    def _read(self, excerpt: Excerpt) -> tuple[np.ndarray, tuple[str, ...]]:
        try:
            status = os.stat(excerpt.path)
        except (OSError, ValueError):  # the reader has a sentence for it
            return _recording(excerpt)
        key = excerpt, status.st_mtime_ns, status.st_size
        with self._lock:
            if key in self._samples:
                self._samples.move_to_end(key)
                return self._samples[key], ()
        samples, notes = _recording(excerpt)
        with self._lock:
            self._samples[key] = samples
            while len(self._samples) > 1 and sum(each.nbytes for each in self._samples.values()) > KEPT_BYTES:
                self._samples.popitem(last=False)
        return samples, notes


def _recording(excerpt: Excerpt) -> tuple[np.ndarray, tuple[str, ...]]:
    path, start_s, seconds, stereo = excerpt
    read = audio.read_recording(path, start_s=start_s, seconds=seconds, stereo=stereo)
    return read.samples, read.notes
