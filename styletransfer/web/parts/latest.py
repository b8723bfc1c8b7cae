"""What a visitor made last, or the example that is shown, as the browser is told of it.

The component takes no place; the deck and the browser's own list of results (frontend/deck.js, visit-store.js) follow
it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import gradio as gr

from styletransfer.web.results import shelf
from styletransfer.web.results.shelf import Entry


def build(shown: str) -> gr.HTML:
    """Lay it out, with what it tells first."""
    return gr.HTML(shown, elem_id="latest", padding=False, label="what was made last")


def tell(entries: Sequence[Entry], *, place: int = 0, is_example: bool = False) -> str:
    """HTML that nobody sees: the entries, weakest first, and where a slider between them stands."""
    listed = escape(json.dumps([shelf.as_dict(entry) for entry in entries]))
    kind = "example" if is_example else "result"
    return f'<span hidden data-kind="{kind}" data-place="{place}" data-entries="{listed}"></span>'
