"""Engines: what a sound is compared by. Each is a module of this package, found by its name.

A new engine is one new file here: `CHUNK` and a function `target` after `Engine`, whose result has the two methods of
`Target`. Its file's name is what `--engine` and the page's control take.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast, runtime_checkable

import jax

from styletransfer.engine.padded_spectrograms import PaddedSpectrograms
from styletransfer.engine.shapes import Frames
from styletransfer.settings import Settings


@runtime_checkable
class Target(Protocol):
    """A content and its styles as an engine compares with them.

    A pytree of arrays, argument of jitted functions. Losses are raw sums, as in the paper, or relative: divided by the
    energy of their targets, so that a weight means the same for every recording. Sums that cancel are accumulated in
    float64: call inside `jax.enable_x64(True)`.
    """

    def losses(self, frames: Frames) -> tuple[jax.Array, jax.Array]:
        """Measure content and style loss of log magnitudes `(n_frames, n_freqs)`.

        Both are float64 scalars, 0 where nothing differs.
        """
        ...

    def relative(self) -> Target:
        """Return the same target with relative losses."""
        ...


@runtime_checkable
class Engine(Protocol):
    """What a module of this package has."""

    CHUNK: int
    """Iterations between two looks at what the caller wants: as many as take a fraction of a second."""

    def target(
        self, content: PaddedSpectrograms, styles: PaddedSpectrograms, widths: tuple[int, ...], settings: Settings
    ) -> Target:
        """Analyse content and styles into a target.

        `widths` are in frames and fit the recordings. Losses are relative, or raw where `settings` ask for that.
        """
        ...


def load(name: str) -> Engine:
    """Import the engine of a name.

    `settings.LOSS_ENGINES` lists the names. Raises ModuleNotFoundError for another.
    """
    return cast(Engine, import_module(f"{__name__}.{name}"))
