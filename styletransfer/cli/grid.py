"""`styletransfer grid PLAN.toml -o FOLDER`: every combination of contents, styles and settings, and a page of them.

Exit status: 0 when all is done, 1 when something could not be made, 2 for what cannot be done as asked, 130 when
interrupted.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from styletransfer.cli.interrupts import Interruptions
from styletransfer.cli.options import setting_options
from styletransfer.cli.refusals import errors_as_sentences
from styletransfer.cli.saying import say
from styletransfer.settings import FIELDS, PRESETS

# JAX, Ray and the sound libraries take seconds to load, which help need not wait for.
if TYPE_CHECKING:
    from styletransfer.grid.plan import Plan

PATH = click.Path(path_type=Path)
LISTS = ("--contents", "--styles", "--presets", "--strengths")
"""Options that take all words up to the next option, as a shell makes them of a pattern."""

DRY_RUN = "Make two combinations at most, each in all its strengths, and tell what all will take."


class Shard(click.ParamType):
    """A part of a whole, such as `2/8`."""

    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """The two numbers."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d+)/(\d+)", value)
        number, count = (int(match[1]), int(match[2])) if match else (0, 0)
        if not 1 <= number <= count:
            self.fail(f"{value!r} is not a part such as 2/8, from 1/8 to 8/8.", param, ctx)
        return number, count


class _Grid(click.Group):
    """Takes what is none of its commands for a plan, or for options of `run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


class _Run(click.Command):
    """Options that are lists take all words that follow."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_repeated(args)))


def _repeated(words: Sequence[str]) -> Iterator[str]:
    """`--contents a b` as `--contents a --contents b`."""
    option, has_value = None, False
    for word in words:
        if word.startswith("-") and word != "-":
            name, equals, _ = word.partition("=")
            option, has_value = (name if name in LISTS else None), bool(equals)
        elif option and has_value:
            yield option
        else:
            has_value = True
        yield word


@click.group(cls=_Grid)
def grid() -> None:
    """Every combination of several contents, styles and settings.

    `styletransfer grid PLAN.toml -o FOLDER` makes what is missing there; see `styletransfer grid run --help`.
    """


@grid.command(cls=_Run)
@click.argument("plan", type=PATH, required=False)
@click.option("-o", "--output", type=PATH, required=True, help="Folder of the grid; what is done in it stays.")
@click.option("--contents", multiple=True, metavar="FILE...", help="Contents, in place of a plan's.")
@click.option("--styles", multiple=True, metavar="FILE...", help="Styles, in place of a plan's.")
@click.option("--presets", multiple=True, type=click.Choice(list(PRESETS)), help="Presets, in place of a plan's.")
@click.option(
    "--strengths", multiple=True, metavar="NUMBER...", help="Strengths, in place of a plan's, such as 25 50 75."
)
@click.option("--format", "format_", help="wav, flac or mp3, in place of a plan's.")
@click.option("--dry-run", is_flag=True, help=DRY_RUN)
@click.option("--shard", type=Shard(), help="Make this part only, such as 2/8 for the second of eight machines.")
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    default=0,
    show_default=True,
    help="Processes of their own that make results at once; each takes memory. 0: this process.",
)
@click.option("--ray", metavar="ADDRESS", help="Ray cluster whose machines make the results; `local` starts one here.")
@click.option("--retry-failed", is_flag=True, help="Try again what was given up.")
@setting_options
def run(plan: Path | None, output: Path, **options: Any) -> None:
    """Make every combination of contents, styles and settings that is missing in a folder.

    PLAN is a TOML file (docs/grids.md); without one, --contents and --styles say what there is. Ctrl-C ends it, and the
    same command goes on later. Several may work in one folder at once, on one machine or many.
    """
    if options["ray"] is not None and options["workers"]:
        raise click.UsageError("--ray and --workers both say who makes the results; leave one of them out.")
    settings = {name: options[name] for name in FIELDS if options[name] is not None}
    with Interruptions(_say_it_goes_on) as interruptions, errors_as_sentences():
        from styletransfer.cli import grid_making

        asked = _plan(plan, output, settings, options)
        status = grid_making.make(asked, output, options, interruptions)
    raise click.exceptions.Exit(status)


@grid.command()
@click.argument("folder", type=PATH)
def report(folder: Path) -> None:
    """Write a page of all results in the FOLDER of a grid, to be opened in a browser."""
    from styletransfer.grid import report

    with errors_as_sentences():
        page = report.write(folder)
    say(f"Open {page} in a browser.")


def _say_it_goes_on() -> None:
    say("Interrupted. The same command goes on from here.", err=True)


def _plan(path: Path | None, output: Path, settings: dict[str, Any], options: dict[str, Any]) -> Plan:
    """The plan of a file, with what the options say in its place, or that of the options alone."""
    from styletransfer.grid import plan

    given = {name: list(options[name]) for name in ("contents", "styles", "presets", "strengths") if options[name]}
    given |= {} if options["format_"] is None else {"format": options["format_"]}
    if "strengths" in given:
        given["strengths"] = [_number(text) for each in given["strengths"] for text in each.split(",")]
    values, folder, title = plan.load(path) if path else ({}, Path.cwd(), output.resolve().name)
    for name in ("contents", "styles"):  # of the command line they are relative to where it was typed
        if name in given:
            given[name] = list(map(_absolute, given[name]))
            values.pop("pairings", None)
    if "strength" in settings:
        values.pop("strengths", None)
    changed = {name: list(each) if isinstance(each, tuple) else each for name, each in settings.items()}
    table = values.get("settings", {})
    if "strengths" in given and isinstance(table, dict):
        table.pop("strength", None)
    settings_asked = {**table, **changed} if isinstance(table, dict) else table
    return plan.plan_of({**values, **given, "settings": settings_asked}, folder, default_title=title)


def _absolute(name: str) -> str:
    """A name as it was typed, or a pattern, which the names of the folders above it are no part of."""
    is_pattern = glob.has_magic(name) and not os.path.exists(name)
    return os.path.join(glob.escape(os.getcwd()), name) if is_pattern else str(Path(name).absolute())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a number.", param_hint="--strengths") from None
