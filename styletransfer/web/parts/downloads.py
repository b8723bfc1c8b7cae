"""The button that a result is downloaded with, and the choice of its format: other files are made when they are asked
for, and so is a mixture with the original, as the deck has it.

What is shown goes by the names in `NAMES`. The choice goes back to WAV with every result, and layout.css hides it where
there is none: examples are files as they are.
"""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from styletransfer.errors import AudioError
from styletransfer.files.result_formats import RESULT_FORMATS, WAV, ResultFormat
from styletransfer.web.gradio_compat import MAY_WARN, event_value
from styletransfer.web.results import result_file

NAMES = ("download", "format", "offered")

_FORMATS = {each.label: each for each in RESULT_FORMATS}
_SHOWN_S = 30


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A result that can be had in other formats."""

    path: str
    """of its WAV"""
    name: str = ""
    """what it is called beside others"""
    share: float = 1.0
    """of the result, the rest is the original"""


def build(path: str) -> tuple[gr.DownloadButton, gr.Dropdown, gr.State]:
    """Lay out the components of NAMES, for a file as it is."""
    download = gr.DownloadButton(_label_of_file(path), value=path, elem_id="download", min_width=140)
    choice = gr.Dropdown(
        list(_FORMATS),
        value=WAV.label,
        label="Format of the download",
        container=False,
        interactive=False,
        filterable=False,
        elem_id="format",
        scale=0,
        min_width=130,
    )
    offered = gr.State(None)
    choice.input(_convert, [offered, choice], download, **MAY_WARN)
    return download, choice, offered


def connect(deck: gr.HTML, download: gr.DownloadButton, choice: gr.Dropdown, offered: gr.State) -> None:
    """Have the deck say how much of the result is in what is downloaded."""
    deck.blend(_blend, [offered, choice], [download, offered], trigger_mode="always_last", **MAY_WARN)


def offer(path: str, name: str = "") -> dict[str, Any]:
    """Values that offer a result, which was written by `result_file.write_result`, as a WAV first."""
    offered = Offered(path=path, name=name)
    return {
        "download": _button(offered, WAV, path),
        "format": _first_choice(interactive=True),
        "offered": offered,
    }


def offer_file(path: str | None) -> dict[str, Any]:
    """Values that offer a file as it is, or nothing."""
    return {
        "download": gr.DownloadButton(_label_of_file(path), value=path, interactive=path is not None),
        "format": _first_choice(interactive=False),
        "offered": None,
    }


def _blend(offered: Offered | None, label: str, event: gr.EventData) -> Iterator[Any]:
    """Offers the result as the deck mixes it, in the format that was chosen."""
    asked = event_value(event, "detail", dict) or {}
    share = asked.get("share") if asked.get("kept") is True else 1.0
    if offered is None or not isinstance(share, int | float):
        yield gr.skip(), gr.skip()
        return
    offered = dataclasses.replace(offered, share=min(1.0, max(0.0, float(share))))
    for button in _convert(offered, label):
        yield button, offered


def _convert(offered: Offered | None, label: str) -> Iterator[Any]:
    """Takes the button away while a file is made, and offers that; where it cannot be made, what there was before."""
    format_ = _FORMATS.get(label)
    if offered is None or format_ is None:
        yield gr.skip()
        return
    yield gr.DownloadButton(interactive=False)
    try:
        path = result_file.blended(Path(offered.path), offered.share)
        yield _button(offered, format_, str(result_file.in_format(path, format_)))
    except AudioError as error:
        gr.Warning(html.escape(str(error), quote=False), _SHOWN_S)
        yield gr.DownloadButton(interactive=True)


def _first_choice(*, interactive: bool) -> gr.Dropdown:
    return gr.Dropdown(list(_FORMATS), value=WAV.label, interactive=interactive)


def _button(offered: Offered, format_: ResultFormat, path: str) -> gr.DownloadButton:
    kind = "WAV" if format_ == WAV else format_.label
    what = offered.name + (f" as {kind}" if format_ != WAV else "") if offered.name else kind
    mixed = f", {100 * offered.share:.0f} % result" if offered.share < 1 else ""
    return gr.DownloadButton(f"Download {what}{mixed}", value=path, interactive=True)


def _label_of_file(path: str | None) -> str:
    return f"Download {Path(path).suffix.removeprefix('.').upper()}" if path else "Download WAV"
