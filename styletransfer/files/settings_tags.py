"""The settings of a result in its own file: a chunk `styl` of a WAV, a Vorbis comment of a FLAC, an ID3 tag of an MP3.

Players pass over all three. What is read is a stranger's: a few kilobytes of what a file says are looked at, nothing is
decoded, and whatever is not as it should be counts as no settings.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from styletransfer.errors import SettingsError
from styletransfer.files import result_formats
from styletransfer.settings import Settings
from styletransfer.settings import text as settings_text

MAX_BYTES = 2**16
"""Of a text of settings, which has about a thousand."""

_CHUNK = b"styl"
_KEY = "STYLETRANSFER"
_PARTS = 256  # most chunks, blocks, comments or frames that are looked through
_MAX_COMMENT_BLOCK = 2**20
_VORBIS_COMMENT = 4
_ID3_HEADER_BYTES = 10
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
"""Of text in an ID3 tag, by the byte that stands before it."""


def encoded(text: str) -> bytes:
    """Encode a text of settings as all three forms hold it. Raises ValueError if it has more than MAX_BYTES."""
    content = text.encode()
    if len(content) > MAX_BYTES:
        raise ValueError(f"Settings of {len(content):,} bytes do not fit; at most {MAX_BYTES:,} do.")
    return content


def wav_chunk(text: str) -> bytes:
    """Make the RIFF chunk with a text of settings, padded to whole words; of an empty text nothing."""
    if not text:
        return b""
    content = encoded(text)
    return _CHUNK + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def with_vorbis_comment(flac: bytes, text: str) -> bytes:
    """Put a text of settings in place of the comments of a FLAC file; an empty one changes nothing."""
    if not text:
        return flac
    position = 4
    while flac[position] & 0x7F != _VORBIS_COMMENT:
        position += 4 + int.from_bytes(flac[position + 1 : position + 4], "big")
    start = position + 4
    end = start + int.from_bytes(flac[position + 1 : start], "big")
    vendor_end = start + 4 + int.from_bytes(flac[start : start + 4], "little")
    comment = f"{_KEY}=".encode() + encoded(text)
    block = flac[start:vendor_end] + (1).to_bytes(4, "little") + len(comment).to_bytes(4, "little") + comment
    return flac[: position + 1] + len(block).to_bytes(3, "big") + block + flac[end:]


def id3_tag(text: str) -> bytes:
    """Make the ID3v2.4 tag with a text of settings, which stands before the sound; of an empty text nothing.

    It is UTF-8, in which no byte looks like the beginning of a frame of sound.
    """
    if not text:
        return b""
    content = b"\x03" + _KEY.encode() + b"\0" + encoded(text)
    frame = b"TXXX" + _seven_bits(len(content)) + bytes(2) + content
    return b"ID3\x04\x00\x00" + _seven_bits(len(frame)) + frame


def settings_in(path: str | os.PathLike[str]) -> str | None:
    """Read the text of settings that a WAV, FLAC or MP3 carries; None where there is none, whatever the file is."""
    try:
        return _text_in(path)
    except OSError:
        return None


def settings_from(path: str | os.PathLike[str]) -> tuple[str, Settings]:
    """Read preset and settings from a settings file or a report, or from the result that carries them.

    Raises SettingsError for anything that cannot be used.
    """
    try:
        text = _text_in(path)
    except OSError as error:
        raise settings_text.unreadable(error) from error
    if text is not None:
        return settings_text.from_text(text)
    if _is_sound(path):
        raise SettingsError("This recording carries no settings. Take a result as it was made, or a settings file.")
    return settings_text.from_file(path)


def _text_in(path: str | os.PathLike[str]) -> str | None:
    """As `settings_in`. Raises OSError where the file cannot be read, a folder among others."""
    try:
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # a pipe would be emptied
            return None
        with open(path, "rb") as file:
            content = _find(file)
        return None if content is None else content.decode()
    except ValueError:
        return None


def _is_sound(path: str | os.PathLike[str]) -> bool:
    return Path(path).suffix.lower() in result_formats.ENDINGS


def _find(file: BinaryIO) -> bytes | None:
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return _in_wav(file)
    if head[:4] == b"fLaC":
        return _in_flac(file)
    return _in_id3(file, head) if head[:3] == b"ID3" else None


def _in_wav(file: BinaryIO) -> bytes | None:
    position = 12
    for _ in range(_PARTS):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return None
        length = int.from_bytes(head[4:], "little")
        if head[:4] == _CHUNK:
            return _exactly(file, length)
        position += 8 + length + length % 2
    return None


def _in_flac(file: BinaryIO) -> bytes | None:
    position = 4
    for _ in range(_PARTS):
        file.seek(position)
        head = file.read(4)
        if len(head) < 4:
            return None
        length = int.from_bytes(head[1:], "big")
        if head[0] & 0x7F == _VORBIS_COMMENT:
            return _in_comments(file.read(min(length, _MAX_COMMENT_BLOCK)))
        if head[0] & 0x80:  # the last block
            return None
        position += 4 + length
    return None


def _in_comments(block: bytes) -> bytes | None:
    key = f"{_KEY}=".encode()
    for comment in _comments(block):
        if comment[: len(key)].upper() == key:
            return comment[len(key) :] if len(comment) - len(key) <= MAX_BYTES else None
    return None


def _comments(block: bytes) -> Iterator[bytes]:
    """The comments of a block of Vorbis comments that are in it as a whole."""
    position = 4 + int.from_bytes(block[:4], "little") + 4
    for _ in range(_PARTS):
        start = position + 4
        position = start + int.from_bytes(block[position:start], "little")
        if start > len(block) or position > len(block):
            return
        yield block[start:position]


def _in_id3(file: BinaryIO, head: bytes) -> bytes | None:
    """From a tag of version 2.3 or 2.4, without the rarer ways to write one."""
    if len(head) < 6 or head[3] not in (3, 4) or head[5]:
        return None
    version = head[3]
    file.seek(6)
    end = _ID3_HEADER_BYTES + _from_seven_bits(file.read(4))
    position = _ID3_HEADER_BYTES
    for _ in range(_PARTS):
        file.seek(position)
        frame = file.read(10)
        if len(frame) < 10 or position + 10 > end:
            return None
        length = _from_seven_bits(frame[4:8]) if version == 4 else int.from_bytes(frame[4:8], "big")
        if frame[:4] == b"TXXX" and frame[8:] == bytes(2) and length <= 4 * MAX_BYTES:
            text = _in_text_frame(_exactly(file, length, 4 * MAX_BYTES))
            if text is not None:
                return text
        position += 10 + length
    return None


def _in_text_frame(content: bytes | None) -> bytes | None:
    """The text of a TXXX frame of our name, in UTF-8; other programs may have written it anew in another encoding."""
    if not content or content[0] >= len(_ENCODINGS):
        return None
    name, _, text = content[1:].decode(_ENCODINGS[content[0]]).partition("\0")
    if name != _KEY:
        return None
    text = text.removeprefix("\ufeff").removesuffix("\0").encode()
    return text if len(text) <= MAX_BYTES else None


def _exactly(file: BinaryIO, length: int, most: int = MAX_BYTES) -> bytes | None:
    """So many bytes; None where there are fewer, or it is too much."""
    content = file.read(length) if length <= most else b""
    return content if len(content) == length else None


def _seven_bits(number: int) -> bytes:
    """A number below 2**28 in four bytes of seven bits each."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _from_seven_bits(data: bytes) -> int:
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
    return number
