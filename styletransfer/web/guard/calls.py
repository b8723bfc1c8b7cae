"""What is sent to the page, other than recordings: read whole, not too long, and within the budgets.

A body is read here before Gradio sees any of it, so that nobody holds a place there by sending slowly.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Collection
from typing import Any

from styletransfer.web import gradio_compat
from styletransfer.web.gradio_compat import Functions
from styletransfer.web.guard import budgets, keys
from styletransfer.web.guard.budgets import Budget, Budgets
from styletransfer.web.guard.faults import MISFIT
from styletransfer.web.guard.open_routes import API
from styletransfer.web.guard.proxies import visitor_address
from styletransfer.web.guard.refusals import App, Message, Receive, Refused, Scope, Send
from styletransfer.web.guard.uploads import UPLOAD

MAX_BODY_BYTES = 2**20
"""The largest that the page sends are settings files and lists of results: some hundred kB."""
MAX_TOOL_BYTES = 4 * 2**20
"""Programs may send a short recording as text to a tool."""
MAX_SMALL_BYTES = 64 * 2**10
"""Of all else: a login, an answer of a listener, that something is to end"""
MAX_PARTS = 50_000
"""Values within a body. They take long to read, however short they are; the page sends some hundred."""
BODY_S = 60.0
"""Within which it must have come"""
QUEUED, RUN, BY_NAME, MCP = f"{API}/queue/join", f"{API}/run/", f"{API}/call/", f"{API}/mcp"
BY_PARAMETERS = f"{API}/call/v2/"
CALLED = (BY_NAME, RUN)
LISTENING = "/listen/"
LOGIN = "/login"
MOST_VISITS = 500
"""That are known by their last call: as many as Gradio keeps the state of, see MAX_SESSIONS in page.py"""
MOST_OF_VISIT, MOST_OF_ADDRESS = 8, 60
"""Events that wait or run in Gradio's queue at a time"""
WAITING_S = 5.0

NO_FUNCTION = "The page has no such function. See Use via API at its foot for those that it has."
NOT_QUEUED = "This function does not wait in the queue: it is called by the page alone, by /run/."
NOT_RUN = "This function waits in the queue: call it by /call/. See Use via API at the foot of the page."


