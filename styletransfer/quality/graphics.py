"""What figures and the page draw alike: one colour each for content, style and result, and the levels that are
shown."""

from __future__ import annotations

COLOURS = {"content": "#3a7fc4", "style": "#d95f02", "result": "#1b9e77"}
"""Told apart by colour-blind readers, and at least 3:1 against white and against the page's dark ground (ColorBrewer's
Dark2 but for the blue)."""
TOTAL_COLOUR = "#333333"
"""Of the weighted total in figures; the page takes the colour of its text."""
RANGE_DB = 80.0
"""Levels drawn below the loudest point of all; quieter than that is the noise of 16-bit recordings."""
COLOUR_MAP = "magma"
