"""What is sent to the page, other than recordings: read whole, not too long, and within the budgets.

A body is read here before Gradio sees any of it, so that nobody holds a place there by sending slowly.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from typing import Any

from styletransfer.web.guard import budgets
from styletransfer.web.guard.budgets import Budget, Budgets
from styletransfer.web.guard.open_routes import API
from styletransfer.web.guard.proxies import visitor_address
from styletransfer.web.guard.refusals import App, Message, Receive, Refused, Scope, Send
from styletransfer.web.guard.uploads import UPLOAD

MAX_BODY_BYTES = 4 * 2**20
"""The largest that the page sends are settings files and lists of results: some hundred kB."""
BODY_S = 60.0
"""Within which it must have come"""
QUEUED = f"{API}/queue/join"
CALLED = (f"{API}/call/", f"{API}/run/")
LISTENING = "/listen/"
LOGIN = "/login"

NO_FUNCTION = "The page has no such function. See Use via API at its foot for those that it has."


class Calls:
    """Lets bodies through that the server can take. `functions` are the names and numbers of those that the page has,
    `jobs` of those that make results."""

    def __init__(
        self, app: App, counts: Budgets, functions: Collection[str | int], jobs: Collection[str | int]
    ) -> None:
        self.app = app
        self.counts = counts
        self.functions = frozenset(functions)
        self.jobs = frozenset(jobs)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Raises Refused: 404, 408, 413 or 429."""
        path = scope["guard.path"]
        if scope["method"] in ("GET", "HEAD") or path == UPLOAD:
            await self.app(scope, receive, send)
            return
        # Before its body is read: whoever is over the budget costs nothing more.
        if path.startswith(LOGIN):
            self.counts.spend(budgets.LOGINS, address=visitor_address.get())
        body = await _whole(receive)
        self._spend(path, _object(body))
        await self.app(scope, _replay(body, receive), send)

    def _spend(self, path: str, sent: dict[str, Any]) -> None:
        if path.startswith(LISTENING):
            kind, visit = budgets.ANSWERS, sent.get("session") or sent.get("listener")
        elif path == QUEUED or path.startswith(CALLED):
            kind, visit = self._kind(path, sent.get("fn_index")), sent.get("session_hash")
        else:
            return
        self.counts.spend(kind, address=visitor_address.get(), visit=visit if isinstance(visit, str) else "")

    def _kind(self, path: str, number: Any) -> Budget:
        """What calling a function counts as. Raises Refused where there is none of that name or number."""
        name = path.rstrip("/").rpartition("/")[2]
        asked = name if number is None else number  # beside a number Gradio takes no notice of a name
        if not isinstance(asked, str | int) or asked not in self.functions:
            raise Refused(404, NO_FUNCTION)
        return budgets.JOBS if {name, asked} & self.jobs else budgets.CALLS


async def _whole(receive: Receive) -> bytes:
    """All of a body. Raises Refused: 413 for one that is too long, whatever its length was said to be, 408."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, "The connection ended before everything had come.")
                body += message.get("body", b"")
                if len(body) > MAX_BODY_BYTES:
                    raise Refused(413, f"This is longer than the {MAX_BODY_BYTES // 2**20} MB that are read here.")
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError as error:
        raise Refused(408, f"This did not arrive within {BODY_S:.0f} seconds. Try again.") from error


def _object(body: bytes) -> dict[str, Any]:
    """What JSON says, if it is an object; whether it is any, those find out who are to read it."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return sent if isinstance(sent, dict) else {}


def _replay(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read once more, and then what comes after it."""
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
