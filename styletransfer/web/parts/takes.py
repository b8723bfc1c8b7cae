"""What stands of a recording beside its recorder: name, length, waveform with the stretch that is used, and what is
wrong with it or worth knowing.

The recorder's value stays the only truth of which recording there is. Whatever changes it, the take is told; the
browser (frontend/take.js) draws it, plays the stretch, and hands recordings and starts to Gradio's components.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any

import gradio as gr

from styletransfer.errors import AudioError, StyleTransferError
from styletransfer.files import arrivals, audio
from styletransfer.files.arrivals import Arrival
from styletransfer.files.waveform import Waveform
from styletransfer.settings import Settings
from styletransfer.settings.blocks import shortest_samples
from styletransfer.web import frontend
from styletransfer.web.gradio_compat import LIGHT, current_blocks, event_value, file_url
from styletransfer.web.parts import examples
from styletransfer.web.parts.stretches import Stretches
from styletransfer.web.results.recording_names import name_of, sample_names

JUDGED_S = 60.0
"""Of a recording that arrives."""
NAME = "This recording"
"""What sentences call it."""
HIGHEST = 255
"""Of the numbers that peaks are sent as; magnitudes above full scale are cut there."""
MUCH_SILENCE = 0.25
"""Part of a recording that is silent from which on that is told."""

MARKUP = """
<div class="st-take" role="group" aria-label="recording of {what}">
  <div class="st-take-filled" {hidden}>
    <p class="st-take-name"><b></b><span></span></p>
    <div class="st-take-wave">
      <canvas></canvas>
      <div class="st-take-window" role="slider" tabindex="0" aria-label="stretch of {what} that is used"
        aria-valuemin="0"></div>
      <i class="st-take-head" hidden></i>
    </div>
  </div>
  <div class="st-take-row">
    <button type="button" class="st-take-play" aria-label="Play {what}" aria-pressed="false" disabled>
      <span></span>
    </button>
    <button type="button" class="st-take-replace" aria-label="Replace {what}">Replace</button>
    <button type="button" class="st-take-remove" aria-label="Remove {what}" title="Remove">&times;</button>
    <select aria-label="A sample as {what}"><option value="">or a sample</option>{options}</select>
    <input type="file" hidden>
  </div>
  <div class="st-said" id="{id}-said" role="status"></div>
</div>
"""


def build(recorder: gr.Audio, path: str | None, *, role: str, what: str) -> gr.HTML:
    """Lay out the take of a recorder, which holds the recording of this path, and connect the two. `what` names it:
    the content, the style, style 2."""
    key = str(recorder.elem_id)
    options = "".join(f"<option>{escape(sample.name)}</option>" for sample in examples.samples(role))
    take = gr.HTML(
        told(key, path),
        html_template=MARKUP.format(what=what, options=options, id=key, hidden="" if path else "hidden"),
        js_on_load=frontend.mount("take", "place", "sample", "decode", "move", "remove"),
        apply_default_css=False,
        padding=False,
        elem_id=f"{key}-take",
        label=f"take of {what}",
    )
    recorder.change(partial(told, key), recorder, take, **LIGHT)
    take.place(None, take, recorder, js=frontend.call("take", "placed"), **LIGHT)
    take.sample(sample_chosen, None, recorder, **LIGHT)
    return take


def connect(take: gr.HTML, recorder: gr.Audio, start: gr.Number, seconds: Any, stretches: Stretches) -> None:
    """Connects a take with the settings of the stretch that is used: where it begins, and how long it lasts."""

    def decode(path: str | None, value: str, start_s: float | None, length_s: float | None) -> str:
        return with_wav(stretches, path, value, start_s or 0.0, length_s or 0.0)

    take.move(None, take, start, js=frontend.call("take", "moved"), trigger_mode="multiple", **LIGHT)
    take.decode(decode, [recorder, take, start, seconds], take, **LIGHT)


def follow(starts: Sequence[gr.Number], lengths: Sequence[Any]) -> None:
    """Has all windows follow the settings: the starts in content and style, the lengths used of them."""
    values = [*starts, *lengths]
    triggers = [current_blocks().load, *(each.change for each in values)]
    gr.on(triggers, None, values, None, js=frontend.call("take", "follow"), trigger_mode="multiple", **LIGHT)


def told(key: str, path: str | None) -> str:
    """What frontend/take.js is told of the recording in the recorder of this id, as JSON."""
    if not path:
        return json.dumps({"id": key})
    arrival = met(path)
    seen = arrival.waveform
    kind, words = judgement(path, arrival)
    name = name_of(path, has_ending=True)
    take: dict[str, Any] = {"id": key, "name": name, "url": file_url(path), "kind": kind, "said": words}
    if seen:
        peaks = [round(min(peak, 1.0) * HIGHEST) for peak in seen.peaks]
        take |= {"seconds": round(seen.seconds, 3), "whole": seen.is_whole, "peaks": peaks}
    return json.dumps(take)


def met(path: str) -> Arrival:
    """What there is to know of a recording that is in a recorder."""
    try:
        return arrivals.meet(path, seconds=JUDGED_S, shortest_samples=shortest_samples(Settings()), name=NAME)
    except AudioError as error:
        return Arrival(fault=str(error))


def judgement(path: str, arrival: Arrival) -> tuple[str, str]:
    """What there is to say of a recording: "fault" and why it cannot be used, or "note" and what is worth knowing;
    two empty texts for most."""
    seen = arrival.waveform
    if not arrival.fault:
        said = (*arrival.notes, *_silence(seen))
        return ("note", " ".join(said)) if said else ("", "")
    if seen and seen.sounding_s:
        with contextlib.suppress(AudioError):
            notes = audio.read_recording(path, shortest_samples=shortest_samples(Settings()), name=NAME).notes
            return "note", " ".join((*notes, f"It is silent for its first {JUDGED_S:g} s: begin later."))
    return "fault", arrival.fault


def _silence(seen: Waveform | None) -> tuple[str, ...]:
    """How much of a recording sounds, where much of it does not."""
    if seen and seen.sounding_s < (1 - MUCH_SILENCE) * seen.seconds:
        return (f"{seen.sounding_s:.1f} s of {round(seen.seconds, 1):g} s sound; the rest is silent.",)
    return ()


def with_wav(stretches: Stretches, path: str | None, value: str, start_s: float, length_s: float) -> str:
    """What `told` has told, and a WAV of the stretch, for browsers that cannot play the recording's format; without a
    WAV where it cannot be read."""
    take = {**json.loads(value), "wav": None}
    if path:
        with contextlib.suppress(StyleTransferError):
            wav = stretches.wav(path, start_s, length_s)
            take["wav"] = {"url": file_url(wav), "start": start_s, "length": length_s}
    return json.dumps(take)


def sample_chosen(event: gr.EventData) -> Any:
    """The recording of the sample whose name was chosen."""
    chosen = event_value(event, "name", str)
    paths = [path for path, name in sample_names().items() if name == chosen]
    return paths[0] if paths else gr.skip()
