"""Uploads of recordings: how much, how fast, and nothing left of one that broke off.

Gradio writes each part of an upload to a file as it comes. Whatever ends an upload early is told to its parser as
something it cannot read; and what it has not moved to its place in the end is removed.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.formparsers import MultiPartException

from styletransfer.web import gradio_compat
from styletransfer.web.guard import budgets
from styletransfer.web.guard.budgets import MIB, Budgets
from styletransfer.web.guard.open_routes import API
from styletransfer.web.guard.proxies import visitor_address
from styletransfer.web.guard.refusals import App, Message, Receive, Refused, Scope, Send, header
from styletransfer.web.server.private_files import STALL_S, PrivateFiles, is_about_full_disk

UPLOAD = f"{API}/upload"
MAX_UPLOAD_MB = 200
"""All files of a request together, and so each of them"""
MAX_UPLOAD_BYTES = MAX_UPLOAD_MB * MIB
MIN_BYTES_A_S = 1000
"""On average, once `STALL_S` have passed"""
LOOK_EVERY_BYTES = 16 * MIB
"""How often it is looked whether there is room on the disk"""

ROOM_S = 3600.0
"""When there may be room again: what visitors bring ages out hourly"""

TOO_MUCH = f"This is more than {MAX_UPLOAD_MB} MB, which is all that is taken at once. Send shorter recordings."
NO_ROOM = "There is no room for recordings on this server just now. Try again in an hour."
TOO_SLOW = "This upload came too slowly, or stopped, and was given up. Try again over a better connection."


class Uploads:
    """Watches uploads, and hands on all else."""

    def __init__(self, app: App, counts: Budgets, files: PrivateFiles) -> None:
        self.app = app
        self.counts = counts
        self.files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Raises Refused: 408, 413, 429 or 507."""
        if scope["guard.path"] != UPLOAD:
            await self.app(scope, receive, send)
            return
        said = header(scope, "content-length")
        n_bytes = int(said) if said.isascii() and said.isdigit() else 0
        if n_bytes > MAX_UPLOAD_BYTES:
            raise Refused(413, TOO_MUCH)
        upload = _Upload(receive, send, self.counts, self.files)
        await upload.look_for_room(n_bytes)
        with gradio_compat.parts_of_upload() as parts:
            try:
                await self.app(scope, upload.receive, upload.send)
            except OSError as error:
                if not is_about_full_disk(error):
                    raise
                raise Refused(507, NO_ROOM, retry_s=ROOM_S) from error
            finally:
                for part in parts:
                    Path(part).unlink(missing_ok=True)
        if upload.refused:
            raise upload.refused


class _Upload:
    """One that is under way."""

    def __init__(self, receive: Receive, send: Send, counts: Budgets, files: PrivateFiles) -> None:
        self._receive, self._send = receive, send
        self._counts, self._files = counts, files
        self._begun, self._n_bytes, self._is_whole = time.monotonic(), 0, False
        self.refused: Refused | None = None
        """Why it was ended early"""

    async def receive(self) -> Message:
        """The next piece of it. Raises MultiPartException, for Gradio's parser, where it ends here."""
        if self._is_whole:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), STALL_S)
        except TimeoutError:
            raise self._ended(Refused(408, TOO_SLOW)) from None
        if message["type"] == "http.disconnect":
            raise MultiPartException("The sender went away.")
        before, self._n_bytes = self._n_bytes, self._n_bytes + len(message.get("body", b""))
        try:
            await self._check(before)
        except Refused as refused:
            raise self._ended(refused) from None
        self._is_whole = not message.get("more_body")
        return message

    async def send(self, message: Message) -> None:
        """Pass on what is answered, unless it was refused here."""
        if self.refused is None:
            await self._send(message)

    async def look_for_room(self, n_bytes: int) -> None:
        """Raises Refused where there is none for so many more bytes."""
        if not await run_in_threadpool(self._files.has_room, n_bytes):
            raise Refused(507, NO_ROOM, retry_s=ROOM_S)

    async def _check(self, before: int) -> None:
        if self._n_bytes > MAX_UPLOAD_BYTES:
            raise Refused(413, TOO_MUCH)
        if amount := -(-self._n_bytes // MIB) - -(-before // MIB):
            self._counts.spend(budgets.UPLOADS, address=visitor_address.get(), amount=amount)
        if self._n_bytes // LOOK_EVERY_BYTES > before // LOOK_EVERY_BYTES:
            await self.look_for_room(0)
        elapsed_s = time.monotonic() - self._begun
        if elapsed_s > STALL_S and self._n_bytes < MIN_BYTES_A_S * elapsed_s:
            raise Refused(408, TOO_SLOW)

    def _ended(self, refused: Refused) -> MultiPartException:
        self.refused = refused
        return MultiPartException(str(refused))
