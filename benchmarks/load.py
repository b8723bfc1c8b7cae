"""Many visitors on a page that serves others: `python -m benchmarks.load`. Linux only, on loopback.

The page runs as it does for strangers, with one worker, behind a proxy that is made up: each visitor has an address of
its own. They do what visitors do, in an order that is drawn: transfers of recordings that nobody else has, Stop, a tab
that is closed in the midst, files that are none, uploads that break off, answers to a listening test. What counts: is
every refusal a sentence, does everybody get their own, who waits how long, and what the processes hold over the time.

With `--in-a-row 500` one visitor makes as many short transfers instead, one after the other: a day's work in short.
Writes Markdown to standard output.
"""

from __future__ import annotations

import contextlib
import random
import re
import secrets
import statistics
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import httpx
import numpy as np
import soundfile
from gradio_client import Client, handle_file
from gradio_client.client import Job
from gradio_client.exceptions import AppError

from benchmarks import machine, pages
from benchmarks.listeners_at_once import choice, hello, test_of_samples
from benchmarks.pages import Page, Taken
from styletransfer.listening.plan import Plan
from styletransfer.settings import SAMPLE_RATE_HZ

PROXY = "127.0.0.1"
PAUSE_S = (0.5, 3.0)
"""Between two things that a visitor does."""
WATCH_S = 2.0
LOOK_S = 0.1
"""Between two looks at a job that waits for its turn."""
SETTLING_S = 20.0
"""After the last visitor, for connections to be closed."""
MAX_GROWTH, MAX_UNFAIR = 0.05, 1.5
SENTENCE = re.compile(r"[A-Z0-9].*[.!]$", re.DOTALL)
REPOSITORY = Path(__file__).resolve().parents[1]
UNFORESEEN = re.compile(rf"went wrong|traceback|None$|Errno|/tmp|/home|{re.escape(str(REPOSITORY))}", re.IGNORECASE)
WEIGHTS = {"transfer": 8, "stop": 3, "leave": 2, "bad file": 2, "broken upload": 2, "answer": 3}


