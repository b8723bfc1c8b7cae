"""Many visitors, at once and one after another: each has a place and a result of their own, and nothing piles up."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from gradio_client.client import Job
from page_server import DRUMS, PIANO, SMALL, free_port, serve, slow, wait_until

from styletransfer.web import jobs

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve() as address:
        yield address


def submit(client: Client, **settings: Any) -> Job:
    recordings = {"content": handle_file(PIANO), "style": handle_file(DRUMS)}
    inputs: dict[str, Any] = {**recordings, "preset": "paper", **SMALL, **settings}
    return client.submit(**inputs, api_name="/transfer")


def test_five_visitors_at_once_see_their_own_place_and_result(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "stylize", slow)
    visitors = [Client(url, verbose=False, download_files=tmp_path / str(i)) for i in range(5)]
    running: list[Job] = []
    for seed, visitor in enumerate(visitors):
        running.append(submit(visitor, seed=seed))
        wait_until(lambda: running[-1].outputs())
    for job in running:
        job.result(timeout=120)
    for number, job in enumerate(running):
        said = [output[1] for output in job.outputs()]
        places = [int(found[1]) for text in said if (found := re.search(r"number (\d) in the queue", text))]
        assert places == sorted(places, reverse=True), "somebody was overtaken"
        assert places[:1] == ([number + 1] if number else [])
        assert "Done" in said[-1]
    paths = [Path(job.outputs()[-1][0]) for job in running]
    assert len({path.read_bytes() for path in paths}) == len(set(paths)) == 5
    alone = Path(submit(visitors[0], seed=3).result(timeout=120)[0])
    assert alone.read_bytes() == paths[3].read_bytes()


def test_nothing_piles_up(tmp_path: Path) -> None:
    """After fifty transfers the program uses a fifth more memory at most than after five, and has no more threads."""
    if not Path("/proc/self/statm").exists():
        pytest.skip("only Linux tells how much memory is in use")
    port = str(free_port())
    private = tmp_path / "private"
    environment = os.environ | {"GRADIO_TEMP_DIR": str(private)}
    command = [sys.executable, str(ROOT / "app.py"), "--no-warmup", "--port", port]
    program = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    used: dict[int, tuple[int, int]] = {}
    try:
        client = patient_client(f"http://127.0.0.1:{port}/", tmp_path)
        for number in range(1, 51):
            submit(client, seed=number).result(timeout=60)
            used[number] = pages_and_threads(program.pid)
        assert used[50][0] <= 1.2 * used[5][0]
        assert used[50][1] <= used[5][1] + 2
        assert not [path for path in private.rglob("*") if path.name == "preview.wav" or path.suffix == ".part"]
    finally:
        program.terminate()
        program.wait(timeout=20)
    assert not list(private.iterdir())


def patient_client(url: str, folder: Path) -> Client:
    """A client of a program that may still be starting."""
    clients: list[Client] = []

    def connects() -> bool:
        with contextlib.suppress(Exception):  # what is raised depends on how far the program has come
            clients.append(Client(url, verbose=False, download_files=folder))
        return bool(clients)

    wait_until(connects)
    return clients[0]


def pages_and_threads(pid: int) -> tuple[int, int]:
    """Memory pages in use, and threads, of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]), len(list(Path(f"/proc/{pid}/task").iterdir()))
