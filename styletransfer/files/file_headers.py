"""What a sound file says about itself in its first bytes, read without decoding anything.

This stands before the decoder, so that a file of a kind that is not read here, or of an absurd rate or channel count,
is refused with a sentence and never reaches the decoder's less used parts. What passes is still only a claim.
"""

from __future__ import annotations

import os
import stat
import struct
from dataclasses import dataclass
from typing import BinaryIO

from styletransfer.errors import AudioError

FORMATS = "WAV, FLAC, MP3, OGG Vorbis or Opus"
MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
MAX_CHANNELS = 8

_WAV_CHUNKS = 256  # most chunks looked through for the one that describes the samples
_ID3_TAGS = 4  # most tags skipped before the sound
_EXTENSIBLE = 0xFFFE
_EXTENSIBLE_TAIL = bytes.fromhex("000000001000800000aa00389b71")  # of every registered format's GUID
_WAV_BITS = {1: range(1, 33), 3: (32, 64)}  # PCM and float, by format tag

# Named so that the refusal can say what the file is: offset, bytes, name.
_OTHER_FORMATS = (
    (4, b"ftyp", "M4A or MP4"),
    (0, b"\x1a\x45\xdf\xa3", "WebM or Matroska"),
    (0, b"\x30\x26\xb2\x75", "WMA"),
    (0, b"FORM", "AIFF"),
    (0, b"caff", "CAF"),
    (0, b".snd", "AU"),
    (0, b"RF64", "RF64"),
    (0, b"BW64", "BW64"),
    (0, b"RIFX", "RIFX, a big-endian WAV"),
    (0, b"riff", "W64"),
    (0, b"wvpk", "WavPack"),
    (0, b"#!AMR", "AMR"),
    (0, b"MThd", "MIDI, notes without sound"),
)


@dataclass(frozen=True, slots=True)
class _Header:
    """A file's claims: its format ("" if unknown), whether that is read here, its rate and channels if given."""

    name: str
    readable: bool
    sample_rate_hz: int | None = None
    channels: int | None = None


def check_file(path: str | os.PathLike[str], label: str) -> None:
    """Refuse what is no ordinary file, or claims to be nothing that is read here.

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
            header = _parse(file)
    except OSError as error:
        raise AudioError(_unreadable(label, error)) from error
    if not header.name:
        raise AudioError(f"{label} is not audio of a known format. Use {FORMATS}.")
    if not header.readable:
        raise AudioError(f"{label} is {header.name}, which is not read here. Convert it to {FORMATS}.")
    check_shape(label, header.sample_rate_hz, header.channels)


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


def _parse(file: BinaryIO) -> _Header:
    """The claims of an open binary file, from its magic bytes and format fields. Leaves the position anywhere."""
    start = _after_id3(file)
    file.seek(start)
    head = file.read(64)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return _wav(file, start + 12)
    if head[:4] == b"fLaC":
        return _flac(head)
    if head[:4] == b"OggS":
        return _ogg(head)
    kind = _mpeg(head) or ("MP3" if start > 0 else "")  # such tags precede little else, sometimes with padding between
    if kind:
        return _Header(kind, readable=kind == "MP3")
    for offset, magic, name in _OTHER_FORMATS:
        if head[offset : offset + len(magic)] == magic:
            return _Header(name, readable=False)
    return _Header("", readable=False)


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


def _wav(file: BinaryIO, position: int) -> _Header:
    for _ in range(_WAV_CHUNKS):
        file.seek(position)
        chunk = file.read(8)
        if len(chunk) < 8 or chunk[:4] == b"data":
            break
        size = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"fmt ":
            return _wav_format(file.read(min(size, 40)))
        position += 8 + size + size % 2
    return _Header("WAV", readable=True)  # a truncated header: the decoder says so


def _wav_format(chunk: bytes) -> _Header:
    if len(chunk) < 16:
        return _Header("WAV", readable=True)
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == _EXTENSIBLE and chunk[26:40] == _EXTENSIBLE_TAIL:
        tag = int.from_bytes(chunk[24:26], "little")
    if tag not in _WAV_BITS:
        return _Header(f"WAV with compressed samples (coding {tag:#06x})", readable=False)
    if bits not in _WAV_BITS[tag]:
        return _Header(f"WAV with samples of {bits} bits", readable=False)
    return _Header("WAV", readable=True, sample_rate_hz=rate, channels=channels)


def _flac(head: bytes) -> _Header:
    if len(head) < 26:
        return _Header("FLAC", readable=True)
    fields = int.from_bytes(head[18:26], "big")  # rate 20 bits, channels less one 3, bits less one 5, frames 36
    return _Header("FLAC", readable=True, sample_rate_hz=fields >> 44, channels=(fields >> 41 & 7) + 1)


def _ogg(head: bytes) -> _Header:
    """From the first packet, which follows a page header of 27 bytes and its table of segments."""
    packet = head[27 + head[26] :] if len(head) > 26 else b""
    if len(packet) >= 16 and packet[:7] == b"\x01vorbis":
        channels, rate = struct.unpack_from("<BI", packet, 11)
        return _Header("OGG Vorbis", readable=True, sample_rate_hz=rate, channels=channels)
    if len(packet) >= 16 and packet[:8] == b"OpusHead":  # its rate field is a note about the source: not the stream's
        return _Header("Opus", readable=True, channels=packet[9])
    if len(packet) < 16:
        return _Header("Ogg", readable=True)
    return _Header("Ogg with something other than Vorbis or Opus", readable=False)


def _mpeg(head: bytes) -> str:
    """The kind of an MPEG audio frame, "" if the bytes cannot start one: 11 bits of sync, no reserved value."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    version, layer, bit_rate, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if layer == 0:  # no MPEG layer: AAC, which shares the sync in an ADTS stream
        return "AAC" if version >= 2 else ""
    if version == 1 or bit_rate == 15 or rate == 3:
        return ""
    return {1: "MP3", 2: "MP2"}.get(layer, "")
