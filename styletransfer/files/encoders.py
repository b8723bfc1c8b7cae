"""Samples as the bytes of a result's file, with its settings in them (settings_tags.py).

Samples are float, `(n_samples,)` or `(n_samples, 2)`, full scale at 1, and finite.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Iterator

import numpy as np

from styletransfer.engine import loudness
from styletransfer.files import result_formats, settings_tags
from styletransfer.files.result_formats import ResultFormat

BLOCK_FRAMES = 2**16
MP3_TRIES, MP3_MARGIN = 6, 0.005
"""Encodings of an MP3 at most. Its peak is known once it is decoded: the next is quieter by what was too much."""


def encode(samples: np.ndarray, sample_rate_hz: int, format_: ResultFormat, settings: str = "") -> bytes:
    """Make the bytes of a file of samples, attenuated to a peak of -1 dBFS where they are above.

    `settings` is a text that the file carries, none if it is empty. Raises ValueError where that is too long.
    """
    if format_ == result_formats.MP3:
        return settings_tags.id3_tag(settings) + _mp3(samples, sample_rate_hz)
    assert format_.bits is not None
    pcm = _pcm(samples, format_.bits)
    if format_ == result_formats.FLAC:
        shifted = np.concatenate(list(pcm)) << (32 - format_.bits)  # libsndfile takes the upper bits
        flac = _through_libsndfile(shifted, sample_rate_hz, format="FLAC", subtype=f"PCM_{format_.bits}")
        return settings_tags.with_vorbis_comment(flac, settings)
    return _wav(pcm, samples.shape, format_.bits, sample_rate_hz, settings_tags.wav_chunk(settings))


def _pcm(samples: np.ndarray, bits: int) -> Iterator[np.ndarray]:
    """Whole numbers of so many bits, in int32, a block at a time: a long sound fills much of the memory by itself."""
    full_scale = 2 ** (bits - 1)
    # The greatest value at or below the ceiling, so that rounding cannot step over it.
    highest = math.floor(full_scale * 10 ** (loudness.PEAK_CEILING_DBFS / 20))
    gain = loudness.peak_gain(samples, 20 * math.log10(highest / full_scale))
    for start in range(0, len(samples), BLOCK_FRAMES):
        limited = (samples[start : start + BLOCK_FRAMES].astype(np.float64) * gain).astype(np.float32)
        yield np.clip(np.rint(limited * full_scale), -highest, highest).astype("<i4")


def _wav(pcm: Iterator[np.ndarray], shape: tuple[int, ...], bits: int, sample_rate_hz: int, chunk: bytes) -> bytes:
    n_channels = 1 if len(shape) == 1 else shape[1]
    width = bits // 8
    frame_bytes = n_channels * width
    data_bytes = shape[0] * frame_bytes
    padding = bytes(data_bytes % 2)
    size = 36 + data_bytes + len(padding) + len(chunk)
    header = struct.pack("<4sI4s", b"RIFF", size, b"WAVE")
    header += struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, n_channels, sample_rate_hz, sample_rate_hz * frame_bytes, frame_bytes, bits
    )
    header += struct.pack("<4sI", b"data", data_bytes)
    blocks = [block.view(np.uint8).reshape(-1, 4)[:, :width].tobytes() for block in pcm]
    return b"".join((header, *blocks, padding, chunk))


def _mp3(samples: np.ndarray, sample_rate_hz: int) -> bytes:
    """An MP3 of the best variable bit rate, which when decoded keeps the peak too."""
    import soundfile

    ceiling = 10 ** (loudness.PEAK_CEILING_DBFS / 20)
    tried = loudness.limit_peak(samples, loudness.PEAK_CEILING_DBFS).astype(np.float32)
    mp3 = b""
    for attempt in range(1, MP3_TRIES + 1):
        mp3 = _through_libsndfile(
            tried,
            sample_rate_hz,
            format="MP3",
            subtype="MPEG_LAYER_III",
            bitrate_mode="VARIABLE",
            compression_level=0.0,
        )
        peak = np.abs(soundfile.read(io.BytesIO(mp3), dtype="float32")[0]).max(initial=0.0)
        if peak <= ceiling:
            break
        # What is taken off is not what comes off: each time a little more.
        tried = tried * np.float32((1 - MP3_MARGIN * attempt) * ceiling / peak)
    return mp3


def _through_libsndfile(samples: np.ndarray, sample_rate_hz: int, **options: object) -> bytes:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, samples, sample_rate_hz, **options)  # pyright: ignore[reportArgumentType]
    return file.getvalue()
