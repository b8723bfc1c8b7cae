"""The Compare tab: the results of the visit in a list, and a player that switches between those chosen.

The browser keeps the results and draws both (frontend/shelf.js, visit-store.js). The server knows which files belong to
the visit: they go with what the visitor deletes, and all of them when the visit is over.
"""

from __future__ import annotations

import gradio as gr

from styletransfer.web import frontend
from styletransfer.web.gradio_compat import LIGHT, event_value
from styletransfer.web.parts import keeping
from styletransfer.web.results import shelf
from styletransfer.web.results.shelf import Shelf

TITLE, ID = "Compare", "compare-tab"
MAX_CHOSEN = 4


def build(_events: object, made: gr.State) -> None:
    """Lay the tab out and connect it, inside the Tab that is open. The entries that each new value of `made` has are
    the visit's."""
    listing = gr.HTML(
        js_on_load=frontend.mount("shelf", "delete"),
        apply_default_css=False,
        elem_id="shelf",
        label="results of this visit",
    )
    kept = keeping.build()
    entries = gr.State((), delete_callback=shelf.clear)
    made.change(shelf.take, [entries, made], entries, **LIGHT)
    listing.delete(_delete, entries, entries, trigger_mode="multiple", **LIGHT)
    keeping.connect(kept, _forget, entries)


def _delete(entries: Shelf, event: gr.EventData) -> Shelf:
    return shelf.delete(entries, event_value(event, "key", str) or "")


def _forget(entries: Shelf) -> Shelf:
    shelf.clear(entries)
    return ()
