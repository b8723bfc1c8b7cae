"""The button that a result is downloaded with, and the choice of its format: other files are made when they are asked
for, and so is a mixture with the original, as the deck has it.

What is shown goes by the names in `NAMES`. `offered` holds what is to be downloaded and how; whoever changes it changes
`turn` too, a number nobody sees, at which one event makes the file: one at a time, and the last wins. With every
transfer the choice goes back to WAV without the original; layout.css hides it where there is none: examples are files
as they are.
"""

from __future__ import annotations

import dataclasses
import html
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from styletransfer.errors import AudioError
from styletransfer.files.result_formats import RESULT_FORMATS, WAV, ResultFormat
from styletransfer.web.gradio_compat import LIGHT, MAY_WARN, event_value
from styletransfer.web.results import result_file

NAMES = ("download", "format", "offered", "turn")

_FORMATS = {each.label: each for each in RESULT_FORMATS}
_SHOWN_S = 30


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A result that can be had in other formats, and how it is wanted."""

    path: str
    """of its WAV"""
    name: str = ""
    """what it is called beside others"""
    share: float = 1.0
    """of the result, the rest is the original"""
    format_: ResultFormat = WAV

    @property
    def is_there(self) -> bool:
        """Whether nothing need be made for it."""
        return self.share == 1 and self.format_ == WAV


def build(path: str) -> tuple[gr.DownloadButton, gr.Dropdown, gr.State, gr.Number]:
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
    turn = gr.Number(0, precision=0, visible="hidden", label="turn of the download")
    choice.input(_in_format, [offered, choice], [offered, turn], trigger_mode="multiple", **LIGHT)
    turn.change(_make, offered, download, trigger_mode="always_last", **MAY_WARN)
    return download, choice, offered, turn


def connect(deck: gr.HTML, offered: gr.State, turn: gr.Number) -> None:
    """Have the deck say how much of the result is in what is downloaded."""
    deck.blend(_mixed, offered, [offered, turn], trigger_mode="multiple", **LIGHT)


def offer(path: str, name: str = "") -> dict[str, Any]:
    """Values that offer a result, which was written by `result_file.write_result`, as a WAV first."""
    offered = Offered(path=path, name=name)
    return {
        "download": _at_once(offered),
        "format": _first_choice(interactive=True),
        "offered": offered,
        "turn": _next_turn(),
    }


def offer_instead(before: Offered | None, path: str, name: str) -> dict[str, Any]:
    """Values that offer another result of the same transfer as the one before it was: mixed and in its format."""
    if before is None:
        return offer(path, name)
    offered = dataclasses.replace(before, path=path, name=name)
    if offered == before:
        return dict.fromkeys(NAMES, gr.skip())
    return {"download": _at_once(offered), "format": gr.skip(), "offered": offered, "turn": _next_turn()}


def offer_file(path: str | None) -> dict[str, Any]:
    """Values that offer a file as it is, or nothing."""
    return {
        "download": gr.DownloadButton(_label_of_file(path), value=path, interactive=path is not None),
        "format": _first_choice(interactive=False),
        "offered": None,
        "turn": gr.skip(),
    }


def _in_format(offered: Offered | None, label: str) -> tuple[Any, Any]:
    """The result in the format that was chosen."""
    format_ = _FORMATS.get(label)
    if offered is None or format_ is None:
        return gr.skip(), gr.skip()
    return dataclasses.replace(offered, format_=format_), _next_turn()


def _mixed(offered: Offered | None, event: gr.EventData) -> tuple[Any, Any]:
    """The result as the deck mixes it."""
    asked = event_value(event, "detail", dict) or {}
    share = asked.get("share") if asked.get("kept") is True else 1.0
    if offered is None or not isinstance(share, int | float):
        return gr.skip(), gr.skip()
    return dataclasses.replace(offered, share=min(1.0, max(0.0, float(share)))), _next_turn()


def _next_turn() -> int:
    return secrets.randbelow(2**31)


def _make(offered: Offered | None) -> Iterator[Any]:
    """Takes the button away while a file is made, and offers that; where it cannot be made, what there was before."""
    if offered is None:
        yield gr.skip()
        return
    yield _at_once(offered)
    if offered.is_there:
        return
    try:
        path = result_file.blended(Path(offered.path), offered.share)
        yield _button(offered, str(result_file.in_format(path, offered.format_)))
    except AudioError as error:
        gr.Warning(html.escape(str(error), quote=False), _SHOWN_S)
        yield gr.DownloadButton(interactive=True)


def _at_once(offered: Offered) -> gr.DownloadButton:
    return _button(offered, offered.path) if offered.is_there else gr.DownloadButton(interactive=False)


def _first_choice(*, interactive: bool) -> gr.Dropdown:
    return gr.Dropdown(list(_FORMATS), value=WAV.label, interactive=interactive)


def _button(offered: Offered, path: str) -> gr.DownloadButton:
    is_wav = offered.format_ == WAV
    kind = "WAV" if is_wav else offered.format_.label
    what = offered.name + ("" if is_wav else f" as {kind}") if offered.name else kind
    mixed = f", {100 * offered.share:.0f} % result" if offered.share < 1 else ""
    return gr.DownloadButton(f"Download {what}{mixed}", value=path, interactive=True)


def _label_of_file(path: str | None) -> str:
    return f"Download {Path(path).suffix.removeprefix('.').upper()}" if path else "Download WAV"
