"""What the browser keeps between two visits: results, recordings, controls, and what is shown of the last result.

The browser has it and brings it back (frontend/visit-store.js, page-keeper.js); here the page's components are tied
to that. A recording that the server has no more is uploaded again by Gradio's own route, and goes through Gradio's
own checks when it is read, as any other in a recorder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from styletransfer.settings import MAX_STYLES
from styletransfer.web import frontend
from styletransfer.web.gradio_compat import LIGHT
from styletransfer.web.parts import controls, recorders
from styletransfer.web.parts.result_view import View
from styletransfer.web.parts.strength_series import StrengthDetails
from styletransfer.web.results import shelf
from styletransfer.web.results.recording_names import sample_names
from styletransfer.web.results.shelf import Shelf

CONTROLS = ("preset", *controls.NAMES, "seed_choice", *(f"weight-{i}" for i in range(1, MAX_STYLES + 1)))
RECORDERS = ("content", "style", *(f"style-{i}" for i in range(2, MAX_STYLES + 1)))
SHOWN = ("summary", "report", "curves", "spectrogram", "other_spectrograms")
"""Of a result, by the names in View"""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """States of what a visitor has made, as entries of the shelf, and the controls that hold for it."""

    made: gr.State
    """with the last press of a button"""
    entries: gr.State
    """since the page was opened: their files are removed when the visit is over"""
    controls: dict[str, Any] = field(default_factory=dict)
    """by the names in CONTROLS but for the weights, as soon as the Transfer tab is there"""


def visit() -> Visit:
    """The states, outside of all tabs."""
    made, entries = gr.State(()), gr.State((), delete_callback=shelf.clear)
    made.change(shelf.take, [entries, made], entries, **LIGHT)
    return Visit(made=made, entries=entries)


def build(visit: Visit) -> None:
    """A line that tells how much is kept, with a button that takes it away, after which the page begins anew."""
    script = frontend.mount("keeping", "forget")
    kept = gr.HTML(js_on_load=script, padding=False, elem_classes="st-keeping", label="what is kept")
    forgotten = kept.forget(_forget, visit.entries, visit.entries, **LIGHT)
    forgotten.then(None, js=frontend.call("keeping", "beginAnew"), **LIGHT)


def _forget(entries: Shelf) -> Shelf:
    shelf.clear(entries)
    return ()


def notices() -> gr.HTML:
    """A place for what the page has to say of itself: that a transfer was interrupted, that the server is away."""
    return gr.HTML(js_on_load=frontend.mount("visit"), padding=False, elem_id="interrupted", label="notices")


def more_notices(elem_id: str) -> gr.HTML:
    """Another place for the same, on another tab."""
    return gr.HTML(js_on_load=frontend.mount("notices"), padding=False, elem_id=elem_id, label="notices")


def keep_page(opened: Any, controlled: Mapping[str, Any], recordings: recorders.Inputs) -> None:
    """Have the browser keep the controls, by the names in CONTROLS but for the weights, and the recordings; and bring
    them back after the event `opened`."""
    values = [*(controlled[name] for name in CONTROLS[:-MAX_STYLES]), *recordings.weights]
    audio = [recordings.content, *recordings.styles]
    changes = [each.change for each in (*values, *audio)]
    gr.on(changes, None, [*values, *audio], js=_call("keepPage"), **LIGHT)
    restored = opened.then(None, None, values, js=_call("restoreSettings"), **LIGHT)
    returned = gr.Number(1, precision=0, visible="hidden", label="styles that are back")
    restored.then(None, None, [*audio, returned], js=_call("restoreRecordings"), **LIGHT)
    slots = [*recordings.slots, recordings.count, recordings.add]
    returned.change(recorders.show_styles, returned, slots, **LIGHT)


def keep_shown(
    opened: Any,
    runs: Sequence[Any],
    series: Any,
    latest: gr.HTML,
    progress: gr.HTML,
    view: View,
    recordings: recorders.Inputs,
) -> None:
    """Have the browser keep what is shown of the last result, when one of `runs` or the `series` is over; and bring it
    back after the event `opened`. One that came back can be used as content, too."""
    shown = [getattr(view, name) for name in SHOWN]
    for run in runs:
        run.success(None, [latest, *shown], js=_call("keepShown"), **LIGHT)
    details = gr.Textbox(visible="hidden")
    told = series.success(_details, view.kept, details, **LIGHT)
    told.then(None, [latest, details], js=_call("keepSeries"), **LIGHT)
    of_result = [view.download, view.use, *shown]
    returned = opened.then(None, None, [latest, progress, *of_result], js=_call("restoreShown"), **LIGHT)
    returned.then(None, latest, of_result, js=_call("showPlace"), **LIGHT)  # the slider may have moved meanwhile
    view.deck.choose(None, latest, of_result, js=_call("showPlace"), trigger_mode="multiple", **LIGHT)
    view.use.click(None, latest, [recordings.content, recordings.content_start], js=_call("useKept"), **LIGHT)


def known() -> dict[str, Any]:
    """What frontend/page-keeper.js has to know."""
    samples = list(sample_names())
    return {"names": [*CONTROLS, *RECORDERS], "recorders": RECORDERS, "shown": SHOWN, "samples": samples}


def _details(kept: Sequence[StrengthDetails]) -> str:
    """JSON of what is shown of each strength, by the names in SHOWN."""
    details = [
        {
            "summary": each.summary,
            "report": each.report,
            "curves": each.curves,
            "spectrogram": each.spectrograms.result,
            "other_spectrograms": each.spectrograms.others,
        }
        for each in kept
    ]
    return json.dumps(details)


def _call(function: str) -> str:
    return frontend.call("page-keeper", function)