class Log:
    """What the visitors met. For many threads."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        """sentences, and how often"""
        self.faults: list[str] = []
        self.waits_s: defaultdict[int, list[float]] = defaultdict(list)
        """for the device, by visitor"""
        self._lock = threading.Lock()

    def note(self, what: str) -> None:
        """Take down that something was done as it should be."""
        with self._lock:
            self.done[what] += 1

    def wait(self, visitor: int, seconds: float) -> None:
        """Take down how long a visitor has waited."""
        with self._lock:
            self.waits_s[visitor].append(seconds)

    def refusal(self, what: str, message: str) -> None:
        """Take down a refusal: a sentence, or a fault."""
        with self._lock:
            if SENTENCE.match(message) and not UNFORESEEN.search(message):
                self.refused[re.sub(r"\d+(\.\d+)?", "N", message)] += 1
            else:
                self.faults.append(f"{what}: {message}")

    def fault(self, what: str) -> None:
        """Take down what must not be."""
        with self._lock:
            self.faults.append(what)


class Visitor:
    """Somebody with a browser, an address, and recordings that nobody else has."""

    def __init__(self, url: str, number: int, log: Log, plan: Plan, folder: Path) -> None:
        self.url, self.number, self.log, self.plan = url, number, log, plan
        self.chance = random.Random(number)
        self.folder = folder / f"visitor-{number}"
        self.folder.mkdir()
        self.headers = {"X-Forwarded-For": f"198.51.100.{number + 1}"}
        self.client = Client(url, headers=self.headers, verbose=False, download_files=str(self.folder))
        self.http = httpx.Client(base_url=url, headers=self.headers, timeout=60)

    def visit(self, until_s: float) -> None:
        """Do one thing after the other until the time is over."""
        acts: dict[str, Callable[[], None]] = {
            "transfer": self.transfer,
            "stop": self.stop,
            "leave": self.leave,
            "bad file": self.bad_file,
            "broken upload": self.broken_upload,
            "answer": self.answer,
        }
        while time.monotonic() < until_s:
            (what,) = self.chance.choices(list(acts), list(WEIGHTS.values()))
            try:
                acts[what]()
            except AppError as error:
                self.log.refusal(what, str(error))
            except Exception as error:
                self.log.fault(f"{what}: {type(error).__name__}: {error}")
            time.sleep(self.chance.uniform(*PAUSE_S))
        self.http.close()

    def recording(self) -> Path:
        """A recording of a length that no other has."""
        length = round(SAMPLE_RATE_HZ * self.chance.uniform(1.0, 2.5)) + self.number
        times_s = np.arange(length) / SAMPLE_RATE_HZ
        tone = 0.2 * np.sin(2 * np.pi * self.chance.uniform(100, 800) * times_s)
        noise = np.random.default_rng(self.chance.randrange(2**32)).normal(0, 0.02, length)
        path = self.folder / "content.wav"
        soundfile.write(path, tone + noise, SAMPLE_RATE_HZ)
        return path

    def submit(self, **options: Any) -> tuple[Job, int]:
        """A transfer that has been asked for, and the samples of its content."""
        path = self.recording()
        sound = handle_file(str(path))
        job = self.client.submit(content=sound, style=sound, api_name="/transfer", **options)
        return job, soundfile.info(path).frames

    def transfer(self) -> None:
        """A transfer, to its end."""
        begun_s = time.monotonic()
        job, length = self.submit(preset=self.chance.choice(["instant", "quick"]), seconds=3)
        self.follow(job, begun_s)
        self.check(job.result(), length)
        self.log.note("transfer")

    def follow(self, job: Job, begun_s: float) -> None:
        """Wait until a transfer is at work or refused, and take down how long it waited."""
        while not job.done():  # to iterate over a job that is refused at once would never end
            told = job.outputs()
            if told and "Waiting" not in str(told[-1][1]):
                self.log.wait(self.number, time.monotonic() - begun_s)
                return
            time.sleep(LOOK_S)

    def check(self, outputs: Sequence[Any], length: int) -> None:
        """See that a result is of the visitor's own recording."""
        with soundfile.SoundFile(outputs[0]) as result:
            if result.frames != length:
                self.log.fault(f"visitor {self.number} got {result.frames} samples for {length}")

    def stop(self) -> None:
        """A long transfer that is stopped once it is at work."""
        begun_s = time.monotonic()
        job, length = self.submit(preset="studio", seconds=3)
        self.follow(job, begun_s)
        self.client.predict(api_name="/stop")
        self.check(job.result(), length)
        self.log.note("stop")

    def leave(self) -> None:
        """A tab that is closed while its transfer runs."""
        job, _ = self.submit(preset="balanced", seconds=3)
        time.sleep(self.chance.uniform(0, 3))
        job.cancel()
        self.log.note("leave")

    def bad_file(self) -> None:
        """A file that is no recording."""
        path = self.folder / "notes.wav"
        path.write_bytes(b"RIFF" + self.chance.randbytes(5000))
        sound = handle_file(str(path))
        self.client.predict(content=sound, style=sound, preset="instant", api_name="/stylize")
        self.log.fault("a file of noise was taken for a recording")

    def broken_upload(self) -> None:
        """An upload whose connection is lost."""

        def body() -> Any:
            yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n' + bytes(200_000)
            raise ConnectionAbortedError

        with contextlib.suppress(ConnectionAbortedError, httpx.HTTPError):
            headers = {"Content-Type": "multipart/form-data; boundary=x"}
            self.http.post("/gradio_api/upload", content=body(), headers=headers)
        self.log.note("broken upload")

    def answer(self) -> None:
        """A listening test that is begun, and an answer to it."""
        name = f"listener-{self.number}-{secrets.token_hex(4)}"
        begun = self.http.post(f"/{self.plan.address}/begin", json=hello(name)).raise_for_status().json()
        self.http.post(f"/{self.plan.address}/answer", json=choice(begun, 0)).raise_for_status()
        self.log.note("answer")


def watch(page: Page, folder: Path, is_over: threading.Event) -> list[Taken]:
    """What the page holds, every WATCH_S."""
    seen = []
    while not is_over.wait(WATCH_S):
        seen.append(pages.taken(page.process.pid, folder))
    return seen


