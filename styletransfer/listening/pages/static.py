"""The scripts and the stylesheet of the listener's page, under an address that has the version in it.

The player's core is that of the main page: a few of its files are served beside ours, so that `./transport.js` is
found there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from styletransfer import __version__
from styletransfer.listening.pages import replies

FOLDER = Path(__file__).parent / "frontend"
SHARED = ("transport.js", "mixer.js", "elements.js", "config.js")
"""Of the main page's scripts: the player's core and all that it imports."""
TYPES = {".js": "text/javascript", ".css": "text/css"}
NAME = f"static-{__version__}"
"""Relative to the page of a test. The version keeps browsers from mixing files of two."""
MAX_AGE_S = 3600


def route(shared_scripts: Path) -> Route:
    """Serves our own scripts and stylesheets, and the shared ones; nothing else of either folder."""
    files = {path.name: path for path in FOLDER.iterdir() if path.suffix in TYPES}
    files |= {name: shared_scripts / name for name in SHARED}

    async def answer(request: Request) -> Response:
        path = files.get(request.path_params["name"])
        if path is None:
            return replies.refusal(replies.Refused(404, "There is no such file."))
        headers = replies.HEADERS | {"Cache-Control": f"public, max-age={MAX_AGE_S}"}
        return FileResponse(path, media_type=TYPES[path.suffix], headers=headers)

    return Route(f"/listen/{NAME}/{{name}}", answer)


def stylesheet() -> str:
    """HTML for the head of every page."""
    return f'<link rel="stylesheet" href="{NAME}/listen.css">'


def scripts(config: Mapping[str, Any]) -> str:
    """HTML for the head of a page with scripts, all of which are fetched at once, and what Python tells them."""
    known = json.dumps(config).replace("<", "\\u003c")  # nothing in it ends the element
    names = sorted({path.name for path in FOLDER.glob("*.js")} | set(SHARED))
    preloads = "".join(f'<link rel="modulepreload" href="{NAME}/{escape(name)}">' for name in names)
    return (
        f'<script type="application/json" id="st-config">{known}</script>{preloads}'
        f'<script type="module" src="{NAME}/main.js"></script>'
    )
