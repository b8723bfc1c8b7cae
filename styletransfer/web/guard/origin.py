"""Refuses what another site's page sends in a visitor's name."""

from __future__ import annotations

from urllib.parse import urlsplit

from styletransfer.web.guard.refusals import App, Receive, Refused, Scope, Send, header

SAFE = ("GET", "HEAD")
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
SENTENCE = (
    "This came from another site's page. Open this page by its own address; behind a proxy, whoever runs it has the "
    "proxy pass on the Host."
)


class OwnOrigin:
    """Lets a request through whose Origin is the host that it asks; scripts outside of browsers send none."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Raises Refused."""
        origin = header(scope, "origin")
        if origin:
            foreign = _host_of(origin) != _without_default_port(header(scope, "host"), scope["scheme"])
        else:
            # Browsers say so of what has no Origin, and a link to the page from elsewhere is one that only reads.
            elsewhere = header(scope, "sec-fetch-site") in ("cross-site", "same-site")
            foreign = elsewhere and scope["method"] not in SAFE
        if foreign:
            raise Refused(403, SENTENCE)
        await self.app(scope, receive, send)


def _host_of(origin: str) -> str:
    """Host and port of an origin, "" if it has none, as `null` has."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return _without_default_port(parts.netloc, parts.scheme)


def _without_default_port(host: str, scheme: str) -> str:
    # Whether a proxy speaks https to browsers, the server behind it may not know.
    ports = {DEFAULT_PORTS.get(scheme, ""), ":443"}
    host = host.lower()
    return next((host.removesuffix(port) for port in ports if port and host.endswith(port)), host)
