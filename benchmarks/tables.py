"""A table with a line for each pairing, as the benchmarks print it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from benchmarks import machine, recordings
from styletransfer.runtime import compile_cache, malloc


def print_pairings(
    title: str,
    columns: Sequence[str],
    row: Callable[[recordings.Pairing], str],
    pairings: Sequence[recordings.Pairing] = (),
) -> None:
    """Writes Markdown to standard output, each line as soon as `row` has made it, after what it is measured on.
    Compiled programs are kept, and memory is used again, as in the command line. Without `pairings` they are the
    paper's."""
    compile_cache.enable()
    malloc.keep_freed()
    for line in machine.describe():
        click.echo(line)
    click.echo(f"\n| {' | '.join([title, *columns])} |\n|---|{'--:|' * len(columns)}")
    for pairing in pairings or recordings.pairings():
        click.echo(row(pairing))
