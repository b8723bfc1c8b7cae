"""What the page's tests share: a page on a free port, recordings, and settings that keep a transfer short."""

from __future__ import annotations

import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from styletransfer.web import page
from styletransfer.web.server import jobs

SAMPLES = Path(__file__).parents[2] / "samples"
PIANO, DRUMS = SAMPLES / "piano.flac", SAMPLES / "drums.flac"

# Modules share what they compile. test_compile_cache.py forgets in a process of its own.
jobs.programs.most = sys.maxsize

SMALL = {"seconds": 1, "iterations": 3, "filters": 64}
LONG = SMALL | {"iterations": 5000}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serve() -> Iterator[str]:
    """The address of a page that is served while the context lasts."""
    demo = page.build()
    _, url, _ = page.launch(
        demo, server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, quiet=True
    )
    try:
        yield url
    finally:
        demo.close(verbose=False)


def is_answering(url: str) -> bool:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status == 200
    except OSError:
        return False


def wait_until(is_so: Callable[[], Any], timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
