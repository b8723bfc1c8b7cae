"""A page that serves others, and what goes wrong around it: `python -m benchmarks.faults`. Linux, as root, on loopback.

Each fault is brought about so often, on a page in a process of its own; what counts is what visitors are told, what is
lost, and whether the next transfer is made. A disk that is full is a small one in memory; a machine of 2 GB is a
control group (version 1 or 2). Writes Markdown to standard output.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import re
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import httpx
import numpy as np
import soundfile
from gradio_client import Client, handle_file

from benchmarks import machine, pages, recordings
from benchmarks.listeners_at_once import choice, hello, test_of_samples
from benchmarks.load import SENTENCE, UNFORESEEN
from benchmarks.pages import Page
from styletransfer.listening.store import DATABASE
from styletransfer.runtime import compile_cache

ALONE = {"preset": "quick", "seconds": 3}
SMALL_DISK = "24m"
LITTLE_MEMORY_BYTES = 2 * 10**9


class Row(NamedTuple):
    """What came of a fault."""

    fault: str
    times: int
    told: str
    lost: str


class Faults:
    """Folders for a page, and the faults that can be brought about around one."""

    def __init__(self, folder: Path, times: int) -> None:
        self.folder, self.times = folder, times
        self.private, self.data, self.cache = (folder / name for name in ("private", "data", "cache"))
        self.chance = random.Random(0)
        self.plan = test_of_samples(self.data)

    @contextlib.contextmanager
    def page(self, within: Sequence[str] = (), **environment: str) -> Iterator[Page]:
        """A page over the folders."""
        own = {"GRADIO_TEMP_DIR": str(self.private), compile_cache.VARIABLE: str(self.cache)}
        options = "--no-warmup", "--public", "--data", str(self.data)
        with pages.page(*options, environment=own | environment, within=within) as page:
            yield page

    def killed_worker(self) -> Row:
        """kill -9 of the worker, at any moment of a transfer."""
        outcomes = []
        with self.page() as page:
            transfer(page)
            for _ in range(self.times):
                job = _submit(page)
                time.sleep(self.chance.uniform(0.2, 4))
                for worker in pages.workers(page.process.pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker, signal.SIGKILL)
                outcomes.append(_outcome(job.result))
        return Row("worker killed (-9) during a transfer", self.times, *_summed(outcomes))

    def killed_server(self) -> Row:
        """kill -9 of the server, with a transfer under way and an answer just acknowledged."""
        lost_answers, left, again = 0, 0, []
        for _ in range(times := max(3, self.times // 4)):
            with self.page() as page:
                answered = _answer(page, self.plan.address)
                _submit(page)
                time.sleep(self.chance.uniform(0.2, 3))
                page.process.kill()
            with self.page() as page:
                lost_answers += not _is_kept(page, self.plan.address, answered)
                left += len(list(self.private.glob("*"))) - 1
                again.append(_outcome(lambda: transfer(page)))
        lost = f"the transfer under way; answers: {lost_answers}; files left behind: {left}"
        return Row("server killed (-9)", times, f"started again: {_summed(again)[0]}", lost)

    def full_disk(self) -> Row:
        """No room for uploads and results, and then room again."""
        disk = self.folder / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "none", disk], check=True)
        try:
            with self.page(GRADIO_TEMP_DIR=str(disk)) as page:
                filler = disk / "filler"
                filler.write_bytes(bytes(_free_bytes(disk) - 50_000))
                outcomes = [_outcome(lambda: transfer(page)) for _ in range(self.times)]
                filler.unlink()
                after = _outcome(lambda: transfer(page))
        finally:
            subprocess.run(["umount", "--lazy", disk], check=True)
        told, lost = _summed(outcomes)
        return Row("disk full", self.times, told, f"{lost}; with room again: {after}")

    def read_only(self) -> Row:
        """A folder of compiled programs that cannot be written, and one of answers."""
        told = []
        for name, variable in (("programs", {compile_cache.VARIABLE: ""}), ("answers", {})):
            folder = self.folder / f"read-only-{name}"
            folder.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=1m", "none", folder], check=True)
            try:
                if variable:
                    with self.page(**{compile_cache.VARIABLE: str(folder)}) as page:
                        told.append(f"{name}: {_outcome(lambda: transfer(page))}")
                else:
                    told.append(f"{name}: {_refused_start('--public', '--data', str(folder))}")
            finally:
                subprocess.run(["umount", "--lazy", folder], check=True)
        return Row("folders that cannot be written", 2, "; ".join(told), "nothing")

    def slow_client(self) -> Row:
        """Clients that take their sound at 5 kB/s, while others make transfers."""
        with self.page() as page:
            sound = transfer(page)
            quiet_s = _seconds(lambda: transfer(page))
            with contextlib.ExitStack() as stack:
                for _ in range(10):
                    answer = stack.enter_context(httpx.stream("GET", f"{page.url}/gradio_api/file={sound}"))
                    next(answer.iter_raw(5000))
                beside_s = _seconds(lambda: transfer(page))
        return Row("10 slow clients", 1, f"a transfer beside them takes {beside_s / quiet_s:.1f} x the time", "nothing")

    def cut_uploads(self) -> Row:
        """Uploads whose connection is lost."""
        with self.page() as page:
            for _ in range(self.times):
                with contextlib.suppress(ConnectionAbortedError, httpx.HTTPError):
                    httpx.post(
                        f"{page.url}/gradio_api/upload",
                        content=_cut_body(),
                        headers={"Content-Type": "multipart/form-data; boundary=x"},
                    )
            time.sleep(2)
            # Parts of uploads lie right in the server's own folder, beside its lock.
            left = sum(path.stat().st_size for path in self.private.glob("*/*") if path.is_file())
            after = _outcome(lambda: transfer(page))
        return Row("upload cut", self.times, f"{left / 1e6:.1f} MB left on the disk", f"nothing; the next: {after}")

    def damaged_programs(self) -> Row:
        """Compiled programs that are others' bytes."""
        with self.page() as page:
            transfer(page)
        damaged = [path for path in self.cache.rglob("*-cache") if path.is_file()]
        for path in damaged:
            path.write_bytes(self.chance.randbytes(path.stat().st_size))
        with self.page() as page:
            after = _outcome(lambda: transfer(page))
        return Row("compiled programs damaged", len(damaged), f"the next transfer: {after}", "nothing")

    def damaged_database(self) -> Row:
        """A database of answers that is overwritten."""
        lost = 0
        for _ in range(times := max(3, self.times // 4)):
            with self.page() as page:
                answered = _answer(page, self.plan.address)
            database = self.data / DATABASE
            database.write_bytes(self.chance.randbytes(database.stat().st_size))
            with self.page() as page:
                lost += not _is_kept(page, self.plan.address, answered)
        aside = len([path for path in self.data.glob(f"{DATABASE}.damaged-*") if path.suffix.count("-") == 1])
        return Row("database of answers damaged", times, f"{aside} moved aside", f"answers: {lost}")

    def little_memory(self) -> Row:
        """`balanced`, 10 s, on a machine of 2 GB, and a transfer that is too large for it."""
        with _memory_group(LITTLE_MEMORY_BYTES) as within, self.page(within) as page:
            outcomes = [_outcome(lambda: transfer(page, preset="balanced", seconds=10)) for _ in range(3)]
        return Row("2 GB of memory, balanced", 3, *_summed(outcomes))


def transfer(page: Page, **options: Any) -> str:
    """A result's path on the server. Raises what the page says."""
    return _submit(page, **options).result()


_lengths = itertools.count(44_100, 441)


def _submit(page: Page, **options: Any) -> Any:
    """A transfer of the drum kit's sound to noise of a length of its own, that has been asked for."""
    path = Path(tempfile.gettempdir(), f"content-{secrets.token_hex(4)}.wav")
    seconds = int((ALONE | options)["seconds"])
    sound, rate_hz = soundfile.read(recordings.SAMPLES / "piano.flac", frames=seconds * next(_lengths), dtype="float32")
    soundfile.write(path, np.asarray(sound), rate_hz)
    client = Client(page.url, verbose=False, download_files=False)
    sounds = handle_file(str(path)), handle_file(str(recordings.SAMPLES / "drumkit.flac"))
    return client.submit(content=sounds[0], style=sounds[1], api_name="/stylize", **(ALONE | options))


def _outcome(act: Callable[[], Any]) -> str:
    """ "a result", a sentence, or what it should not have been."""
    try:
        return "a result" if act() else "NOTHING"
    except Exception as error:
        # gradio_client says of an upload that is refused the status alone.
        message = error.response.text if isinstance(error, httpx.HTTPStatusError) else str(error)
        is_sentence = SENTENCE.match(message) and not UNFORESEEN.search(message)
        return message if is_sentence else f"NO SENTENCE: {type(error).__name__}: {message[:200]}"


def _summed(outcomes: list[str]) -> tuple[str, str]:
    """What was told, and how many got no result."""
    told = "; ".join(f"{outcomes.count(each)} x {each}" for each in dict.fromkeys(outcomes))
    without = sum(each != "a result" for each in outcomes)
    return told, f"{without} results" if without else "nothing"


def _seconds(act: Callable[[], Any]) -> float:
    begun_s = time.monotonic()
    act()
    return time.monotonic() - begun_s


def _answer(page: Page, address: str) -> str:
    """The name of a listener of whom an answer was acknowledged."""
    name = f"listener-{secrets.token_hex(4)}"
    given = choice(_begin(page, address, name), 0)
    httpx.post(f"{page.url}/{address}/answer", json=given, timeout=60).raise_for_status()
    return name


def _begin(page: Page, address: str, name: str) -> dict[str, Any]:
    return httpx.post(f"{page.url}/{address}/begin", json=hello(name), timeout=60).raise_for_status().json()


def _is_kept(page: Page, address: str, name: str) -> bool:
    return bool(_begin(page, address, name).get("answered"))


def _cut_body() -> Iterator[bytes]:
    yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n' + bytes(5_000_000)
    raise ConnectionAbortedError


def _refused_start(*options: str) -> str:
    """What the command says that cannot start."""
    try:
        with pages.page(*options):
            return "started"
    except pages.NotServedError as error:
        return re.sub(r"/\S+/", "…/", str(error)).strip()


def _free_bytes(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


@contextlib.contextmanager
def _memory_group(most_bytes: int) -> Iterator[list[str]]:
    """A control group of so much memory, as a command that starts another one in it."""
    first = Path("/sys/fs/cgroup/memory")
    is_first = first.is_dir()
    group = (first if is_first else Path("/sys/fs/cgroup")) / f"styletransfer-{secrets.token_hex(4)}"
    group.mkdir()
    (group / ("memory.limit_in_bytes" if is_first else "memory.max")).write_text(str(most_bytes))
    try:
        yield ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs")]
    finally:
        with contextlib.suppress(OSError):
            group.rmdir()


NAMES = [
    name for name, value in vars(Faults).items() if not name.startswith("_") and name != "page" and callable(value)
]


@click.command()
@click.option("--times", type=click.IntRange(1), default=20, show_default=True, help="How often each is brought about.")
@click.option("--fault", "chosen", type=click.Choice(NAMES), multiple=True, help="This one only; may be repeated.")
def main(times: int, chosen: tuple[str, ...]) -> None:
    """Bring faults about around a page, and see what comes of them."""
    for line in [*machine.describe(), "", "| fault | times | what is told, or made | lost |", "|---|--:|---|---|"]:
        click.echo(line)
    for name in chosen or NAMES:
        with tempfile.TemporaryDirectory() as folder:
            row = getattr(Faults(Path(folder), times), name)()
            click.echo(f"| {' | '.join(map(str, row))} |")


if __name__ == "__main__":
    main()
