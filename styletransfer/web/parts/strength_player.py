"""Several strengths of one transfer: which they are, and the player with one slider between them.

Beside the player the page shows the details of the result that is nearest to the slider: they are drawn once, kept in
the visitor's session state, and shown when the player says that another one is nearest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from styletransfer.engine import loudness
from styletransfer.errors import SettingsError
from styletransfer.settings import STRENGTH_SERIES, Settings, inactive_settings
from styletransfer.transfer import Result
from styletransfer.web import frontend
from styletransfer.web.gradio_compat import LIGHT, event_value
from styletransfer.web.parts import downloads, player
from styletransfer.web.parts.player import Source

_LIST = ", ".join(f"{strength:g}" for strength in STRENGTH_SERIES)
WORDS = (
    f"Five strengths makes {_LIST} in one go, to be heard with one slider; the strength above does not "
    "count for it. It takes two to three times as long as Transfer."
)
LEAD = (
    '<p class="st-lead">One transfer, from lightly touched to the style</p>'
    '<p class="st-card-note st-card-lead">Move the slider while it plays. Spectrograms, curves and report are '
    "those of the strength that is nearest.</p>"
)
SHOWN = (*downloads.NAMES, "report", "curves", "spectrograms")


@dataclass(frozen=True, kw_only=True)
class StrengthDetails:
    """What the page shows of one strength: its WAV, and HTML."""

    strength: float
    path: str
    report: str
    curves: str
    spectrograms: str


def check(settings: Settings) -> None:
    """Raises SettingsError where strength changes nothing."""
    if reason := inactive_settings(settings).get("strength"):
        raise SettingsError(f"All strengths would sound the same. {reason} Choose relative losses, or press Transfer.")


def name(result: Result) -> str:
    """What a result is called beside those of other strengths."""
    return f"strength {result.settings.strength:g}"


def nearest(strengths: Sequence[float], wanted: float) -> int:
    """The index, from 0, of the strength that is nearest."""
    return min(range(len(strengths)), key=lambda i: abs(strengths[i] - wanted))


def player_of(results: Sequence[Result], paths: Sequence[Path], source_index: int) -> str:
    """HTML for two or more results, weakest first, whose slider stands at one of them."""
    levels = [loudness.integrated_loudness(result.sound) for result in results]
    sources = [
        Source(name=f"{result.settings.strength:g}", role="result", path=str(path), lufs=lufs)
        for result, path, lufs in zip(results, paths, levels, strict=True)
    ]
    return LEAD + player.strengths(sources, source_index)


def build_player() -> gr.HTML:
    """Where the player will be: empty."""
    script = frontend.mount("strength-player", "choose")
    return gr.HTML("", js_on_load=script, apply_default_css=False, elem_id="strength-player", label="strengths")


def connect(strength_player: gr.HTML, kept: gr.State, source_index: gr.State, shown_in: Sequence[Any]) -> None:
    """Has the player show the details of the nearest strength in the components of SHOWN."""
    strength_player.choose(_choose, [kept, source_index], [source_index, *shown_in], trigger_mode="multiple", **LIGHT)


def show(kept: StrengthDetails) -> tuple[Any, ...]:
    """Values for SHOWN."""
    offered = downloads.offer(kept.path, f"strength {kept.strength:g}")
    return *offered.values(), kept.report, kept.curves, kept.spectrograms


def show_at(kept: Sequence[StrengthDetails], source_index: int) -> tuple[Any, ...]:
    """Values for SHOWN, of the result of an index; nothing changes where there is none."""
    return show(kept[source_index]) if 0 <= source_index < len(kept) else (gr.skip(),) * len(SHOWN)


def _choose(kept: Sequence[StrengthDetails], source_index: int, event: gr.EventData) -> tuple[Any, ...]:
    asked = event_value(event, "source_index", int)
    source_index = source_index if asked is None else asked
    return source_index, *show_at(kept, source_index)
