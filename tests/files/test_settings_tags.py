"""Results in all their formats: the sound is what was made, and the settings come back from the file.

The oracles are the standard library's `wave`, SciPy, libsndfile, which reads FLAC and MP3 with decoders of its own, and
tags that are put together here by their specifications.
"""

from __future__ import annotations

import io
import os
import struct
import warnings
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.io import wavfile

from styletransfer.errors import AudioError, SettingsError
from styletransfer.files import audio, settings_tags
from styletransfer.files.result_formats import FLAC, MP3, RESULT_FORMATS, WAV, WAV_24, ResultFormat
from styletransfer.settings import SAMPLE_RATE_HZ, Settings, preset
from styletransfer.settings import text as settings_text

IN_TMP = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=3_000)
FORMATS = pytest.mark.parametrize("format_", RESULT_FORMATS, ids=lambda each: each.label)
SEED_7 = preset("studio", seed=7, style_weights=(1.0, 2.5))
CEILING = 10 ** (-1 / 20)


def tone(n_samples: int = 22_051, level: float = 0.5) -> np.ndarray:
    """Of an odd number of samples, so that 24 bits of them are an odd number of bytes."""
    return level * np.sin(2 * np.pi * 440 * np.arange(n_samples) / SAMPLE_RATE_HZ)


def made(folder: Path, format_: ResultFormat, text: str = "", samples: np.ndarray | None = None) -> Path:
    path = folder / f"result{format_.ending}"
    audio.write(path, tone() if samples is None else samples, format_=format_, settings=text)
    return path


@FORMATS
@given(text=TEXTS)
@IN_TMP
def test_any_text_comes_back(tmp_path: Path, format_: ResultFormat, text: str) -> None:
    assert settings_tags.settings_in(made(tmp_path, format_, text, tone(1_153))) == text


@FORMATS
@pytest.mark.parametrize("asked", [Settings(), SEED_7])
def test_settings_come_back(tmp_path: Path, format_: ResultFormat, asked: Settings) -> None:
    path = made(tmp_path, format_, settings_text.of_result(asked))
    assert settings_tags.settings_from(path) == (settings_text.nearest_preset(asked), asked)


@FORMATS
def test_the_longest_text_comes_back_and_a_longer_one_is_not_written(tmp_path: Path, format_: ResultFormat) -> None:
    longest = "x" * settings_tags.MAX_BYTES
    assert settings_tags.settings_in(made(tmp_path, format_, longest)) == longest
    with pytest.raises(ValueError, match="do not fit"):
        made(tmp_path, format_, longest + "x")


@FORMATS
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("text", ["", "odd", "even"])
def test_the_sound_is_what_was_made(tmp_path: Path, format_: ResultFormat, channels: int, text: str) -> None:
    samples = tone() if channels == 1 else np.stack([tone(), tone(level=0.1)], axis=1)
    path = made(tmp_path, format_, text, samples)
    read, rate_hz = soundfile.read(path)
    assert (rate_hz, read.shape) == (SAMPLE_RATE_HZ, samples.shape)
    assert soundfile.info(path).format == format_.ending[1:].upper()
    np.testing.assert_allclose(read, samples, atol=0.01 if format_.bits is None else 0.51 / 2 ** (format_.bits - 1))
    assert len(audio.read(path)) == len(samples)


def test_24_bits_and_flac_are_not_made_of_16(tmp_path: Path) -> None:
    faint = tone(level=2.0**-18)
    written = {format_: soundfile.read(made(tmp_path, format_, samples=faint))[0] for format_ in (WAV_24, FLAC)}
    assert np.corrcoef(written[WAV_24], faint)[0, 1] > 0.99
    np.testing.assert_array_equal(written[FLAC], written[WAV_24])
    assert not soundfile.read(made(tmp_path, WAV, samples=faint))[0].any()


def chunks(path: Path) -> dict[bytes, bytes]:
    """The chunks of a WAV, as RIFF has it: each begins at an even byte, and all are as long as the file says."""
    data = path.read_bytes()
    assert data[:4] == b"RIFF"
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    found, position = {}, 12
    while position < len(data):
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        found[data[position : position + 4]] = data[position + 8 : position + 8 + length]
        position += 8 + length
        if length % 2:
            assert data[position] == 0
            position += 1
    assert position == len(data)
    return found


