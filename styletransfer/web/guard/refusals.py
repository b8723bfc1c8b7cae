"""What a refused request is answered with: a status and one sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Refused(Exception):
    """A request is not let through. The message is a sentence for whoever sent it.

    `retry_s` is after how many seconds it is worth trying again, if that is known."""

    def __init__(self, status: int, sentence: str, *, retry_s: float | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.retry_s = retry_s


def header(scope: Scope, name: str) -> str:
    """The value of a request's header, "" if it has none; `name` is in lower case."""
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == wanted), "")


def has_json(scope: Scope) -> bool:
    """Whether the request brings JSON."""
    return header(scope, "content-type").partition(";")[0].strip().lower() == "application/json"


async def answer(refused: Refused, scope: Scope, send: Send) -> None:
    """Send the refusal: as JSON to who sent JSON, whose scripts look for the sentence under `detail` (Gradio's) or
    `error` (those of listening tests), else as plain text."""
    sentence = str(refused)
    if has_json(scope):
        body, kind = json.dumps({"detail": sentence, "error": sentence}).encode(), b"application/json"
    else:
        body, kind = sentence.encode(), b"text/plain; charset=utf-8"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    if refused.retry_s is not None:
        headers.append((b"retry-after", str(max(1, math.ceil(refused.retry_s))).encode()))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
