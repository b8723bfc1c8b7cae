"""Engines: what a sound is compared by. Each is a module of this package, found by its name.

A new engine is one new file here: `CHUNK` and a function `target` after `Engine`, whose result has the two methods of
`Target`. Its file's name is what `--engine` and the page's control take.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

import jax

from styletransfer.engine.padded_spectrograms import PaddedSpectrograms
from styletransfer.engine.shapes import Frames
from styletransfer.settings import Settings


class Target(Protocol):
    """A content and its styles as an engine compares with them: a pytree of arrays, argument of jitted functions.

    Losses are raw sums, as in the paper, or relative: divided by the energy of their targets, so that a weight means
    the same for every recording. Sums that cancel are accumulated in float64: call inside `jax.enable_x64(True)`."""

    def losses(self, frames: Frames) -> tuple[jax.Array, jax.Array]:
        """Content and style loss of log magnitudes `(n_frames, n_freqs)`: float64 scalars, 0 where nothing differs."""
        ...

    def relative(self) -> Target:
        """The same target with relative losses."""
        ...


class Engine(Protocol):
    """A module of this package."""

    CHUNK: int
    """Iterations between two looks at what the caller wants: as many as take a fraction of a second."""

    def target(
        self, content: PaddedSpectrograms, styles: PaddedSpectrograms, widths: tuple[int, ...], settings: Settings
    ) -> Target:
        """What both recordings say at kernel widths that fit them, which are in frames. Losses are relative, or raw
        where `settings` ask for that."""
        ...


def load(name: str) -> Engine:
    """The engine of this name, which `settings.ENGINES` lists. Raises ModuleNotFoundError for another."""
    return cast(Engine, import_module(f"{__name__}.{name}"))
