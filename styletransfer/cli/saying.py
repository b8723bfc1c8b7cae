"""What the command line says, and that nobody need listen: what was asked for is made all the same."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import click


def say(text: str, *, err: bool = False) -> None:
    """Write a line on standard output or standard error, if that takes it."""
    with unheard(err=err):
        click.echo(text, err=err)


@contextlib.contextmanager
def unheard(*, err: bool = False) -> Iterator[None]:
    """Context in which the stream may fail: its reader has gone, its disk is full. From then on it counts as closed.

    Left in place, it would fail once more at the end of the program, with what it still holds.
    """
    try:
        yield
    except OSError:
        setattr(sys, "stderr" if err else "stdout", None)
