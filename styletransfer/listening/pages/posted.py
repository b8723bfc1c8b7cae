"""Reading what a browser posts: from our own page, as JSON, not too long, and every value as it should be."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit

from starlette.requests import Request

from styletransfer.listening import records
from styletransfer.listening.pages.replies import Refused

MAX_BYTES = 16 * 1024
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


async def read(request: Request) -> dict[str, Any]:
    """The object of JSON that our own page has posted. Raises Refused: 403, 415, 413 or 400."""
    _check_origin(request.headers)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "Only JSON is read here.")
    return _parsed(await _body(request))


def _check_origin(headers: Mapping[str, str]) -> None:
    """Another site's page is refused: its origin is not the host that was asked."""
    origin = headers.get("origin")
    if origin is None:
        foreign = headers.get("sec-fetch-site") in ("cross-site", "same-site")
    else:
        foreign = _host(origin) != headers.get("host", "").lower()
    if foreign:
        raise Refused(403, "This came from another site's page. Open the link of the test itself.")


def _host(address: str) -> str:
    """Host and port of an address, "" if it has none."""
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""


async def _body(request: Request) -> bytes:
    """All of it, or as much as shows that it is too long, whatever its length was said to be."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise Refused(413, f"This is longer than {MAX_BYTES // 1024} kB. Shorten the comment.")
    return bytes(body)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "This is no JSON.") from error
    if not isinstance(given, dict):
        _refuse("the whole")
    return given


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def key(given: Mapping[str, Any], name: str) -> str:
    """A key of 8 to 64 characters that may stand in an address. Raises Refused."""
    value = given.get(name)
    return value if isinstance(value, str) and KEY.fullmatch(value) else _refuse(name)


def whole(given: Mapping[str, Any], name: str, most: int) -> int:
    """A whole number from 0 to `most`. Raises Refused."""
    value = given.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else _refuse(name)


def seconds(given: Mapping[str, Any], name: str) -> float:
    """A time in seconds, finite and not negative; one that is too long to be kept is cut. Raises Refused."""
    value = given.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        _refuse(name)
    return float(min(value, records.MAX_SECONDS))


def heard(given: Mapping[str, Any], slots: Collection[str]) -> dict[str, float]:
    """For how many seconds each slot was heard; 0 for those that are not named. Raises Refused."""
    value = given.get("heard")
    if not isinstance(value, dict) or not value.keys() <= set(slots):
        _refuse("heard")
    return {slot: seconds(value, slot) if slot in value else 0.0 for slot in slots}


def text(given: Mapping[str, Any], name: str, most: int) -> str:
    """A text of at most so many characters, as typed; half a character, which no file could keep, becomes "?". Raises
    Refused."""
    value = given.get(name, "")
    if not isinstance(value, str):
        _refuse(name)
    if len(value) > most:
        raise Refused(400, f"This text has {len(value)} characters; {most} are the most. Shorten it.")
    return value.encode("utf-8", "replace").decode("utf-8")


def output(given: Mapping[str, Any]) -> str:
    """What the listener hears with. Raises Refused."""
    value = given.get("output")
    return value if isinstance(value, str) and value and value in records.OUTPUTS else _refuse("output")


def _refuse(name: str) -> NoReturn:
    raise Refused(400, f"Something is wrong with what was sent ({name}). Load the page again.")
