"""The page as its visitors meet it: `python -m benchmarks.visits`, with requirements-dev.txt and Debian's Chromium.

Starts the page in a process of its own, with nothing compiled yet, and measures in this order: the time from the
opening of the page to the first result; what each of five visitors waits who press Transfer at once; how soon the page
answers while a transfer runs; and the memory of the process after 5 and after 50 more transfers. Browser and server
share the machine. With `--answers 100` it measures the third alone, so often, and `--workers 1` has transfers run in a
process of their own. Writes Markdown to standard output, progress to standard error. Linux only.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from gradio_client import Client, handle_file
from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks import machine, pages, recordings
from benchmarks.lengths import environment
from tools import screenshots

VISITORS = 5
ANSWERS = 20
"""Times that each light event is timed."""
FEW, MANY = 5, 50
"""Transfers after which memory is compared."""
FIRST_RESULT_S, ANSWER_MS, GROWTH = 30.0, 200.0, 0.2
"""At most: to the first result, for an answer, and of memory."""
PATIENCE_MS = 600_000
SAMPLES = ("speech.flac", "drums.flac", "piano.flac", "trumpet.flac", "guitar.flac", "violin.flac", "drumkit.flac")

TIMED = """
    window.timed = async (act, isShown) => {
        const begun = performance.now();
        act();
        while (!isShown()) {
            if (performance.now() - begun > 60_000) throw new Error("the page did not answer");
            await new Promise((drawn) => requestAnimationFrame(drawn));
        }
        return performance.now() - begun;
    };
    window.source = (name) => document.querySelector(`#${name} a[download]`)?.href.split("/").pop();
"""
EVENTS = {
    "an example, until its message is shown": """(step) => {
        const buttons = document.querySelectorAll("#examples button"), button = buttons[step % buttons.length];
        const progress = document.querySelector("#progress"), name = button.textContent.trim();
        return timed(() => button.click(), () => progress.textContent.includes(name));
    }""",
    "swap, until the recordings have changed places": """() => {
        const content = source("content"), style = source("style");
        return timed(
            () => document.querySelector("#swap").click(),
            () => source("content") === style && source("style") === content,
        );
    }""",
}
"""What a visitor may do meanwhile: a script that does it, by what it is, and says how many ms that took."""


@contextmanager
def served(workers: int) -> Iterator[tuple[str, int]]:
    """The address of a page that has just been started, and the number of its process."""
    options = "--workers", str(workers)
    with tempfile.TemporaryDirectory() as cache, pages.page(*options, environment=environment(Path(cache))) as page:
        yield f"{page.url}/", page.process.pid


def first_result_s(browser: Browser, url: str) -> float:
    """From the opening of the page, whose process has just begun, to a result that one can hear."""
    begun = time.perf_counter()
    page = screenshots.open_page(browser, url, "desktop-light")
    press_transfer(page)
    wait_for_result(page)
    taken = time.perf_counter() - begun
    page.context.close()
    return taken


def seconds_of_visitors(browser: Browser, url: str) -> list[float]:
    """What each waits who presses Transfer at once with the others, in the order in which they are served."""
    pages = [screenshots.open_page(browser, url, "desktop-light") for _ in range(VISITORS)]
    begun = time.perf_counter()
    for page in pages:
        press_transfer(page)
    taken = []
    for page in pages:
        wait_for_result(page)
        taken.append(time.perf_counter() - begun)
    for page in pages:
        page.context.close()
    return taken


def press_transfer(page: Page) -> None:
    """Begins a transfer with what the page opens with."""
    page.locator("#transfer").click()


def wait_for_result(page: Page) -> None:
    """Until it can be played and downloaded."""
    expect(page.locator("#progress")).to_contain_text("Done", timeout=PATIENCE_MS)
    expect(page.locator("#download")).to_have_text("Download WAV")
    page.locator("#result").get_by_label("Play", exact=True).wait_for()


def answers_ms(browser: Browser, url: str, times: int) -> dict[str, list[float]]:
    """How long the page takes to show what was asked of it, by what that was, while another's transfer runs."""
    busy, page = (screenshots.open_page(browser, url, "desktop-light") for _ in range(2))
    page.evaluate(TIMED)
    taken: dict[str, list[float]] = {name: [] for name in EVENTS}
    for step in range(times):
        if busy.locator("#transfer").is_enabled():
            press_transfer(busy)
            expect(busy.locator("#progress")).to_contain_text("Shaping", timeout=PATIENCE_MS)
        for name, script in EVENTS.items():
            page.wait_for_timeout(200)
            taken[name].append(page.evaluate(script, step + 1))
    for each in (busy, page):
        each.context.close()
    return taken


