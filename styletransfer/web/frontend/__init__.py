"""JavaScript and CSS of the page, and the one way by which they come into it.

`route` serves this folder, and `head` has the page load its two entries: main.css, and main.js with what Python has to
tell it (config.js). Gradio loads them when its own scripts have begun; what has to come first is in BEFORE_GRADIO. A
component or a click that needs Gradio's own handles reaches a module by `mount` or `call`.

Gradio confines the rules of its `css` and `css_paths` to the page's parts, and loses some on the way: those in queries
other than of media, and what has a comma within a selector. main.css is a plain link instead, and comes before the
styles of Gradio's components: a rule that is to win over theirs is the more specific one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from styletransfer import __version__

FOLDER = Path(__file__).parent

# The version keeps browsers from mixing files of two. Relative, as Gradio's own are: the page may live under a path.
ADDRESS = f"static-{__version__}"

BEFORE_GRADIO = f'<script src="./{ADDRESS}/before-gradio.js"></script>'


def route() -> Route:
    """Serves the files of this folder.

    No Mount: behind a proxy that takes the page's path away, one looks for files under the path that it should have."""
    files = StaticFiles(directory=FOLDER)

    async def answer(request: Request) -> Response:
        return await files.get_response(request.path_params["path"], request.scope)

    return Route(f"/{ADDRESS}/{{path:path}}", answer)


def head(config: Mapping[str, Any], variables: str) -> str:
    """HTML for the page's head: the stylesheet, with variables that Python knows, and the scripts."""
    styles = f'<link rel="stylesheet" href="./{ADDRESS}/main.css"><style>{variables}</style>'
    return styles + scripts(config)


def scripts(config: Mapping[str, Any]) -> str:
    """HTML for the head of a page that has the scripts alone."""
    known = json.dumps(config).replace("<", "\\u003c")  # nothing in it ends the element
    return (
        f'<script type="application/json" id="st-config">{known}</script>'
        f'<script type="module" src="./{ADDRESS}/main.js"></script>'
    )


def mount(module: str, *events: str) -> str:
    """JavaScript for `js_on_load`: starts a module on the component that Gradio has put into the page.

    `events` are those that the module may trigger: Gradio takes their names from this text."""
    given = f"element, trigger, watch, props, upload, events: {json.dumps(events)}"
    return f"{_import(module)}.then(({{ mount }}) => mount({{ {given} }}))"


def call(module: str, function: str) -> str:
    """JavaScript for `js` of an event: a function of a module, with the values of the event's inputs."""
    return f"(...values) => {_import(module)}.then(({{ {function} }}) => {function}(...values))"


def _import(module: str) -> str:
    # Gradio runs such code in a function of its own, whose address is that of Gradio's script.
    return f'import(new URL("./{ADDRESS}/{module}.js", document.baseURI))'
