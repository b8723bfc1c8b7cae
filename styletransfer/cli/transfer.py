"""`styletransfer transfer CONTENT STYLE [STYLE ...] -o OUT.wav`, `.flac` or `.mp3`.

Every option that sets something is made from a field of `Settings`; one that is not given keeps the preset's value. The
result goes to files, three lines on it to standard output, progress to standard error.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from styletransfer.cli.interrupts import INTERRUPTED, Interruptions
from styletransfer.cli.options import option_name, setting_options
from styletransfer.cli.progress import Progress
from styletransfer.cli.refusals import Refused, errors_as_sentences
from styletransfer.cli.saying import say
from styletransfer.errors import SettingsError
from styletransfer.files import settings_tags
from styletransfer.settings import DEFAULT_PRESET, FIELDS, MAX_STYLES, PRESETS, Settings, inactive_settings, preset
from styletransfer.settings import text as settings_text

# JAX and the sound libraries take seconds to load, which help and bad usage need not wait for: they are imported
# where they are used.
if TYPE_CHECKING:
    import numpy as np

    from styletransfer.files.window_store import WindowStore
    from styletransfer.transfer import Result, Step

PATH = click.Path(path_type=Path, readable=False)  # audio.py says better what cannot be read


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """What one command asks for."""

    content: Path
    styles: tuple[Path, ...]
    output: Path
    report: Path | None
    figures: Path | None
    settings: Settings


@click.command()
@click.argument("content", type=PATH)
@click.argument("styles", metavar="STYLE...", type=PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=PATH, required=True, help="WAV, FLAC or MP3 file to write")
@click.option(
    "--preset",
    "preset_name",
    type=click.Choice(list(PRESETS)),
    help=f"values of all options that are not given  [default: {DEFAULT_PRESET}]",
)
@click.option(
    "--settings",
    "settings_file",
    type=PATH,
    help="JSON file of settings that the page or --report wrote, or a result; options that are given go before it",
)
@click.option("--report", type=PATH, help="JSON file to write: settings, versions, losses by iteration, times")
@click.option("--figures", type=PATH, help="folder for PNG figures: loss, correlation, spectrograms")
@setting_options
def transfer(
    content: Path,
    styles: tuple[Path, ...],
    output: Path,
    preset_name: str | None,
    settings_file: Path | None,
    report: Path | None,
    figures: Path | None,
    **options: Any,
) -> None:
    """Play the recording CONTENT in the texture of the recording STYLE, or of several styles mixed.

    Ctrl-C stops early and writes the best result so far; a second Ctrl-C ends at once and writes nothing.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        settings = chosen_settings(preset_name, settings_file, given)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    for name, reason in inactive_settings(settings).items():
        if name in given:
            say(f"Note: --{option_name(FIELDS[name])} has no effect here. {reason}", err=True)
    job = Job(content=content, styles=styles, output=output, report=report, figures=figures, settings=settings)
    run(job)


def chosen_settings(preset_name: str | None, settings_file: Path | None, given: dict[str, Any]) -> Settings:
    """The settings of a file or of a preset, with what is `given` applied. Raises SettingsError."""
    if settings_file is None:
        return preset(preset_name or DEFAULT_PRESET, **given)
    if preset_name is not None:
        raise SettingsError("--preset and --settings both say what is not given; leave one of them out.")
    try:
        settings = settings_tags.settings_from(settings_file)[1]
    except SettingsError as error:
        raise SettingsError(f"--settings {settings_file}: {error}") from error
    return dataclasses.replace(settings, **given)


def run(job: Job) -> None:
    """Checks, reads, computes and writes. Ends with status 130 when interrupted."""
    written: list[Path] = []

    def say_what_is_there() -> None:
        say(f"Interrupted. {_written(written)}", err=True)

    with Interruptions(say_what_is_there) as interruptions, errors_as_sentences():
        check(job)
        recordings, result, store = compute(job, interruptions)
        best_so_far = interruptions.asked
        write(job, recordings, result, written)
        if not best_so_far:
            store.remove()
    summarise(job, result, best_so_far)
    if best_so_far:
        raise click.exceptions.Exit(INTERRUPTED)


def check(job: Job) -> None:
    """Raises UsageError, Refused or AudioError for what can be known to fail before anything is computed."""
    from styletransfer.files import audio, result_formats

    n_styles, n_weights = len(job.styles), len(job.settings.style_weights)
    if n_styles > MAX_STYLES:
        raise click.UsageError(f"There are {n_styles} styles; give at most {MAX_STYLES}.")
    if n_weights not in (0, n_styles):
        raise click.UsageError(
            f"There are {n_weights} style weights, but the number of styles is {n_styles}. Give one for each."
        )
    result_formats.named(job.output)
    _check_names(job)
    for target in filter(None, (job.output, job.report)):
        audio.check_destination(target)
        if any(_is_same_file(path, target) for path in (job.content, *job.styles)):
            raise Refused(f"{target} is one of the recordings, and would be lost. Give another name.")
        if os.path.exists(target) and not os.access(target, os.W_OK):
            raise Refused(f"There is no permission to replace {target}. Give another name.")
    if job.figures is not None:
        _check_folder(job.figures)


