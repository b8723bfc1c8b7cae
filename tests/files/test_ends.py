"""Where recordings end: the length of what was written, of what was cut off, and of what lies about its own.

What was written is known, and no decoder is asked for it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.signal
import soundfile
import soxr
from support.hostile_kinds import chunk, fmt, riff
from support.sound_files import BY_FFMPEG, write

from styletransfer.errors import AudioError
from styletransfer.files import audio
from styletransfer.settings import SAMPLE_RATE_HZ

Recorded = Callable[..., np.ndarray]
LENGTHS = (44_100, 44_247, 45_056, 45_101)
"""Of those the last block of 1,024 has a few samples, some, and all."""
NOTE = "it is damaged: "


def expect_that_sound(path: Path, sound: np.ndarray, *, tolerance: int = 0) -> None:
    """`sound` is at SAMPLE_RATE_HZ: as long as it within `tolerance`, begun at the same sample, and much like it."""
    read = audio.read_recording(path)
    assert abs(len(read.samples) - len(sound)) <= tolerance
    assert int(np.argmax(scipy.signal.correlate(read.samples, sound))) == len(sound) - 1
    n_samples = min(len(read.samples), len(sound))
    assert np.corrcoef(read.samples[:n_samples], sound[:n_samples])[0, 1] > 0.9
    assert read.notes == ()


@pytest.mark.parametrize("n_samples", LENGTHS)
@pytest.mark.parametrize(
    ("container", "encoder", "options"),
    [
        ("ipod", "aac", {}),
        ("ipod", "aac", {"movflags": "faststart"}),
        ("mp4", "aac", {"movflags": "frag_keyframe+empty_moov+delay_moov"}),
        ("mov", "aac", {}),
        ("mov", "alac", {}),
        ("mov", "pcm_s16le", {}),
        ("mp4", "flac", {}),
    ],
)
def test_a_film_ends_where_its_sound_does(
    recording: Recorded, tmp_path: Path, container: str, encoder: str, options: dict[str, str], n_samples: int
):
    sound = recording("violin", 2.0)[:n_samples]
    expect_that_sound(write(tmp_path / "recording.mp4", container, encoder, sound, SAMPLE_RATE_HZ, **options), sound)


@pytest.mark.parametrize("n_blocks", [300, 301, 307])
def test_opus_in_a_film_ends_where_its_sound_does(recording: Recorded, tmp_path: Path, n_blocks: int):
    sound = recording("violin", 2.0)[: 147 * n_blocks]
    path = tmp_path / "recording.mp4"
    write(path, "mp4", "libopus", soxr.resample(sound, SAMPLE_RATE_HZ, 48_000), 48_000)
    expect_that_sound(path, sound)


@pytest.mark.parametrize(
    ("encoder", "n_samples"), [*[("libmp3lame", n_samples) for n_samples in LENGTHS], ("aac", 45_057)]
)
def test_an_edit_list_may_round_the_end(recording: Recorded, tmp_path: Path, encoder: str, n_samples: int):
    """It counts in thousandths of a second. MP3 has nothing else, and of AAC it leaves out a packet of one sample."""
    sound = recording("violin", 2.0)[:n_samples]
    path = write(tmp_path / "recording.mp4", "mp4", encoder, sound, SAMPLE_RATE_HZ)
    expect_that_sound(path, sound, tolerance=SAMPLE_RATE_HZ // 600)


@pytest.mark.parametrize("n_samples", LENGTHS)
@pytest.mark.parametrize("subtype", ["MS_ADPCM", "GSM610"])
def test_a_wav_of_blocks_ends_where_its_fact_says(recording: Recorded, tmp_path: Path, subtype: str, n_samples: int):
    sound = recording("violin", 2.0)[:n_samples]
    soundfile.write(tmp_path / "recording.wav", sound, SAMPLE_RATE_HZ, subtype=subtype)
    expect_that_sound(tmp_path / "recording.wav", sound)


def patched(path: Path, name: bytes, offset: int, number: int, order: Any) -> Path:
    """With another number of four bytes, so many behind a name."""
    data = bytearray(path.read_bytes())
    place = data.index(name) + offset
    data[place : place + 4] = number.to_bytes(4, order)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("declared", [0, 1, 4_000, 40_000, 10**6, 2**32 - 1])
def test_a_fact_that_cannot_be_true_is_not_believed(recording: Recorded, tmp_path: Path, declared: int):
    path = tmp_path / "recording.wav"
    soundfile.write(path, recording("violin", 1.0), SAMPLE_RATE_HZ, subtype="MS_ADPCM")
    path = patched(path, b"fact", 8, declared, "little")
    assert SAMPLE_RATE_HZ <= len(audio.read(path)) < SAMPLE_RATE_HZ + 2_048


@pytest.mark.parametrize("declared", [0, 1, 20_000, 2**31 - 1])
@pytest.mark.parametrize("name", [b"mvhd", b"mdhd"])
def test_a_length_of_a_film_that_cannot_be_true_is_not_believed(
    recording: Recorded, tmp_path: Path, name: bytes, declared: int
):
    path = write(tmp_path / "recording.m4a", "ipod", "aac", recording("violin", 1.0), SAMPLE_RATE_HZ)
    expect_that_sound(patched(path, name, 20, declared, "big"), recording("violin", 1.0))


@pytest.mark.parametrize("declared", [0, 2_000, 2**31 - 1])
def test_a_last_packet_that_does_not_say_how_long_it_is_is_read_whole(
    recording: Recorded, tmp_path: Path, declared: int
):
    """44,100 samples are 43 packets of 1,024, and 68, behind one of silence: 44 alike and one other in the table."""
    path = write(tmp_path / "recording.m4a", "ipod", "aac", recording("violin", 1.0), SAMPLE_RATE_HZ)
    assert struct.unpack_from(">5I", path.read_bytes(), path.read_bytes().index(b"stts") + 8) == (2, 44, 1_024, 1, 68)
    path = patched(path, b"stts", 24, declared, "big")
    assert SAMPLE_RATE_HZ <= len(audio.read(path)) <= 44 * 1_024


CUT = [
    ("wav", "pcm_s16le", {}),
    ("wav", "adpcm_ms", {}),
    ("matroska", "aac", {}),
    ("webm", "libopus", {}),
    ("mp3", "libmp3lame", {}),
    ("aiff", "pcm_s16be", {}),
    ("au", "pcm_s16be", {}),
    ("w64", "pcm_s16le", {}),
    ("wav", "pcm_s24le", {"rf64": "always"}),
]


@pytest.mark.parametrize(("container", "encoder", "options"), CUT)
def test_a_file_that_was_cut_off_is_told(
    recording: Recorded, tmp_path: Path, container: str, encoder: str, options: dict[str, str]
):
    """Only where the end is needed."""
    rate_hz = 48_000 if encoder == "libopus" else SAMPLE_RATE_HZ
    sound = soxr.resample(recording("violin", 2.0), SAMPLE_RATE_HZ, rate_hz)
    path = write(tmp_path / "recording", container, encoder, sound, rate_hz, **options)
    assert audio.read_recording(path).notes == ()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    read = audio.read_recording(path, name="It")
    length_s = len(read.samples) / SAMPLE_RATE_HZ
    assert 0.8 < length_s < 1.2
    assert read.notes == (f"It: {NOTE}{length_s:.1f} s of it could be read.",)
    assert audio.read_recording(path, seconds=0.5).notes == ()


def test_an_aiff_needs_no_byte_behind_an_odd_length(recording: Recorded, tmp_path: Path):
    path = write(tmp_path / "recording.aiff", "aiff", "pcm_s8", recording("violin", 1.0)[:44_001], SAMPLE_RATE_HZ)
    path.write_bytes(path.read_bytes()[: path.read_bytes().index(b"SSND") + 16 + 44_001])
    np.testing.assert_allclose(audio.read(path), recording("violin", 1.0)[:44_001], atol=0.01)


@pytest.mark.parametrize("n_bytes", [50_000, 50_001, 70_001])
def test_an_aiff_is_read_wherever_it_was_cut_off(recording: Recorded, tmp_path: Path, n_bytes: int):
    path = tmp_path / "recording.aiff"
    soundfile.write(path, recording("violin", 1.0), SAMPLE_RATE_HZ)
    path.write_bytes(path.read_bytes()[:n_bytes])
    np.testing.assert_allclose(audio.read(path), recording("violin", 1.0)[: (n_bytes - 54) // 2], atol=1e-4)


def test_an_aiff_may_be_larger_than_its_lengths_can_say(recording: Recorded, tmp_path: Path):
    """One that never said its own, and that takes no room."""
    path = tmp_path / "recording.aiff"
    soundfile.write(path, recording("violin", 1.0), SAMPLE_RATE_HZ)
    patched(path, b"SSND", 4, 0, "big")
    os.truncate(path, 5 * 2**30)
    assert len(audio.read(path, seconds=2.0)) == 2 * SAMPLE_RATE_HZ


def test_a_whole_file_is_not_told_to_be_cut_off(recording: Recorded, tmp_path: Path):
    for number, (container, encoder, _, rate_hz, _) in enumerate(BY_FFMPEG):
        sound = soxr.resample(recording("guitar", 0.5), SAMPLE_RATE_HZ, rate_hz)
        path = write(tmp_path / str(number), container, encoder, sound, rate_hz)
        assert audio.read_recording(path).notes == (), (container, encoder)


@pytest.mark.parametrize(
    ("container", "encoder", "options"),
    [
        ("matroska", "aac", {"live": "1"}),
        ("webm", "libopus", {"live": "1"}),
        ("mp3", "libmp3lame", {"write_xing": "0"}),
    ],
)
def test_what_says_nothing_of_its_length_is_read_to_its_end(
    recording: Recorded, tmp_path: Path, container: str, encoder: str, options: dict[str, str]
):
    sound = soxr.resample(recording("violin", 1.0), SAMPLE_RATE_HZ, 48_000)
    path = write(tmp_path / "recording", container, encoder, sound, 48_000, **options)
    read = audio.read_recording(path)
    assert read.notes == ()
    assert SAMPLE_RATE_HZ <= len(read.samples) < SAMPLE_RATE_HZ + 2_400


@pytest.mark.parametrize("length", [2**31 - 1, 2**31 - 4_096, 2**31, 2**32 - 256, 2**32 - 1])
def test_lengths_that_stand_for_none_are_not_told(recording: Recorded, tmp_path: Path, length: int):
    """As sox, arecord and FFmpeg write them into a pipe."""
    pcm = (2**15 * recording("violin", 1.0)).astype("<i2").tobytes()
    (tmp_path / "recording.wav").write_bytes(riff(fmt(), chunk(b"data", pcm, length)))
    read = audio.read_recording(tmp_path / "recording.wav")
    assert (len(read.samples), read.notes) == (SAMPLE_RATE_HZ, ())


@pytest.mark.parametrize("tag", [1, 2])
@pytest.mark.parametrize("n_bytes", [4_000, 4_001])
def test_a_wav_without_samples_is_not_read_on_in_what_follows(
    tmp_path: Path, rng: np.random.Generator, tag: int, n_bytes: int
):
    more = chunk(b"LIST", b"INFO" + rng.bytes(n_bytes)) + chunk(b"id3 ", rng.bytes(n_bytes))
    (tmp_path / "recording.wav").write_bytes(riff(fmt(tag), chunk(b"data", b""), more))
    with pytest.raises(AudioError, match=r"It holds no samples: it says that there are 0\. Save it again\."):
        audio.read(tmp_path / "recording.wav", name="It")


def test_samples_that_were_never_counted_are_read(recording: Recorded, tmp_path: Path):
    """Their length is 0, and they begin as a chunk could, and as silence."""
    for beginning in (b"LIST\4\0\0\0INFO", bytes(64)):
        pcm = beginning + (2**15 * recording("violin", 1.0)).astype("<i2").tobytes()
        (tmp_path / "recording.wav").write_bytes(riff(fmt(), chunk(b"data", pcm, 0)))
        assert len(audio.read(tmp_path / "recording.wav")) == SAMPLE_RATE_HZ + len(beginning) // 2
