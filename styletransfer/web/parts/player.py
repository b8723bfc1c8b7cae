"""The player as HTML: <st-player>, an element of the page's own, which frontend/player.js defines.

The element is told in `data-sources` what it plays; HTML with other sources makes it start anew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from styletransfer.web.gradio_compat import file_url

MAX_SOURCES = 9
"""As many as there are keys."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A recording that the player can be switched to."""

    name: str
    role: str
    """content, style or result: its colour"""
    path: str
    """of a WAV at 44,100 Hz under the private folder"""
    lufs: float


def switch(sources: Sequence[Source], *, patient: bool = False) -> str:
    """A player with a button for each of two to nine sources. A patient one takes them when it is neither playing nor
    blind."""
    return _element("switch", sources, patient=patient)


def _element(mode: str, sources: Sequence[Source], source_index: int = 0, *, patient: bool = False) -> str:
    if not 2 <= len(sources) <= MAX_SOURCES:
        raise ValueError(f"{len(sources)} sources; a player takes 2 to {MAX_SOURCES}")
    described = [
        {
            "name": source.name,
            "role": source.role,
            "url": file_url(source.path),
            "lufs": round(source.lufs, 2) if math.isfinite(source.lufs) else None,
        }
        for source in sources
    ]
    given = escape(json.dumps(described))
    # The sources last: when they come, the other attributes are there.
    return (
        f'<st-player data-mode="{mode}" data-source-index="{source_index}" '
        f'data-patient="{str(patient).lower()}" data-sources="{given}"></st-player>'
    )
