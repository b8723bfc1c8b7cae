"""What the listener's page is answered with: headers that hold for all of it, and refusals in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, JSONResponse, Response

TEMPLATE = Template((Path(__file__).parent / "frontend" / "page.html").read_text(encoding="utf-8"))

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
PACKED = [Middleware(GZipMiddleware, minimum_size=1000)]
"""For routes that answer with text. Not for sounds: how small each becomes would tell them apart."""


class Refused(Exception):
    """A request cannot be answered as asked. The message is a sentence for the listener."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def no_test() -> Refused:
    """For an address where there is no test, or nothing for who asks."""
    return Refused(404, "There is no listening test at this address. Look at the link again, or ask who sent it.")


def page(title: str, body: str, head: str = "", status: int = 200) -> Response:
    """A page of HTML; `title` is text, `body` and `head` are HTML."""
    html = TEMPLATE.substitute(title=escape(title), body=body, head=head)
    return HTMLResponse(html, status, HEADERS)


def sentence_page(title: str, refused: Refused, head: str = "") -> Response:
    """A page that has a heading and why nothing else is there."""
    body = f'<main><section class="step"><h1>{escape(title)}</h1><p>{escape(str(refused))}</p></section></main>'
    return page(title, body, head, refused.status)


def data(value: Mapping[str, Any]) -> Response:
    """An answer as JSON."""
    return JSONResponse(value, headers=HEADERS)


def refusal(refused: Refused) -> Response:
    """The same for what was refused: its sentence as `error`."""
    return JSONResponse({"error": str(refused)}, refused.status, HEADERS)


def sound(wav: bytes) -> Response:
    """A sound, with nothing around it that tells one from another."""
    return Response(wav, media_type="audio/wav", headers=HEADERS)


def file(content: bytes, media_type: str, name: str = "", policy: str = POLICY) -> Response:
    """A file, to be kept under a name if there is one. `policy` is its Content-Security-Policy."""
    kept = {"Content-Disposition": f'attachment; filename="{name}"'} if name else {}
    return Response(content, media_type=media_type, headers=HEADERS | {"Content-Security-Policy": policy} | kept)
