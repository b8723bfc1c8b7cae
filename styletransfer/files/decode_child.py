"""A process of its own that decodes a recording, so that a bad file can end nothing but this process.

    python decode_child.py REQUEST

It is started by its path, not as a module, and imports nothing of the package, which takes long. REQUEST is JSON, with
the arguments of `main`. It writes a line of JSON (sample rate, names of the channels, how many there are), then blocks
of float32, frame by frame, to standard output, as far as the recording can be decoded. Exit status: 0; NO_SOUND if
there is none in it; FAILED if nothing can be decoded; BROKEN if something was left out.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

NO_SOUND, FAILED, BROKEN = 3, 4, 5
BLOCK_FRAMES = 16_384
LIBSNDFILE = "soundfile"
"""The decoder that is not one of FFmpeg's."""
MOST_ERRORS = 200
"""Bad packets that are left out."""
EDITS_ROUNDED_S = 1 / 600
"""The coarsest unit in which an edit list counts, as films have it: what it cuts off by less is rounded."""
BEGINS_STREAM = 2
"""The flag of an Ogg page with which a stream begins."""
_PCM = frozenset({"PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32"})
_SUBTYPES = {
    "WAV": _PCM | {"FLOAT", "DOUBLE", "ULAW", "ALAW"},
    "WAVEX": _PCM | {"FLOAT", "DOUBLE", "ULAW", "ALAW"},
    "FLAC": _PCM,
}


class CodingError(Exception):
    """A file that libsndfile cannot read, or is not to."""


def limit(most_bytes: int, most_cpu_s: int) -> None:
    """Bounds what this process may take, where the system can: it writes no file and leaves no memory behind."""
    try:
        import resource
    except ImportError:  # Windows
        return
    # Beyond the seconds of CPU the system ends it with SIGXCPU, and one later with SIGKILL.
    bounds = (
        (resource.RLIMIT_AS, most_bytes, most_bytes),
        (resource.RLIMIT_CPU, most_cpu_s, most_cpu_s + 1),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
    )
    for kind, soft, hard in bounds:
        allowed = resource.getrlimit(kind)[1]
        if allowed != resource.RLIM_INFINITY:
            soft, hard = min(soft, allowed), min(hard, allowed)
        resource.setrlimit(kind, (soft, hard))


def open_by_libsndfile(path: str) -> Any:
    """Open a file of plain samples or FLAC, to be closed by the caller.

    It is only read forward. soundfile otherwise seeks after every block; libsndfile fails there at the end of a FLAC
    stream of undeclared length (its last block is lost) and has been seen to hang on truncated ones. Raises
    CodingError.
    """
    import soundfile

    class ForwardFile(soundfile.SoundFile):
        def seekable(self) -> bool:
            return False

    try:
        # As bytes where names are bytes: not all of them are text.
        name: Any = path if sys.platform == "win32" else os.fsencode(path)
        file = ForwardFile(name)
    except (soundfile.LibsndfileError, MemoryError) as error:
        raise CodingError from error
    if file.subtype not in _SUBTYPES.get(file.format, ()):
        file.close()
        raise CodingError
    return file


def blocks_by_libsndfile(file: Any, errors: list[Exception]) -> Iterator[bytes]:
    """Blocks of float32 of such a file, frame by frame; an error that ends them is noted in `errors`."""
    import soundfile

    frame_bytes = 4 * file.channels
    buffer = bytearray(BLOCK_FRAMES * frame_bytes)
    position, count = 0, 1
    while count > 0 and not errors:
        try:
            count = file.buffer_read_into(buffer, "float32")
        except soundfile.LibsndfileError as error:  # damaged from here on; what was decoded before lies in the buffer
            errors.append(error)
            count = _decoded_before_error(file, position)
        yield bytes(memoryview(buffer)[: count * frame_bytes])
        position += count


def _decoded_before_error(file: Any, position: int) -> int:
    import soundfile

    try:
        return min(max(file.tell() - position, 0), BLOCK_FRAMES)
    except soundfile.LibsndfileError:
        return 0


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


def frames(container: Any, errors: list[Exception], length: int | None) -> Iterator[Any]:
    """Frames of the first sound, without what fills up its last packet; what cannot be decoded is left out and noted
    in `errors`.

    `length` is how many samples the file says that the sound has, None if that is to be seen from its packets.
    """
    from av.error import FFmpegError

    stream = container.streams.audio[0]
    is_film = "mov" in container.format.name and not stream.codec_context.codec.lossless
    packets, last, held, before = container.demux(stream), None, [], 0
    while len(errors) < MOST_ERRORS:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except FFmpegError as error:
            errors.append(error)
            break
        try:
            made = packet.decode()
        except FFmpegError as error:
            errors.append(error)
            continue
        if length is None and not is_film:
            yield from made
        elif made:
            yield from held
            before += sum(frame.samples for frame in held)
            last, held = packet, made
    if last and length is not None:
        held = beginning(held, length - before)
    elif last:
        held = beginning(held, sound_in(last, held, stream))
    yield from held


