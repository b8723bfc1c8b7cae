"""Whom a request comes from, and whether another site's page sent it: the middleware by itself, as ASGI."""

from __future__ import annotations

import contextlib
import ipaddress
from typing import Any

import pytest
from support import coroutines

from styletransfer.web.guard import proxies
from styletransfer.web.guard.origin import OwnOrigin
from styletransfer.web.guard.proxies import TrueClient, visitor_address
from styletransfer.web.guard.refusals import Refused, Scope
from styletransfer.web.hosting import EVERYBODY, LOOPBACK

PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8:1::/48"))


def scope_of(peer: str | None, *, method: str = "GET", scheme: str = "http", **headers: str) -> dict[str, Any]:
    """A request as uvicorn has it; underscores in the names of headers are hyphens."""
    given = {"host": "here.example"} | {name.replace("_", "-"): value for name, value in headers.items()}
    pairs = [(name.encode(), value.encode()) for name, value in given.items()]
    client = None if peer is None else (peer, 5000)
    return {"type": "http", "method": method, "scheme": scheme, "client": client, "headers": pairs}


def seen(scope: dict[str, Any], trusted: Any = PROXIES, relays: Any = ()) -> tuple[str, str, str, str]:
    """Client, scheme and host as the page behind sees them, and what limits know the visitor by."""
    found: list[tuple[str, str, str, str]] = []

    async def page(scope: Scope, _receive: Any, _send: Any) -> None:
        headers = dict(scope["headers"])
        client = scope["client"][0] if scope["client"] else ""
        found.append((client, scope["scheme"], headers[b"host"].decode(), visitor_address.get()))
        assert not [name for name in headers if name.startswith(b"x-") or name == b"forwarded"]

    coroutines.run(TrueClient(page, trusted, relays)(scope, None, None))  # type: ignore[arg-type]
    return found[0]


def client_of(peer: str, said: str) -> str:
    return seen(scope_of(peer, x_forwarded_for=said))[0]


def test_what_anybody_says_is_not_believed() -> None:
    said = {"x_forwarded_for": "9.9.9.9", "x_forwarded_proto": "https", "x_forwarded_host": "far.example"}
    said |= {"x_real_ip": "9.9.9.9", "forwarded": "for=9.9.9.9", "x_gradio_server": "https://far.example"}
    assert seen(scope_of("203.0.113.5", **said)) == ("203.0.113.5", "http", "here.example", "203.0.113.5")
    assert seen(scope_of("127.0.0.1", **said)) == ("127.0.0.1", "http", "here.example", "")


def test_a_trusted_proxy_is_believed() -> None:
    said = {"x_forwarded_for": "203.0.113.5", "x_forwarded_proto": "https", "x_forwarded_host": "far.example:8443"}
    assert seen(scope_of("10.1.2.3", **said)) == ("203.0.113.5", "https", "far.example:8443", "203.0.113.5")


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("1.1.1.1, 203.0.113.5", "203.0.113.5"),  # the first was made up by the client
        ("1.1.1.1, 203.0.113.5, 10.9.9.9", "203.0.113.5"),
        ("10.9.9.9", "10.9.9.9"),  # who is behind the inner proxy: the proxy itself
        ("203.0.113.5, rubbish", "10.1.2.3"),
        ("", "10.1.2.3"),
        ("203.0.113.5:4711", "203.0.113.5"),
        ("[2001:db8:9::7]:4711", "2001:db8:9::7"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ('<script>"', "10.1.2.3"),
        ("203.0.113.5\r\nset-cookie: a=b", "10.1.2.3"),
        ("203.0.113.5, " * 2000 + "203.0.113.6", "203.0.113.6"),
    ],
)
def test_nearest_of_those_that_no_proxy_is(said: str, client: str) -> None:
    assert client_of("10.1.2.3", said) == client


@pytest.mark.parametrize("said", ["javascript", "HTTPS://", "https\r\nx: y"])
def test_a_scheme_that_is_none_changes_nothing(said: str) -> None:
    assert seen(scope_of("10.1.2.3", x_forwarded_proto=said))[1] == "http"


@pytest.mark.parametrize("said", ["a b", 'x"><script>', "here.example/path", "a\r\nb: c", "user@far.example", ""])
def test_a_host_that_is_none_changes_nothing_or_is_refused(said: str) -> None:
    assert seen(scope_of("10.1.2.3", x_forwarded_host=said))[2] == "here.example"
    with pytest.raises(Refused, match="names is none"):
        seen(scope_of("10.1.2.3", host=said))


def test_one_home_of_ipv6_addresses_is_one_visitor() -> None:
    keys = {seen(scope_of(f"2001:db8:5:6:{i:x}::1"))[3] for i in range(1, 50)}
    assert keys == {"2001:db8:5:6::/64"}
    assert seen(scope_of("2001:db8:5:7::1"))[3] == "2001:db8:5:7::/64"
    assert seen(scope_of("::ffff:203.0.113.5"))[3] == "203.0.113.5"


def test_an_address_that_many_share_is_nobodys() -> None:
    assert seen(scope_of("::1"))[3] == ""
    assert seen(scope_of(None))[3] == ""
    relayed = scope_of("10.20.0.1", x_forwarded_proto="https,http", x_forwarded_for="9.9.9.9")
    assert seen(relayed, (), EVERYBODY) == ("", "https", "here.example", "")
    tunnel = scope_of("127.0.0.1", x_forwarded_host="a.share.example", x_forwarded_for="9.9.9.9")
    assert seen(tunnel, (), LOOPBACK) == ("", "http", "a.share.example", "")


@pytest.mark.parametrize("text", ["", "[", "1.2.3", "1.2.3.4.5", "300.1.1.1", "::g", "٣.1.1.1"])
def test_what_is_no_address(text: str) -> None:
    assert proxies.parsed(text) is None


def is_refused(method: str = "POST", **headers: str) -> bool:
    passed: list[bool] = []

    async def page(*_: Any) -> None:
        passed.append(True)

    with contextlib.suppress(Refused):
        coroutines.run(OwnOrigin(page)(scope_of("203.0.113.5", method=method, **headers), None, None))  # type: ignore[arg-type]
    return not passed


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, False),  # a script
        ({"origin": "http://here.example"}, False),
        ({"origin": "https://here.example"}, False),  # a proxy speaks https
        ({"origin": "https://HERE.example:443"}, False),
        ({"origin": "http://here.example:80"}, False),
        ({"origin": "http://here.example:8000", "host": "here.example:8000"}, False),
        ({"origin": "http://here.example:8000"}, True),
        ({"origin": "https://far.example"}, True),
        ({"origin": "https://here.example.far.example"}, True),
        ({"origin": "https://far.example/here.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": "http://[broken"}, True),
        ({"origin": "http://localhost", "host": "127.0.0.1"}, True),
        ({"sec_fetch_site": "cross-site"}, True),
        ({"sec_fetch_site": "same-site"}, True),
        ({"sec_fetch_site": "same-origin"}, False),
        ({"sec_fetch_site": "none"}, False),
    ],
)
def test_only_our_own_pages_may_send(headers: dict[str, str], refused: bool) -> None:
    assert is_refused(**headers) is refused


def test_reading_from_elsewhere_is_a_link_unless_a_script_does_it() -> None:
    assert not is_refused("GET", sec_fetch_site="cross-site")
    assert is_refused("GET", origin="https://far.example")
    assert is_refused("OPTIONS", origin="https://far.example", access_control_request_method="POST")
