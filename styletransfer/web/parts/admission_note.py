"""A sentence beside Transfer where what is asked for would be refused: before it is pressed, as the controls stand.

Nothing is decoded for it: lengths are what the takes were told, the channels what the file's header says.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from styletransfer.errors import AudioError, SettingsError
from styletransfer.estimate import Lengths
from styletransfer.files import file_headers
from styletransfer.settings import DEFAULT_PRESET, SAMPLE_RATE_HZ, STRENGTH_SERIES, Settings
from styletransfer.web.gradio_compat import LIGHT, current_blocks
from styletransfer.web.parts import controls
from styletransfer.web.parts.recorders import Inputs
from styletransfer.web.results import progress
from styletransfer.web.server.admission import Admission
from styletransfer.web.server.server import Server

COUNTING = tuple(name for name in controls.NAMES if name not in ("strength", "rhythm", "melody"))
"""Settings that a transfer's memory or time may hang on."""


def build() -> gr.HTML:
    """Lay the place of the sentence out, empty."""
    return gr.HTML("", padding=False, elem_id="admission", label="admission")


def connect(note: gr.HTML, settings: dict[str, controls.Control], inputs: Inputs, server: Server) -> None:
    """Have the sentence follow the controls and the recordings, from when the page opens."""
    takes = [inputs.content_take, *inputs.style_takes]
    deciding = [settings[name] for name in COUNTING]

    def tell(content: str | None, *values: Any) -> str:
        told, changes = values[: len(takes)], dict(zip(COUNTING, values[len(takes) :], strict=True))
        return sentence(server.admission, content, told, changes)

    events = [current_blocks().load, *(each.change for each in (*takes, *deciding))]
    gr.on(events, tell, [inputs.content, *takes, *deciding], note, trigger_mode="always_last", **LIGHT)


def sentence(admission: Admission, content: str | None, takes: Sequence[str], changes: dict[str, Any]) -> str:
    """Tell in HTML why Transfer, or else Five strengths, would be refused; nothing where both pass.

    `content` is the path of the content, `takes` what the takes of content and styles were told, `changes` the values
    of the controls in COUNTING. Nothing, too, as long as there is no transfer to be pressed for.
    """
    try:
        settings = controls.settings_from(DEFAULT_PRESET, changes)
    except SettingsError:
        return ""
    lengths = _lengths(settings, content, takes)
    if lengths is None:
        return ""
    refusal = admission.refusal(settings, lengths) or admission.refusal(settings, lengths, STRENGTH_SERIES)
    return progress.message(escape(refusal, quote=False)) if refusal else ""


def _lengths(settings: Settings, content: str | None, takes: Sequence[str]) -> Lengths | None:
    """What is used of the recordings; None without a content and a style whose lengths are known."""
    starts = (settings.content_start_s, *[settings.style_start_s] * (len(takes) - 1))
    content_samples, *styles = (_samples(told, start_s) for told, start_s in zip(takes, starts, strict=True))
    given = tuple(samples for samples in styles if samples)
    return Lengths(content_samples, given, channels(content)) if content_samples and given else None


def _samples(told: str, start_s: float) -> int:
    """Of a take from where it begins; 0 where there is none."""
    seconds = json.loads(told or "{}").get("seconds", 0.0)
    return max(0, round((seconds - start_s) * SAMPLE_RATE_HZ))


def channels(path: str | None) -> int:
    """One or two, as many as a transfer takes of them."""
    if path:
        with contextlib.suppress(AudioError):
            return min(2, file_headers.check_file(path, "").channels or 1)
    return 1
