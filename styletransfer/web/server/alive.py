"""An address that tells which server answers: so a page finds out that its own is away, or another one is there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ADDRESS = "alive"


def route(server_id: str) -> Route:
    """Answers with the name of a server, which no other has."""

    async def answer(_: Request) -> JSONResponse:
        return JSONResponse({"id": server_id}, headers={"Cache-Control": "no-store"})

    return Route(f"/{ADDRESS}", answer)
