"""What is read from Gradio, where it would keep what it is asked for, or fail at what is the reader's own fault."""

from __future__ import annotations

import re

from styletransfer.web import gradio_compat
from styletransfer.web.guard import budgets, keys
from styletransfer.web.guard.budgets import Budgets
from styletransfer.web.guard.open_routes import API
from styletransfer.web.guard.proxies import visitor_address
from styletransfer.web.guard.refusals import App, Receive, Scope, Send

FILE = f"{API}/file="
UPLOAD, PROGRESS = f"{API}/upload", f"{API}/upload_progress"
STREAMS = (f"{API}/queue/data", f"{API}/call/")
RANGE = re.compile(rb"bytes=([0-9]{1,15}-[0-9]{0,15}|-[0-9]{1,15})")
"""A part of a file as browsers ask for it"""


class Reads:
    """Passes on what is read, with keys that are some, and keeps nothing of it."""

    def __init__(self, app: App, counts: Budgets) -> None:
        self.app = app
        self.counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Raises Refused: 400 or 429."""
        path = scope["guard.path"]
        found = list(keys.of_address(scope))
        keys.check(found)
        if path == PROGRESS:
            self.counts.spend(budgets.CALLS, address=visitor_address.get())
        if path.startswith(FILE):
            scope = _without_odd_range(scope)
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            if not (path.startswith(STREAMS) and gradio_compat.is_about_unknown_visit(error)):
                raise
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            if path in (UPLOAD, PROGRESS):
                gradio_compat.forget_upload_progress(found)


def _without_odd_range(scope: Scope) -> Scope:
    """A request for the whole file in place of one for parts of it that Gradio cannot send."""
    kept = [(name, value) for name, value in scope["headers"] if name != b"range" or RANGE.fullmatch(value)]
    return {**scope, "headers": kept}
