"""The Compare tab: the results of the visit in a list, and a player that switches between those chosen.

The browser keeps the results and draws both (frontend/shelf.js, visit-store.js). The server knows which files belong to
the visit: they go with what the visitor deletes, and all of them when the visit is over.
"""

from __future__ import annotations

import gradio as gr

from styletransfer.web import frontend
from styletransfer.web.endpoints.transfer_events import TransferEvents
from styletransfer.web.gradio_compat import LIGHT, event_value
from styletransfer.web.parts import keeping, listening
from styletransfer.web.parts.keeping import Visit
from styletransfer.web.results import shelf
from styletransfer.web.results.shelf import Shelf

TITLE, ID = "Compare", "compare-tab"
MAX_CHOSEN = 4


def build(events: TransferEvents, visit: Visit) -> None:
    """Lay the tab out and connect it, inside the Tab that is open."""
    listing = gr.HTML(
        js_on_load=frontend.mount("shelf", "delete"),
        apply_default_css=False,
        elem_id="shelf",
        label="results of this visit",
    )
    listening.build(events.server)
    keeping.build(visit)
    listing.delete(_delete, visit.entries, visit.entries, trigger_mode="multiple", **LIGHT)


def _delete(entries: Shelf, event: gr.EventData) -> Shelf:
    return shelf.delete(entries, event_value(event, "key", str) or "")
