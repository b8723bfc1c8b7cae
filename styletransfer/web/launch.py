"""Where the page is put together and served: the one place that makes a server for it.

Gradio reads the name of its folder for uploads from the environment, some of it when it is imported: so the server,
whose folder that is, is made first.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

from styletransfer.runtime.prepare import prepare
from styletransfer.web.server import warmup
from styletransfer.web.server.admission import Admission
from styletransfer.web.server.private_files import PREFIX
from styletransfer.web.server.server import Limits, Server
from styletransfer.workers.processes import Processes

GRADIO_FOLDER = "GRADIO_TEMP_DIR"
"""Gradio's own name for its folder. A value that was set by hand says where to make the private one."""


class End(NamedTuple):
    """How serving ended."""

    status: int
    """of the process: 0, or 128 and the number of a signal"""
    is_clean: bool
    """whether no step is left half done on the device"""


def open_server(limits: Limits | None = None, **given: Any) -> Server:
    """A server for this process, whose folder Gradio uses too. `given` is for `Server`. To be closed by the caller."""
    given_folder = os.environ.get(GRADIO_FOLDER)
    parent = Path(given_folder) if given_folder else None
    if parent and parent.name.startswith(PREFIX):
        parent = parent.parent  # of a server that this process had before
    server = Server(limits=limits, folder=parent, **given)
    os.environ[GRADIO_FOLDER] = str(server.files.folder)
    # No request leaves this machine unless whoever runs the page asks for it.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    # uvicorn would believe whoever calls from this machine whom a request comes from: web/guard/proxies.py does that.
    os.environ["FORWARDED_ALLOW_IPS"] = ""
    return server


def serve(limits: Limits, *, warm_up: bool, workers: int = 0, data: Path | None = None, **options: Any) -> End:
    """Serve the page until the process is told to end, in the main thread.

    `workers` are the processes that make results; with none this one does. `data` is where listening tests are kept,
    `options` are Gradio's for `launch`. Raises OSError where the page cannot be served, DeviceError, WorkerLostError
    where the workers cannot be started, and ListeningError where nothing can be kept in `data`.
    """
    prepare(computes=not workers)
    processes = _start(workers, limits) if workers else None
    server = open_server(limits, data=data, workers=processes)
    status: int | str | None = 0
    # Leave by the front door, so that visitors' files are removed.
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        try:
            _serve(server, warm_up=warm_up, **options)
        finally:
            server.wind_up()
    except SystemExit as end:
        status = end.code
    finally:
        is_clean = server.close()
    return End(status if isinstance(status, int) else 1, is_clean)


def _start(count: int, limits: Limits) -> Processes:
    most = Admission.on_this_machine(limits.memory_bytes, None, lambda: None, count)
    workers = Processes(count, max_programs=limits.max_programs, memory_bytes=most.memory_bytes)
    try:
        workers.wait_until_ready()
    except BaseException:
        workers.close()
        raise
    return workers


def _serve(server: Server, *, warm_up: bool, **options: Any) -> None:
    """Launch, and then, until the process ends: programs compiled in the background, files aged out."""
    from styletransfer.web import page
    from styletransfer.web.parts import examples

    demo = page.build(server)
    # Gradio's own lines advise an argument of its function, which is no option of this program.
    _, address, public_address = page.launch(demo, server, prevent_thread_lock=True, quiet=True, **options)
    print(f"The page is at {address}")
    print(f"and for everybody at {public_address}" if public_address else "With --share it gets a public link, too.")
    if server.listening is not None:
        print(server.listening.how)
    server.files.age_out_every_hour(page.DAY_S)
    # No daemon: a thread that Python's end finds in compiled code takes the process down with it.
    threading.Thread(target=examples.prepare, args=[server.files, server.closing], name="examples").start()
    if warm_up:
        pairs = [(Path(each.content), Path(each.style)) for each in examples.examples()]
        warmup.start(server, pairs)
        if isinstance(server.workers, Processes):
            server.workers.on_replaced = lambda: warmup.start(server, pairs, warmup.WANTED)
    demo.block_thread()
