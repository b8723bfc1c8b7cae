"""All tests and answers of a data folder as one zip, and a data folder made of such a zip.

It holds the files of the tests and of the journal as they are, from which a Store makes its database anew. As these
files appear whole, a backup needs no Store and disturbs none: it can be made while another process keeps answers.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import zipfile
from pathlib import Path

from styletransfer.files import atomic
from styletransfer.listening import definitions, journal, zips
from styletransfer.listening.plan import ListeningError

SCHEMA = 1
LABEL = "backup.json"
UNFINISHED = ".restoring"
"""In a data folder while it is being made"""
_KEY = "[A-Za-z0-9_-]{1,64}"
_NAMES = re.compile(
    rf"{re.escape(LABEL)}|{definitions.FOLDER}/{_KEY}/({re.escape(definitions.DEFINITION)}|{definitions.SOUND_NAME.pattern})"
    rf"|{journal.FOLDER}/{_KEY}/{_KEY}\.(begun|finished|[0-9]{{1,6}}){re.escape(journal.SUFFIX)}"
)


def write(folder: Path, path: Path) -> None:
    """Write what is in a data folder into a zip, which appears whole or not at all.

    Whatever was acknowledged before the call is in it, but for what is to be deleted. Raises ListeningError where there
    is no data folder, or the zip cannot be written.
    """
    definitions.check_there(folder)
    deleted = _deleted(folder)
    with zips.writing(path) as archive:
        archive.writestr(LABEL, json.dumps({"schema": SCHEMA}))
        # Answers before tests: of a test that is made meanwhile there may be no answers, but never answers alone.
        for event in sorted((folder / journal.FOLDER).glob(f"*/*{journal.SUFFIX}")):
            if not deleted & {event.parent.name, event.name.partition(".")[0]}:
                _add(archive, event, zipfile.ZIP_DEFLATED)
        for definition in sorted((folder / definitions.FOLDER).glob(f"*/{definitions.DEFINITION}")):
            for path in (*sorted(definition.parent.glob("*.wav")), definition):
                _add(archive, path, zipfile.ZIP_STORED)


def _deleted(folder: Path) -> set[str]:
    """The keys of tests and sessions that are marked to be deleted, which a Store does at its next start."""
    tests = (folder / definitions.FOLDER).glob(f"*{definitions.WITHDRAWN}")
    sessions = (folder / journal.FOLDER).glob(f"*/*{journal.WITHDRAWN}")
    return {path.stem for path in (*tests, *sessions)}


def _add(archive: zipfile.ZipFile, path: Path, method: int) -> None:
    """Add a file of a data folder, unless it is none of ours or was deleted meanwhile."""
    name = "/".join(path.parts[-3:])
    if _NAMES.fullmatch(name):
        with contextlib.suppress(FileNotFoundError):
            archive.write(path, name, method)


def restore(path: Path, folder: Path) -> None:
    """Make a data folder of a zip of `write`; a Store opens it then.

    Raises ListeningError where the folder is not empty, the zip is no backup or a newer version's, or there is no room.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ListeningError(f"{folder} is not empty. Name a new folder, so that nothing is lost.")
        free = shutil.disk_usage(folder).free
        with zips.reading(path, _NAMES, free) as archive:
            _check_label(archive)
            (folder / UNFINISHED).touch()
            try:
                _unpack(archive, folder)
            except BaseException:
                _empty(folder)
                raise
        (folder / UNFINISHED).unlink()
    except OSError as error:
        raise ListeningError(f"{folder} cannot be filled: {error}. Name another folder.") from error


def _empty(folder: Path) -> None:
    """Take away what was restored, the mark last."""
    for name in (definitions.FOLDER, journal.FOLDER):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / UNFINISHED).unlink()


def _check_label(archive: zipfile.ZipFile) -> None:
    try:
        schema = int(json.loads(archive.read(LABEL))["schema"]) if archive.getinfo(LABEL).file_size < 1_000 else None
    except (KeyError, TypeError, ValueError):
        schema = None
    if schema is None:
        raise ListeningError("This zip is no backup of listening tests. Use one that was made here.")
    if schema > SCHEMA:
        raise ListeningError(f"A newer version made this backup (schema {schema}, here {SCHEMA}). Update this one.")


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    for name in archive.namelist():
        if name != LABEL:
            (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            zips.unpack(archive, name, folder / name)
    for each in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        atomic.sync_folder(each)


def check_complete(folder: Path) -> None:
    """Refuse a data folder whose restoring was cut off. Raises ListeningError."""
    if (folder / UNFINISHED).exists():
        raise ListeningError(f"The restoring of {folder} was cut off. Empty it and restore it again.")
