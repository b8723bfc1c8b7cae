"""Which addresses are there: our own, and those of Gradio's that the page, its clients and MCP use. All others are not.

Gradio has many more (seen in 6.31): for monitoring, reloading, editing by a language model, proxying, screen recording
and saved links. tests/web/test_open_routes.py lists all of them, so that a new release opens none unseen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from starlette.routing import Route

from styletransfer.web.guard.refusals import App, Receive, Refused, Scope, Send

API = "/gradio_api"
GET, POST = ("GET", "HEAD"), ("POST",)
OPEN: dict[str, Collection[str]] = {
    "/": GET,
    "/config/?": GET,
    "/theme.css": GET,
    "/(assets|static|svelte)/.+": GET,
    "/favicon.ico": GET,
    "/manifest.json": GET,
    "/robots.txt": GET,
    "/login/?": POST,
    "/logout": GET,
    f"{API}/(user|login_check|app_id|info)/?": GET,
    f"{API}/theme.css": GET,
    f"{API}/startup-events": GET,
    # A file, and no address of another server, which Gradio would fetch for anybody.
    f"{API}/file=(?!https?:).+": GET,
    f"{API}/heartbeat/[^/]+": GET,
    f"{API}/upload": POST,
    f"{API}/upload_progress": GET,
    f"{API}/queue/join": POST,
    f"{API}/queue/data": GET,
    f"{API}/(cancel|reset)/?": POST,
    f"{API}/(run|call|call/v2)/[^/]+/?": POST,
    f"{API}/call(/v2)?/[^/]+/[^/]+": GET,
}
"""Of Gradio's: paths as patterns, below the one that the page lives under, and the methods that are let through."""
MCP = {f"{API}/mcp(/.*)?": ("GET", "HEAD", "POST", "DELETE")}


class OpenRoutes:
    """Answers 404 to all but the open addresses. `routes` are our own, `root_path` is where the page lives."""

    def __init__(self, app: App, routes: Sequence[Route], *, mcp: bool = False, root_path: str = "") -> None:
        self.app = app
        self.root_path = root_path.rstrip("/")
        self._ours = [route.path_regex for route in routes]
        self._theirs = {re.compile(path, re.DOTALL): methods for path, methods in (OPEN | (MCP if mcp else {})).items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its path below the page's as `scope["guard.path"]`. Raises Refused."""
        path = self.inner(scope["path"])
        if not self.is_open(path, scope["method"]):
            raise Refused(404, "There is nothing at this address.")
        await self.app({**scope, "guard.path": path}, receive, send)

    def inner(self, path: str) -> str:
        """A path without the one that the page lives under, which a proxy may have taken off already."""
        if path == self.root_path:
            return "/"
        below = path.removeprefix(self.root_path)
        return below if below.startswith("/") else path

    def is_open(self, path: str, method: str) -> bool:
        """Whether a request is let through; who may do what at our own addresses they know themselves."""
        if any(pattern.match(path) for pattern in self._ours):
            return True
        return any(pattern.fullmatch(path) and method in methods for pattern, methods in self._theirs.items())
