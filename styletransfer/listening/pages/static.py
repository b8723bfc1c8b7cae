"""The scripts and the stylesheet of the listener's page, under an address that has the version in it.

The player's core is that of the main page: a few of its files are served beside ours, so that `./transport.js` is
found there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from styletransfer import __version__
from styletransfer.listening.pages import replies

FOLDER = Path(__file__).parent / "frontend"
SHARED = ("transport.js", "mixer.js", "elements.js", "config.js")
"""Of the main page's scripts: the player's core and all that it imports."""
PLAIN, STYLE = "plain.css", "listen.css"
"""What the plain pages have in common, which stands before our own rules in one file."""
OWNERS_SCRIPT, OWNERS_STYLE = "owner.js", "owner.css"
"""Which the owner's page alone has."""
TYPES = {".js": "text/javascript", ".css": "text/css"}
NAME = f"static-{__version__}"
"""Relative to the page of a test. The version keeps browsers from mixing files of two."""
MAX_AGE_S = 3600


COMMENT = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/\n", re.MULTILINE | re.DOTALL)
"""One that has its lines for itself."""


def route(shared_scripts: Path) -> Route:
    """Serves our own scripts and stylesheets, and the shared ones; nothing else of either folder. They travel light:
    packed, and without their comments."""
    paths = [path for path in FOLDER.iterdir() if path.suffix in TYPES]
    files = {path.name: _read(path) for path in (*paths, *(shared_scripts / name for name in SHARED))}
    files[STYLE] = _read(shared_scripts / PLAIN) + files[STYLE]

    async def answer(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            return replies.refusal(replies.Refused(404, "There is no such file."))
        headers = replies.HEADERS | {"Cache-Control": f"public, max-age={MAX_AGE_S}"}
        return Response(files[name], media_type=TYPES[Path(name).suffix], headers=headers)

    return Route(f"/listen/{NAME}/{{name}}", answer, middleware=replies.PACKED)


def _read(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


def stylesheet() -> str:
    """HTML for the head of every page."""
    return f'<link rel="stylesheet" href="{NAME}/{STYLE}">'


def owners_head() -> str:
    """HTML for the head of the owner's page, which lies two folders deeper."""
    styles = "".join(f'<link rel="stylesheet" href="../../{NAME}/{name}">' for name in (STYLE, OWNERS_STYLE))
    return f'{styles}<script type="module" src="../../{NAME}/{OWNERS_SCRIPT}"></script>'


def scripts(config: Mapping[str, Any]) -> str:
    """HTML for the head of a page with scripts, all of which are fetched at once, and what Python tells them."""
    known = json.dumps(config).replace("<", "\\u003c")  # nothing in it ends the element
    names = sorted({path.name for path in FOLDER.glob("*.js")} - {OWNERS_SCRIPT} | set(SHARED))
    preloads = "".join(f'<link rel="modulepreload" href="{NAME}/{escape(name)}">' for name in names)
    return (
        f'<script type="application/json" id="st-config">{known}</script>{preloads}'
        f'<script type="module" src="{NAME}/main.js"></script>'
    )
