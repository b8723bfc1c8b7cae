"""The gate: all of the guard in its order, its refusals as answers, and a line in the log for what matters."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from starlette.routing import Route

from styletransfer.web import logs
from styletransfer.web.gradio_compat import Functions
from styletransfer.web.guard import answers, refusals
from styletransfer.web.guard.budgets import Budgets
from styletransfer.web.guard.calls import Calls
from styletransfer.web.guard.open_routes import OpenRoutes
from styletransfer.web.guard.origin import OwnOrigin
from styletransfer.web.guard.proxies import TrueClient
from styletransfer.web.guard.reads import Reads
from styletransfer.web.guard.refusals import App, Message, Receive, Refused, Scope, Send
from styletransfer.web.guard.uploads import Uploads
from styletransfer.web.hosting import Hosting
from styletransfer.web.server.private_files import PrivateFiles

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a gate has to know of the page behind it."""

    hosting: Hosting
    files: PrivateFiles
    routes: Sequence[Route]
    """that are our own"""
    functions: Collection[str | int]
    """names and numbers of those that clients may call"""
    jobs: Collection[str | int]
    """of these, those that make results"""
    known: Functions | None = None
    """how functions may be called"""
    mcp: bool = False
    root_path: str = ""
    counts: Budgets = field(default_factory=Budgets)


class Gate:
    """Stands before the whole page."""

    def __init__(self, app: App, rules: Rules) -> None:
        hosting = rules.hosting
        self._page = app
        self._added = answers.defaults(hosting.frame_ancestors)
        inner: App = Uploads(app, rules.counts, rules.files)
        inner = Calls(inner, rules.counts, rules.functions, rules.jobs, rules.known)
        inner = Reads(inner, rules.counts)
        inner = OwnOrigin(inner)
        inner = OpenRoutes(inner, rules.routes, mcp=rules.mcp, root_path=rules.root_path)
        self._inner = _Noted(TrueClient(inner, hosting.trusted_proxies, hosting.relays), self._added)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. What is neither HTTP nor the server's own start and end is turned away."""
        if scope["type"] == "http":
            await self._inner(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._page(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})


class _Noted:
    """Finishes every answer, and answers what is refused or fails."""

    def __init__(self, app: App, added: dict[bytes, bytes]) -> None:
        self.app = app
        self.added = added

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(scope, send, self.added)
        begun = time.monotonic()
        try:
            await self.app(scope, receive, answer.send)
        except Refused as refused:
            await answer.refuse(refused)
        except Exception:
            await answer.refuse(Refused(500, logs.sorry(logs.error(log, "a request failed"))))
        if scope["method"] not in ("GET", "HEAD") or answer.status >= 400:
            told = {"status": answer.status, "duration_s": round(time.monotonic() - begun, 3)}
            log.info("request", extra=told)


class _Answer:
    """What goes out for one request."""

    def __init__(self, scope: Scope, send: Send, added: dict[bytes, bytes]) -> None:
        self._scope, self._send, self._added = scope, send, added
        self.status = 0
        """0 as long as nothing has gone out"""
        self._is_withheld = False

    async def send(self, message: Message) -> None:
        """Pass on what the page answers, but for a bare error: the failure itself follows, and is answered instead."""
        if message["type"] == "http.response.start":
            kinds = [value for name, value in message.get("headers", ()) if name.lower() == b"content-type"]
            self._is_withheld = message["status"] == 500 and not any(b"json" in kind for kind in kinds)
        if not self._is_withheld:
            await self._pass(message)

    async def refuse(self, refused: Refused) -> None:
        """Answer with a refusal, unless an answer is on its way already."""
        if not self.status:
            await refusals.answer(refused, self._scope, self._pass)

    async def _pass(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = answers.finish(message, self._added, is_https=self._scope["scheme"] == "https")
        await self._send(message)
