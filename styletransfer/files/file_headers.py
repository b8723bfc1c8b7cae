"""What a sound file says about itself in its first bytes, read without decoding anything.

This stands before the decoder, so that a file of a kind that is not read here, or of an absurd rate or channel count,
is refused with a sentence and never reaches the decoder's less used parts. What passes is still only a claim.
"""

from __future__ import annotations

import os
import stat
import struct
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal

from styletransfer.errors import AudioError
from styletransfer.files import declared_lengths, formats
from styletransfer.files.declared_lengths import Overlay
from styletransfer.files.formats import Format

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
MAX_CHANNELS = 8

_WAV_CHUNKS = 256  # most chunks looked through for the one that describes the samples
_ID3_TAGS = 4  # most tags skipped before the sound
_JUNK_BYTES = 2**20  # most that may stand before the first frame of an MP3
_EXTENSIBLE = 0xFFFE
_EXTENSIBLE_TAIL = bytes.fromhex("000000001000800000aa00389b71")  # of every registered format's GUID
_AMBISONIC_TAIL = bytes.fromhex("00002107d3118644c8c1ca000000")
_WAV_BITS = {1: range(1, 33), 3: (32, 64), 6: (8,), 7: (8,)}  # PCM, float, A-law and mu-law, by format tag
_CODED_WAV = {0x02: "MS ADPCM", 0x11: "IMA ADPCM", 0x31: "GSM 6.10", 0x50: "MPEG layer II", 0x55: "MP3"}
_TO_THE_END = (0, 2**32 - 1)
"""Lengths of samples that a program leaves which was ended before it could write the true one."""

