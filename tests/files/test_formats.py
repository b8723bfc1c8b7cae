"""Every format of the table, written by FFmpeg or libsndfile: length, level, and the same sound moment by moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import scipy.signal
import soundfile
import soxr
from support.sound_files import BY_FFMPEG, BY_LIBSNDFILE, CODED_BY_LIBSNDFILE, LENGTH_SAID, write

from styletransfer.errors import AudioError
from styletransfer.files import audio, file_headers, formats
from styletransfer.settings import SAMPLE_RATE_HZ
from tools import formats_table

ROOT = Path(__file__).parents[2]
SECONDS = 2.0
Recorded = Callable[..., np.ndarray]


def levels_db(sound: np.ndarray) -> np.ndarray:
    """Of windows of 50 ms."""
    window = SAMPLE_RATE_HZ // 20
    windows = sound[: len(sound) // window * window].reshape(-1, window).astype(np.float64)
    return 10 * np.log10(np.mean(windows**2, axis=1) + 1e-8)


def expect_the_same(path: Path, sound: np.ndarray, tolerance: int) -> None:
    """`sound` is at SAMPLE_RATE_HZ; `tolerance` is in samples of it, by which an encoder may also have delayed it."""
    read = audio.read(path)
    assert abs(len(read) - len(sound)) <= tolerance
    lag = int(np.argmax(scipy.signal.correlate(read, sound))) - (len(sound) - 1)
    assert abs(lag) <= tolerance
    ours, theirs = read[max(lag, 0) :], sound[max(-lag, 0) :]
    n_samples = min(len(ours), len(theirs))
    levels = levels_db(ours[:n_samples]), levels_db(theirs[:n_samples])
    assert np.corrcoef(*levels)[0, 1] > (0.9999 if tolerance == 0 else 0.9)
    assert abs(np.mean(levels[0] - levels[1])) < (0.3 if tolerance == 0 else 1)


@pytest.mark.parametrize(("container", "encoder", "ending", "rate_hz", "tolerance"), BY_FFMPEG)
def test_what_ffmpeg_writes_is_read(
    recording: Recorded, tmp_path: Path, container: str, encoder: str, ending: str, rate_hz: int, tolerance: int
):
    sound = soxr.resample(recording("guitar", SECONDS), SAMPLE_RATE_HZ, rate_hz)
    path = write(tmp_path / f"recording.{ending}", container, encoder, sound, rate_hz)
    header = file_headers.check_file(path, "x")
    assert f".{ending}" in header.format.endings
    expect_the_same(path, soxr.resample(sound, rate_hz, SAMPLE_RATE_HZ), tolerance)


@pytest.mark.parametrize(("fmt", "subtype", "ending"), BY_LIBSNDFILE)
def test_what_libsndfile_writes_is_read(recording: Recorded, tmp_path: Path, fmt: str, subtype: str, ending: str):
    path = tmp_path / f"recording.{ending}"
    soundfile.write(path, recording("guitar", SECONDS), SAMPLE_RATE_HZ, format=fmt, subtype=subtype)
    expect_the_same(path, recording("guitar", SECONDS), 0)


def decoded_by_ffmpeg(path: Path) -> tuple[np.ndarray, int]:
    """The sound as FFmpeg makes it of a file that it looks at itself, and its sample rate."""
    with av.open(str(path)) as file:
        rate_hz = file.streams.audio[0].rate
        resampler = av.AudioResampler("flt", "mono", rate_hz)
        frames = [made for frame in file.decode(audio=0) for made in resampler.resample(frame)]
        return np.concatenate([frame.to_ndarray()[0] for frame in [*frames, *resampler.resample(None)]]), rate_hz


@pytest.mark.parametrize(("container", "encoder", "ending", "rate_hz", "tolerance"), BY_FFMPEG)
def test_lengths_and_levels_are_those_of_ffmpeg(
    recording: Recorded, tmp_path: Path, container: str, encoder: str, ending: str, rate_hz: int, tolerance: int
):
    sound = soxr.resample(recording("violin", SECONDS), SAMPLE_RATE_HZ, rate_hz)
    path = write(tmp_path / f"recording.{ending}", container, encoder, sound, rate_hz)
    expect_what_ffmpeg_decodes(path, len(sound) if (container, encoder) in LENGTH_SAID else None)


@pytest.mark.parametrize(("fmt", "subtype", "ending"), BY_LIBSNDFILE + CODED_BY_LIBSNDFILE)
def test_lengths_and_levels_are_those_of_ffmpeg_for_files_by_libsndfile(
    recording: Recorded, tmp_path: Path, fmt: str, subtype: str, ending: str
):
    path = tmp_path / f"recording.{ending}"
    soundfile.write(path, recording("violin", SECONDS), SAMPLE_RATE_HZ, format=fmt, subtype=subtype)
    expect_what_ffmpeg_decodes(path, round(SECONDS * SAMPLE_RATE_HZ) if (fmt, subtype) in LENGTH_SAID else None)


def expect_what_ffmpeg_decodes(path: Path, n_samples: int | None) -> None:
    """Only the first `n_samples`, of which FFmpeg decodes more, where the length of what was written is known."""
    theirs, rate_hz = decoded_by_ffmpeg(path)
    if n_samples is not None:
        assert len(theirs) > n_samples
        theirs = theirs[:n_samples]
    read, expected = audio.read(path), soxr.resample(theirs, rate_hz, SAMPLE_RATE_HZ)
    assert len(read) == len(expected)
    np.testing.assert_allclose(levels_db(read), levels_db(expected), atol=0.01)
    np.testing.assert_allclose(read, expected, atol=2**-15)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT", "ULAW"])
def test_a_big_endian_wav_is_read(recording: Recorded, tmp_path: Path, subtype: str):
    path = tmp_path / "recording.wav"
    soundfile.write(path, recording("guitar", SECONDS), SAMPLE_RATE_HZ, format="WAV", subtype=subtype, endian="BIG")
    assert path.read_bytes()[:4] == b"RIFX"
    expect_the_same(path, recording("guitar", SECONDS), 0)


def test_a_big_endian_wav_of_other_samples_is_refused(recording: Recorded, tmp_path: Path):
    """No decoder reads it rightly and safely."""
    path = tmp_path / "recording.wav"
    soundfile.write(path, recording("guitar", 1.0), SAMPLE_RATE_HZ, format="WAV", subtype="IMA_ADPCM", endian="BIG")
    with pytest.raises(AudioError, match="is RIFX, a big-endian WAV, with other samples than PCM or float"):
        audio.read(path)


def test_amr_of_wide_band_is_decoded(tmp_path: Path):
    """Nothing here writes it but by hand: frames that say that nobody speaks."""
    path = tmp_path / "recording.amr"
    path.write_bytes(b"#!AMR-WB\n" + b"\x7c" * 100)
    with pytest.raises(AudioError, match="is silent in the part used"):
        audio.read(path)


@pytest.mark.parametrize("junk", [bytes(3_000), b"some other text " * 100, None])
def test_an_mp3_is_read_from_any_byte_on(recording: Recorded, tmp_path: Path, junk: bytes | None):
    sound = recording("guitar", SECONDS)
    path = write(tmp_path / "whole.mp3", "mp3", "libmp3lame", sound, SAMPLE_RATE_HZ)
    data = path.read_bytes()
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(junk + data if junk else data[1_500:])
    expect_the_same(broken, sound, 8_000)


@pytest.mark.parametrize(("subtype", "rate_hz"), [("VORBIS", 44_100), ("OPUS", 48_000)])
def test_streams_that_were_joined_are_read_to_their_end(
    recording: Recorded, tmp_path: Path, subtype: str, rate_hz: int
):
    parts, joined = [recording(name, SECONDS) for name in ("guitar", "violin")], b""
    for i, part in enumerate(parts):
        path = tmp_path / f"{i}.ogg"
        resampled = soxr.resample(part, SAMPLE_RATE_HZ, rate_hz)
        soundfile.write(path, resampled, rate_hz, format="OGG", subtype=subtype)
        joined += path.read_bytes()
    path = tmp_path / "joined.ogg"
    path.write_bytes(joined)
    expect_the_same(path, np.concatenate(parts), 2_000)


def test_streams_of_different_kinds_were_joined(recording: Recorded, tmp_path: Path):
    """Another coding, rate and number of channels: as in the first."""
    parts = [recording("guitar", SECONDS), recording("violin", SECONDS)]
    soundfile.write(tmp_path / "a.ogg", parts[0], SAMPLE_RATE_HZ, format="OGG", subtype="VORBIS")
    both = np.tile(soxr.resample(parts[1], SAMPLE_RATE_HZ, 48_000)[:, None], 2)
    soundfile.write(tmp_path / "b.ogg", both, 48_000, format="OGG", subtype="OPUS")
    path = tmp_path / "joined.ogg"
    path.write_bytes((tmp_path / "a.ogg").read_bytes() + (tmp_path / "b.ogg").read_bytes())
    expect_the_same(path, np.concatenate(parts), 2_500)


# Where each format keeps the length of its samples: offset, order of bytes, how many.
LENGTHS = [
    ("W64", "w64", lambda data: data.index(b"data\xf3\xac\xd3\x11") + 16, "little", 8),
    ("RF64", "rf64", lambda data: data.index(b"ds64") + 16, "little", 8),
    ("AIFF", "aiff", lambda data: data.index(b"SSND") + 4, "big", 4),
    ("AU", "au", lambda data: 8, "big", 4),
    ("CAF", "caf", lambda data: data.index(b"data") + 4, "big", 8),
]


@pytest.mark.parametrize("declared", [0, -1])
@pytest.mark.parametrize(("fmt", "ending", "place", "order", "n_bytes"), LENGTHS)
def test_a_length_that_was_never_written_means_to_the_end(
    recording: Recorded, tmp_path: Path, fmt: str, ending: str, place: Any, order: Any, n_bytes: int, declared: int
):
    if (fmt, declared) == ("CAF", 0):
        pytest.skip("0 is a length in CAF, which has -1 for this")
    path = tmp_path / f"recording.{ending}"
    soundfile.write(path, recording("guitar", SECONDS), SAMPLE_RATE_HZ, format=fmt, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    offset = place(data)
    data[offset : offset + n_bytes] = declared.to_bytes(n_bytes, order, signed=True)
    path.write_bytes(data)
    expect_the_same(path, recording("guitar", SECONDS), 64 if fmt in ("AU", "W64", "RF64") else 0)


@pytest.mark.parametrize("name", [b"free", b"skip", b"wide", b"pnot", b"udta", b"uuid"])
def test_a_mov_may_begin_with_any_atom(recording: Recorded, tmp_path: Path, name: bytes):
    """QuickTime had none that says which format it is, and leaves room for one."""
    path = write(tmp_path / "recording.mov", "mov", "pcm_s16le", recording("guitar", SECONDS), SAMPLE_RATE_HZ)
    data = path.read_bytes()
    assert (data[4:8], data[24:28]) == (b"ftyp", b"wide")
    path.write_bytes(b"\0\0\0\x1c" + name + bytes(20) + data[28:])
    expect_the_same(path, recording("guitar", SECONDS), 0)


def test_a_film_without_sound_is_refused(tmp_path: Path):
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(5):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        file.mux(stream.encode(None))
    with pytest.raises(AudioError, match=r"holds no sound\. Use a recording, or a film"):
        audio.read(path)


def test_the_documents_are_made_of_the_table():
    document = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert formats_table.with_table(document) == document, "run python -m tools.formats_table"
    assert formats.SENTENCE in " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
