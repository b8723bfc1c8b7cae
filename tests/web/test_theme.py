"""Every pair of colours that meet on the page has the contrast that WCAG 2.2 asks for at level AA, light and dark."""

from __future__ import annotations

import re

import pytest

from styletransfer.quality import graphics
from styletransfer.web.drawing import theme

TYPE, LINES = 4.5, 3.0

GROUNDS = ("body_background_fill", "block_background_fill", "input_background_fill", "block_label_background_fill")
WRITINGS = (
    *("body_text_color", "body_text_color_subdued", "block_info_text_color", "block_label_text_color"),
    *("block_title_text_color", "link_text_color", "link_text_color_hover", "link_text_color_visited"),
    *("link_text_color_active", "input_placeholder_color"),
)
ON_ITS_OWN = [
    ("button_primary_text_color", "button_primary_background_fill"),
    ("button_primary_text_color", "button_primary_background_fill_hover"),
    ("button_secondary_text_color", "button_secondary_background_fill"),
    ("button_secondary_text_color", "button_secondary_background_fill_hover"),
    ("button_cancel_text_color", "button_cancel_background_fill"),
    ("button_cancel_text_color", "button_cancel_background_fill_hover"),
    ("error_text_color", "error_background_fill"),
    ("body_text_color", "code_background_fill"),
    ("table_text_color", "table_odd_background_fill"),
    ("table_text_color", "table_even_background_fill"),
]
OUTLINES = [
    *((line, "block_background_fill") for line in ("input_border_color", "input_border_color_focus")),
    ("checkbox_border_color", "block_background_fill"),
    ("slider_color", "block_background_fill"),
    ("checkbox_background_color_selected", "block_background_fill"),
]
TYPE_PAIRS = [(writing, ground) for writing in WRITINGS for ground in GROUNDS] + ON_ITS_OWN


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(
    ("front", "ground", "least"), [(*p, TYPE) for p in TYPE_PAIRS] + [(*p, LINES) for p in OUTLINES]
)
def test_theme_colours(front: str, ground: str, least: float, mode: str) -> None:
    assert contrast(colour(front, mode), colour(ground, mode)) >= least


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("ground", ["body_background_fill", "block_background_fill"])
@pytest.mark.parametrize("name", graphics.COLOURS)
def test_content_style_and_result_as_lines_and_as_type(name: str, ground: str, mode: str) -> None:
    behind = colour(ground, mode)
    assert contrast(graphics.COLOURS[name], behind) >= LINES
    assert contrast(theme.TYPE_COLOURS[mode][name], behind) >= TYPE


def test_contrast_is_as_the_standard_has_it() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # the WCAG's own border case


def test_no_font_comes_from_elsewhere() -> None:
    looks = theme.theme()
    looks._get_theme_css()
    assert looks._stylesheets == []


LOOKS = theme.theme()


def colour(name: str, mode: str) -> str:
    """A theme variable as a hexadecimal colour; a reference is followed, in dark to its dark value if there is one."""
    value = (getattr(LOOKS, f"{name}_dark", None) if mode == "dark" else None) or getattr(LOOKS, name)
    if value.startswith("*"):
        return colour(value[1:], mode)
    return str({"white": "#ffffff", "black": "#000000"}.get(value, value))


def contrast(a: str, b: str) -> float:
    """Contrast ratio after WCAG 2.2, 1 to 21."""
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(hexadecimal: str) -> float:
    """Relative luminance of an sRGB colour."""
    assert re.fullmatch(r"#[0-9a-f]{6}", hexadecimal), hexadecimal
    parts = [int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
