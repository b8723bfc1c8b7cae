"""What a WAV says about itself in its first chunks."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, Literal

from styletransfer.files import declared_lengths, formats
from styletransfer.files.header import EmptyError, Header, UnreadError

_CHUNKS = 256  # most chunks looked through for the one that describes the samples
_EXTENSIBLE = 0xFFFE
_EXTENSIBLE_TAIL = bytes.fromhex("000000001000800000aa00389b71")  # of every registered format's GUID
_AMBISONIC_TAIL = bytes.fromhex("00002107d3118644c8c1ca000000")
_BITS = {1: range(1, 33), 3: (32, 64), 6: (8,), 7: (8,)}  # PCM, float, A-law and mu-law, by format tag
_CODED = {0x02: "MS ADPCM", 0x11: "IMA ADPCM", 0x31: "GSM 6.10", 0x50: "MPEG layer II", 0x55: "MP3"}
_IN_BLOCKS = (0x02, 0x11, 0x31)
"""Codings whose last block is filled up, and that do not delay the sound."""
_TO_THE_END = (0, 2**32 - 1)
"""Lengths of samples that a program leaves which was ended before it could write the true one."""

Order = Literal["little", "big"]


def read_big_endian(file: BinaryIO, start: int, size: int) -> Header:
    """Read that of a RIFX, a WAV whose numbers begin with their highest byte.

    FFmpeg takes them for those of any WAV and gives noise. The rest as in `read`.
    """
    header = read(file, start, size, "big")
    if header.format is not formats.WAV:
        raise UnreadError("RIFX, a big-endian WAV, with other samples than PCM or float")
    return header


def read(file: BinaryIO, start: int, size: int, order: Order = "little") -> Header:
    """Read it from the chunk that describes the samples, and whether the one that holds them says how long it is.

    `file` is open, its header begins at `start`, and it has `size` bytes. Raises UnreadError and EmptyError. Only where
    both are found in that order, the first once, is the file left to libsndfile: it looks further than this does, and
    must never find ADPCM there.
    """
    header, description = None, b""
    for name, position, length in _chunks(file, start + 12, order):
        if name == b"data" and header:
            return _with_samples(header, file, position, length, size, order)
        if name == b"fmt ":
            if header or length < 16:
                break
            description = file.read(min(length, 40))
            header = replace(_format(description, order), offset=start)
        if name == b"fact" and length >= 4 and header and _coding(description, order) in _IN_BLOCKS:
            header = replace(header, n_samples=int.from_bytes(file.read(4), order))
    return replace(header or Header(formats.WAV), format=formats.CODED_WAV, offset=start)


def _chunks(file: BinaryIO, position: int, order: Order) -> Iterator[tuple[bytes, int, int]]:
    """Name of each chunk, where what it holds begins, and its length as it says. The file is left at the beginning."""
    for _ in range(_CHUNKS):
        file.seek(position)
        chunk = file.read(8)
        if len(chunk) < 8:
            return
        length = int.from_bytes(chunk[4:], order)
        yield chunk[:4], position + 8, length
        position += 8 + length + length % 2


def _with_samples(header: Header, file: BinaryIO, position: int, length: int, size: int, order: Order) -> Header:
    """Of a WAV with so many bytes of samples at `position`, as it says."""
    is_open = length in _TO_THE_END and position < size
    if is_open and length == 0 and _are_chunks(file, position, size, order):
        raise EmptyError
    is_coded = is_open or header.offset > 0
    return replace(
        header,
        format=formats.CODED_WAV if is_coded else header.format,
        is_cut=declared_lengths.is_short(length, size - position),
    )


def _are_chunks(file: BinaryIO, position: int, size: int, order: Order) -> bool:
    """Whether the rest of a file is chunks with names, and no samples that were never counted."""
    for name, begin, length in _chunks(file, position, order):
        if not name.isascii() or not name.decode("ascii").isprintable():
            return False
        if begin + length <= size <= begin + length + length % 2:
            return True
    return False


def _coding(chunk: bytes, order: Order) -> int:
    """The number of a coding, which an extensible description has at its end."""
    tag = int.from_bytes(chunk[:2], order)
    is_known = tag == _EXTENSIBLE and chunk[26:40] in (_EXTENSIBLE_TAIL, _AMBISONIC_TAIL)
    return int.from_bytes(chunk[24:26], "little") if is_known else tag


def _format(chunk: bytes, order: Order) -> Header:
    if len(chunk) < 16:
        return Header(formats.WAV)
    _, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH" if order == "little" else ">HHIIHH", chunk)
    tag = _coding(chunk, order)
    positions: tuple[str, ...] = ()
    if tag != int.from_bytes(chunk[:2], order):
        mask = int.from_bytes(chunk[20:24], "little")
        positions = tuple(name for bit, name in enumerate(_MASK) if mask >> bit & 1)
        if chunk[26:40] == _AMBISONIC_TAIL:  # the first channel is what a microphone for all directions hears
            positions = ("FC", *["LFE"] * (channels - 1))
    shape = {"sample_rate_hz": rate, "channels": channels, "positions": positions}
    if tag in _CODED:
        return Header(formats.CODED_WAV, **shape)
    if tag not in _BITS:
        raise UnreadError(f"WAV with samples of an unknown coding ({tag:#06x})")
    if bits not in _BITS[tag]:
        raise UnreadError(f"WAV with samples of {bits} bits")
    return Header(formats.WAV, **shape)


_MASK = ("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR", "TC")
"""Positions by their bits in the mask of an extensible WAV."""
