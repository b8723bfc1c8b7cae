"""Files that appear whole or not at all: made under another name beside their place and then renamed."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a binary file that takes the place of another when all is written.

    It is made under another name beside `path`, links followed, and renamed when the context ends well; else it is
    removed. Raises OSError, also where what is there may not be written to.
    """
    target = Path(os.path.realpath(path))
    if os.path.exists(target) and not os.access(target, os.W_OK):  # its folder would let it be replaced
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    partial = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(partial, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # or a power cut after the rename leaves an empty file
        os.replace(partial, target)
    except OSError as error:  # whatever the temporary name, people know the file by its own
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        partial.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file, or none of it. Raises OSError."""
    with replacing(path) as file:
        file.write(content)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder safe against a power cut, where the system can. Raises OSError."""
    if os.name == "nt":  # a folder cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF, errno.ENOSYS, errno.ENOTSUP):  # some file systems cannot
            raise
    finally:
        os.close(descriptor)
