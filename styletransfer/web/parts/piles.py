"""Piles: several recordings to play, or to sound like, each with its name, its length and what is wrong with it.

A component of Gradio's that is not seen holds the files, and is the only truth of which there are; the browser
(frontend/piles.js) draws them, brings more and takes some away.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

import gradio as gr

from styletransfer.files.arrivals import Arrival
from styletransfer.web import frontend
from styletransfer.web.gradio_compat import LIGHT, event_value, file_url
from styletransfer.web.parts import examples, takes
from styletransfer.web.results.combinations import MAX_OF_A_KIND
from styletransfer.web.results.recording_names import name_of, sample_names

LATE = f"It is silent for its first {takes.JUDGED_S:g} s. Under Transfer a later stretch of it can be used."

MARKUP = """
<div class="st-pile" role="group" aria-labelledby="{id}-title">
  <h2 id="{id}-title" class="st-take-title">{title}</h2>
  <ol></ol>
  <p class="st-pile-empty">Drop up to {most} recordings here, or choose them</p>
  <div class="st-take-row">
    <button type="button" class="st-pile-add" aria-label="Add recordings {what}">Add recordings</button>
    <select aria-label="A sample {what}"><option value="">or a sample</option>{options}</select>
    <input type="file" multiple hidden>
  </div>
  <div class="st-said" role="status"></div>
</div>
"""


@dataclass(frozen=True, kw_only=True)
class Pile:
    """The components of one kind of recordings."""

    files: gr.File
    shown: gr.HTML


def build(role: str, title: str, what: str) -> Pile:
    """Lay one out, empty, and connect it. `role` is content or style, `what` follows "Add recordings"."""
    key = f"several-{role}"
    options = "".join(f"<option>{escape(sample.name)}</option>" for sample in examples.samples(role))
    files = gr.File(file_count="multiple", visible="hidden", label=title, elem_id=f"{key}-files")
    with gr.Column(elem_classes=["st-recorder", f"st-{role}"], min_width=240):
        shown = gr.HTML(
            told(key, None),
            html_template=MARKUP.format(id=key, title=title, what=what, options=options, most=MAX_OF_A_KIND),
            js_on_load=frontend.mount("piles", "place", "sample"),
            apply_default_css=False,
            padding=False,
            elem_id=key,
            label=title,
        )
    files.change(partial(told, key), files, shown, **LIGHT)
    shown.place(None, shown, files, js=frontend.call("piles", "placed"), trigger_mode="multiple", **LIGHT)
    shown.sample(_with_sample, files, files, **LIGHT)
    return Pile(files=files, shown=shown)


def told(key: str, paths: Sequence[str] | None) -> str:
    """What frontend/piles.js is told of the pile of this id, as JSON."""
    return json.dumps({"id": key, "recordings": [_told(path) for path in given(paths)]})


def given(paths: Sequence[str] | None) -> list[str]:
    """The recordings that count: each once, and not more than there may be."""
    return list(dict.fromkeys(str(path) for path in paths or ()))[:MAX_OF_A_KIND]


def usable(paths: Sequence[str] | None) -> dict[str, Arrival]:
    """Those of them that can be used from their beginning, with what is known of each."""
    met = {path: takes.met(path) for path in given(paths)}
    return {path: arrival for path, arrival in met.items() if not arrival.fault and arrival.waveform}


def _told(path: str) -> dict[str, Any]:
    arrival = takes.met(path)
    kind, words = takes.judgement(path, arrival)
    if arrival.fault and kind != "fault":
        kind, words = "fault", LATE
    seconds = round(arrival.waveform.seconds, 3) if arrival.waveform else None
    known = {"name": name_of(path, has_ending=True), "path": path, "url": file_url(path), "seconds": seconds}
    return {**known, "kind": kind, "said": words}


def _with_sample(paths: Sequence[str] | None, event: gr.EventData) -> Any:
    """The recordings with the sample whose name was chosen."""
    chosen = event_value(event, "name", str)
    path = next((path for path, name in sample_names().items() if name == chosen), None)
    return gr.skip() if path is None else given([*given(paths), path])
