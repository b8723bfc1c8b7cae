"""How the page looks: local fonts, a calm palette of our own, one colour each for content, style and result."""

from __future__ import annotations

from gradio import themes

from styletransfer.quality.graphics import COLOURS
from styletransfer.web import gradio_compat
from styletransfer.web.drawing import plots

# Theme variables in light and in dark. The tests compute the contrast of all that meet: 4.5:1 for type, 3:1 for lines
# and the outlines of what can be used (WCAG 2.2 AA).
PALETTE = {
    "body_background_fill": ("*neutral_50", "*neutral_950"),
    "block_background_fill": ("white", "*neutral_900"),
    "block_label_background_fill": ("white", "*neutral_900"),
    "input_background_fill": ("white", "*neutral_950"),
    "border_color_primary": ("*neutral_200", "*neutral_800"),
    "input_border_color": ("*neutral_500", "*neutral_500"),
    "input_border_color_focus": ("*primary_700", "*primary_400"),
    "body_text_color": ("*neutral_800", "*neutral_100"),
    "block_label_text_color": ("*neutral_700", "*neutral_200"),
    "block_title_text_color": ("*neutral_800", "*neutral_100"),
    "body_text_color_subdued": ("*neutral_600", "*neutral_400"),
    "block_info_text_color": ("*neutral_600", "*neutral_400"),
    "input_placeholder_color": ("*neutral_500", "*neutral_400"),
    "code_background_fill": ("*neutral_100", "*neutral_800"),
    "button_primary_background_fill": ("*primary_700", "*primary_700"),
    "button_primary_background_fill_hover": ("*primary_800", "*primary_800"),
    "button_secondary_background_fill": ("*neutral_200", "*neutral_700"),
    "button_secondary_background_fill_hover": ("*neutral_300", "*neutral_600"),
    "button_secondary_text_color": ("*neutral_900", "*neutral_50"),
    "button_cancel_background_fill": ("#b91c1c", "#b91c1c"),
    "button_cancel_background_fill_hover": ("#991b1b", "#991b1b"),
    "slider_color": ("*primary_600", "*primary_500"),
    "checkbox_border_color": ("*neutral_500", "*neutral_500"),
    "checkbox_background_color_selected": ("*primary_700", "*primary_700"),
    "link_text_color": ("*primary_700", "*primary_400"),
    "link_text_color_hover": ("*primary_800", "*primary_300"),
    "link_text_color_active": ("*primary_700", "*primary_400"),
    "link_text_color_visited": ("*primary_700", "*primary_400"),
    "error_text_color": ("#b91c1c", "#fecaca"),
    "table_odd_background_fill": ("*neutral_50", "*neutral_900"),
}

# Type in the colours of content, style and result needs more contrast than lines do.
TYPE_COLOURS = {
    "light": {"content": "#2a68a8", "style": "#ab4a00", "result": "#0f7457"},
    "dark": {"content": "#7db4ea", "style": "#ff9a4d", "result": "#4fcda4"},
}


def variables() -> str:
    """CSS variables for the stylesheets in frontend/: the colours above, and that of spectrograms."""
    lines = "".join(f"--st-{name}: {colour}; " for name, colour in COLOURS.items())
    light, dark = (
        "".join(f"--st-{name}-type: {colour}; " for name, colour in TYPE_COLOURS[mode].items())
        for mode in ("light", "dark")
    )
    return f":root {{ {lines}{light}--st-ramp: {plots.colour_ramp()}; }} .dark {{ {dark}}}"


def theme() -> themes.Base:
    """Warm greys, a green for what is active, and fonts that come from this server."""
    sans, mono = map(gradio_compat.local_font, ("Source Sans Pro", "IBM Plex Mono"))
    looks = themes.Default(
        primary_hue="emerald",
        secondary_hue="emerald",
        neutral_hue="stone",
        radius_size="lg",
        font=[sans, *map(themes.Font, ("Segoe UI", "Roboto", "sans-serif"))],
        font_mono=[mono, themes.Font("monospace")],
    )
    looks.name = "styletransfer"
    dark = {f"{name}_dark": colour for name, (_, colour) in PALETTE.items()}
    return looks.set(**{name: colour for name, (colour, _) in PALETTE.items()}, **dark)
