"""What the browser keeps between two visits, as the page tells of it: how much there is, "Forget everything", and the
notices in the dock.

What is kept never comes here: the browser has it (frontend/visit-store.js), and this part has what Python takes
part in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from styletransfer.web import frontend
from styletransfer.web.gradio_compat import LIGHT


def build() -> gr.HTML:
    """A line that tells how much is kept, with the button that takes it away."""
    return gr.HTML(
        js_on_load=frontend.mount("keeping", "forget"), padding=False, elem_classes="st-keeping", label="what is kept"
    )


def connect(kept: gr.HTML, forget: Callable[..., Any], state: gr.State) -> None:
    """Have the button do something with a state of the visit, after which the page begins anew."""
    forgotten = kept.forget(forget, state, state, **LIGHT)
    forgotten.then(None, js=frontend.call("keeping", "beginAnew"), **LIGHT)


def notices() -> gr.HTML:
    """A place for what the page has to say of itself: that a transfer was interrupted, that the server is away."""
    return gr.HTML(js_on_load=frontend.mount("visit"), padding=False, elem_id="interrupted", label="notices")
