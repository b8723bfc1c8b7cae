"""How the page looks: local fonts, a calm palette of our own, one colour each for content, style and result."""

from __future__ import annotations

from gradio import themes

from styletransfer.web import frontend, gradio_compat
from styletransfer.web.drawing import plots

# ColorBrewer's Dark2: told apart by colour-blind readers, and at least 3:1 against white and against the dark ground.
COLOURS = {"content": "#3a7fc4", "style": "#d95f02", "result": "#1b9e77"}

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

STATIC = frontend.FOLDER
CSS_PATHS = [STATIC / "gradio.css", STATIC / "layout.css", STATIC / "card.css", STATIC / "how" / "how.css"]
HEAD = "".join(
    f'<script type="module">{(STATIC / name).read_text(encoding="utf-8")}</script>'
    for name in ("accessibility.js", "scroll-to-progress.js")
)
HEAD += f"<style>{(STATIC / 'window.css').read_text(encoding='utf-8')}</style>"

CSS = f"""
:root {{
    --st-content: {COLOURS["content"]};
    --st-style: {COLOURS["style"]};
    --st-result: {COLOURS["result"]};
}}
/* Type in these colours needs more contrast than lines do. */
:root {{ --st-content-type: #2a68a8; --st-style-type: #ab4a00; --st-result-type: #0f7457; }}
.dark {{ --st-content-type: #7db4ea; --st-style-type: #ff9a4d; --st-result-type: #4fcda4; }}

.gradio-container {{ max-width: 1280px !important; }}
.st-content {{ --st-line: var(--st-content); --st-type: var(--st-content-type); }}
.st-style {{ --st-line: var(--st-style); --st-type: var(--st-style-type); }}
.st-result {{ --st-line: var(--st-result); --st-type: var(--st-result-type); }}
.st-total {{ --st-line: var(--body-text-color); --st-type: var(--body-text-color); }}
.block.st-content, .block.st-style, .block.st-result {{ border-top: 3px solid var(--st-line); }}

.st-front {{ gap: 0 !important; background: var(--block-background-fill); }}
.st-ends {{ display: flex; justify-content: space-between; gap: 16px; padding: 0 16px 8px; }}
.st-ends span {{ color: var(--body-text-color-subdued); font-size: 13px; line-height: 1.3; }}
.st-ends span:last-child {{ text-align: end; }}
.st-group {{ margin: 8px 0 0; font-size: 15px; }}
.st-examples {{ align-items: center; gap: 8px !important; }}
.st-lead {{ margin: 0; font-weight: 700; }}
[id^="setting-"] :disabled {{ opacity: 0.45; }}

.st-figures {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 250px), 1fr)); gap: 8px 16px; }}
figure:has(> .st-plot) {{ margin: 0; padding-bottom: 28px; min-width: 0;
    color: var(--body-text-color-subdued); font-size: 13px; }}
.st-plot {{ position: relative; height: 130px; margin: 8px 12px 0 40px; }}
.st-plot svg, .st-plot img {{ position: absolute; width: 100%; height: 100%; overflow: visible; }}
.st-plot path, .st-plot polyline {{ fill: none; vector-effect: non-scaling-stroke; }}
.st-plot path {{ stroke: var(--border-color-primary); stroke-width: 1; }}
.st-plot polyline {{ stroke: var(--st-line); stroke-width: 2; stroke-linejoin: round; }}
.st-plot span {{ position: absolute; font-size: 12px; line-height: 1; white-space: nowrap;
    font-variant-numeric: tabular-nums; }}
.st-y {{ right: calc(100% + 6px); transform: translateY(-50%); }}
.st-x {{ top: calc(100% + 6px); transform: translateX(-50%); }}
figcaption b {{ color: var(--st-type); font-weight: 600; margin-inline-end: 0.3em; }}
.st-scale {{ display: flex; align-items: center; gap: 8px; white-space: nowrap;
    color: var(--body-text-color-subdued); font-size: 12px; }}
.st-scale i {{ width: 120px; height: 8px; border-radius: 4px; background: {plots.colour_ramp()}; }}

/* The selected tab in Gradio's own green falls short of a contrast of 4.5:1. */
button[role="tab"][aria-selected="true"] {{ color: var(--st-result-type) !important; }}

.st-message {{ min-height: 3em; margin: 0 0 8px; font-variant-numeric: tabular-nums; }}
.st-bar {{ appearance: none; display: block; width: 100%; height: 6px; border: 0; border-radius: 3px;
    overflow: hidden; background: var(--border-color-primary); }}
.st-bar::-webkit-progress-bar {{ background: var(--border-color-primary); }}
.st-bar::-webkit-progress-value {{ background: var(--st-result); }}
.st-bar::-moz-progress-bar {{ background: var(--st-result); }}
"""


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