def memory_after(url: str, process_id: int) -> list[int]:
    """Bytes that the process has resident after each of so many transfers more, of all samples and two presets."""
    client = Client(url, verbose=False)
    pairings = itertools.cycle(itertools.permutations(SAMPLES, 2))
    found = []
    for number in range(1, MANY + 1):
        content, style = (handle_file(recordings.SAMPLES / name) for name in next(pairings))
        preset, seconds = ("quick", "balanced")[number % 2], (10, 7, 4)[number % 3]
        client.predict(content=content, style=style, seconds=seconds, preset=preset, api_name="/stylize")
        found.append(resident_bytes(process_id))
        click.echo(f"{number} of {MANY} transfers, {found[-1] / 1e9:.2f} GB", err=True)
    return found


def resident_bytes(process_id: int) -> int:
    """Of a process, as Linux counts it."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kilobytes) * 1024


def table(first_s: float, visitors_s: list[float], answers: dict[str, list[float]], memory: list[int]) -> list[str]:
    """Lines of Markdown."""
    few, many, most = memory[FEW - 1], memory[MANY - 1], max(memory)
    growth, served_s = many / few - 1, ", ".join(f"{taken:.0f}" for taken in visitors_s)
    lines = [
        "| the page, 10 s, `balanced` | measured | at most | holds |",
        "|---|--:|--:|---|",
        _row(
            "opening to first result, nothing compiled yet",
            f"{first_s:.1f} s",
            f"{FIRST_RESULT_S:g} s",
            first_s <= FIRST_RESULT_S,
        ),
        _row(f"{VISITORS} visitors at once, each until their result", f"{served_s} s"),
    ]
    for name, taken in answers.items():
        median = statistics.median(taken)
        cell = f"{median:.0f} ms, slowest {max(taken):.0f} ms"
        lines.append(_row(f"{name}, while a transfer runs", cell, f"{ANSWER_MS:g} ms", median <= ANSWER_MS))
    cell = f"{few / 1e9:.2f} / {many / 1e9:.2f} GB, {100 * growth:+.0f} %, most {most / 1e9:.2f} GB"
    title = f"memory after {FEW} / {MANY} transfers, also `quick`, 4 to 10 s"
    return [*lines, _row(title, cell, f"{100 * GROWTH:+.0f} %", growth <= GROWTH)]


def _row(name: str, measured: str, most: str = "", holds: bool | None = None) -> str:
    return f"| {name} | {measured} | {most} | {'' if holds is None else 'yes' if holds else 'no'} |"


def answers_table(answers: dict[str, list[float]]) -> list[str]:
    """Lines of Markdown on the answers alone."""
    lines = ["| while a transfer runs | median | 95 % within | slowest |", "|---|--:|--:|--:|"]
    for name, taken in answers.items():
        most = statistics.quantiles(taken, n=20)[-1]
        lines.append(f"| {name} | {statistics.median(taken):.0f} ms | {most:.0f} ms | {max(taken):.0f} ms |")
    return lines


@click.command()
@click.option("--workers", type=click.IntRange(0), default=0, show_default=True, help="Of the page.")
@click.option("--answers", "times", type=click.IntRange(2), help="Only how soon the page answers, so often.")
def main(workers: int, times: int | None) -> None:
    """Measure the page as its visitors meet it."""
    with sync_playwright() as playwright:
        browser = screenshots.launch(playwright)
        with served(workers) as (url, process_id):
            if times is not None:
                click.echo("\n".join([*answers_table(answers_ms(browser, url, times)), "", *machine.describe()]))
                return
            first_s = first_result_s(browser, url)
            click.echo(f"first result after {first_s:.1f} s", err=True)
            visitors_s = seconds_of_visitors(browser, url)
            click.echo(f"{VISITORS} visitors after {visitors_s} s", err=True)
            answers = answers_ms(browser, url, ANSWERS)
            click.echo(f"answers in {answers} ms", err=True)
            memory = memory_after(url, process_id)
    click.echo("\n".join([*table(first_s, visitors_s, answers, memory), "", *machine.describe()]))


if __name__ == "__main__":
    main()