# First bytes: offset, bytes, format. What is no format that is read is a name, so that the refusal can say it.
_MAGIC = (
    (4, b"ftyp", formats.MP4),
    (4, b"moov", formats.MP4),
    (4, b"mdat", formats.MP4),
    (4, b"wide", formats.MP4),
    (4, b"skip", formats.MP4),
    (0, b"\x1a\x45\xdf\xa3", formats.MATROSKA),
    (0, b"\x30\x26\xb2\x75", formats.WMA),
    (0, b"FORM", formats.AIFF),
    (0, b"caff", formats.CAF),
    (0, b".snd", formats.AU),
    (0, b"RF64", formats.RF64),
    (0, b"BW64", formats.RF64),
    (0, b"riff", formats.W64),
    (0, b"OggS", formats.OGG),
    (0, b"wvpk", formats.WAVPACK),
    (0, b"#!AMR", formats.AMR),
    (0, b"MThd", "MIDI, notes without sound"),
    (0, b"%PDF", "a PDF"),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"PK\x03\x04", "a zip archive"),
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a file claims to be."""

    format: Format
    offset: int = 0
    """bytes before it"""
    sample_rate_hz: int | None = None
    channels: int | None = None
    positions: tuple[str, ...] = ()
    """of the channels, if the file says so"""
    overlay: Overlay | None = None
    """what is to be read in place of a length that is not true"""


class _UnreadError(Exception):
    """A file of a kind that is not read; its message names the kind."""


def check_file(path: str | os.PathLike[str], label: str) -> Header:
    """Find out what a file claims to be; refuse what is no ordinary file, or nothing that is read here.

    `label` is what messages call it. Raises AudioError.
    """
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: no file's name can hold a zero byte
        raise AudioError(f"There is no file {label}. Check its name and folder.") from None
    except OSError as error:
        raise AudioError(_unreadable(label, error)) from error
    if stat.S_ISDIR(status.st_mode):
        raise AudioError(f"{label} is a folder. Give the name of a recording in it.")
    if not stat.S_ISREG(status.st_mode):
        raise AudioError(f"{label} is not an ordinary file. Save the recording to a file first.")
    if status.st_size == 0:
        raise AudioError(f"{label} is empty (0 bytes). Save or download it again.")
    try:
        with open(path, "rb") as file:
            header = _parse(file, status.st_size)
    except OSError as error:
        raise AudioError(_unreadable(label, error)) from error
    except _UnreadError as unread:
        raise AudioError(f"{label} is {unread}, which is not read here. Convert it to {formats.SENTENCE}.") from None
    if header is None:
        raise AudioError(f"{label} is not audio of a known format. Use {formats.SENTENCE}.")
    check_shape(label, header.sample_rate_hz, header.channels)
    return header


def check_shape(label: str, rate_hz: int | None, channels: int | None) -> None:
    """Refuse a sample rate or a number of channels out of range.

    None stands for what is not known, and passes. Raises AudioError.
    """
    if rate_hz is not None and not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise AudioError(
            f"{label} has a sample rate of {rate_hz:,} Hz; {MIN_RATE_HZ:,} to {MAX_RATE_HZ:,} Hz are read. Resample it."
        )
    if channels is not None and not 1 <= channels <= MAX_CHANNELS:
        raise AudioError(f"{label} has {channels} channels; 1 to {MAX_CHANNELS} are read. Mix it to stereo or mono.")


def _unreadable(label: str, error: OSError) -> str:
    return f"{label} cannot be read: {error.strerror or error}. Check its name and permissions."


def _parse(file: BinaryIO, size: int) -> Header | None:
    """The claims of an open binary file, from its magic bytes and format fields; None if it is no known kind. Leaves
    the position anywhere. Raises _UnreadError."""
    start = _after_id3(file)
    file.seek(start)
    head = file.read(64)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return _wav(file, start, size)
    if head[:4] == b"RIFX" and head[8:12] == b"WAVE":
        return _rifx(file, start, size)
    if head[:4] == b"fLaC":
        return _flac(head)
    for offset, magic, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            if isinstance(kind, str):
                raise _UnreadError(kind)
            if kind is formats.OGG:
                return _ogg(head)
            return Header(kind, start, overlay=declared_lengths.overlay(file, kind, start, size))
    if _is_adts(head):
        return Header(formats.AAC, start)
    file.seek(start)
    found = _first_mpeg_frame(file.read(_JUNK_BYTES))
    if found is not None:
        return Header(formats.MP3, start + found)
    return Header(formats.MP3, start) if start else None  # such tags precede little else


def _after_id3(file: BinaryIO) -> int:
    """Where the ID3v2 tags at the start end: 0 without one. Their length has seven bits a byte."""
    position = 0
    for _ in range(_ID3_TAGS):
        file.seek(position)
        tag = file.read(10)
        if len(tag) < 10 or tag[:3] != b"ID3":
            break
        footer = 10 if tag[5] & 0x10 else 0
        length = 0
        for byte in tag[6:]:
            length = length << 7 | byte & 0x7F
        position += 10 + footer + length
    return position


Order = Literal["little", "big"]


def _rifx(file: BinaryIO, start: int, size: int) -> Header:
    """A WAV whose numbers begin with their highest byte. FFmpeg takes them for those of any WAV and gives noise."""
    header = _wav(file, start, size, "big")
    if header.format is not formats.WAV:
        raise _UnreadError("RIFX, a big-endian WAV, with other samples than PCM or float")
    return header


def _wav(file: BinaryIO, start: int, size: int, order: Order = "little") -> Header:
    """From the chunk that describes the samples, and whether the one that holds them says how long it is.

    Only where both are found in that order, the first once, is the file left to libsndfile: it looks further than this
    does, and must never find ADPCM there.
    """
    header, position = None, start + 12
    for _ in range(_WAV_CHUNKS):
        file.seek(position)
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        length = int.from_bytes(chunk[4:], order)
        if chunk[:4] == b"data" and header:
            is_open = length in _TO_THE_END and position + 8 < size
            return replace(header, format=formats.CODED_WAV) if is_open or start else header
        if chunk[:4] == b"fmt ":
            if header or length < 16:
                break
            header = replace(_wav_format(file.read(min(length, 40)), order), offset=start)
        position += 8 + length + length % 2
    return replace(header or Header(formats.WAV), format=formats.CODED_WAV, offset=start)


def _wav_format(chunk: bytes, order: Order) -> Header:
    if len(chunk) < 16:
        return Header(formats.WAV)
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH" if order == "little" else ">HHIIHH", chunk)
    positions: tuple[str, ...] = ()
    if tag == _EXTENSIBLE and chunk[26:40] in (_EXTENSIBLE_TAIL, _AMBISONIC_TAIL):
        tag = int.from_bytes(chunk[24:26], "little")
        mask = int.from_bytes(chunk[20:24], "little")
        positions = tuple(name for bit, name in enumerate(_MASK) if mask >> bit & 1)
        if chunk[26:40] == _AMBISONIC_TAIL:  # the first channel is what a microphone for all directions hears
            positions = ("FC", *["LFE"] * (channels - 1))
    shape = {"sample_rate_hz": rate, "channels": channels, "positions": positions}
    if tag in _CODED_WAV:
        return Header(formats.CODED_WAV, **shape)
    if tag not in _WAV_BITS:
        raise _UnreadError(f"WAV with samples of an unknown coding ({tag:#06x})")
    if bits not in _WAV_BITS[tag]:
        raise _UnreadError(f"WAV with samples of {bits} bits")
    return Header(formats.WAV, **shape)


_MASK = ("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR", "TC")
"""Positions by their bits in the mask of an extensible WAV."""


def _flac(head: bytes) -> Header:
    if len(head) < 26:
        return Header(formats.FLAC)
    fields = int.from_bytes(head[18:26], "big")  # rate 20 bits, channels less one 3, bits less one 5, frames 36
    return Header(formats.FLAC, sample_rate_hz=fields >> 44, channels=(fields >> 41 & 7) + 1)


def _ogg(head: bytes) -> Header:
    """From the first packet, which follows a page header of 27 bytes and its table of segments."""
    packet = head[27 + head[26] :] if len(head) > 26 else b""
    if len(packet) >= 16 and packet[:7] == b"\x01vorbis":
        channels, rate = struct.unpack_from("<BI", packet, 11)
        return Header(formats.OGG, sample_rate_hz=rate, channels=channels)
    if len(packet) >= 16 and packet[:8] == b"OpusHead":  # its rate field is a note about the source: not the stream's
        return Header(formats.OGG, channels=packet[9])
    if len(packet) < 16 or packet[:5] == b"\x7fFLAC":
        return Header(formats.OGG)
    raise _UnreadError("Ogg with something other than Vorbis, Opus or FLAC")


def _is_adts(head: bytes) -> bool:
    """Whether bytes can start an AAC stream, which shares the sync of MPEG audio and has no layer."""
    return len(head) >= 4 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0 and head[2] >> 2 & 15 < 13


_KBPS = {
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates by whether it is MPEG 1, and by layer."""
_MPEG_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def _frame_bytes(head: bytes) -> int:
    """The length of an MPEG audio frame of layer II or III, 0 if the bytes cannot start one."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate, bit_rate, padding = head[2] >> 2 & 3, head[2] >> 4, head[2] >> 1 & 1
    if version == 1 or layer not in (2, 3) or rate == 3 or bit_rate in (0, 15):
        return 0
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples // 8 * 1000 * _KBPS[version == 3, layer][bit_rate - 1] // _MPEG_RATES_HZ[version][rate] + padding


def _first_mpeg_frame(data: bytes) -> int | None:
    """Where the first MPEG audio frame begins that others follow, or that ends the data; None without one."""
    place = data.find(b"\xff")
    while place >= 0:
        following, count = place, 0
        while count < _FRAMES_IN_A_ROW and (length := _frame_bytes(data[following : following + 4])):
            following, count = following + length, count + 1
        if count == _FRAMES_IN_A_ROW or (count and place == 0 and following >= len(data) - 4):
            return place
        place = data.find(b"\xff", place + 1)
    return None


_FRAMES_IN_A_ROW = 3
