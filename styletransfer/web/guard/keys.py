"""Keys that a browser makes up, by which the server keeps things: short, and of plain characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from styletransfer.web.guard.open_routes import API
from styletransfer.web.guard.refusals import Refused, Scope

KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
NAMES = ("session_hash", "upload_id", "listener", "session")
HEARTBEAT = f"{API}/heartbeat/"
NO_KEY = (
    "A visit, an upload or a listener is named here by what is no key. Use 1 to 64 letters, digits, hyphens and "
    "underscores, or load the page again."
)


def check(values: Iterable[Any]) -> None:
    """Raise Refused (400) where a text is no key. What is no text, those refuse who are to read it."""
    if any(isinstance(value, str) and not KEY.fullmatch(value) for value in values):
        raise Refused(400, NO_KEY)


def of_address(scope: Scope) -> Iterator[str]:
    """The keys in the address of a request to Gradio."""
    path = scope["guard.path"]
    if path.startswith(HEARTBEAT):
        yield path.removeprefix(HEARTBEAT)
    if path.startswith(API):
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        yield from (value for name, value in query if name in NAMES)
