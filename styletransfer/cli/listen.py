"""`styletransfer listen`: blind listening tests are made, moved, read and kept.

While the page has a data folder open, tests are made, brought in, packed and backed up beside it. Answers are read and
deleted on the page of their results, or here while the page does not run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from styletransfer.errors import StyleTransferError
from styletransfer.listening.plan import ABX_TRIALS, DEFAULT_ABX_TRIALS, Kind, ListeningError, Plan, Reference

# Statistics, stores and the sound libraries take seconds to load, which help need not wait for.
if TYPE_CHECKING:
    from styletransfer.listening.definitions import Definitions
    from styletransfer.listening.records import Session
    from styletransfer.listening.store import Store

PATH = click.Path(path_type=Path)
READY = ("paper", "textbook")
OF_KIND = ("kind", "question", "beside", "trials")
"""Options that say what is asked, which a test that comes along says itself"""
DATA = click.option(
    "--data",
    type=PATH,
    required=True,
    envvar="STYLETRANSFER_DATA",
    help="Folder where tests and answers are kept, as for `styletransfer page`.",
)


def _writable(_: click.Context, __: click.Parameter, output: Path) -> Path:
    """A place where a file can be written, known before the work."""
    from styletransfer.files import audio

    try:
        audio.check_destination(output)
    except StyleTransferError as error:
        raise click.BadParameter(str(error)) from error
    return output


OUTPUT = click.option("-o", "--output", type=PATH, required=True, callback=_writable, help="Zip to write.")


def _told(function: Callable[..., None]) -> Callable[..., None]:
    """What cannot be done, in a sentence."""

    @wraps(function)
    def told(*arguments: Any, **options: Any) -> None:
        try:
            function(*arguments, **options)
        except StyleTransferError as error:
            raise click.ClickException(str(error)) from error

    return told


@click.group()
def listen() -> None:
    """Blind listening tests: make them, have them taken on the page, read them."""


@listen.command()
@click.argument("recordings", type=PATH, required=False)
@click.option("--ready", type=click.Choice(READY), help="A test that comes along, in place of a folder.")
@click.option(
    "--kind",
    type=click.Choice([each.value for each in Kind]),
    default=Kind.PREFERENCE.value,
    show_default=True,
    help="What listeners do.",
)
@click.option("--title", help="What listeners read first.  [default: the folder's name]")
@click.option("--question", default="", help="A question of your own, for a kind that has one.")
@click.option(
    "--beside",
    type=click.Choice([each.value for each in Reference]),
    default=Reference.STYLE.value,
    show_default=True,
    help="X in `closer`.",
)
@click.option("--trials", type=click.Choice(ABX_TRIALS), default=DEFAULT_ABX_TRIALS, show_default=True, help="Of ABX.")
@click.option("--items-each", type=click.IntRange(0), default=0, help="Items that each listener gets.  [default: all]")
@click.option("--seed", type=click.IntRange(0), help="Of all orders.  [default: drawn]")
@click.option("--code", default="", help="A word that listeners need besides the link.")
@click.option("--closes", default="", help="The moment, UTC unless it names a zone, after which nobody answers.")
@click.option("--peeks", is_flag=True, help="Show more than counts before it is closed.")
@click.option("--restarts", is_flag=True, help="Changing the sound starts from the beginning.")
@DATA
@_told
def create(recordings: Path | None, ready: str | None, data: Path, **asked: Any) -> None:
    """Make a test of a folder of RECORDINGS.

    It has a folder for each item, in it a file for each way that is compared, called after it, and one called content
    and one called style where the test plays them; or files alone, which are one item.
    """
    from styletransfer.listening import making

    if (recordings is None) == (ready is None):
        raise click.UsageError("Give a folder of recordings, or --ready and the name of a test that comes along.")
    of_kind = {name: asked.pop(name) for name in OF_KIND}
    options = _fields(asked)
    with tempfile.TemporaryDirectory() as folder:
        if recordings is None:
            _refuse_fixed()
            made = making.READY[str(ready)](Path(folder), **options)
        else:
            kind, title = Kind(of_kind["kind"]), options.pop("title", recordings.resolve().name)
            questions = making.question(kind, of_kind["question"], Reference(of_kind["beside"]))
            options |= {"questions": questions, "trials": of_kind["trials"]}
            made = making.make(kind, title, making.sources_in(recordings), Path(folder), **options)
        _tests(data).add_test(made.plan, made.files)
    _tell(made.plan, data)


def _refuse_fixed() -> None:
    """Refuse what a test that comes along has already."""
    context = click.get_current_context()
    for name in OF_KIND:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"--{name} goes with a folder of recordings: a test that comes along has its own.")


def _fields(asked: dict[str, Any]) -> dict[str, Any]:
    """Fields of a plan, as the options ask for them; those that are not asked for are left out."""
    from styletransfer.listening import plan

    closes = asked.pop("closes")
    if closes:
        moment = plan.moment(closes)
        asked["closes"] = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    return {name: value for name, value in asked.items() if value is not None}


def _tests(data: Path) -> Definitions:
    from styletransfer.listening import definitions

    return definitions.Definitions(data / definitions.FOLDER)


def _store(data: Path) -> Store:
    """The store of a folder that has tests: what is read is not made."""
    from styletransfer.listening import definitions, store

    definitions.check_there(data)
    return store.Store(data)


def _tell(plan: Plan, data: Path) -> None:
    from styletransfer.listening import trials

    click.echo(f"{plan.key}  {plan.title}")
    effort = trials.effort(plan)
    click.echo(f"Each listener gets {effort}.")
    if effort.minutes > trials.LONG_MINUTES and len(plan.items) > 1 and plan.kind is not Kind.ABX:
        click.echo("To give each of them some of the items, make it again with --items-each.")
    click.echo(f"Open the page with:  styletransfer page --data {data}")
    click.echo(f"For listeners, under the page's address:  {plan.address}")
    click.echo(f"For you alone:  {plan.results_address}")


@listen.command("list")
@DATA
@_told
def list_tests(data: Path) -> None:
    """List the tests, each with its key and the addresses of its pages."""
    plans = _tests(data).plans()
    for plan in plans:
        state = "open" if plan.is_open(datetime.now(UTC)) else "closed"
        click.echo(f"{plan.key}  {plan.kind}, {state}: {plan.title}")
        click.echo(f"    {plan.address}  {plan.results_address}")
    if not plans:
        click.echo(f"There are no tests in {data}. Make one with: styletransfer listen create")


@listen.command()
@click.argument("key")
@OUTPUT
@DATA
@_told
def pack(key: str, output: Path, data: Path) -> None:
    """Write the test of a KEY, without answers, into a zip that `import` takes on another machine."""
    from styletransfer.listening import archive

    archive.export_test(_tests(data), key, output)


@listen.command("import")
@click.argument("packed", type=PATH)
@DATA
@_told
def import_test(packed: Path, data: Path) -> None:
    """Keep the test of a zip that `pack` wrote."""
    from styletransfer.listening import archive

    _tell(archive.import_test(_tests(data), packed), data)


@listen.command()
@click.argument("key")
@OUTPUT
@DATA
@_told
def export(key: str, output: Path, data: Path) -> None:
    """Write the results of the test of a KEY into a zip: answers as CSV and JSON, figures as Markdown, plots."""
    from styletransfer.files import atomic
    from styletransfer.listening import export, zips

    with _store(data) as store:
        plan = store.plan(key)
        zipped = export.zipped(plan, store.sessions(key), store.answers(key), now=datetime.now(UTC))
    with zips.told(output):
        atomic.write_bytes(output, zipped)


@listen.command()
@click.argument("key")
@click.option("--begun", help="Only the listener who began at this moment, UTC, as the results give it.")
@click.confirmation_option(prompt="What is deleted cannot be brought back, but from a backup. Delete it?")
@DATA
@_told
def delete(key: str, begun: str | None, data: Path) -> None:
    """Delete the test of a KEY with all answers, or what one listener said.

    A listener is named by the moment of beginning, as numbers move up when one is deleted.
    """
    with _store(data) as store:
        if begun is None:
            store.remove_test(key)
        else:
            store.remove_listener(key, _listener(store.sessions(store.plan(key).key), begun))


def _listener(sessions: Sequence[Session], begun: str) -> str:
    """The listener who began at a moment that is given to the minute or closer."""
    wanted = begun.strip().replace(" ", "T")
    found = [each for each in sessions if len(wanted) >= len("2030-12-31T18:00") and each.begun.startswith(wanted)]
    if not found:
        raise ListeningError(f"No listener began at {begun!r}. Write it like 2030-12-31 18:00, as the results have it.")
    if len(found) > 1:
        moments = ", ".join(each.begun for each in found)
        raise ListeningError(f"{len(found)} listeners began then: {moments}. Name one of these moments.")
    return found[0].listener


@listen.command()
@OUTPUT
@DATA
@_told
def backup(output: Path, data: Path) -> None:
    """Write all tests and answers into a zip, also while the page runs."""
    from styletransfer.listening import backup

    backup.write(data, output)


@listen.command()
@click.argument("packed", type=PATH)
@DATA
@_told
def restore(packed: Path, data: Path) -> None:
    """Fill a new data folder from a zip that `backup` wrote."""
    from styletransfer.listening import backup

    backup.restore(packed, data)
