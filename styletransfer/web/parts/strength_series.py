"""Several strengths of one transfer: which they are, and what is shown of the one that is heard.

The deck has one slider between them. Beside it the page shows the details of the result that is nearest: they are drawn
once, kept in the visitor's session state, and shown when the deck says that another one is nearest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from styletransfer.errors import SettingsError
from styletransfer.settings import STRENGTH_SERIES, Settings, inactive_settings
from styletransfer.transfer import Result
from styletransfer.web.drawing import plots
from styletransfer.web.gradio_compat import LIGHT, event_value
from styletransfer.web.parts import downloads
from styletransfer.web.parts.downloads import Offered

_LIST = ", ".join(f"{strength:g}" for strength in STRENGTH_SERIES)
WORDS = (
    f"Five strengths makes {_LIST} in one go, to be heard with one slider; the strength above does not "
    "count for it. It takes about four times as long as Transfer."
)
SHOWN = (*downloads.NAMES, "summary", "report", "curves", "spectrogram", "other_spectrograms")


@dataclass(frozen=True, kw_only=True)
class StrengthDetails:
    """What the page shows of one strength: its WAV, and HTML."""

    strength: float
    path: str
    summary: str
    report: str
    curves: str
    spectrograms: plots.Spectrograms


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


def connect(deck: gr.HTML, kept: gr.State, source_index: gr.State, offered: gr.State, shown_in: Sequence[Any]) -> None:
    """Have the deck show the details of the nearest strength in the components of SHOWN, `offered` among them."""
    inputs = [kept, source_index, offered]
    deck.choose(_choose, inputs, [source_index, *shown_in], trigger_mode="multiple", **LIGHT)


def values(kept: StrengthDetails) -> dict[str, Any]:
    """What the page shows of a strength first, by the names in result_view.ON_PAGE."""
    return downloads.offer(kept.path, _title(kept)) | _details(kept)


def show(kept: StrengthDetails, offered: Offered | None) -> tuple[Any, ...]:
    """Values for SHOWN, once another one was `offered`."""
    shown = downloads.offer_instead(offered, kept.path, _title(kept)) | _details(kept)
    shown["spectrogram"], shown["other_spectrograms"] = shown.pop("spectrograms")
    return tuple(shown[name] for name in SHOWN)


def show_at(kept: Sequence[StrengthDetails], source_index: int, offered: Offered | None) -> tuple[Any, ...]:
    """Values for SHOWN, of the result of an index; nothing changes where there is none."""
    return show(kept[source_index], offered) if 0 <= source_index < len(kept) else (gr.skip(),) * len(SHOWN)


def _choose(
    kept: Sequence[StrengthDetails], source_index: int, offered: Offered | None, event: gr.EventData
) -> tuple[Any, ...]:
    asked = event_value(event, "detail", int)
    source_index = source_index if asked is None else asked
    return source_index, *show_at(kept, source_index, offered)


def _title(kept: StrengthDetails) -> str:
    return f"strength {kept.strength:g}"


def _details(kept: StrengthDetails) -> dict[str, Any]:
    return {
        "summary": kept.summary,
        "report": kept.report,
        "curves": kept.curves,
        "spectrograms": kept.spectrograms,
    }