@pytest.mark.parametrize("format_", [WAV, WAV_24])
@pytest.mark.parametrize("text", ["", "odd", "even"])
@pytest.mark.parametrize("n_samples", [1, 2])
def test_a_wav_is_sound_riff(tmp_path: Path, format_: ResultFormat, text: str, n_samples: int) -> None:
    path = made(tmp_path, format_, text, np.full(n_samples, 0.25))
    assert list(chunks(path)) == [b"fmt ", b"data", *([b"styl"] if text else [])]
    assert chunks(path).get(b"styl", b"").decode() == text
    assert format_.bits is not None
    value = round(0.25 * 2 ** (format_.bits - 1))
    with wave.open(str(path)) as file:
        assert file.getparams()[:4] == (1, format_.bits // 8, SAMPLE_RATE_HZ, n_samples)
        assert file.readframes(9) == value.to_bytes(format_.bits // 8, "little") * n_samples
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Chunk", wavfile.WavFileWarning)  # one that SciPy does not know
        rate_hz, pcm = wavfile.read(path)
    assert rate_hz == SAMPLE_RATE_HZ
    np.testing.assert_array_equal(pcm, value << (0 if format_ == WAV else 8))


@FORMATS
@given(samples=hnp.arrays(np.float32, st.integers(1, 3_000), elements=st.floats(-100, 100, width=32)))
@IN_TMP
def test_no_peak_is_above_the_ceiling(tmp_path: Path, format_: ResultFormat, samples: np.ndarray) -> None:
    read = soundfile.read(made(tmp_path, format_, samples=samples))[0]
    assert len(read) == len(samples)
    # Of an MP3 a hair more: what it does to a made-up signal is known only when it has been decoded.
    assert np.abs(read).max() <= CEILING * (1.02 if format_ == MP3 else 1)


def test_smaller_formats_are_smaller(tmp_path: Path) -> None:
    sizes = {each: made(tmp_path, each, "text", tone(441_000)).stat().st_size for each in RESULT_FORMATS}
    assert sizes[MP3] < sizes[FLAC] < sizes[WAV_24]
    assert sizes[WAV] < sizes[WAV_24]


@pytest.mark.parametrize("name", ["result.ogg", "result", "result.json"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(AudioError, match=r"name that ends in \.wav, \.flac or \.mp3\."):
        audio.write(tmp_path / name, tone())
    assert not list(tmp_path.iterdir())


# Files of others, and damaged ones


@FORMATS
@given(data=st.data())
@IN_TMP
def test_damage_is_no_error(tmp_path: Path, format_: ResultFormat, data: st.DataObject) -> None:
    whole = bytearray(made(tmp_path, format_, "text" * 9, tone(1_153)).read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.sampled_from([*range(min(200, len(whole))), *range(max(0, len(whole) - 60), len(whole))]))
        whole[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    found = settings_tags.settings_in(path)
    assert found is None or isinstance(found, str)


@given(head=st.sampled_from([b"", b"ID3\x03\0\0", b"ID3\x04\0\0", b"fLaC", b"RIFF\0\0\0\0WAVE"]), rest=st.binary())
@IN_TMP
def test_any_bytes_are_no_error(tmp_path: Path, head: bytes, rest: bytes) -> None:
    (tmp_path / "any").write_bytes(head + rest)
    settings_tags.settings_in(tmp_path / "any")


def test_little_is_read_of_a_file_that_promises_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            content = super().read(size)
            read.append(len(content))
            return content

    promise = b"RIFF\xff\xff\xff\xffWAVEstyl\xf0\xff\xff\x7f" + bytes(2**21)
    comments = b"fLaC\x84\xff\xff\xff" + (b"\0\0\0\0" * 2**19)
    tag = b"ID3\x04\0\0\x7f\x7f\x7f\x7fTXXX\x7f\x7f\x7f\x7f\0\0" + bytes(2**21)
    empty_chunks = b"RIFF\xff\xff\xff\xffWAVE" + b"junk\0\0\0\0" * 2**18
    for content in (promise, comments, tag, empty_chunks):
        (tmp_path / "a").write_bytes(content)
        read.clear()
        monkeypatch.setattr(settings_tags, "open", lambda *_, data=content: Counting(data), raising=False)
        assert settings_tags.settings_in(tmp_path / "a") is None
        assert sum(read) <= 2**20 + 5_000


def frame(name: bytes, content: bytes, version: int) -> bytes:
    size = len(content)
    length = size.to_bytes(4, "big") if version == 3 else bytes(size >> shift & 127 for shift in (21, 14, 7, 0))
    return name + length + b"\0\0" + content


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize(("byte", "encoding"), [(0, "latin-1"), (1, "utf-16"), (2, "utf-16-be"), (3, "utf-8")])
def test_a_tag_that_another_program_wrote_anew_is_read(tmp_path: Path, version: int, byte: int, encoding: str) -> None:
    """With a title and a picture before it, and each string with a byte order mark where UTF-16 has one."""
    zero = "\0".encode(encoding[:6] + "-le" if encoding == "utf-16" else encoding)
    content = bytes([byte]) + "STYLETRANSFER".encode(encoding) + zero + "é {}".encode(encoding)
    frames = frame(b"TIT2", b"\x03a title", version) + frame(b"APIC", bytes(300), version)
    frames += frame(b"TXXX", b"\x03other\0value", version) + frame(b"TXXX", content, version)
    head = b"ID3" + bytes([version, 0, 0]) + bytes(len(frames) >> shift & 127 for shift in (21, 14, 7, 0))
    path = tmp_path / "a.mp3"
    path.write_bytes(head + frames + made(tmp_path, MP3).read_bytes())
    assert settings_tags.settings_in(path) == "é {}"
    assert len(audio.read(path)) == len(tone())


def test_comments_of_others_are_passed_over(tmp_path: Path) -> None:
    comments = [b"TITLE=a title", b"COMMENT={}", b"styletransfer={1}"]
    body = struct.pack("<I", 3) + b"abc" + struct.pack("<I", len(comments))
    body += b"".join(struct.pack("<I", len(each)) + each for each in comments)
    picture = b"\x06" + (9_000).to_bytes(3, "big") + bytes(9_000)
    (tmp_path / "a.flac").write_bytes(b"fLaC" + picture + b"\x84" + len(body).to_bytes(3, "big") + body)
    assert settings_tags.settings_in(tmp_path / "a.flac") == "{1}"


@FORMATS
def test_a_recording_without_settings_is_refused_in_a_sentence(tmp_path: Path, format_: ResultFormat) -> None:
    with pytest.raises(SettingsError, match="carries no settings"):
        settings_tags.settings_from(made(tmp_path, format_))


def test_what_a_result_carries_is_checked(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="There is no setting"):
        settings_tags.settings_from(made(tmp_path, MP3, '{"strenght": 60}'))
    with pytest.raises(SettingsError, match="holds no settings"):
        settings_tags.settings_from(made(tmp_path, FLAC, "not json"))


@pytest.mark.parametrize("name", ["none.json", "none.wav", "folder.wav", "x" * 300, "loop.flac"])
def test_what_cannot_be_read_is_told_and_its_place_is_not(tmp_path: Path, name: str) -> None:
    """On the page, a file's place is one of the server's."""
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "loop.flac").symlink_to("loop.flac")
    with pytest.raises(SettingsError) as refused:
        settings_tags.settings_from(tmp_path / name)
    assert str(refused.value).startswith("This file cannot be read: ")
    assert str(tmp_path) not in str(refused.value)


def test_settings_files_are_read_too_and_pipes_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(settings_text.of_result(SEED_7))
    assert settings_tags.settings_from(tmp_path / "a.json")[1] == SEED_7
    os.mkfifo(tmp_path / "pipe")
    assert settings_tags.settings_in(tmp_path / "pipe") is None
    assert settings_tags.settings_in(tmp_path / "missing") is None
