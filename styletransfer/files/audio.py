"""Sound in and out: the only file I/O of sound.

Samples are float32 at `SAMPLE_RATE_HZ` unless said otherwise, mono `(n_samples,)` or stereo `(n_samples, 2)`, full
scale at 1. A recording is untrusted: its first bytes decide whether the decoder sees it, its declared length is never
used, and it is decoded forward in blocks up to a cap. Every refusal is an AudioError whose message is what a person
should read.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soxr

from styletransfer.errors import AudioError, WritingError
from styletransfer.files import atomic, decoders, downmix, encoders, file_headers, result_formats, settings_tags
from styletransfer.files.header import Header
from styletransfer.files.result_formats import ResultFormat
from styletransfer.settings import SAMPLE_RATE_HZ

MAX_START_S = 3_600.0  # everything before the start is decoded and dropped
MAX_EXCERPT_S = 900.0
SILENCE_DBFS = -70.0
MAX_SAMPLES = 2 * round(MAX_EXCERPT_S * SAMPLE_RATE_HZ)
"""Of all channels of an excerpt together, at SAMPLE_RATE_HZ, which are held in memory: the longest in stereo."""


class SlowReadingError(AudioError):
    """A recording could not be read in time; that may be for what else the machine does."""


class Recording(NamedTuple):
    """A recording that was read."""

    samples: np.ndarray
    """`(n_samples,)` float32 at SAMPLE_RATE_HZ, or `(n_samples, 2)` where both channels were asked for"""
    notes: tuple[str, ...] = ()
    """what a person should know about how it was read, a sentence each"""


class _Decoded(NamedTuple):
    channels: np.ndarray  # (n_frames, n_channels) at SAMPLE_RATE_HZ
    rate_hz: int  # the file's own
    positions: tuple[str, ...]
    frames_seen: int  # decoded frames, from the start of the file, at its own rate
    is_broken: bool  # the decoder gave up there, or left something out


def read(path: str | os.PathLike[str], **options: Any) -> np.ndarray:
    """Read the samples of an excerpt of a recording, `(n_samples,)` float32 at SAMPLE_RATE_HZ.

    `options` and errors are those of `read_recording`.
    """
    return read_recording(path, **options).samples


def read_recording(
    path: str | os.PathLike[str],
    *,
    start_s: float = 0.0,
    seconds: float | None = None,
    shortest_samples: int = 1,
    name: str | None = None,
    stereo: bool = False,
) -> Recording:
    """Read an excerpt of a recording, and what a person should know about it.

    It is mixed to one channel (downmix.py), or with `stereo`, if it has more than one, to two, and resampled, at its
    own level. It starts at `start_s` and lasts at most
    `seconds`; without `seconds` it is all the rest, which may be MAX_EXCERPT_S. `name` is what messages call the
    recording, its path if left out. A file that breaks off is read as far as it goes. Silence and impossible samples
    matter in the excerpt only. Its samples are at least `shortest_samples` long. Raises AudioError for anything that
    cannot be read or used.
    """
    label = str(os.fspath(path)) if name is None else name
    if not 0 <= start_s <= MAX_START_S:
        raise AudioError(f"{label}: the start is {start_s:g} s; it must lie between 0 and {MAX_START_S:g} s.")
    if seconds is not None and not seconds > 0:
        raise AudioError(f"{label}: the length asked for is {seconds:g} s; ask for more than 0.")
    length_s = MAX_EXCERPT_S + 1 if seconds is None else min(seconds, MAX_EXCERPT_S + 1)
    header = file_headers.check_file(path, label)
    with decoding(path, header, label) as stream:
        return excerpt(stream, label, start_s, length_s, shortest_samples=shortest_samples, stereo=stereo)


@contextmanager
def decoding(path: str | os.PathLike[str], header: Header, label: str) -> Iterator[decoders.Stream]:
    """Open a recording to be decoded, its rate and channels checked.

    Raises AudioError, also for what fails inside.
    """
    try:
        with decoders.decoding(path, header) as stream:
            file_headers.check_shape(label, stream.rate_hz, stream.n_channels)
            yield stream
    except decoders.NoSoundError:
        raise AudioError(f"{label} holds no sound. Use a recording, or a film with sound.") from None
    except decoders.DecodingError as error:
        raise AudioError(_damage_message(label)) from error
    except decoders.TooLongError as error:
        kind = SlowReadingError if isinstance(error, decoders.TooSlowError) else AudioError
        raise kind(
            f"{label} takes too long to read. Start earlier in it, cut it, or save it with fewer channels or at a "
            "lower sample rate."
        ) from error


def excerpt(
    stream: decoders.Stream,
    label: str,
    start_s: float,
    length_s: float,
    *,
    shortest_samples: int,
    stereo: bool = False,
) -> Recording:
    """Take an excerpt of a recording that is being decoded; nothing after it is.

    `label` is what messages call the recording; the rest as in `read_recording`. Raises AudioError.
    """
    decoded = _decode(stream, label, start_s, length_s, stereo=stereo)
    notes: tuple[str, ...] = ()
    if stereo and decoded.channels.shape[1] == 2:
        samples = decoded.channels
    else:
        samples, notes = downmix.to_mono(decoded.channels, decoded.positions)
    if len(samples) < shortest_samples:
        raise AudioError(_too_short(decoded, label, start_s, length_s, len(samples), shortest_samples))
    check(samples, name=label)
    if decoded.is_broken:
        notes = (*notes, f"it is damaged: {len(samples) / SAMPLE_RATE_HZ:.1f} s of it could be read.")
    return Recording(samples, tuple(f"{label}: {note}" for note in notes))


def check(samples: np.ndarray, *, name: str, shortest_samples: int = 1) -> None:
    """Refuse samples that no transfer can use.

    They are `(n_samples,)` at SAMPLE_RATE_HZ; `name` is what messages call them. Raises AudioError if they are shorter
    than `shortest_samples`, not finite numbers, or nowhere above SILENCE_DBFS.
    """
    if len(samples) < shortest_samples:
        length_s, shortest_s = _seconds_and_least(len(samples), shortest_samples)
        raise AudioError(f"{name} lasts {length_s} s; at least {shortest_s} s are needed. Use a longer recording.")
    check_finite(samples, name=name)
    if max(samples.max(initial=0.0), -samples.min(initial=0.0)) <= 10 ** (SILENCE_DBFS / 20):
        raise AudioError(
            f"{name} is silent in the part used: no sample is above {SILENCE_DBFS:g} dBFS. "
            "Use a louder part or recording."
        )


def check_finite(samples: np.ndarray, *, name: str) -> None:
    """Refuse samples, of any number of channels, that are not finite numbers. Raises AudioError."""
    if not np.isfinite(samples).all():
        raise AudioError(
            f"{name} has samples that are not finite numbers (NaN or infinite) in the part used. Save it again."
        )


def _decode(stream: decoders.Stream, label: str, start_s: float, length_s: float, *, stereo: bool) -> _Decoded:
    """The part asked for; nothing after it is decoded. More than two channels are mixed to two where `stereo` is."""
    rate_hz, mixes = stream.rate_hz, stereo and stream.n_channels > 2
    skipped, longest = round(start_s * rate_hz), round(MAX_EXCERPT_S * rate_hz)
    end = skipped + math.ceil(length_s * rate_hz)
    mixer = downmix.StereoMixer(stream.positions)
    position, kept = 0, _Resampled(rate_hz, 2 if mixes else stream.n_channels, length_s, label)
    for block in stream.blocks:
        part = block[max(0, skipped - position) : end - position]
        position += min(len(block), end - position)
        check_finite(part, name=label)
        kept.add(mixer.mix(part) if mixes else part)
        if position >= end:
            break
    if position == 0:
        raise AudioError(_damage_message(label))
    if position <= skipped:
        raise AudioError(f"{label} lasts {position / rate_hz:.3f} s; it cannot start at {start_s:g} s. Start earlier.")
    if position - skipped > longest:
        raise AudioError(f"{label} has more than {MAX_EXCERPT_S:g} s to read. Ask for fewer seconds, or cut it.")
    return _Decoded(kept.all(), rate_hz, stream.positions, position, stream.is_broken)


class _Resampled:
    """Blocks at a rate of their own, as one array at SAMPLE_RATE_HZ that takes no more memory than it needs."""

    def __init__(self, rate_hz: int, n_channels: int, length_s: float, label: str) -> None:
        same = rate_hz == SAMPLE_RATE_HZ
        self.stream = None if same else soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, n_channels)
        self.most, self.n_channels, self.label = round(length_s * SAMPLE_RATE_HZ), n_channels, label
        # What is never written takes no memory.
        self.kept = np.empty((min(self.most, MAX_SAMPLES // n_channels), n_channels), np.float32)
        self.count = 0

    def add(self, block: np.ndarray, *, last: bool = False) -> None:
        """Take the next block. Raises AudioError where all channels together have too many samples."""
        made = np.clip(block, -downmix.LOUDEST, downmix.LOUDEST)
        if self.stream is not None:
            made = self.stream.resample_chunk(made, last=last).reshape(-1, self.n_channels)
        made = made[: self.most - self.count]
        if self.count + len(made) > len(self.kept):
            raise AudioError(
                f"{self.label} has too much to read at once. Ask for fewer seconds, cut it, or save it in stereo."
            )
        self.kept[self.count : self.count + len(made)] = made
        self.count += len(made)

    def all(self) -> np.ndarray:
        """What was taken, `(n_samples, n_channels)`."""
        self.add(np.zeros((0, self.n_channels), np.float32), last=True)
        return self.kept[: self.count]


def _damage_message(label: str) -> str:
    return f"{label} holds no sound that can be decoded: it is damaged or cut off. Save or download it again."


def _seconds_and_least(n_samples: int, shortest_samples: int) -> tuple[str, str]:
    """Both in seconds, rounded apart so that what is shorter also reads shorter."""
    thousandths = 1000 / SAMPLE_RATE_HZ
    return (
        f"{math.floor(n_samples * thousandths) / 1000:.3f}",
        f"{math.ceil(shortest_samples * thousandths) / 1000:.3f}",
    )


def _too_short(
    decoded: _Decoded, label: str, start_s: float, length_s: float, n_samples: int, shortest_samples: int
) -> str:
    """Says which of the three is at fault: the length asked for, the start, or the recording."""
    left_s, shortest_s = _seconds_and_least(n_samples, shortest_samples)
    if round(length_s * SAMPLE_RATE_HZ) < shortest_samples:
        return f"{label}: {length_s:g} s were asked for; at least {shortest_s} s are needed. Ask for more."
    recording_s = decoded.frames_seen / decoded.rate_hz
    if decoded.is_broken:
        return f"{label} is damaged: it can be decoded for {recording_s:.3f} s only. Save or download it again."
    if recording_s * SAMPLE_RATE_HZ >= shortest_samples:
        return (
            f"{label} lasts {recording_s:.3f} s, which leaves {left_s} s after the start at {start_s:g} s; "
            f"at least {shortest_s} s are needed. Start earlier."
        )
    return f"{label} lasts {left_s} s; at least {shortest_s} s are needed. Use a longer recording."


def check_destination(path: str | os.PathLike[str]) -> Path:
    """Find the file that `write` would make, and refuse one that it could not.

    Links are followed. Raises AudioError; worth asking before the work.
    """
    target = Path(os.path.realpath(path))
    if not os.path.isdir(target.parent):
        raise WritingError(f"There is no folder {target.parent}. Make it first, or write elsewhere.")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise WritingError(f"There is no permission to write in {target.parent}. Write elsewhere.")
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return target
    except OSError as error:
        raise WritingError(_unwritable(path, error)) from error
    if stat.S_ISDIR(mode):
        raise AudioError(f"{path} is a folder. Give the name of a file in it.")
    if not stat.S_ISREG(mode):
        raise AudioError(f"{path} is not an ordinary file. Give another name.")
    return target


def write(
    path: str | os.PathLike[str],
    samples: np.ndarray,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
    *,
    format_: ResultFormat | None = None,
    settings: str = "",
) -> None:
    """Write samples `(n_samples,)`, or `(n_samples, 2)`, as a result's file.

    It is of the format that `path` ends in, a 16-bit WAV for .wav, unless `format_` is given, and carries the text
    `settings` (settings_tags.py), if there is one. Samples are attenuated to a peak of -1 dBFS where they are above.
    The file appears whole or not at all: it is made under another name in the same folder and then renamed. Raises
    AudioError for samples that are not finite or of another shape, for other endings, and where the file cannot be
    written.
    """
    samples = np.asarray(samples)
    if samples.size == 0 or samples.ndim > 2 or (samples.ndim == 2 and samples.shape[1] != 2):
        raise AudioError(f"{path} was not written: its samples have the shape {samples.shape}, not one row or two.")
    if not np.isfinite(samples).all():
        raise AudioError(f"{path} was not written: it has samples that are not finite numbers.")
    target = check_destination(path)
    format_ = format_ or result_formats.named(path)
    try:
        atomic.write_bytes(target, encoders.encode(samples, sample_rate_hz, format_, settings))
    except OSError as error:
        raise WritingError(_unwritable(path, error)) from error


def convert(source: str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
    """Write what `write` has written in the format that `path` ends in, with its settings.

    Its samples are those of `source`, both channels where it has two. Raises AudioError.
    """
    samples = read_recording(source, stereo=True).samples
    write(path, samples, settings=settings_tags.settings_in(source) or "")


def _unwritable(path: str | os.PathLike[str], error: OSError) -> str:
    return f"{path} cannot be written: {error.strerror or error}. Write elsewhere."
