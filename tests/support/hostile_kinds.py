"""Kinds of files that mean harm, other than by damage. Each has a name whose first word is the file's ending."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

Kinds = Iterator[tuple[str, bytes]]
GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
ABSURD = (0, 1, 2**31 - 1, 2**31, 2**32 - 1)
HOUR_S = 3_600


def chunk(name: bytes, data: bytes, length: int | None = None) -> bytes:
    return name + struct.pack("<I", len(data) if length is None else length) + data + bytes(len(data) % 2)


def fmt(tag: int = 1, channels: int = 1, rate_hz: int = 44_100, bits: int = 16) -> bytes:
    frame_bytes = channels * bits // 8 & 0xFFFF
    fields = tag, channels, rate_hz, rate_hz * frame_bytes & 0xFFFFFFFF, frame_bytes, bits
    return chunk(b"fmt ", struct.pack("<HHIIHH", *fields))


def extensible(tag: int, channels: int = 1) -> bytes:
    fields = struct.pack("<HHIIHHHHIH", 0xFFFE, channels, 44_100, 44_100, 2, 16, 22, 16, 4, tag)
    return chunk(b"fmt ", fields + GUID_TAIL)


def riff(*chunks: bytes, name: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return name + struct.pack("<I", len(body) & 0xFFFFFFFF) + body


def contents(wholes: dict[str, bytes], rng: np.random.Generator) -> Kinds:
    """All of them, as bytes. `wholes` are undamaged files by their names."""
    pcm = rng.integers(-9_000, 9_000, 20_000, np.int16).tobytes()
    yield from coded_wavs(pcm)
    yield from odd_riffs(pcm)
    yield from absurd_shapes(pcm, wholes)
    yield from tags(pcm, wholes)
    yield from chains(wholes)
    yield from polyglots(wholes)
    yield from containers(wholes)
    yield from no_sounds(rng)
    yield "flac an hour of silence, 8 channels at 192 kHz", silent_flac(HOUR_S)
    yield "flac an hour of silence that is cut", silent_flac(HOUR_S)[:100_000]


def coded_wavs(pcm: bytes) -> Kinds:
    """What libsndfile must never see: its reader of IMA ADPCM writes past its memory (CVE-2026-37555)."""
    for tag in (0x02, 0x11, 0x31, 0x50, 0x55, 0x61, 0x64, 0x7777, 0xFFFF):
        data = chunk(b"data", pcm)
        yield f"wav coding {tag:#x}", riff(fmt(tag, bits=4), data)
        yield f"wav coding {tag:#x}, extensible", riff(extensible(tag), data)
        yield f"wav coding {tag:#x} behind many chunks", riff(*[chunk(b"JUNK", b"--")] * 300, fmt(tag), data)
        yield f"wav coding {tag:#x} after another", riff(fmt(), extensible(tag), data)
    for frame_bytes in (0, 1, 4, 5, 0xFFFF):
        header = struct.pack("<HHIIHHHH", 0x11, 2, 44_100, 44_100, frame_bytes, 4, 2, 0xFFFF)
        yield f"wav IMA ADPCM in frames of {frame_bytes} bytes", riff(chunk(b"fmt ", header), chunk(b"data", pcm))


def odd_riffs(pcm: bytes) -> Kinds:
    data = chunk(b"data", pcm)
    for length in ABSURD:
        yield f"wav samples of {length} bytes", riff(fmt(), chunk(b"data", pcm, length))
        yield f"wav a chunk of {length} bytes", riff(fmt(), chunk(b"LIST", b"--", length), data)
        yield f"wav a description of {length} bytes", riff(fmt()[:4] + struct.pack("<I", length) + fmt()[8:], data)
        yield f"wav of {length} bytes", b"RIFF" + struct.pack("<I", length) + riff(fmt(), data)[8:]
    yield "wav 100,000 empty chunks", riff(*[chunk(b"JUNK", b"")] * 100_000, fmt(), data)
    yield "wav samples before their description", riff(data, fmt())
    yield "wav many samples", riff(fmt(), *[data] * 50)
    yield "wav in a WAV", riff(fmt(), riff(fmt(), data), data)
    yield "wav 5,000 lists in one another", riff(fmt(), b"LIST\xff\xff\xff\x7fINFO" * 5_000, data)
    for name in (b"RIFX", b"RF64", b"BW64"):
        yield f"wav as {name.decode()}", riff(fmt(), data, name=name)


def absurd_shapes(pcm: bytes, wholes: dict[str, bytes]) -> Kinds:
    data = chunk(b"data", pcm)
    for channels in (0, 9, 255, 65_535):
        yield f"wav {channels} channels", riff(fmt(channels=channels), data)
        yield f"au {channels} channels", struct.pack(">4sIIIII", b".snd", 24, len(pcm), 3, 44_100, channels) + pcm
    for rate_hz in (0, 1, 7_999, 192_001, 2**32 - 1):
        yield f"wav {rate_hz} Hz", riff(fmt(rate_hz=rate_hz), data)
        yield f"au {rate_hz} Hz", struct.pack(">4sIIIII", b".snd", 24, len(pcm), 3, rate_hz, 1) + pcm
    for bits in (0, 1, 33, 64, 65_535):
        yield f"wav {bits} bits", riff(fmt(bits=bits), data)
    for value in (np.nan, np.inf, 3e38, 1e-45):
        yield f"wav samples of {value}", riff(fmt(3, bits=32), chunk(b"data", np.full(9_999, value, "<f4").tobytes()))
    for start in (0, 2**31, 2**32 - 1):
        yield f"au samples that begin at {start}", struct.pack(">4sIIIII", b".snd", start, len(pcm), 3, 44_100, 1) + pcm
    flac = bytearray(wholes["FLAC-PCM_24.flac"])
    for place in (18, 20, 21):
        flac[place] ^= 0xFF
        yield f"flac another shape {place}", bytes(flac)


def tags(pcm: bytes, wholes: dict[str, bytes]) -> Kinds:
    """Before the sound: ID3 tags that are long, that say so, and that are many."""
    wav, mp3 = riff(fmt(), chunk(b"data", pcm)), wholes["mp3-libmp3lame.mp3"]
    long = b"ID3\4\0\0" + bytes((5, 0, 0, 0))  # 10 MB, seven bits a byte
    yield "mp3 a tag of 10 MB", long + bytes(5 * 2**21) + mp3
    yield "mp3 a tag that says 256 MB", b"ID3\4\0\0\x7f\x7f\x7f\x7f" + mp3
    yield "mp3 a thousand tags", b"ID3\4\0\0\0\0\0\0" * 1_000 + mp3
    yield "mp3 a tag alone", b"ID3\4\0\0\0\0\0\x7f"
    yield "mp3 frames of absurd lengths", b"ID3\3\0\0\0\0\x7f\x7fTXXX\xff\xff\xff\xff\0\0" + mp3
    yield "mp3 a megabyte of syncs", b"\xff\xfb" * 2**19
    yield "mp3 a frame of each kind", b"".join(bytes((0xFF, 0xE0 | n & 31, n, n)) for n in range(256)) * 50
    for name in ("FLAC-PCM_24.flac", "ogg-libopus.opus", "ipod-aac.m4a"):
        yield f"{name.partition('.')[2]} a tag before it", b"ID3\4\0\0\0\0\0\0" + wholes[name]
    yield "wav a tag before it", b"ID3\4\0\0\0\0\0\0" + wav
    flac = wholes["FLAC-PCM_24.flac"]
    picture = b"\x06\xff\xff\xff" + bytes(2**24 - 1)
    yield "flac a picture of 16 MB", flac[:42] + picture + flac[42:]
    yield "flac a thousand blocks", flac[:42] + b"\x02\0\0\0" * 1_000 + flac[42:]


def chains(wholes: dict[str, bytes]) -> Kinds:
    opus, vorbis, flac = (wholes[name] for name in ("ogg-libopus.opus", "OGG-VORBIS.ogg", "ogg-flac.oga"))
    yield "ogg a hundred streams", opus * 100
    yield "ogg streams of three kinds", (opus + vorbis + flac) * 5
    yield "ogg streams that are cut", (opus[:5_000] + vorbis[:5_000]) * 20
    yield "ogg pages that begin and never go on", (b"OggS\0\2" + bytes(20) + b"\1\x10OpusHead\1\1" + bytes(6)) * 20_000
    yield "ogg empty pages", opus[:47] + b"OggS\0\0" + bytes(21) + (b"OggS\0\0" + bytes(21)) * 50_000
    yield (
        "aac streams of two rates",
        wholes["adts-aac.aac"] + wholes["adts-aac.aac"].replace(b"\xff\xf1P", b"\xff\xf1`"),
    )
    yield "mp3 after an AAC", wholes["adts-aac.aac"] + wholes["mp3-libmp3lame.mp3"]


def polyglots(wholes: dict[str, bytes]) -> Kinds:
    wav, mp3, flac = (wholes[name] for name in ("WAV-PCM_16.wav", "mp3-libmp3lame.mp3", "FLAC-PCM_24.flac"))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", bytes(10**6))
    packed, html = file.getvalue(), b"<html><script>alert(1)</script>"
    for name, whole in {"wav": wav, "mp3": mp3, "flac": flac}.items():
        yield f"{name} and a zip", whole + packed
        yield f"{name} in a page", html + whole
        yield f"{name} in a PDF", b"%PDF-1.7\n" + whole
        yield f"{name} in a picture", b"GIF89a" + whole
        yield f"{name} behind a zip", packed + whole
    yield "m3u8 a list of other files", b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n"
    yield "ffconcat a list of other files", b"ffconcat version 1.0\nfile /etc/passwd\n"
    yield "sdp a stream", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n"


def containers(wholes: dict[str, bytes]) -> Kinds:
    atom = struct.pack(">I", 2**31 - 1) + b"moov"
    yield "mp4 atoms in one another", b"\0\0\0\x18ftypisom" + bytes(12) + atom * 20_000
    yield "mp4 an atom of 2**64 bytes", b"\0\0\0\1ftyp" + b"\xff" * 8 + wholes["ipod-aac.m4a"]
    yield "mov a reference to another file", wholes["mov-pcm_s16le.mov"].replace(b"url ", b"alis")
    yield "mkv elements of any length", b"\x1a\x45\xdf\xa3" + b"\x01" + b"\xff" * 7 + b"\x18\x53\x80\x67" * 20_000
    yield "wma a header of any length", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0b\xcel" + b"\xff" * 20_000
    yield "caf chunks of negative length", b"caff\0\1\0\0desc" + b"\xff" * 8 + bytes(64)
    yield "w64 chunks of no length", wholes["W64-PCM_24.w64"][:40] + bytes(24) * 20_000
    yield "aiff chunks of no length", b"FORM\0\0\0\0AIFF" + b"NONE\0\0\0\0" * 20_000
    yield "wv blocks of any length", b"wvpk\xff\xff\xff\xff" * 5_000
    yield "amr frames of each kind", b"#!AMR\n" + bytes(range(256)) * 200


def no_sounds(rng: np.random.Generator) -> Kinds:
    yield "wav empty", b""
    yield "wav a byte", b"R"
    yield "wav text", b"not a sound" * 999
    yield "json a number of many digits", b'{"seconds": ' + b"9" * 309 + b"}"
    for ending in ("wav", "flac", "mp3", "ogg", "m4a"):
        yield f"{ending} noise", rng.bytes(50_000)
        yield f"{ending} zeros", bytes(50_000)


def silent_flac(seconds: float, rate_hz: int = 192_000) -> bytes:
    """Silence in 8 channels, in frames that each say one number a channel: 0.4 MB an hour."""
    block = 65_535
    info = struct.pack(">HHxxxxxx", block, block) + (rate_hz << 44 | 7 << 41 | 15 << 36).to_bytes(8, "big") + bytes(16)
    frames = []
    for number in range(round(seconds * rate_hz / block)):
        head = b"\xff\xf8\x73\x78" + _coded(number) + struct.pack(">H", block - 1)
        frame = head + bytes((_crc(head, 8, 0x07),)) + bytes(3 * 8)
        frames.append(frame + struct.pack(">H", _crc(frame, 16, 0x8005)))
    return b"fLaC\x80\0\0\x22" + info + b"".join(frames)


def _coded(number: int) -> bytes:
    """The number of a frame, as UTF-8 codes that of a character."""
    return chr(number).encode("utf-8", "surrogatepass")


def _crc(data: bytes, bits: int, polynomial: int) -> int:
    rest, top, mask = 0, 1 << bits - 1, (1 << bits) - 1
    for byte in data:
        rest ^= byte << bits - 8
        for _ in range(8):
            rest = (rest << 1 ^ polynomial if rest & top else rest << 1) & mask
    return rest


def places(folder: Path, wav: bytes) -> Iterator[tuple[str, Path]]:
    """What a path can name: links, a folder, a pipe, odd names, and gigabytes that take no room on the disk."""
    folder.mkdir()
    (folder / "true.wav").write_bytes(wav)
    for what, target in {
        "file": folder / "true.wav",
        "nothing": folder / "none",
        "itself": folder / "link-itself",
    }.items():
        yield f"a link to {what}", _link(folder / f"link-{what}", target)
    yield "a link to a device", _link(folder / "link-device", Path("/dev/zero"))
    yield "a folder", folder
    os.mkfifo(folder / "pipe.wav")
    yield "a pipe", folder / "pipe.wav"
    names = ["n" * 250 + ".wav", "-i.wav", "ünïcödé 音 🎵.wav", "a\nb\tc\x1b[31m.wav", "%s{0}$(id)`id`.wav", " .wav"]
    for name in names:
        (folder / name).write_bytes(wav)
        yield f"the name {name[:20]!a}", folder / name
    odd = os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.wav")
    Path(odd).write_bytes(wav)
    yield "a name that is no text", Path(odd)
    yield "a name too long", folder / ("n" * 5_000)
    yield "a name with a zero", folder / "a\0b.wav"
    for what, header in {
        "wav": riff(fmt(channels=8, rate_hz=192_000), chunk(b"data", b"", 2**32 - 1)),
        "au": struct.pack(">4sIIIII", b".snd", 24, 2**32 - 1, 3, 192_000, 8),
    }.items():
        path = folder / f"gigabytes.{what}"
        path.write_bytes(header)
        os.truncate(path, 3 * 2**30)
        yield f"gigabytes of silence as {what}", path


def _link(path: Path, target: Path) -> Path:
    path.symlink_to(target)
    return path
