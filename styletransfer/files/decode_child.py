"""A process of its own that decodes a recording with FFmpeg, so that a bad file can end nothing but this process.

    python decode_child.py PATH DEMUXER OFFSET [POSITION BYTES]

It is started by its path, not as a module, and imports nothing of the package, which takes long. It reads the file from
OFFSET on, with BYTES (in hexadecimal) in place of those at POSITION. It writes a line of JSON (sample rate, names of
the channels), then blocks of float32, frame by frame, to standard output, as far as the recording can be decoded. Exit
status: 0; NO_SOUND if there is none in it; FAILED if nothing can be decoded; BROKEN if something was left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

NO_SOUND, FAILED, BROKEN = 3, 4, 5
MAX_BYTES = 2**31
"""Of memory."""
MAX_CPU_S = 120
MOST_ERRORS = 200
"""Bad packets that are left out."""
BEGINS_STREAM = 2
"""The flag of an Ogg page with which a stream begins."""


def limit() -> None:
    """Bounds what this process may take, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, most in ((resource.RLIMIT_AS, MAX_BYTES), (resource.RLIMIT_CPU, MAX_CPU_S), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


class Part:
    """A part of a file: FFmpeg sees no path, so it opens nothing else that a file names."""

    def __init__(self, file: BinaryIO, start: int, end: int, position: int = 0, data: bytes = b"") -> None:
        self.file, self.start, self.end = file, start, end
        self.position, self.data = position, data
        file.seek(start)

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, or all that are left, with `data` in place of those at `position`."""
        place = self.file.tell()
        left = max(0, self.end - place)
        block = bytearray(self.file.read(left if size < 0 else min(size, left)))
        for i, byte in enumerate(self.data, self.position - place):
            if 0 <= i < len(block):
                block[i] = byte
        return bytes(block)

    def seek(self, position: int, whence: int = 0) -> int:
        """Go to a position, counted as by `io.IOBase.seek`, and return it from the start of the part."""
        base = {0: self.start, 1: self.file.tell(), 2: self.end}[whence]
        return self.file.seek(max(base + position, 0)) - self.start

    def tell(self) -> int:
        """Tell the position, from the start of the part."""
        return self.file.tell() - self.start


def links(file: BinaryIO, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of an Ogg file that were joined: each begins with a page that begins a stream, after one that does
    not."""
    begins, position, before = [start], start, True
    while position < end:
        file.seek(position)
        head = file.read(27)
        if head[:4] != b"OggS" or len(head) < 27:
            break
        now = bool(head[5] & BEGINS_STREAM)
        if now and not before:
            begins.append(position)
        before = now
        position += 27 + head[26] + sum(file.read(head[26]))
    return list(zip(begins, [*begins[1:], end], strict=True))


def frames(container: Any, errors: list[Exception]) -> Iterator[Any]:
    """Frames of the first sound; what cannot be decoded is left out and noted in `errors`."""
    from av.error import FFmpegError

    packets = container.demux(container.streams.audio[0])
    while len(errors) < MOST_ERRORS:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except FFmpegError as error:
            errors.append(error)
            return
        try:
            yield from packet.decode()
        except FFmpegError as error:
            errors.append(error)


class Output:
    """Standard output: frames of one rate and layout, those of the first frame."""

    def __init__(self) -> None:
        self.layout: Any = None
        self.resampler: Any = None
        self.rate_hz = self.before = None

    def write(self, frame: Any) -> None:
        """Writes a frame, the first after a line that says what is to come."""
        import av

        if self.layout is None:
            self.layout, self.rate_hz = frame.layout, frame.sample_rate
            told = {"rate_hz": self.rate_hz, "channels": [channel.name for channel in frame.layout.channels]}
            sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")
        now = frame.format.name, frame.layout.name, frame.sample_rate
        if now != self.before:
            self.flush()
            self.resampler = av.AudioResampler(format="flt", layout=frame.layout, rate=self.rate_hz)
            self.before = now
        frame.pts = None
        self._put(self.resampler.resample(frame))

    def flush(self) -> None:
        """Writes what is held back; the next frame may be of another kind."""
        if self.resampler is not None:
            self._put(self.resampler.resample(None))
        self.resampler = self.before = None

    def _put(self, made: list[Any]) -> None:
        for frame in made:
            samples = frame.to_ndarray().astype("float32")
            if frame.layout.name != self.layout.name:  # other channels than before: their mean, in each
                mean = samples.reshape(-1, len(frame.layout.channels)).mean(axis=1)
                samples = mean.repeat(len(self.layout.channels))
            sys.stdout.buffer.write(samples.tobytes())


def main(path: str, demuxer: str, offset: int, position: int = 0, data: bytes = b"") -> int:
    """Decodes a recording to standard output and returns the exit status: see above."""
    limit()
    import av
    from av import logging
    from av.error import FFmpegError

    logging.set_level(logging.PANIC)
    output, errors, heard = Output(), [], False
    with open(path, "rb") as file:
        end = file.seek(0, 2)
        parts = links(file, offset, end) if demuxer == "ogg" else [(offset, end)]
        for begin, stop in parts:
            try:
                container = av.open(Part(file, begin, stop, position, data), format=demuxer)
            except (FFmpegError, ValueError) as error:
                errors.append(error)
                continue
            with container:
                if not container.streams.audio:
                    continue
                heard = True
                for frame in frames(container, errors):
                    output.write(frame)
            output.flush()
    sys.stdout.buffer.flush()
    if output.rate_hz is None:
        return FAILED if heard or errors else NO_SOUND
    return BROKEN if errors else 0


if __name__ == "__main__":
    path, demuxer, offset, position, data = [*sys.argv[1:], "0", ""][:5]
    sys.exit(main(path, demuxer, int(offset), int(position), bytes.fromhex(data)))
