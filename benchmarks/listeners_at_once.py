"""Many listeners at once on one page, beside a transfer and a slow download: `python -m benchmarks.listeners_at_once`.

The whole page is started as a process with a data folder. So many listeners begin an ABX test of 16 trials at once,
and then submit an answer each two seconds or so, while a transfer of `balanced` runs and somebody fetches a sound at 50
kB/s. What counts is how long an answer takes until it is acknowledged, and that none is refused.

Writes Markdown to standard output. It takes about a minute.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import click
import gradio_client
import httpx

from benchmarks import machine, pages, recordings
from styletransfer.listening import making
from styletransfer.listening.definitions import FOLDER, Definitions
from styletransfer.listening.making import Source
from styletransfer.listening.plan import Kind, Plan

PAUSE_S = (1.0, 3.0)
"""Between two answers of a listener"""
SLOW_BYTES_A_S, CHUNK_BYTES = 50_000, 5_000
AT_MOST_MS = 300.0
"""For 95 of 100 answers"""


class Taken(NamedTuple):
    """What the listeners met."""

    answers_ms: list[float]
    begins_ms: list[float]
    refused: int
    kept: int
    """answers that the server tells of afterwards"""


def test_of_samples(data: Path) -> Plan:
    """An ABX test of two samples, kept in a data folder."""
    sounds = {"piano": recordings.SAMPLES / "piano.flac", "guitar": recordings.SAMPLES / "guitar.flac"}
    with tempfile.TemporaryDirectory() as folder:
        made = making.make(Kind.ABX, "Piano or guitar", [Source(label="samples", sounds=sounds)], Path(folder))
        data.mkdir(exist_ok=True)
        Definitions(data / FOLDER).add_test(made.plan, made.files)
    return made.plan


async def take_all(url: str, plan: Plan, count: int) -> Taken:
    """Have so many listeners take a test at once, each to its end."""
    taken = Taken([], [], 0, 0)
    async with httpx.AsyncClient(base_url=f"{url}/{plan.address}/", timeout=60) as client:
        listeners = [asyncio.create_task(_take(client, i, taken)) for i in range(count)]
        slow = asyncio.create_task(_fetch_slowly(client))
        refused = sum(await asyncio.gather(*listeners))
        slow.cancel()
        kept = [await client.post("begin", json=hello(f"listener-{i:04}")) for i in range(count)]
    n_kept = sum(len(answer.json().get("answered", ())) for answer in kept)
    return taken._replace(refused=refused, kept=n_kept)


def hello(name: str) -> dict[str, Any]:
    """What a listener of a name begins with."""
    return {"listener": name, "code": "", "output": "headphones"}


def choice(begun: dict[str, Any], index: int) -> dict[str, Any]:
    """An answer to a trial of the test that was begun so."""
    given = {"key": secrets.token_hex(16), "session": begun["session"], "trial": index, "value": {"choice": "a"}}
    heard = dict.fromkeys(begun["trials"][index]["slots"], 1.0)
    return given | {"heard": heard, "switches": 3, "seconds": 4.0}


async def _take(client: httpx.AsyncClient, number: int, taken: Taken) -> int:
    """One listener; how often it was refused."""
    begun = time.monotonic()
    answer = await client.post("begin", json=hello(f"listener-{number:04}"))
    taken.begins_ms.append(1000 * (time.monotonic() - begun))
    if answer.status_code != 200:
        return 1
    test, refused, chance = answer.json(), 0, random.Random(number)
    for index in range(len(test["trials"])):
        await asyncio.sleep(chance.uniform(*PAUSE_S))
        begun = time.monotonic()
        done = await client.post("answer", json=choice(test, index))
        taken.answers_ms.append(1000 * (time.monotonic() - begun))
        refused += done.status_code != 200
    return refused


async def _fetch_slowly(client: httpx.AsyncClient) -> None:
    """Somebody on a slow line, who begins again and again."""
    session = (await client.post("begin", json=hello("listener-9999"))).json()["session"]
    while True:
        async with client.stream("GET", f"sound/{session}/0/a") as answer:
            async for chunk in answer.aiter_bytes(CHUNK_BYTES):
                await asyncio.sleep(len(chunk) / SLOW_BYTES_A_S)


def table(taken: Taken, asked: int) -> list[str]:
    """Lines of Markdown."""
    ordered = sorted(taken.answers_ms)
    slow_ms = ordered[int(0.95 * len(ordered))]
    return [
        "| answers | refused | kept | median ms | 95 of 100 within | at most 300 ms | slowest ms |",
        "|--:|--:|--:|--:|--:|---|--:|",
        f"| {asked} | {taken.refused} | {taken.kept} | {statistics.median(ordered):.0f} | {slow_ms:.0f} ms "
        f"| {'yes' if slow_ms <= AT_MOST_MS else 'no'} | {ordered[-1]:.0f} |",
    ]


@click.command()
@click.option("--listeners", type=click.IntRange(1), default=100, show_default=True)
@click.option("--transfer/--no-transfer", default=True, show_default=True, help="a transfer beside them")
def main(listeners: int, transfer: bool) -> None:
    """Have many listeners take a test at once."""
    for line in machine.describe():
        click.echo(line)
    with tempfile.TemporaryDirectory() as folder:
        plan = test_of_samples(Path(folder))
        with pages.page("--no-warmup", "--data", folder) as (url, _):
            files = [gradio_client.handle_file(recordings.SAMPLES / f"{name}.flac") for name in ("speech", "drums")]
            if transfer:
                client = gradio_client.Client(url, verbose=False)
                client.submit(content=files[0], style=files[1], seconds=30, preset="balanced", api_name="/stylize")
            taken = asyncio.run(take_all(url, plan, listeners))
    for line in ["", *table(taken, listeners * plan.trials)]:
        click.echo(line)


if __name__ == "__main__":
    main()
