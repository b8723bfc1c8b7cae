"""What a sound file says about itself in its first bytes, read without decoding anything.

This stands before the decoder, so that a file of a kind that is not read here, or of an absurd rate or channel count,
is refused with a sentence and never reaches the decoder's less used parts. What passes is still only a claim.
"""

from __future__ import annotations

import os
import stat
import struct
from typing import BinaryIO

from styletransfer.errors import AudioError
from styletransfer.files import declared_lengths, formats, mpeg_frames, wav_header
from styletransfer.files.formats import Format
from styletransfer.files.header import EmptyError, Header, UnreadError

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
MAX_CHANNELS = 8

_ID3_TAGS = 4  # most tags skipped before the sound
_JUNK_BYTES = 2**20  # most that may stand before the first frame of an MP3
# First bytes: offset, bytes, format. What is no format that is read is a name, so that the refusal can say it.
_MAGIC = (
    (4, b"ftyp", formats.MP4),
    (4, b"moov", formats.MP4),
    (4, b"mdat", formats.MP4),
    (4, b"wide", formats.MP4),
    (4, b"skip", formats.MP4),
    (4, b"free", formats.MP4),
    (4, b"pnot", formats.MP4),
    (4, b"udta", formats.MP4),
    (4, b"uuid", formats.MP4),
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
    except UnreadError as unread:
        raise AudioError(f"{label} is {unread}, which is not read here. Convert it to {formats.SENTENCE}.") from None
    except EmptyError:
        raise AudioError(f"{label} holds no samples: it says that there are 0. Save it again.") from None
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
    the position anywhere. Raises UnreadError."""
    start = _after_id3(file)
    file.seek(start)
    head = file.read(64)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return wav_header.read(file, start, size)
    if head[:4] == b"RIFX" and head[8:12] == b"WAVE":
        return wav_header.read_big_endian(file, start, size)
    if head[:4] == b"fLaC":
        return _flac(head)
    for offset, magic, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            if isinstance(kind, str):
                raise UnreadError(kind)
            if kind is formats.OGG:
                return _ogg(head)
            return _contained(kind, file, start, size)
    if _is_adts(head):
        return Header(formats.AAC, start)
    file.seek(start)
    found = mpeg_frames.first_frame(file.read(_JUNK_BYTES))
    if found is not None:
        return Header(
            formats.MP3, start + found, is_cut=declared_lengths.is_cut(file, formats.MP3, start + found, size)
        )
    return Header(formats.MP3, start) if start else None  # such tags precede little else


def _contained(kind: Format, file: BinaryIO, start: int, size: int) -> Header:
    """A file that only FFmpeg looks into any further, but for its length."""
    overlay = declared_lengths.overlay(file, kind, start, size)
    is_cut = overlay.is_cut if overlay else declared_lengths.is_cut(file, kind, start, size)
    return Header(kind, start, overlay=overlay, is_cut=is_cut)


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
    raise UnreadError("Ogg with something other than Vorbis, Opus or FLAC")


def _is_adts(head: bytes) -> bool:
    """Whether bytes can start an AAC stream, which shares the sync of MPEG audio and has no layer."""
    return len(head) >= 4 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0 and head[2] >> 2 & 15 < 13
