"""Kinds of sound files, and how one is written, for tests of what reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np

# Container of FFmpeg, its encoder, ending of the file, sample rate, samples that it may be longer or shorter. 1 is for
# an encoder that alters the sound, in a file that says where it begins and ends.
BY_FFMPEG = [
    ("ipod", "aac", "m4a", 44_100, 1),
    ("asf", "wmav2", "wma", 44_100, 4_200),
    ("matroska", "libopus", "mkv", 48_000, 400),
    ("ipod", "alac", "m4a", 44_100, 0),
    ("mp4", "aac", "mp4", 48_000, 1),
    ("mov", "pcm_s16le", "mov", 44_100, 0),
    ("webm", "libopus", "webm", 48_000, 400),
    ("ogg", "libopus", "opus", 48_000, 400),
    ("adts", "aac", "aac", 44_100, 2_200),
    ("mp3", "libmp3lame", "mp3", 44_100, 1_200),
    ("mp2", "mp2", "mp2", 44_100, 1_200),
    ("wav", "adpcm_ima_wav", "wav", 44_100, 2_100),
    ("wav", "adpcm_ms", "wav", 44_100, 2_100),
    ("wav", "pcm_mulaw", "wav", 8_000, 0),
    ("wav", "pcm_alaw", "wav", 8_000, 0),
    ("wav", "libmp3lame", "wav", 44_100, 2_400),
    ("aiff", "pcm_s24be", "aiff", 44_100, 0),
    ("aiff", "pcm_f32be", "aifc", 44_100, 0),
    ("au", "pcm_mulaw", "au", 44_100, 0),
    ("w64", "pcm_f32le", "w64", 44_100, 0),
    ("wv", "wavpack", "wv", 44_100, 0),
    ("flac", "flac", "flac", 44_100, 0),
    ("ogg", "flac", "oga", 44_100, 0),
    ("matroska", "flac", "mka", 44_100, 0),
    ("matroska", "pcm_s24le", "mka", 44_100, 0),
    ("matroska", "aac", "mka", 44_100, 2_200),
    ("caf", "pcm_s24be", "caf", 44_100, 0),
    ("caf", "alac", "caf", 44_100, 2_000),
    ("caf", "adpcm_ima_qt", "caf", 44_100, 2_100),
    ("aiff", "pcm_alaw", "aifc", 44_100, 0),
    ("aiff", "adpcm_ima_qt", "aifc", 44_100, 2_100),
    ("au", "pcm_f32be", "au", 44_100, 0),
    ("au", "pcm_alaw", "snd", 44_100, 0),
    ("asf", "wmav1", "wma", 44_100, 4_200),
    ("mp4", "alac", "mp4", 44_100, 0),
    ("3gp", "aac", "3gp", 44_100, 1),
    ("amr", "libopencore_amrnb", "amr", 8_000, 1_800),
]
BY_LIBSNDFILE = [
    ("RF64", "PCM_16", "rf64"),
    ("WAVEX", "PCM_24", "wav"),
    ("CAF", "FLOAT", "caf"),
    ("AIFF", "ULAW", "aif"),
    ("WAV", "PCM_16", "wav"),
    ("WAV", "DOUBLE", "wav"),
    ("FLAC", "PCM_24", "flac"),
    ("W64", "PCM_24", "w64"),
    ("AU", "PCM_16", "au"),
]
CODED_BY_LIBSNDFILE = [
    ("WAV", "GSM610", "wav"),
    ("OGG", "VORBIS", "ogg"),
    ("MP3", "MPEG_LAYER_III", "mp3"),
    ("CAF", "ALAC_16", "caf"),  # of which FFmpeg leaves out what its last packet is short of, up to 4,096 samples
]
LENGTH_SAID = [("ipod", "aac"), ("mp4", "aac"), ("3gp", "aac"), ("WAV", "GSM610")]
"""Of those all, where FFmpeg decodes more than the file says that there is."""


def write(path: Path, container: str, encoder: str, sound: np.ndarray, rate_hz: int, **options: str) -> Path:
    """`options` are those of the container."""
    with av.open(str(path), "w", format=container, options=options) as file:
        stream: Any = file.add_stream(encoder, rate=rate_hz, layout="mono")
        stream.bit_rate = 12_200 if container == "amr" else 128_000
        frame = av.AudioFrame.from_ndarray(sound[None].astype(np.float32), format="flt", layout="mono")
        frame.sample_rate, frame.pts = rate_hz, 0
        resampler = av.AudioResampler(stream.format, "mono", rate_hz, stream.frame_size or None)
        for each in [*resampler.resample(frame), *resampler.resample(None)]:
            file.mux(stream.encode(each))
        file.mux(stream.encode(None))
    return path
