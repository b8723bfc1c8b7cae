"""The command `styletransfer`: one module for each of its commands.

Exit status: 0 when done, 1 where a part of a grid could not be made, 2 for what cannot be done as asked, 130 when
interrupted. JAX, Gradio and the sound libraries take seconds to load, which help and bad usage need not wait for: they
are imported where they are used.
"""

import io
import sys
from typing import Any

import click

from styletransfer import __version__
from styletransfer.cli import grid, listen, page, transfer
from styletransfer.cli.interrupts import INTERRUPTED
from styletransfer.cli.saying import say

__all__ = ["main"]


def _write_any_name() -> None:
    """Consoles without a character, or without UTF-8, show its number instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class _Program(click.Group):
    """Commands, of which some have no way of their own to be interrupted."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            say("Interrupted.", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="styletransfer")
def main() -> None:
    """Audio style transfer: one recording played in the texture of another."""
    _write_any_name()


main.add_command(transfer.transfer)
main.add_command(page.page)
main.add_command(grid.grid)
main.add_command(listen.listen)