def sound_in(packet: Any, held: list[Any], stream: Any) -> int:
    """How many samples of the frames of an MP4's last packet are sound, as the packet says, or else its edit list."""
    first, there = held[0], sum(frame.samples for frame in held)
    ticks = packet.time_base * first.sample_rate
    if ticks > 1 or packet.pts is None or first.pts is None:
        return there
    own = round((packet.pts + (packet.duration or 0) - first.pts) * ticks)
    edited = round(((stream.start_time or 0) + (stream.duration or 0) - first.pts) * ticks)
    return own if 0 < own < there or edited > there - first.sample_rate * EDITS_ROUNDED_S else edited


def beginning(held: list[Any], count: int) -> list[Any]:
    """The first so many samples of frames; all of them where they are not as many, or `count` is absurd."""
    import av

    if not 0 < count < sum(frame.samples for frame in held):
        return held
    fifo = av.AudioFifo()
    for frame in held:
        frame.pts = None
        fifo.write(frame)
    return [fifo.read(count)]


class Output:
    """Standard output: frames of one rate and layout, those of the first frame."""

    def __init__(self) -> None:
        self.layout: Any = None
        self.fifo: Any = None
        self.resampler: Any = None
        self.rate_hz = self.before = None

    def write(self, frame: Any) -> None:
        """Writes a frame, the first after a line that says what is to come."""
        import av

        if self.layout is None:
            self.layout, self.rate_hz = frame.layout, frame.sample_rate
            tell(frame.sample_rate, len(frame.layout.channels), [channel.name for channel in frame.layout.channels])
        now = frame.format.name, frame.layout.name, frame.sample_rate
        if now != self.before:
            self.flush()
            self.resampler = av.AudioResampler(format="flt", layout=frame.layout, rate=self.rate_hz)
            self.fifo = av.AudioFifo()  # some codings have 64 samples in a frame: converting each takes long
            self.before = now
        frame.pts = None
        self.fifo.write(frame)
        if self.fifo.samples >= BLOCK_FRAMES:
            self._put(self.resampler.resample(self.fifo.read()))

    def flush(self) -> None:
        """Writes what is held back; the next frame may be of another kind."""
        if self.resampler is not None:
            left = self.fifo.read(partial=True)
            self._put([*(self.resampler.resample(left) if left else ()), *self.resampler.resample(None)])
        self.resampler = self.fifo = self.before = None

    def _put(self, made: list[Any]) -> None:
        for frame in made:
            n_bytes = 4 * frame.samples * len(frame.layout.channels)
            samples = memoryview(frame.planes[0])[:n_bytes]
            if frame.layout.name != self.layout.name:  # other channels than before: their mean, in each
                mean = frame.to_ndarray().reshape(-1, len(frame.layout.channels)).mean(axis=1, dtype="float32")
                samples = mean.repeat(len(self.layout.channels)).tobytes()
            sys.stdout.buffer.write(samples)


def tell(rate_hz: int, n_channels: int, names: list[str]) -> None:
    """Writes the line that says what is to come."""
    told = {"rate_hz": rate_hz, "n_channels": n_channels, "channels": names}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")


def with_libsndfile(path: str) -> int:
    """Decodes plain samples or FLAC to standard output and returns the exit status."""
    errors: list[Exception] = []
    try:
        file = open_by_libsndfile(path)
    except CodingError:
        return FAILED
    with file:
        tell(file.samplerate, file.channels, [])
        for block in blocks_by_libsndfile(file, errors):
            sys.stdout.buffer.write(block)
    return BROKEN if errors else 0


def with_ffmpeg(path: str, demuxer: str, offset: int, position: int, data: bytes, length: int | None) -> int:
    """Decodes the first sound that FFmpeg finds to standard output and returns the exit status."""
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
                for frame in frames(container, errors, length):
                    output.write(frame)
            output.flush()
    if output.rate_hz is None:
        return FAILED if heard or errors else NO_SOUND
    return BROKEN if errors else 0


def main(
    path: str,
    decoder: str,
    *,
    most_bytes: int,
    most_cpu_s: int,
    offset: int = 0,
    position: int = 0,
    data: str = "",
    length: int | None = None,
) -> int:
    """Decodes a recording to standard output and returns the exit status: see above.

    FFmpeg reads the file from `offset` on, with `data` (in hexadecimal) in place of the bytes at `position`. It has
    `length` samples, where the file says so. This process takes at most `most_bytes` of memory and `most_cpu_s` seconds
    of CPU.
    """
    limit(most_bytes, most_cpu_s)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # NumPy's threads, which are not needed, would take memory
    if decoder == LIBSNDFILE:
        status = with_libsndfile(path)
    else:
        status = with_ffmpeg(path, decoder, offset, position, bytes.fromhex(data), length)
    sys.stdout.buffer.flush()
    return status


if __name__ == "__main__":
    sys.exit(main(**json.loads(sys.argv[1])))