def growth(values: Sequence[float]) -> float:
    """By what share a quantity grows over the second half of the time: the last quarter's median over that before."""
    quarter = len(values) // 4
    return statistics.median(values[-quarter:]) / statistics.median(values[-2 * quarter : -quarter]) - 1


def visitors_at_once(page: Page, plan: Plan, folder: Path, count: int, seconds: float) -> Log:
    """All visitors, to their end."""
    log = Log()
    visitors = [Visitor(page.url, i, log, plan, folder) for i in range(count)]
    until_s = time.monotonic() + seconds
    threads = [threading.Thread(target=visitor.visit, args=[until_s]) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return log


def in_a_row(page: Page, plan: Plan, folder: Path, count: int) -> Log:
    """One visitor's transfers, one after the other."""
    log = Log()
    visitor = Visitor(page.url, 0, log, plan, folder)
    for _ in range(count):
        try:
            visitor.transfer()
        except Exception as error:
            log.refusal("transfer", str(error))
    return log


def report(log: Log, seen: Sequence[Taken], after: Taken) -> list[str]:
    """Lines of Markdown."""
    done = ", ".join(f"{count} x {what}" for what, count in sorted(log.done.items()))
    lines = [f"Done: {done}.", "", f"Faults: {len(log.faults)}.", *(f"- {each[:300]}" for each in log.faults[:20])]
    lines += ["", f"Refused in a sentence: {sum(log.refused.values())}."]
    lines += [f"- {count} x {sentence}" for sentence, count in log.refused.most_common()]
    means_s = [statistics.mean(waits_s) for waits_s in log.waits_s.values()]
    mean_s = statistics.mean(means_s)
    lines += ["", "| | is | at most |", "|---|--:|--:|"]
    if len(means_s) > 1:
        unfair = max(means_s) / mean_s
        lines.append(f"| slowest visitor's mean wait over the mean of {mean_s:.1f} s | {unfair:.2f} | {MAX_UNFAIR} |")
    grown = growth([each.server_mib for each in seen])
    lines.append(f"| growth of the server's memory over the second half | {grown:+.1%} | {MAX_GROWTH:+.0%} |")
    lines += ["", "| | first quarter | last quarter | after the last visitor |", "|---|--:|--:|--:|"]
    quarter = len(seen) // 4
    for name in Taken._fields:
        values = [getattr(each, name) for each in seen]
        first, last = statistics.median(values[:quarter]), statistics.median(values[-quarter:])
        lines.append(f"| {name.replace('_mib', ', MiB')} | {first:.0f} | {last:.0f} | {getattr(after, name):.0f} |")
    return lines


@click.command()
@click.option("--visitors", type=click.IntRange(1, 200), default=20, show_default=True)
@click.option("--minutes", type=float, default=10.0, show_default=True)
@click.option("--in-a-row", "row", type=click.IntRange(1), help="One visitor's transfers instead, one after the other.")
def main(visitors: int, minutes: float, row: int | None) -> None:
    """Load a page with visitors, and see what comes of it."""
    with tempfile.TemporaryDirectory() as folder:
        private, data, own = (Path(folder, name) for name in ("private", "data", "visitors"))
        own.mkdir()
        plan = test_of_samples(data)
        options = ["--no-warmup", "--public", "--trusted-proxy", PROXY, "--data", str(data)]
        with pages.page(*options, environment={"GRADIO_TEMP_DIR": str(private)}) as page:
            is_over, seen = threading.Event(), []
            watcher = threading.Thread(target=lambda: seen.extend(watch(page, private, is_over)))
            watcher.start()
            if row:
                load = partial(in_a_row, count=row)
            else:
                load = partial(visitors_at_once, count=visitors, seconds=60 * minutes)
            log = load(page, plan, own)
            is_over.set()
            watcher.join()
            time.sleep(SETTLING_S)
            after = pages.taken(page.process.pid, private)
    for line in [*machine.describe(), "", *report(log, seen, after)]:
        click.echo(line)
    click.get_current_context().exit(1 if log.faults else 0)


if __name__ == "__main__":
    main()
