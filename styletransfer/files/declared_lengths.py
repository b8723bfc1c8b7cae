"""Lengths that a file declares and does not have: a recorder that was ended early leaves 0, or the largest number.

FFmpeg believes some of them. It is given other bytes in their place, which say that the sound goes on to the end of the
file. Others end before the length that they declare: they were cut off.
"""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

from styletransfer.files import formats, mpeg_frames
from styletransfer.files.formats import Format

_CHUNKS = 256  # most that are looked through
_NO_LENGTH = 2**31 - 2**16  # some programs leave a length near the largest number with a sign
_SLACK_BYTES = 1_024  # by which some count too many
_BEYOND_BYTES = 2**20  # FFmpeg stumbles over an odd end of an AIFF's samples, but not where they go on far behind it
_SEGMENT = b"\x18\x53\x80\x67"  # of Matroska, all but the header


class Overlay(NamedTuple):
    """Bytes to be read in place of those that a file has."""

    position: int
    data: bytes
    is_cut: bool = False
    """whether those that it has say that there is more than there is"""


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


def is_short(declared: int, there: int) -> bool:
    """Tell whether so many bytes were declared, and not as many are there."""
    return there + _SLACK_BYTES < declared < _NO_LENGTH


def is_cut(file: BinaryIO, format_: Format, start: int, size: int) -> bool:
    """Tell whether a file ends before it says that it does.

    `file` is open and binary, its header begins at `start`, and it has `size` bytes. False where it does not say.
    """
    match format_:
        case formats.MATROSKA:
            segment = start + 4 + _vint(file, start + 4)
            if segment >= size:
                return False
            file.seek(segment)
            return file.read(4) == _SEGMENT and is_short(_vint(file, segment + 4), size - segment - 4)
        case formats.MP3:
            file.seek(start)
            return is_short(mpeg_frames.declared_bytes(file.read(64)), size - start)
        case _:
            return False


def _vint(file: BinaryIO, position: int) -> int:
    """How many bytes a length in Matroska has, as its first bits say, and what it counts; that has none where all bits
    are set, for a length that is not known."""
    file.seek(position)
    head = file.read(8)
    n_bytes = 9 - head[0].bit_length() if head else 0
    most = (1 << 7 * n_bytes) - 1
    length = int.from_bytes(head[:n_bytes], "big") & most
    return n_bytes + (0 if length == most else length)


def _number(file: BinaryIO, position: int, n_bytes: int, order: str, most: int, instead: int) -> Overlay | None:
    file.seek(position)
    number = file.read(n_bytes)
    declared = int.from_bytes(number, order)  # pyright: ignore[reportArgumentType]
    if len(number) < n_bytes or 0 < declared <= most:
        return None
    data = instead.to_bytes(n_bytes, order)  # pyright: ignore[reportArgumentType]
    return Overlay(position, data, is_short(declared, most))


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
            most, instead = left, left
            if aligned == 2:
                most, instead = left - left % 2, min(left + _BEYOND_BYTES, 2**31 - 2)
            return _number(file, position + id_bytes, count_bytes, order, most, instead) or (
                Overlay(position + id_bytes, instead.to_bytes(count_bytes, order))  # pyright: ignore[reportArgumentType]
                if declared <= counted
                else None
            )
        position += -(-(declared - counted + head_bytes) // aligned) * aligned
    return None
