"""What a file claims to be, and why one is refused before it reaches a decoder."""

from __future__ import annotations

from dataclasses import dataclass

from styletransfer.files.declared_lengths import Overlay
from styletransfer.files.formats import Format


@dataclass(frozen=True, slots=True)
class Header:
    """What a file claims to be."""

    format: Format
    offset: int = 0
    """bytes before it"""
    sample_rate_hz: int | None = None
    channels: int | None = None
    positions: tuple[str, ...] = ()
    """of the channels, if the file says so"""
    overlay: Overlay | None = None
    """what is to be read in place of a length that is not true"""
    n_samples: int | None = None
    """of each channel, if the file says so and its coding fills up a last block with others"""
    is_cut: bool = False
    """whether the file ends before what it says that it holds"""


class UnreadError(Exception):
    """A file of a kind that is not read; its message names the kind."""


class EmptyError(Exception):
    """A file that says that it holds no samples."""
