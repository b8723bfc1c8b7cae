"""The small player under the progress, in which a visitor listens to a transfer while it still runs.

It is the browser's work alone (frontend/preview.js): the progress says where the newest preview is, and the player
takes it when nothing is playing, so that nobody is interrupted by an update.
"""

from __future__ import annotations

import gradio as gr

from styletransfer.web import frontend

PLAYER = """
<div class="st-preview" hidden role="group" aria-label="preview of the result">
  <button type="button" class="st-preview-play" aria-pressed="false"><span></span> Listen while it works</button>
  <input type="range" min="0" max="1000" value="0" step="1" aria-label="place in the preview">
  <output></output>
  <button type="button" class="st-preview-newer" hidden>Hear the newer one</button>
</div>
"""


def player() -> gr.HTML:
    """The player, hidden until there is something to hear."""
    return gr.HTML(PLAYER, js_on_load=frontend.mount("preview"), elem_id="preview", label="preview")
