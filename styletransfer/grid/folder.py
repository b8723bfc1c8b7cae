"""The folder of a grid, which is the truth about it: what is in `runs` is done, what is not is to be made.

    grid.json                      what was asked for last
    recordings/NAME-DIGEST.flac    what was used of each recording
    runs/NAME-ID/                  a result: its sound, report.json, figures; it appears whole or not at all
    failures/ID-N.json             how often a run has failed, and why
    leases/KEY                     who is making what

Any number of processes may work in it at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from styletransfer import __version__
from styletransfer.errors import WritingError
from styletransfer.files import atomic, audio
from styletransfer.files.report_json import report_json
from styletransfer.files.result_names import MAX_BYTES
from styletransfer.grid import identity
from styletransfer.grid.plan import PlanError
from styletransfer.grid.runs import Run, Runs
from styletransfer.grid.sources import Source
from styletransfer.settings import text as settings_text

GRID, REPORT = "grid.json", "report.json"
RUNS, RECORDINGS, FAILURES, LEASES = "runs", "recordings", "failures", "leases"
PART = ".part"
_RUN = re.compile(rf".*-([0-9a-f]{{{identity.DIGITS}}})", re.DOTALL)
_FAILURE = re.compile(r"(.+)-(\d+)\.json")
_IN_REPORT = {"settings": dict, "delivered": dict, "seconds_by_stage": dict, "versions": dict, "notes": list}
"""What a report has at least, beside what the folder adds to it."""


class Finished(NamedTuple):
    """A run that is done, as the folder has it."""

    id: str
    name: str
    folder: Path
    sound: Path
    report: dict[str, Any]


class Sizes(NamedTuple):
    """Bytes of a run."""

    sound: int
    beside: int
    """all its other files"""


class Failure(NamedTuple):
    """One time that a run has failed."""

    kind: str
    """`refused`, `unread`, `error` or `lost`: see driver.py"""
    sentence: str
    details: str = ""


class Failed(NamedTuple):
    """A run that was given up."""

    name: str
    sentence: str


class GridFolder:
    """The folder of a grid, to be worked in. For many threads. Raises WritingError where nothing can be written."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            for name in (RUNS, RECORDINGS, FAILURES, LEASES):
                (root / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WritingError(f"{root} cannot be made: {error.strerror}. Write elsewhere.") from error
        audio.check_destination(root / RUNS / REPORT)
        self._under_other_names: frozenset[str] = frozenset()

    @property
    def leases(self) -> Path:
        """Where the leases are."""
        return self.root / LEASES

    def set_out(self, title: str, runs: Runs) -> None:
        """Write down what is asked for now. Raises OSError."""
        described = [
            {
                "id": run.id,
                "name": run.name,
                "content": str(run.content.excerpt.path),
                "styles": [str(style.excerpt.path) for style in run.styles],
                "preset": run.variant.preset,
                "settings": json.loads(settings_text.as_file(run.variant.preset, run.settings))["settings"],
            }
            for run in runs.all()
        ]
        unusable = [{"path": path, "sentence": sentence} for path, sentence in runs.unusable.items()]
        plan = {"styletransfer": __version__, "title": title, "runs": described, "unusable": unusable}
        atomic.write_bytes(self.root / GRID, _encoded(plan))

    def is_done(self, run: Run) -> bool:
        """Whether a run is there."""
        return (self.root / RUNS / f"{run.name}-{run.id}").exists() or run.id in self._under_other_names

    def sizes(self, run: Run) -> Sizes:
        """Tell what a run takes that is done."""
        folder = next(_folders(self.root, run.id))
        sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
        sound = sum(size for name, size in sizes.items() if name.startswith(run.name))
        return Sizes(sound, sum(sizes.values()) - sound)

    def check(self, runs: Runs) -> None:
        """Look at the report and at the size of the sound of all that is there of these runs; what cannot be as it was
        written is put aside, under a name that ends in `.damaged`. Raises OSError."""
        asked = {run.id for run in runs.all()}
        for found, folder in list(_run_folders(self.root)):
            if found in asked and _finished(found, folder) is None:
                _put_aside(folder)
        self._under_other_names = frozenset(found for found, _ in _run_folders(self.root))

    def clear(self, tokens: set[str]) -> None:
        """Remove what processes have left that are no longer there: all but those that `tokens` name."""
        for part in (self.root / RUNS).glob(f".*{PART}"):
            if not any(token in part.name for token in tokens):
                shutil.rmtree(part, ignore_errors=True)

    def keep(self, run: Run, token: str, write: Callable[[Path], dict[str, Any]]) -> None:
        """Keep a run. `write` writes its files, the sound first, into a folder and returns the report.

        What is there already stays. `token` is the process's own. Raises WritingError.
        """
        with self.writing():
            self._keep(run, token, write)

    def _keep(self, run: Run, token: str, write: Callable[[Path], dict[str, Any]]) -> None:
        part = self.root / RUNS / f".{run.id}-{token}{PART}"
        shutil.rmtree(part, ignore_errors=True)
        try:
            part.mkdir()
            report = write(part)
            sound = part / run.sound_name
            checked = {"file": sound.name, "bytes": sound.stat().st_size}
            report["grid"] = {**self._origin(run), "sound": checked}
            atomic.write_bytes(part / REPORT, report_json(report).encode(errors="backslashreplace"))
            atomic.sync_folder(part)
            try:
                os.rename(part, self.root / RUNS / f"{run.name}-{run.id}")
            except OSError:
                if not self.is_done(run):  # by another process, a moment ago
                    raise
            atomic.sync_folder(self.root / RUNS)
        except WritingError as error:  # it names a file that nobody knows
            raise error.__cause__ if isinstance(error.__cause__, OSError) else error from None
        finally:
            shutil.rmtree(part, ignore_errors=True)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Whatever cannot be read or written in it meanwhile is a WritingError, with a sentence."""
        try:
            yield
        except OSError as error:
            raise WritingError(
                f"{self.root} cannot be written: {error.strerror or error}. Mend that, and give the same command "
                "again: what is done stays."
            ) from error

    def keep_recording(self, source: Source, samples: np.ndarray) -> None:
        """Keep what is used of a recording, for whoever listens to the results elsewhere. Raises WritingError."""
        path = self.root / self.recording_name(source)
        if not path.exists():
            audio.write(path, samples)

    @staticmethod
    def recording_name(source: Source) -> str:
        """The name of a recording, in the folder: of a long one the beginning, for a digest and an ending follow."""
        name = source.name
        while len(name.encode(errors="surrogatepass")) > MAX_BYTES:
            name = name[:-1]
        return f"{RECORDINGS}/{name}-{source.digest}.flac"

    def fail(self, run: Run, failure: Failure) -> None:
        """Take down that a run has failed. Raises OSError."""
        told = {"run": run.name, "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **failure._asdict()}
        number = max((number for number, _ in _failures(self.root, run.id)[run.id]), default=0) + 1
        while True:
            with (
                contextlib.suppress(FileExistsError),
                open(self.root / FAILURES / f"{run.id}-{number}.json", "xb") as file,
            ):
                file.write(_encoded(told))
                return
            number += 1

    def failures(self, run: Run) -> list[Failure]:
        """How a run has failed so far, the first first."""
        return list(filter(None, (_failure(path) for _, path in _failures(self.root, run.id)[run.id])))

    def forgive(self, kind: str | None = None) -> None:
        """Forget all failures, or those of a kind. Raises OSError."""
        for path in (self.root / FAILURES).glob("*.json"):
            failure = None if kind is None else _failure(path)
            if kind is None or (failure and failure.kind == kind):
                path.unlink(missing_ok=True)

    def _origin(self, run: Run) -> dict[str, Any]:
        content, *styles = (
            {"name": each.name, "path": str(each.excerpt.path), "file": self.recording_name(each)}
            for each in (run.content, *run.styles)
        )
        return {"id": run.id, "name": run.name, "preset": run.variant.preset, "content": content, "styles": styles}


def asked_for(root: Path) -> dict[str, Any]:
    """What was asked for last in the folder of a grid, as grid.json has it. Raises PlanError where it is none."""
    try:
        asked = json.loads((root / GRID).read_text(encoding="utf-8"))
        _check_asked(asked)
    except (FileNotFoundError, NotADirectoryError):
        raise PlanError(f"{root} is not the folder of a grid. Give one that `styletransfer grid` has made.") from None
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise PlanError(f"{root / GRID} cannot be read. Start the grid once more, which writes it anew.") from error
    return asked


def _check_asked(asked: Any) -> None:
    """Raises some error where grid.json has not what is read of it."""
    texts = [asked.get("title", "")]
    texts += [run[key] for run in asked["runs"] for key in ("id", "name")]
    texts += [each[key] for each in asked.get("unusable", ()) for key in ("path", "sentence")]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(GRID)


def finished(root: Path) -> list[Finished]:
    """All runs that are done: those that were asked for last in their order, then others by name."""
    order = {run["id"]: place for place, run in enumerate(asked_for(root)["runs"])}
    found = (_finished(run_id, folder) for run_id, folder in _run_folders(root))
    done = {each.id: each for each in sorted(filter(None, found), key=lambda each: each.folder.name)}
    return sorted(done.values(), key=lambda each: order.get(each.id, len(order)))


def failed(root: Path) -> list[Failed]:
    """The runs that were asked for last, are not done and have failed, with the last sentence on each."""
    done, failures, told = {run_id for run_id, _ in _run_folders(root)}, _failures(root), []
    for run in asked_for(root)["runs"]:
        known = [] if run["id"] in done else [_failure(path) for _, path in failures[run["id"]]]
        if last := next(filter(None, reversed(known)), None):
            told.append(Failed(run["name"], last.sentence))
    return told


def _run_folders(root: Path) -> Iterator[tuple[str, Path]]:
    """The folders of runs, each with its id."""
    with contextlib.suppress(FileNotFoundError):
        for folder in (root / RUNS).iterdir():
            match = _RUN.fullmatch(folder.name)
            if match and not folder.name.startswith("."):
                yield match[1], folder


def _put_aside(folder: Path) -> None:
    for number in range(1_000):
        aside = folder.with_name(f"{folder.name}{f'-{number}' if number else ''}.damaged")
        if not aside.exists():
            with contextlib.suppress(FileNotFoundError):  # another program has just done so
                os.rename(folder, aside)
            return


def _folders(root: Path, run_id: str) -> Iterator[Path]:
    return (root / RUNS).glob(f"[!.]*-{run_id}")


def _finished(run_id: str, folder: Path) -> Finished | None:
    """A run, or None where its sound has not the size that was written, or its report lacks what is read of it."""
    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        grid: Mapping[str, Any] = report["grid"]
        sound = folder / grid["sound"]["file"]
        if sound.stat().st_size != grid["sound"]["bytes"] or grid["id"] != run_id or not _is_whole(report):
            return None
        return Finished(run_id, grid["name"], folder, sound, report)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _is_whole(report: Mapping[str, Any]) -> bool:
    """Whether a report has what is read of it. Raises TypeError or KeyError where it has not."""
    grid = report["grid"]
    texts = [grid["name"], grid["preset"]]
    texts += [each[key] for each in (grid["content"], *grid["styles"]) for key in ("name", "file")]
    has_kinds = all(isinstance(report[name], kind) for name, kind in _IN_REPORT.items())
    return has_kinds and all(isinstance(text, str) for text in texts)


def _failures(root: Path, run_id: str = "*") -> defaultdict[str, list[tuple[int, Path]]]:
    """The files of failures with their numbers, the first first, by the id of the run: of one run, or of all."""
    found: defaultdict[str, list[tuple[int, Path]]] = defaultdict(list)
    for path in (root / FAILURES).glob(f"{run_id}-*.json"):
        if match := _FAILURE.fullmatch(path.name):
            found[match[1]].append((int(match[2]), path))
    for known in found.values():
        known.sort()
    return found


def _failure(path: Path) -> Failure | None:
    try:
        told = {"kind": "error", "sentence": "", "details": ""} | json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return None
    return Failure(told["kind"], told["sentence"], told["details"])


def _encoded(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode(errors="backslashreplace")
