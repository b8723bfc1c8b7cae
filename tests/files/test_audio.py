"""Reading recordings: formats, excerpts, headers that lie, files that break off, and every refusal.

The oracles are NumPy and files written by soundfile; lying and broken headers are made by hand.
"""

import contextlib
import math
import os
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from styletransfer.engine import loudness
from styletransfer.errors import AudioError
from styletransfer.files import audio, decode_child, decoders, downmix, file_headers, formats
from styletransfer.settings import SAMPLE_RATE_HZ

LOSSLESS = [("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "PCM_32"), ("WAV", "FLOAT"), ("WAV", "DOUBLE")]
LOSSLESS += [("WAVEX", "PCM_16"), ("WAVEX", "PCM_24"), ("WAVEX", "FLOAT"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24")]
COARSE = [("WAV", "PCM_U8"), ("WAVEX", "PCM_U8"), ("FLAC", "PCM_S8")]
LOSSY = [("MP3", "MPEG_LAYER_III", 44_100), ("OGG", "VORBIS", 44_100), ("OGG", "OPUS", 48_000)]
IN_TMP = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def tone(seconds=0.5, rate_hz=SAMPLE_RATE_HZ, frequency_hz=440.0, level=0.5):
    return (level * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def rms(samples):
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def wav_bytes(data, *, tag=1, channels=1, rate_hz=SAMPLE_RATE_HZ, bits=16, declared=None, before=b""):
    frame = max(1, channels * bits // 8)
    fmt = struct.pack("<HHIIHH", tag, channels, rate_hz, min(rate_hz * frame, 2**32 - 1), min(frame, 65535), bits)
    size = struct.pack("<I", len(data) if declared is None else declared)
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + size + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pcm_bytes(samples):
    return (samples * 32767).astype("<i2").tobytes()


def flac_with(data, *, frames=None, rate_hz=None):
    """A FLAC file whose STREAMINFO claims another length or rate."""
    fields = int.from_bytes(data[18:26], "big")
    if frames is not None:
        fields = fields >> 36 << 36 | frames
    if rate_hz is not None:
        fields = fields & (1 << 44) - 1 | rate_hz << 44
    return data[:18] + fields.to_bytes(8, "big") + data[26:]


@pytest.fixture
def save(tmp_path):
    """Writes bytes, or samples in a format, to a file, and returns its path."""

    def _save(content, fmt="WAV", subtype="PCM_16", rate_hz=SAMPLE_RATE_HZ):
        path = tmp_path / f"recording.{fmt.lower()}"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            soundfile.write(path, content, rate_hz, format=fmt, subtype=subtype)
        return path

    return _save


def refusal(path, **options):
    with pytest.raises(AudioError) as caught:
        audio.read(path, **options)
    message = str(caught.value)
    assert message[0].isupper() or message.startswith((str(path), str(options.get("name"))))
    assert message.endswith(".")
    assert len(message.removeprefix(str(path))) < 200
    return message


# Formats


@pytest.mark.parametrize(("fmt", "subtype"), LOSSLESS)
def test_lossless_formats_come_back_as_they_were(save, fmt, subtype):
    samples = np.round(tone() * 2**15).astype(np.float32) / 2**15
    result = audio.read(save(samples, fmt, subtype))
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, samples)


@pytest.mark.parametrize(("fmt", "subtype"), COARSE)
def test_eight_bit_formats(save, fmt, subtype):
    np.testing.assert_allclose(audio.read(save(tone(), fmt, subtype)), tone(), atol=1 / 128)


@pytest.mark.parametrize(("fmt", "subtype", "rate_hz"), LOSSY)
def test_lossy_formats_sound_the_same(save, fmt, subtype, rate_hz):
    samples = tone(2.0, rate_hz)
    result = audio.read(save(samples, fmt, subtype, rate_hz))
    assert 0 <= 2 * SAMPLE_RATE_HZ - len(result) <= 128  # FFmpeg drops a short block of Vorbis
    inside = slice(2_000, -2_000)
    expected = tone(2.0)[: len(result)]
    assert rms(result[inside] - expected[inside]) < 0.02 * rms(samples)


@pytest.mark.parametrize(("fmt", "subtype", "rate_hz"), [*LOSSY, ("FLAC", "PCM_16", 44_100), ("WAV", "PCM_16", 44_100)])
def test_blocks_join_without_a_seam(save, fmt, subtype, rate_hz):
    path = save(0.1 * np.random.default_rng(0).standard_normal((2 * rate_hz, 2)), fmt, subtype, rate_hz)
    with decoders.decoding(path, file_headers.check_file(path, "x")) as stream:
        decoded = np.concatenate(list(stream.blocks))
    whole, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(decoded, whole[: len(decoded)], atol=1e-5)
    assert len(whole) - len(decoded) <= 128  # FFmpeg drops a short block of Vorbis


def test_opus_at_its_lowest_rate(save):
    assert len(audio.read(save(tone(1.0, 8_000), "OGG", "OPUS", 8_000))) == SAMPLE_RATE_HZ


def test_tags_before_the_sound_are_skipped(save):
    tag = b"ID3\x03\x00\x00\x00\x00\x02\x00" + bytes(256)
    for fmt, subtype in (("MP3", "MPEG_LAYER_III"), ("FLAC", "PCM_16")):
        data = save(tone(), fmt, subtype).read_bytes()
        assert len(audio.read(save(tag + data, fmt))) == len(tone())
        assert len(audio.read(save(tag + tag + data, fmt))) == len(tone())


def test_wav_with_other_chunks_first(save):
    chunk = b"JUNK" + struct.pack("<I", 70_001) + bytes(70_002)
    result = audio.read(save(wav_bytes(pcm_bytes(tone()), before=chunk)))
    np.testing.assert_allclose(result, tone(), atol=1e-4)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])
def test_resampled_tone_is_the_tone(save, rate_hz):
    result = audio.read(save(tone(1.0, rate_hz), "WAV", "FLOAT", rate_hz))
    assert len(result) == SAMPLE_RATE_HZ
    inside = slice(2_000, -2_000)
    np.testing.assert_allclose(result[inside], tone(1.0)[inside], atol=2e-4)


@given(n_frames=st.integers(2_000, 30_000), rate_hz=st.integers(8_000, 192_000))
@settings(IN_TMP, max_examples=25)
def test_resampled_length(save, n_frames, rate_hz):
    result = audio.read(save(tone(1.0)[:n_frames].repeat(2)[:n_frames], "WAV", "FLOAT", rate_hz))
    assert abs(len(result) - n_frames * SAMPLE_RATE_HZ / rate_hz) <= 1


@pytest.mark.parametrize("channels", range(1, 9))
def test_channels_are_mixed_the_same_in_any_format(save, channels):
    samples = np.random.default_rng(channels).uniform(-0.9, 0.9, (30_000, channels)).astype(np.float32)
    expected, _ = downmix.to_mono(samples)
    for fmt, subtype in (("WAV", "FLOAT"), ("WAVEX", "FLOAT"), ("FLAC", "PCM_24"), ("W64", "FLOAT"), ("CAF", "FLOAT")):
        np.testing.assert_allclose(audio.read(save(samples, fmt, subtype)), expected, atol=1e-6)


# PaddedSpectrograms


@given(start=st.integers(0, 40_000), length=st.integers(1, 60_000))
@settings(IN_TMP, max_examples=25)
def test_excerpt_is_a_slice(save, start, length):
    samples = tone(1.0) + np.float32(0.6)
    path = save(samples, "WAV", "FLOAT")
    result = audio.read(path, start_s=start / SAMPLE_RATE_HZ, seconds=length / SAMPLE_RATE_HZ)
    np.testing.assert_array_equal(result, samples[start : start + length])


@pytest.mark.parametrize("rate_hz", [8_000, 48_000, 192_000])
def test_excerpt_has_the_length_asked_for(save, rate_hz):
    path = save(tone(1.0, rate_hz), "WAV", "FLOAT", rate_hz)
    assert len(audio.read(path, start_s=0.1, seconds=0.123)) == round(0.123 * SAMPLE_RATE_HZ)
    assert len(audio.read(path, start_s=0.9, seconds=1e300)) == round(0.1 * SAMPLE_RATE_HZ)


def test_only_the_blocks_needed_are_decoded(save, monkeypatch):
    counts = []
    read_into = soundfile.SoundFile.buffer_read_into

    def counting(self, buffer, dtype):
        counts.append(read_into(self, buffer, dtype))
        return counts[-1]

    monkeypatch.setattr(soundfile.SoundFile, "buffer_read_into", counting)
    audio.read(save(tone(20.0), "FLAC"), start_s=1.0, seconds=1.0)
    assert sum(counts) <= 2 * SAMPLE_RATE_HZ + decode_child.BLOCK_FRAMES


def test_longest_excerpt(save, monkeypatch):
    monkeypatch.setattr(audio, "MAX_EXCERPT_S", 1.0)
    assert len(audio.read(save(tone(1.0)))) == SAMPLE_RATE_HZ
    path = save(tone(1.1))
    assert "more than 1 s" in refusal(path)
    assert "more than 1 s" in refusal(path, seconds=5.0)
    assert len(audio.read(path, seconds=1.0)) == SAMPLE_RATE_HZ
    assert len(audio.read(path, start_s=0.2)) == round(0.9 * SAMPLE_RATE_HZ)


# Headers that lie, files that break off


@pytest.mark.parametrize("frames", [2**36 - 1, 0])
def test_flac_that_declares_too_much_or_nothing_is_read_to_its_end(save, frames):
    samples = tone(2.0)
    data = save(samples, "FLAC").read_bytes()
    np.testing.assert_allclose(audio.read(save(flac_with(data, frames=frames), "FLAC")), samples, atol=1e-4)


@pytest.mark.parametrize("declared", [2**32 - 1, 2**31, 10**6])
def test_wav_that_declares_too_much_is_read_to_its_end(save, declared):
    result = audio.read(save(wav_bytes(pcm_bytes(tone()), declared=declared)))
    np.testing.assert_allclose(result, tone(), atol=1e-4)


def test_wav_that_declares_nothing_is_read_to_its_end(save):
    result = audio.read(save(wav_bytes(pcm_bytes(tone()), declared=0)))
    np.testing.assert_allclose(result, tone(), atol=1e-4)
    assert "no sound that can be decoded" in refusal(save(wav_bytes(b"", declared=0)))


@pytest.mark.parametrize(("fmt", "subtype", "rate_hz"), [*LOSSY, ("FLAC", "PCM_16", 44_100), ("WAV", "PCM_16", 44_100)])
def test_what_breaks_off_is_read_as_far_as_it_goes(save, fmt, subtype, rate_hz):
    noise = 0.1 * np.random.default_rng(0).standard_normal(6 * rate_hz)
    path = save(noise, fmt, subtype, rate_hz)
    whole, data = audio.read(path), path.read_bytes()
    cut = audio.read(save(data[: len(data) // 2], fmt))
    assert 1.9 * SAMPLE_RATE_HZ < len(cut) < 3.1 * SAMPLE_RATE_HZ  # Ogg pages hold up to a second
    inside = slice(0, len(cut) - 2_000)
    np.testing.assert_allclose(cut[inside], whole[inside], atol=1e-6)


def test_what_breaks_off_too_soon_is_called_damaged(save):
    data = save(0.1 * np.random.default_rng(0).standard_normal(SAMPLE_RATE_HZ), "FLAC").read_bytes()
    broken = save(data[: len(data) // 3], "FLAC")
    with pytest.raises(
        AudioError, match=r"is damaged: it can be decoded for 0\.\d+ s only\. Save or download it again"
    ):
        audio.read(broken, shortest_samples=SAMPLE_RATE_HZ // 2)
    with pytest.raises(AudioError, match="Use a longer recording"):  # the whole one is too short, not damaged
        audio.read(save(tone(0.2), "FLAC"), shortest_samples=SAMPLE_RATE_HZ // 2)


@pytest.mark.parametrize(("fmt", "subtype", "rate_hz"), [*LOSSY, ("FLAC", "PCM_16", 44_100), ("WAV", "PCM_16", 44_100)])
@pytest.mark.parametrize("kept", [12, 20, 40, 44])
def test_truncated_beyond_decoding(save, fmt, subtype, rate_hz, kept):
    data = save(tone(), fmt, subtype, rate_hz).read_bytes()[:kept]
    assert "damaged or cut off" in refusal(save(data, fmt))


# Refusals


def test_refuses_what_is_no_file(tmp_path, save):
    assert "no file" in refusal(tmp_path / "missing.wav")
    assert "no file" in refusal(save(tone()) / "inside.wav")
    assert "no file" in refusal("zero\0byte.wav")
    assert "folder" in refusal(tmp_path)
    assert "too long" in refusal(tmp_path / ("x" * 300))
    assert "empty (0 bytes)" in refusal(save(b""))
    os.mkfifo(tmp_path / "pipe.wav")
    assert "not an ordinary file" in refusal(tmp_path / "pipe.wav")


def test_refuses_what_may_not_be_read(save, monkeypatch):
    def denied(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    path = save(tone())
    monkeypatch.setattr("builtins.open", denied)
    assert "Permission denied" in refusal(path)


def test_a_file_named_like_standard_input(save, tmp_path, monkeypatch):
    save(tone()).rename(tmp_path / "-")
    monkeypatch.chdir(tmp_path)
    assert len(audio.read("-")) == len(tone())


@pytest.mark.parametrize(
    "data", [b"hello " * 500, bytes(5000), b"\xff", b"RIFF", b"RIFF\0\0\0\0AVI LIST", b"\xff\xfeh\0i\0"]
)
def test_refuses_what_is_not_audio(save, data):
    message = refusal(save(data))
    assert "not audio of a known format" in message
    assert formats.SENTENCE in message


@pytest.mark.parametrize(
    "data", [b"\0\0\0\x20ftypM4A ", b"\x1a\x45\xdf\xa3", b"\xff\xf1\x50\x80", b"ID3\3\0\0\0\0\0\0"]
)
def test_a_head_alone_is_called_damaged(save, data):
    assert "holds no sound that can be decoded" in refusal(save(data + bytes(99)))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"MThd" + bytes(99), "MIDI"),
        (b"OggS\0\2" + bytes(20) + b"\1\x50" + b"Speex   " + bytes(99), "Ogg with something other"),
        (b"RIFX\0\0\0\0WAVEdata" + bytes(99), "RIFX"),
    ],
)
def test_names_the_format_that_is_not_read(save, data, kind):
    message = refusal(save(data))
    assert f"is {kind}" in message
    assert formats.SENTENCE in message


@pytest.mark.parametrize("tag", [0x0002, 0x0011, 0x0031, 0x0055])
def test_coded_wav_never_reaches_libsndfile(save, tag, monkeypatch):
    """Not even as an extensible one: its reader of IMA ADPCM writes past its memory."""
    monkeypatch.setattr(decode_child, "open_by_libsndfile", None)
    extensible = struct.pack("<HHIIHHHHIH", 0xFFFE, 1, 44_100, 44_100, 2, 16, 22, 16, 4, tag)
    extensible += bytes.fromhex("000000001000800000aa00389b71")
    body = b"WAVEfmt " + struct.pack("<I", 40) + extensible + b"data" + struct.pack("<I", 8_000) + bytes(8_000)
    hidden = wav_bytes(bytes(8_000), tag=tag, before=(b"JUNK" + struct.pack("<I", 2) + b"--") * 300)
    twice = wav_bytes(bytes(8_000), tag=tag, before=wav_bytes(b"")[12:36])
    for data in (wav_bytes(bytes(8_000), tag=tag), b"RIFF" + struct.pack("<I", len(body)) + body, hidden, twice):
        with contextlib.suppress(AudioError):
            assert np.isfinite(audio.read(save(data))).all()


def test_an_ambisonic_wav_is_its_first_channel(save):
    """That of a microphone for all directions; the others say where a sound is."""
    channels = np.stack([tone(), tone(frequency_hz=700), tone(frequency_hz=900), tone(frequency_hz=300)], axis=1)
    extensible = struct.pack("<HHIIHHHHIH", 0xFFFE, 4, 44_100, 352_800, 8, 16, 22, 16, 0, 1)
    extensible += bytes.fromhex("00002107d3118644c8c1ca000000")
    data = pcm_bytes(channels)
    body = b"WAVEfmt " + struct.pack("<I", 40) + extensible + b"data" + struct.pack("<I", len(data)) + data
    result = audio.read(save(b"RIFF" + struct.pack("<I", len(body)) + body))
    np.testing.assert_allclose(result, tone(), atol=1e-4)


def test_wav_of_an_unknown_coding_is_refused(save):
    assert "an unknown coding (0x1234)" in refusal(save(wav_bytes(bytes(8_000), tag=0x1234)))


def test_shapes_that_only_the_decoder_knows_are_refused_too(save):
    assert "4,000 Hz" in refusal(save(tone(rate_hz=4_000), "AIFF", rate_hz=4_000))
    assert "9 channels" in refusal(save(np.tile(tone()[:, None], 9), "CAF"))


@pytest.mark.parametrize("rate_hz", [0, 1, 7_999, 192_001, 384_000, 2**32 - 1])
def test_refuses_rates_out_of_range(save, rate_hz):
    message = refusal(save(wav_bytes(pcm_bytes(tone()), rate_hz=rate_hz)))
    assert f"{rate_hz:,} Hz; 8,000 to 192,000 Hz" in message


@pytest.mark.parametrize("rate_hz", [0, 4_000, 655_350])
def test_refuses_flac_rates_out_of_range(save, rate_hz):
    data = flac_with(save(tone(), "FLAC").read_bytes(), rate_hz=rate_hz)
    assert f"{rate_hz:,} Hz" in refusal(save(data, "FLAC"))


@pytest.mark.parametrize("channels", [0, 9, 1_024, 65_535])
def test_refuses_channels_out_of_range(save, channels):
    assert f"{channels} channels; 1 to 8" in refusal(save(wav_bytes(bytes(200_000), channels=channels)))


def test_refuses_vorbis_and_opus_channels_out_of_range(save):
    for subtype, rate_hz, offset in (("VORBIS", 44_100, 28 + 11), ("OPUS", 48_000, 28 + 9)):
        data = bytearray(save(tone(), "OGG", subtype, rate_hz).read_bytes())
        data[offset] = 77
        assert "77 channels" in refusal(save(bytes(data), "OGG"))


@pytest.mark.parametrize(("tag", "bits"), [(1, 64), (1, 0), (3, 16)])
def test_refuses_odd_sample_widths(save, tag, bits):
    assert f"samples of {bits} bits" in refusal(save(wav_bytes(bytes(8_000), tag=tag, bits=bits)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_refuses_samples_that_are_not_finite_in_the_part_used(save, value, subtype):
    samples = np.stack([tone(2.0), tone(2.0)], axis=1)
    samples[30_000, 1] = value
    path = save(samples, "WAV", subtype)
    assert "not finite" in refusal(path)
    assert len(audio.read(path, start_s=1.0)) == SAMPLE_RATE_HZ
    assert len(audio.read(path, seconds=0.5)) == SAMPLE_RATE_HZ // 2


def test_refuses_silence_in_the_part_used(save):
    samples = np.concatenate([np.zeros(SAMPLE_RATE_HZ, np.float32), tone(1.0)])
    path = save(samples, "FLAC")
    message = refusal(path, seconds=1.0)
    assert "silent" in message
    assert "-70 dBFS" in message
    assert len(audio.read(path, start_s=1.0)) == SAMPLE_RATE_HZ
    assert "silent" in refusal(save(tone(level=0.9 * 10 ** (-70 / 20)), "WAV", "FLOAT"))
    assert len(audio.read(save(tone(level=1.1 * 10 ** (-70 / 20)), "WAV", "FLOAT")))


def test_too_short_says_which_is_at_fault(save):
    path = save(tone(1.0))
    assert "lasts 1.000 s; at least 2.000 s are needed" in refusal(path, shortest_samples=2 * SAMPLE_RATE_HZ)
    assert "leaves 0.100 s after the start at 0.9 s; at least 0.163 s" in refusal(
        path, start_s=0.9, shortest_samples=7_168
    )
    assert "0.1 s were asked for; at least 0.163 s" in refusal(path, seconds=0.1, shortest_samples=7_168)
    assert len(audio.read(path, shortest_samples=SAMPLE_RATE_HZ)) == SAMPLE_RATE_HZ
    assert "lasts 0.999 s; at least 1.000 s" in refusal(save(tone(1.0)[:-1]), shortest_samples=SAMPLE_RATE_HZ)


def test_start_beyond_the_end_or_the_limit(save):
    path = save(tone(1.0))
    assert "lasts 1.000 s; it cannot start at 1 s" in refusal(path, start_s=1.0)
    assert "between 0 and 3600 s" in refusal(path, start_s=3_601.0)
    for start_s in (-1.0, math.nan, math.inf):
        assert "start" in refusal(path, start_s=start_s)
    for seconds in (0.0, -1.0, math.nan):
        assert "more than 0" in refusal(path, seconds=seconds)


def test_messages_use_the_name_given(tmp_path):
    assert refusal(tmp_path / "upload-8f3a.wav", name="the content").startswith("There is no file the content")


def test_check_refuses_arrays_alike():
    audio.check(tone(), name="content", shortest_samples=len(tone()))
    bad = tone()
    bad[5] = np.nan
    for samples, words in ((bad, "not finite"), (0 * tone(), "silent"), (tone()[:-1], "lasts 0.499 s; at least 0.500")):
        with pytest.raises(AudioError, match=words):
            audio.check(samples, name="content", shortest_samples=len(tone()))


@pytest.mark.parametrize("level", [1e30, 3.4e38])
def test_absurd_levels_are_read_or_refused(save, level):
    path = save(np.float32(level) * np.sign(tone()), "WAV", "FLOAT", 48_000)
    try:
        samples = audio.read(path)
    except AudioError:
        return
    assert loudness.integrated_loudness(loudness.at_loudness(samples, -20.0)) == pytest.approx(-20, abs=1e-3)


def test_both_channels_are_read_where_they_are_asked_for(tmp_path):
    pair = (0.3 * np.random.default_rng(5).standard_normal((4410, 2))).astype(np.float32)
    soundfile.write(tmp_path / "pair.wav", pair, SAMPLE_RATE_HZ, subtype="FLOAT")
    soundfile.write(tmp_path / "one.wav", pair[:, 0], SAMPLE_RATE_HZ, subtype="FLOAT")
    both = audio.read_recording(tmp_path / "pair.wav", stereo=True)
    np.testing.assert_allclose(both.samples, pair, atol=1e-6)
    assert audio.read_recording(tmp_path / "one.wav", stereo=True).samples.shape == (4410,)
    assert audio.read(tmp_path / "pair.wav").shape == (4410,)


def test_opposed_channels_are_read_as_they_are(tmp_path):
    left = (0.3 * np.random.default_rng(6).standard_normal(4410)).astype(np.float32)
    soundfile.write(tmp_path / "pair.wav", np.stack([left, -left], axis=1), SAMPLE_RATE_HZ, subtype="FLOAT")
    read = audio.read_recording(tmp_path / "pair.wav", stereo=True)
    np.testing.assert_allclose(read.samples[:, 1], -read.samples[:, 0], atol=1e-6)
    assert read.notes == ()
    assert "nearly opposite" in audio.read_recording(tmp_path / "pair.wav").notes[0]


def test_a_recording_of_the_low_frequency_channel_alone_is_read_either_way(save):
    channels = np.zeros((len(tone()), 6), np.float32)
    channels[:, 3] = tone()
    path = save(channels, "WAVEX", "FLOAT")
    np.testing.assert_allclose(audio.read(path), tone(), atol=1e-6)
    middle = np.stack([tone(), tone()], axis=1) / np.sqrt(2)
    np.testing.assert_allclose(audio.read(path, stereo=True), middle, atol=1e-6)
