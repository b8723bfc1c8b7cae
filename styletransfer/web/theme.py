"""How the page looks: Gradio's own local fonts, a calm palette, one colour each for content, style and result."""

from __future__ import annotations

from gradio import themes

from styletransfer.web import plots

# ColorBrewer's Dark2: told apart by colour-blind readers, and at least 3:1 against white and against the dark ground.
COLOURS = {"content": "#3a7fc4", "style": "#d95f02", "result": "#1b9e77"}

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

.st-message {{ min-height: 3em; margin: 0 0 8px; font-variant-numeric: tabular-nums; }}
.st-bar {{ appearance: none; display: block; width: 100%; height: 6px; border: 0; border-radius: 3px;
    overflow: hidden; background: var(--border-color-primary); }}
.st-bar::-webkit-progress-bar {{ background: var(--border-color-primary); }}
.st-bar::-webkit-progress-value {{ background: var(--st-result); }}
.st-bar::-moz-progress-bar {{ background: var(--st-result); }}
"""


def theme() -> themes.Base:
    """Gradio's default theme with fonts that Gradio itself carries, so that they come from this server.

    Of its semi-bold faces only a few letters are in the package (seen in Gradio 6.31): bold stands in for them.
    """
    sans, mono = (themes.LocalFont(name, weights=(400, 700)) for name in ("Source Sans Pro", "IBM Plex Mono"))
    looks = themes.Default(
        primary_hue="emerald",
        neutral_hue="slate",
        font=[sans, *map(themes.Font, ("Segoe UI", "Roboto", "sans-serif"))],
        font_mono=[mono, themes.Font("monospace")],
    )
    # Contrast of at least 4.5:1 (WCAG 2.2 AA), which the default falls short of on buttons and in small print.
    return looks.set(
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        **dict.fromkeys(("body_text_color_subdued", "block_info_text_color"), "*neutral_500"),
        **dict.fromkeys(("body_text_color_subdued_dark", "block_info_text_color_dark"), "*neutral_400"),
    )
