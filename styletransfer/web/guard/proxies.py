"""Whom a request comes from, and under which address the page was asked for.

What a proxy says of that (X-Forwarded-For, -Proto and -Host) counts from trusted proxies alone, and is taken off every
request once it is read: what comes behind sees the truth in the request itself.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from contextvars import ContextVar

from styletransfer.web.guard.refusals import App, Receive, Refused, Scope, Send, header
from styletransfer.web.hosting import LOOPBACK, Address, Network

SAID = re.compile(rb"x-forwarded-.*|forwarded|x-real-ip|x-original-.*|x-gradio-server")
"""Headers by which a proxy says, or anybody claims, whom a request comes from and what it asked for."""
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)
V6_PREFIX = 64
"""One home's, or one machine's, of the 128 bits of an IPv6 address"""

visitor_address: ContextVar[str] = ContextVar("visitor_address", default="")
"""What limits know the visitor of the current request by: "" where many share an address."""


class TrueClient:
    """Writes the true client, scheme and host into each request.

    `trusted` are the proxies' addresses. Of `relays` the scheme and the host are believed and no address: a tunnel or a
    host's own proxy, behind which many visitors share one. Their requests come from nobody."""

    def __init__(self, app: App, trusted: Sequence[Network] = (), relays: Sequence[Network] = ()) -> None:
        self.app = app
        self.trusted = trusted
        self.relays = relays

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Raises Refused where no host could be named so."""
        peer = parsed(scope["client"][0]) if scope.get("client") else None
        is_trusted, is_relay = _is_in(peer, self.trusted), _is_in(peer, self.relays)
        client = self._client(peer, header_list(scope, "x-forwarded-for")) if is_trusted else peer
        if is_trusted or is_relay:
            _take_scheme_and_host(scope)
        scope["headers"] = [pair for pair in scope["headers"] if not SAID.fullmatch(pair[0])]
        if not HOST.fullmatch(header(scope, "host")):
            raise Refused(400, "The host that this request names is none.")
        key = self._key(client)
        if is_relay and not key:
            scope["client"] = None
        elif client is not None and client != peer:
            scope["client"] = (str(client), 0)
        token = visitor_address.set(key)
        try:
            await self.app(scope, receive, send)
        finally:
            visitor_address.reset(token)

    def _key(self, client: Address | None) -> str:
        if client is None or _is_in(client, LOOPBACK) or _is_in(client, self.relays):
            return ""
        return key_of(client)

    def _client(self, peer: Address | None, said: Sequence[str]) -> Address | None:
        """Who is nearest of those that no trusted proxy is; what stands before that anybody may have made up."""
        nearest = peer
        for each in reversed(said):
            found = parsed(each)
            if found is None:
                break
            nearest = found
            if not _is_in(found, self.trusted):
                break
        return nearest


def parsed(text: str) -> Address | None:
    """An address as a proxy or a socket writes it, with or without a port; None where it is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def key_of(address: Address) -> str:
    """What limits know an address by: an IPv4 address, or the network of an IPv6 address."""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, V6_PREFIX), strict=False))


def header_list(scope: Scope, name: str) -> list[str]:
    """All values of a header that may come several times and hold several each."""
    wanted = name.encode()
    values = b",".join(value for key, value in scope["headers"] if key == wanted).decode("latin-1")
    return [each.strip() for each in values.split(",") if each.strip()]


def _is_in(address: Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


def _take_scheme_and_host(scope: Scope) -> None:
    schemes, hosts = header_list(scope, "x-forwarded-proto"), header_list(scope, "x-forwarded-host")
    if schemes and schemes[0] in ("http", "https"):
        scope["scheme"] = schemes[0]
    if hosts and HOST.fullmatch(hosts[0]):
        others = [pair for pair in scope["headers"] if pair[0] != b"host"]
        scope["headers"] = [(b"host", hosts[0].encode()), *others]