def _check_names(job: Job) -> None:
    """Refuse what would be written to one place, or to none that was meant."""
    if job.report == Path("-"):
        raise Refused("--report writes a file. Give it a name, such as report.json.")
    targets = {"result": job.output, "report": job.report, "figures": job.figures}
    seen: dict[str, str] = {}
    for name, path in targets.items():
        if path is not None:
            other = seen.setdefault(os.path.realpath(path), name)
            if other != name:
                raise Refused(f"The {other} and the {name} would both be {path}. Give them two names.")


def _is_same_file(path: Path, target: Path) -> bool:
    """Whether both are there and one file; a path that cannot be looked at, the reader has a sentence for."""
    try:
        return os.path.samefile(path, target)
    except OSError:
        return False


def _check_folder(folder: Path) -> None:
    """Refuse a folder for figures that is none and cannot be made."""
    from styletransfer.files import audio

    try:
        os.lstat(folder)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise Refused(f"{folder} cannot be made: {error.strerror}. Give another name for the figures.") from error
    else:
        if not os.path.isdir(folder):
            raise Refused(f"{folder} is not a folder. Give another name for the figures.")
    # The folder may be new: what counts is whether it can be made in the nearest one that exists.
    nearest = next(path for path in (folder, *folder.absolute().parents) if os.path.exists(path))
    audio.check_destination(nearest / "loss.png")


def compute(job: Job, interruptions: Interruptions) -> tuple[list[np.ndarray], Result, WindowStore]:
    """Reads the recordings and runs the transfer: content and styles as read, the result, and what is kept of it."""
    from styletransfer.files.recordings import read_recordings
    from styletransfer.files.window_store import WindowStore
    from styletransfer.runtime.prepare import prepare
    from styletransfer.transfer import stylize

    prepare()
    with Progress(job.settings) as progress:

        def on_step(step: Step) -> bool:
            interruptions.something_to_keep = True
            progress.show(step)
            if interruptions.asked:
                progress.note_once("Stopping with the best so far; Ctrl-C again ends at once.")
            return interruptions.asked

        recordings, notes = read_recordings(job.content, job.styles, job.settings)
        folder = job.output.with_name(f"{job.output.name}.windows")
        store = WindowStore(folder, recordings, job.settings, progress.note_once)
        if n_done := store.count():
            progress.note_once(f"Going on after {n_done} windows that an earlier run has left in {store.folder}.")
        result = stylize(recordings[0], recordings[1:], job.settings, on_step=on_step, store=store)
        return recordings, dataclasses.replace(result, notes=(*notes, *result.notes)), store


def write(job: Job, recordings: list[np.ndarray], result: Result, written: list[Path]) -> None:
    """Writes what was asked for, the sound first, each file under a temporary name; `written` gets what is complete."""
    from styletransfer.files import atomic, audio
    from styletransfer.files.report_json import report_json
    from styletransfer.quality.drawings import drawings
    from styletransfer.transfer import measure, report

    try:
        settings = settings_text.of_result(result.settings)
        audio.write(job.output, result.sound, result.sample_rate_hz, settings=settings)
        written.append(job.output)
        if job.report is not None:
            inputs = {"content": str(job.content), "styles": [str(path) for path in job.styles]}
            card = measure(result, recordings[0], recordings[1:])
            text = report_json({"inputs": inputs, "output": str(job.output), **report(result, card)})
            atomic.write_bytes(job.report, text.encode(errors="backslashreplace"))
            written.append(job.report)
        if job.figures is not None:
            job.figures.mkdir(parents=True, exist_ok=True)
            names = [path.name for path in (job.content, *job.styles, job.output)]
            drawn = drawings(result.sound, recordings, names, result.history, result.settings)
            for name, figure in drawn.items():
                atomic.write_bytes(job.figures / f"{name}.png", figure)
            written.append(job.figures)
    except OSError as error:
        raise Refused(
            f"{error.filename} could not be written: {error.strerror}. Write elsewhere. {_written(written)}"
        ) from error


def _written(paths: list[Path]) -> str:
    return f"Written: {', '.join(map(str, paths)) or 'nothing'}."


def summarise(job: Job, result: Result, best_so_far: bool) -> None:
    """Says on standard output what was made."""
    loss = result.delivered
    say(f"{job.output}: {len(result.sound) / result.sample_rate_hz:.2f} s of sound.")
    say(f"Measured on it: loss {loss.total:.4g} (content {loss.content:.4g}, style {loss.style:.4g}).")
    if best_so_far:
        say("Interrupted: this is the best so far.")
    else:
        say(f"The solve ended: {result.stop_reason}.")
    for note in result.notes:
        say(f"Note: {note}", err=True)
