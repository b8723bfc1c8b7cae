"""A process of its own that decodes a recording with FFmpeg, so that a bad file can end nothing but this process.

    python decode_child.py PATH DEMUXER OFFSET

It is started by its path, not as a module, and imports nothing of the package, which takes long. It writes a line of
JSON (sample rate, names of the channels), then blocks of float32, frame by frame, to standard output, as far as the
recording can be decoded. Exit status: 0; NO_SOUND if there is nothing to decode; BROKEN if it ended early.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

NO_SOUND, BROKEN = 3, 4
MAX_BYTES = 2**31
"""Of memory."""
MAX_CPU_S = 120
MOST_ERRORS = 200
"""Bad packets that are left out."""


def limit() -> None:
    """Bounds what this process may take, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, most in ((resource.RLIMIT_AS, MAX_BYTES), (resource.RLIMIT_CPU, MAX_CPU_S), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


class Part:
    """A file from an offset on: FFmpeg sees no path, so it opens nothing else that a file names."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self.file, self.offset = file, offset
        file.seek(offset)

    def read(self, size: int = -1) -> bytes:
        return self.file.read(size)

    def seek(self, position: int, whence: int = 0) -> int:
        return self.file.seek(position + (self.offset if whence == 0 else 0), whence) - self.offset

    def tell(self) -> int:
        return self.file.tell() - self.offset


def frames(container: Any, stream: Any, errors: list[Exception]) -> Iterator[Any]:
    """Frames of a stream; what cannot be decoded is left out and noted in `errors`."""
    from av.error import FFmpegError

    packets = container.demux(stream)
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


def main(path: str, demuxer: str, offset: int) -> int:
    limit()
    import av
    import numpy as np
    from av import logging
    from av.error import FFmpegError

    logging.set_level(logging.PANIC)
    out, errors = sys.stdout.buffer, []
    resampler: Any = None
    before = layout = rate = None
    with open(path, "rb") as file:
        try:
            container = av.open(Part(file, offset), format=demuxer)
        except (FFmpegError, ValueError):
            return NO_SOUND
        with container:
            if not container.streams.audio:
                return NO_SOUND
            stream = container.streams.audio[0]
            for frame in frames(container, stream, errors):
                now = frame.format.name, frame.layout.name, frame.sample_rate
                if not rate:
                    layout, rate = frame.layout, frame.sample_rate
                    told = {"rate_hz": rate, "channels": [channel.name for channel in layout.channels]}
                    out.write(json.dumps(told).encode() + b"\n")
                made = []
                if now != before:  # a stream that joins others may change
                    made = resampler.resample(None) if resampler else []
                    resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)
                    before = now
                frame.pts = None
                for each in [*made, *resampler.resample(frame)]:
                    out.write(np.ascontiguousarray(each.to_ndarray(), np.float32).tobytes())
            for each in resampler.resample(None) if resampler else []:
                out.write(np.ascontiguousarray(each.to_ndarray(), np.float32).tobytes())
    out.flush()
    return NO_SOUND if not rate else BROKEN if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
