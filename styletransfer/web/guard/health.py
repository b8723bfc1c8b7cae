"""Whether the server takes requests, for whoever watches over it: an address that says so and nothing else."""

from __future__ import annotations

import threading

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from styletransfer.web.server.private_files import PrivateFiles

ADDRESS = "/healthz"


def route(files: PrivateFiles, closing: threading.Event) -> Route:
    """Answers 200, and 503 while the server ends or its disk is full. It needs no login."""

    async def answer(_: Request) -> Response:
        is_well = not closing.is_set() and await run_in_threadpool(files.is_writable)
        text, status = ("ok", 200) if is_well else ("not now", 503)
        return PlainTextResponse(text, status, {"Cache-Control": "no-store"})

    return Route(ADDRESS, answer)
