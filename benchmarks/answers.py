"""How soon an answer to a listening test is safe on disk, of many at once: `python -m benchmarks.answers`.

So many threads stand for listeners who submit at the same moment, each the next answer as soon as the one before is
acknowledged: no real test is as busy. Measured in both modes of the database (styletransfer/listening/probe.py), each
in a new folder. Nothing of HTTP is in it.

Writes Markdown to standard output.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import click
import numpy as np

from benchmarks import machine
from styletransfer.files import audio
from styletransfer.listening import probe
from styletransfer.listening.plan import QUESTIONS, Condition, Item, Kind, Plan
from styletransfer.listening.probe import Mode
from styletransfer.listening.records import Answer, Session
from styletransfer.listening.store import Store
from styletransfer.settings import SAMPLE_RATE_HZ

MAX_MS = 300.0
"""That 95 % of the answers may take"""


def plan() -> Plan:
    """A test of sixteen trials over two sounds, `a.wav` and `b.wav`."""
    names = ("a", "b")
    return Plan(
        key="benchmark",
        owner_key="owner",
        title="Benchmark",
        kind=Kind.ABX,
        questions=QUESTIONS[Kind.ABX],
        items=(Item(key="item", label="item", sounds={name: f"{name}.wav" for name in names}),),
        conditions=tuple(Condition(key=name, label=name) for name in names),
        seed=0,
    )


def measure(folder: Path, mode: Mode, listeners: int, answers: int) -> list[float]:
    """Milliseconds that each answer took until it was acknowledged, in a new data folder in `folder`."""
    audio.write(folder / "sound.wav", np.zeros(SAMPLE_RATE_HZ))
    with mock.patch.object(probe, "is_local", return_value=mode is Mode.WAL), Store(folder / mode.name) as store:
        store.add_test(plan(), dict.fromkeys(("a.wav", "b.wav"), folder / "sound.wav"))
        sessions = [store.begin("benchmark", f"listener-{i}", "") for i in range(listeners)]
        taken = _all_at_once(store, sessions, answers)
        if len(store.answers("benchmark")) != listeners * answers:
            raise click.ClickException("answers are missing")
    return taken


def _all_at_once(store: Store, sessions: Sequence[Session], answers: int) -> list[float]:
    taken: list[float] = []
    start = threading.Barrier(len(sessions))

    def submit(session: Session) -> None:
        start.wait()
        for trial in range(answers):
            answer = Answer(
                key=f"{trial}",
                session=session.key,
                trial=trial,
                value={"choice": "a"},
                heard={"a": 3.0, "b": 3.0, "x": 3.0},
                switches=9,
                seconds=12.0,
                at=session.begun,
            )
            begun_s = time.perf_counter()
            store.put(answer)
            taken.append(1_000 * (time.perf_counter() - begun_s))

    threads = [threading.Thread(target=submit, args=[session]) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def row(title: str, taken_ms: Sequence[float]) -> str:
    """A line of the table."""
    late = statistics.quantiles(taken_ms, n=20, method="inclusive")[-1]
    holds = "yes" if late <= MAX_MS else "no"
    return f"| {title} | {statistics.median(taken_ms):.0f} | {late:.0f} | {max(taken_ms):.0f} | {holds} |"


@click.command()
@click.option("--listeners", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--answers", type=click.IntRange(1, 16), default=10, show_default=True, help="of each listener")
@click.option("--folder", type=click.Path(path_type=Path, exists=True), help="where; else where temporary files go")
def main(listeners: int, answers: int, folder: Path | None) -> None:
    """Measure how soon answers are safe when many submit at once."""
    for line in machine.describe():
        click.echo(line)
    columns = ["median ms", "95 % ms", "slowest ms", f"95 % under {MAX_MS:g} ms"]
    click.echo(f"\n| {listeners} at once, {answers} answers each | {' | '.join(columns)} |")
    click.echo("|---|--:|--:|--:|---|")
    for mode, title in ((Mode.WAL, "write-ahead log"), (Mode.ROLLBACK, "rollback journal")):
        with tempfile.TemporaryDirectory(dir=folder) as data:
            click.echo(row(title, measure(Path(data), mode, listeners, answers)))


if __name__ == "__main__":
    main()
