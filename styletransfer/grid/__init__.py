"""Grids: every combination of contents, styles and settings, in a folder that says what is done."""