class Calls:
    """Lets bodies through that the server can take. `functions` are the names and numbers of those that the page has,
    `jobs` of those that make results; `known` says how they may be called, None that they may in any way."""

    def __init__(
        self,
        app: App,
        counts: Budgets,
        functions: Collection[str | int],
        jobs: Collection[str | int],
        known: Functions | None = None,
    ) -> None:
        self.app = app
        self.counts = counts
        self.functions = frozenset(functions)
        self.jobs = frozenset(jobs)
        self.known = known
        self._visits: OrderedDict[str, None] = OrderedDict()
        self._joining: list[tuple[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Raises Refused: 400, 404, 408, 413 or 429."""
        path = scope["guard.path"]
        if scope["method"] in ("GET", "HEAD") or path == UPLOAD:
            await self.app(scope, receive, send)
            return
        # Before its body is read: whoever is over the budget costs nothing more.
        kind = _kind_of_path(path)
        self.counts.spend(kind, address=visitor_address.get(), visit="")
        body = await _whole(receive, _most_bytes(path))
        sent = _object(body)
        keys.check(sent.get(name) for name in keys.NAMES)
        if path == QUEUED or path.startswith(CALLED):
            await self._call(scope, _replay(body, receive), send, sent)
        else:
            names = ("session", "listener") if kind is budgets.ANSWERS else ("session_hash",)
            visit = next(filter(None, (_key(sent, name) for name in names)), "")
            self._spend_of_visit(kind, visit)
            await self.app(scope, _replay(body, receive), send)

    async def _call(self, scope: Scope, receive: Receive, send: Send, sent: dict[str, Any]) -> None:
        """Pass on a call of a function."""
        path, address = scope["guard.path"], visitor_address.get()
        # By parameters all names are the function's own.
        visit = "" if path.startswith(BY_PARAMETERS) else _key(sent, "session_hash")
        if self._is_job(path, sent.get("fn_index")):
            self.counts.spend(budgets.JOBS, address=address, visit=visit)
        else:
            self._spend_of_visit(budgets.CALLS, visit)
        if path.startswith(RUN):
            self._welcome(visit, address)
            await self.app(scope, receive, send)
            return
        self._check_waiting(visit, address)
        self._welcome(visit, address)
        # Until Gradio has it in its queue.
        joining = (visit, address)
        self._joining.append(joining)
        try:
            await self.app({**scope, "guard.address": address}, receive, send)
        except Exception as error:
            if gradio_compat.is_about_arguments(error):
                raise Refused(400, MISFIT) from error
            raise
        finally:
            self._joining.remove(joining)

    def _spend_of_visit(self, kind: Budget, visit: str) -> None:
        """Count for the visit what was counted for its address when it came."""
        if visit:
            self.counts.spend(kind, address="", visit=visit, in_all=False)

    def _is_job(self, path: str, number: Any) -> bool:
        """Whether calling a function makes results. Raises Refused where there is none of that name or number, or it is
        not called that way."""
        name = None if path == QUEUED else path.rstrip("/").rpartition("/")[2]
        # Beside a number Gradio takes no notice of a name, but at /call/ of no number.
        asked = name if number is None or path.startswith(BY_NAME) else number
        if not isinstance(asked, str | int) or asked not in self.functions:
            raise Refused(404, NO_FUNCTION)
        if self.known is not None:
            _check_way(path, asked, self.known)
        return bool({name, asked} & self.jobs)

    def _check_waiting(self, visit: str, address: str) -> None:
        """Raise Refused where too many of a visit, or from an address, wait in Gradio's queue for everybody."""
        if self.known is None:
            return
        waiting = [*self.known.waiting(), *self._joining]
        if visit and sum(each == visit for each, _ in waiting) >= MOST_OF_VISIT:
            raise _too_many("visit", MOST_OF_VISIT)
        if address and sum(each == address for _, each in waiting) >= MOST_OF_ADDRESS:
            raise _too_many("address", MOST_OF_ADDRESS)

    def _welcome(self, visit: str, address: str) -> None:
        """Count a visit that is new, for which Gradio forgets an older one. A call without any is one, too."""
        if visit not in self._visits:
            self.counts.spend(budgets.VISITS, address=address, visit="")
        if visit:
            self._visits[visit] = None
            self._visits.move_to_end(visit)
        while len(self._visits) > MOST_VISITS:
            self._visits.popitem(last=False)


def _kind_of_path(path: str) -> Budget:
    if path.startswith(LOGIN):
        return budgets.LOGINS
    return budgets.ANSWERS if path.startswith(LISTENING) else budgets.CALLS


def _most_bytes(path: str) -> int:
    if path.startswith(MCP):
        return MAX_TOOL_BYTES
    return MAX_BODY_BYTES if path == QUEUED or path.startswith(CALLED) else MAX_SMALL_BYTES


def _key(sent: dict[str, Any], name: str) -> str:
    """What a body names so, "" if it does not."""
    found = sent.get(name)
    return found if isinstance(found, str) else ""


def _check_way(path: str, asked: str | int, known: Functions) -> None:
    """Raise Refused where a function is not called that way."""
    if path.startswith(BY_NAME) and asked in known.private:
        raise Refused(404, NO_FUNCTION)
    # Gradio's Python client joins the queue for whatever is public.
    if path == QUEUED and asked in known.unqueued and asked in known.private:
        raise Refused(400, NOT_QUEUED)
    if path.startswith(RUN) and asked not in known.unqueued:
        raise Refused(400, NOT_RUN)


def _too_many(whose: str, most: int) -> Refused:
    return Refused(
        429,
        f"This {whose} has {most} actions under way, which is all at a time. Wait for one to end.",
        retry_s=WAITING_S,
    )


async def _whole(receive: Receive, most: int) -> bytes:
    """All of a body. Raises Refused: 413 for one that is too long, whatever its length was said to be, or has too many
    parts; 408."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, "The connection ended before everything had come.")
                body += message.get("body", b"")
                if len(body) > most:
                    told = f"{most // 2**20} MB" if most >= 2**20 else f"{most // 2**10} kB"
                    raise Refused(413, f"This is longer than the {told} that are read here. Send less.")
                if not message.get("more_body"):
                    break
    except TimeoutError as error:
        raise Refused(408, f"This did not arrive within {BODY_S:.0f} seconds. Try again.") from error
    if sum(map(body.count, (b"[", b"{", b","))) > MAX_PARTS:
        raise Refused(413, f"This has more than the {MAX_PARTS:,} values that are read here. Send less.")
    return bytes(body)


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
