"""Lengths that a file declares and does not have: a recorder that was ended early leaves 0, or the largest number.

FFmpeg believes some of them. It is given other bytes in their place, which say that the sound goes on to the end of the
file.
"""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

from styletransfer.files import formats
from styletransfer.files.formats import Format

_CHUNKS = 256  # most that are looked through


class Overlay(NamedTuple):
    """Bytes to be read in place of those that a file has."""

    position: int
    data: bytes


def overlay(file: BinaryIO, format_: Format, start: int, size: int) -> Overlay | None:
    """Find what is to be read in place of an untrue length.

    `file` is open and binary, its header begins at `start`, and it has `size` bytes. None where the length is true, or
    of a format whose length nobody believes.
    """
    match format_:
        case formats.AU:
            return _number(file, start + 8, 4, "big", size - start, 2**32 - 1)
        case formats.RF64:
            return _number(file, start + 28, 8, "little", size - start, size - start)
        case formats.W64:
            return _chunk(file, start + 40, size, id_bytes=16, name=b"data", count_bytes=8, order="little")
        case formats.AIFF:
            return _chunk(file, start + 12, size, id_bytes=4, name=b"SSND", count_bytes=4, order="big")
        case _:
            return None


def _number(file: BinaryIO, position: int, n_bytes: int, order: str, most: int, instead: int) -> Overlay | None:
    file.seek(position)
    number = file.read(n_bytes)
    declared = int.from_bytes(number, order)  # pyright: ignore[reportArgumentType]
    if len(number) < n_bytes or 0 < declared <= most:
        return None
    return Overlay(position, instead.to_bytes(n_bytes, order))  # pyright: ignore[reportArgumentType]


def _chunk(
    file: BinaryIO, position: int, size: int, *, id_bytes: int, name: bytes, count_bytes: int, order: str
) -> Overlay | None:
    """That of the chunk of samples. A chunk of W64 counts its own header, and each begins at a multiple of 8."""
    head_bytes = id_bytes + count_bytes
    counted, aligned = (head_bytes, 8) if id_bytes == 16 else (0, 2)
    for _ in range(_CHUNKS):
        if position >= size:
            return None
        file.seek(position)
        head = file.read(head_bytes)
        if len(head) < head_bytes:
            return None
        declared = int.from_bytes(head[id_bytes:], order)  # pyright: ignore[reportArgumentType]
        left = size - position - head_bytes + counted
        if head[: len(name)] == name:
            return _number(file, position + id_bytes, count_bytes, order, left, left) or (
                Overlay(position + id_bytes, left.to_bytes(count_bytes, order))  # pyright: ignore[reportArgumentType]
                if declared <= counted
                else None
            )
        position += -(-(declared - counted + head_bytes) // aligned) * aligned
    return None
