"""Zips that others have made, looked at before anything of them is written."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from styletransfer.files import atomic
from styletransfer.listening.plan import ListeningError

MAX_ENTRIES = 1_000_000
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
"""What zipfile raises of a zip that is damaged, coded in a way that it does not know, or cut off"""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@contextlib.contextmanager
def reading(path: Path, names: re.Pattern[str], most_bytes: int) -> Iterator[zipfile.ZipFile]:
    """Open a zip all of whose entries have such names, each once, and at most so many bytes together, unpacked.

    Raises ListeningError, also for what fails inside.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, names, most_bytes)
            yield archive
    except ListeningError:
        raise
    except DAMAGE as error:
        raise ListeningError(f"{path.name} cannot be read as a zip: {error}. Copy or download it again.") from error


def _check(archive: zipfile.ZipFile, names: re.Pattern[str], most_bytes: int) -> None:
    entries = archive.infolist()
    for entry in entries:
        if not names.fullmatch(entry.filename):
            raise ListeningError(f"There is {entry.filename[:80]!r} in this zip, which does not belong there.")
        if entry.flag_bits & 1 or entry.compress_type not in _METHODS:
            raise ListeningError(f"{entry.filename} is packed in a way that is not read here. Use a zip made here.")
    if len({entry.filename.casefold() for entry in entries}) < len(entries):
        raise ListeningError("Two entries of this zip have one name. Use a zip as it was made here.")
    n_bytes = sum(entry.file_size for entry in entries)
    if n_bytes > most_bytes or len(entries) > MAX_ENTRIES:
        raise ListeningError(
            f"This zip has {n_bytes / 1e6:,.1f} MB unpacked in {len(entries):,} files; {most_bytes / 1e6:,.1f} MB in "
            f"{MAX_ENTRIES:,} are taken. Make room, or take less into it."
        )


def unpack(archive: zipfile.ZipFile, name: str, target: Path) -> None:
    """Write an entry to a new file, safe on disk; no more than the size that it has by the zip's own list."""
    with archive.open(name) as source, open(target, "xb") as file:
        shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def writing(path: Path) -> Iterator[zipfile.ZipFile]:
    """Make a zip that appears whole or not at all, sounds in it as they are. Raises ListeningError."""
    with told(path), atomic.replacing(path) as file, zipfile.ZipFile(file, "w", strict_timestamps=False) as archive:
        yield archive


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """What the system refuses where something is written, as a ListeningError."""
    try:
        yield
    except OSError as error:
        raise ListeningError(f"{path} cannot be written: {error.strerror or error}. Name another place.") from error
