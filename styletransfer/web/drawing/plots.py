"""What the page draws: loss and correlation curves while it works, spectrograms when it is done, all as HTML text.

HTML takes its colours and type from the page's style sheet, so that it reads in light and in dark and at every width,
and replacing a few kilobytes of it twice a second does not flicker, as a plot component that is built anew does. Ticks
and colour map are matplotlib's. Spectrograms are `(n_frames, n_freqs)` of `log(1 + m)`, as in spectrogram.py.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.colors import to_hex
from matplotlib.ticker import MaxNLocator
from PIL import Image

from styletransfer.engine.mel import hz_of_mel, mel_of_hz
from styletransfer.quality.graphics import COLOUR_MAP, RANGE_DB
from styletransfer.transfer import Losses, Step

MAX_POINTS = 300
"""Points of a curve, and no more: a wide screen has no more pixels to show."""

IMAGE_COLUMNS, IMAGE_ROWS = 600, 200
KHZ_TICKS = (0.1, 0.5, 1, 2, 5, 10, 20)


class Spectrograms(NamedTuple):
    """HTML of the spectrogram of a result, and of those of the recordings that it was made from."""

    result: str
    others: str = ""

    def together(self) -> str:
        """All in one text."""
        return self.result + self.others


BLANK = Spectrograms('<div class="st-large st-blank"></div>')
"""Stands where a spectrogram will be, so that the page does not jump when it comes"""

Curve = tuple[str, Sequence[float], Sequence[float]]
"""Name (it is the CSS class of the colour too), x and y"""


def curves(steps: Sequence[Step], heard: Losses | None = None, figures: str = "") -> str:
    """Log losses and the correlation with the content by epoch of the first stage; nothing before the second step.
    `heard` are the losses of the sound that came of it, `figures` plain text on how it goes, both under the curves."""
    lines = [f"{figures[:1].upper()}{figures[1:]}." if figures else "", "" if heard is None else _losses(heard)]
    note = f'<p class="st-card-note">{escape(" ".join(lines).strip())}</p>' if any(lines) else ""
    solved = [step for step in steps if step.stage == steps[0].stage]
    numbered = _thin([(epoch, step) for epoch, step in enumerate(solved, 1) if math.isfinite(step.total)])
    if len(numbered) < 2:
        return note
    epochs, shown = [epoch for epoch, _ in numbered], [step for _, step in numbered]
    by_name = {
        "total": [step.total for step in shown],
        "content": [step.content_loss for step in shown],
        "style": [step.style_loss for step in shown],
    }
    logs = [(name, epochs, [_log10(value) for value in values]) for name, values in by_name.items()]
    likeness = ("result", epochs, [step.correlation for step in shown])
    loss = _line_chart("Loss by epoch, powers of ten:", logs, legend=True)
    correlation = _line_chart("Correlation with the content by epoch", [likeness])
    return f'<div class="st-figures">{loss}{correlation}</div>{note}'


def spectrograms(
    sounds: Mapping[str, np.ndarray], sample_rate_hz: int, hop_length: int, *, coarseness: int = 1
) -> Spectrograms:
    """One panel for each of `sounds`, the result first and large, the others beside one another, all on one scale: dB
    below the loudest point of all, seconds of the longest; frequency on the mel scale. Drawn `coarseness` times as
    coarse, a picture takes a few kilobytes, little enough to be sent twice a second."""
    pictures = {name: _reduce(np.asarray(log), sample_rate_hz, coarseness) for name, log in sounds.items()}
    loudest = max(1e-9, *(float(picture.max()) for picture in pictures.values()))
    durations_s = {name: (len(log) - 1) * hop_length / sample_rate_hz for name, log in sounds.items()}
    panels = []
    for name, picture in pictures.items():
        levels_db = 20 * np.log10(np.maximum(picture / loudest, 10 ** (-RANGE_DB / 20)))
        panels.append(_picture_chart(name, levels_db, durations_s[name], max(durations_s.values()), sample_rate_hz))
    scale = f'<div class="st-scale">-{RANGE_DB:g} dB <i></i> 0 dB, the loudest point</div>'
    beside = f'<div class="st-beside st-figures">{"".join(panels[1:])}</div>' if panels[1:] else ""
    return Spectrograms(f'<div class="st-large">{panels[0]}{scale}</div>', beside)


def colour_ramp() -> str:
    """The spectrograms' colours, quiet to loud, as a CSS gradient."""
    colours = matplotlib.colormaps[COLOUR_MAP](np.linspace(0, 1, 9))
    return f"linear-gradient(to right, {', '.join(to_hex(colour) for colour in colours)})"


def _losses(heard: Losses) -> str:
    return (
        f"Losses of the sound itself: content {heard.content:.4g}, style {heard.style:.4g}, "
        f"weighted total {heard.total:.4g}."
    )


def _line_chart(title: str, lines: Sequence[Curve], *, legend: bool = False) -> str:
    """A figure of curves on common axes. Values that are not finite are left out."""
    first, last = lines[0][1][0], lines[0][1][-1]
    levels = _ticks([y for _, _, ys in lines for y in ys])
    x_at, y_at = _percent(first, last), _percent(levels[-1], levels[0])
    drawn = [f'<path class="st-grid" d="M0 {y_at(y):.2f}H100"/>' for y in levels]
    for name, xs, ys in lines:
        points = " ".join(f"{x_at(x):.2f},{y_at(y):.2f}" for x, y in zip(xs, ys, strict=True) if math.isfinite(y))
        drawn.append(f'<polyline class="st-{name}" points="{points}"/>')
    axes = [_y_tick(y_at(y), f"{y:g}") for y in levels]
    axes += [_x_tick(x_at(x), f"{x:g}") for x in _ticks([first, last], integer=True) if first <= x <= last]
    names = " ".join(f'<b class="st-{name}">{name}</b>' for name, _, _ in lines) if legend else ""
    values = ", ".join(f"{name} {ys[-1]:.3g}" for name, _, ys in lines)
    picture = f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{"".join(drawn)}</svg>'
    return _figure(f"{title} {names}", f"{title} at the end {values}", picture, axes)


def _picture_chart(name: str, levels_db: np.ndarray, duration_s: float, longest_s: float, sample_rate_hz: int) -> str:
    """A figure of levels `(n_columns, n_rows)` in dB from -RANGE_DB to 0, row 0 the lowest, on an axis of `longest_s`
    seconds."""
    x_at, y_at = _percent(0, longest_s), _percent(float(mel_of_hz(sample_rate_hz / 2)), 0)
    axes = [_y_tick(y_at(float(mel_of_hz(khz * 1000))), f"{khz:g}") for khz in KHZ_TICKS if khz * 2000 < sample_rate_hz]
    axes += [_x_tick(x_at(s), f"{s:g} s") for s in _ticks([0, longest_s]) if s <= longest_s]
    heading = f'<b class="st-{name}">{name.capitalize()}</b> kHz'
    description = f"Spectrogram of the {name}, {duration_s:.1f} s"
    width = "" if duration_s == longest_s else f' style="width:{x_at(duration_s):.2f}%"'
    return _figure(heading, description, f'<img src="{_png(levels_db)}" alt=""{width}>', axes)


def _figure(heading: str, description: str, picture: str, axes: Sequence[str]) -> str:
    plot = f'<div class="st-plot" role="img" aria-label="{escape(description)}">{picture}{"".join(axes)}</div>'
    return f"<figure><figcaption>{heading}</figcaption>{plot}</figure>"


def _y_tick(percent: float, text: str) -> str:
    return f'<span class="st-y" style="top:{percent:.2f}%">{text}</span>'


def _x_tick(percent: float, text: str) -> str:
    return f'<span class="st-x" style="left:{percent:.2f}%">{text}</span>'


def _ticks(values: Sequence[float], *, integer: bool = False) -> Sequence[float]:
    """Round numbers that enclose the finite ones of `values`."""
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    return MaxNLocator(nbins=5, integer=integer).tick_values(low, high)


def _percent(start: float, end: float) -> Callable[[float], float]:
    """The linear map that takes `start` to 0 and `end` to 100."""
    span = (end - start) or 1.0
    return lambda value: 100 * (value - start) / span


def _thin(steps: Sequence[tuple[int, Step]]) -> Sequence[tuple[int, Step]]:
    """At most MAX_POINTS of the steps, evenly spread, the first and the last among them."""
    if len(steps) <= MAX_POINTS:
        return steps
    return [steps[i] for i in np.linspace(0, len(steps) - 1, MAX_POINTS).round().astype(int)]


def _log10(value: float) -> float:
    return math.log10(value) if value > 0 else math.nan


def _reduce(log_magnitudes: np.ndarray, sample_rate_hz: int, coarseness: int = 1) -> np.ndarray:
    """Magnitudes of a spectrogram as `(n_columns, n_rows)` for drawing: the loudest in each cell of time and mel."""
    n_frames, n_freqs = log_magnitudes.shape
    mels = np.linspace(0, float(mel_of_hz(sample_rate_hz / 2)), IMAGE_ROWS // coarseness, endpoint=False)
    channels = (hz_of_mel(mels) / (sample_rate_hz / 2) * (n_freqs - 1)).astype(int)
    frames = np.linspace(0, n_frames, min(IMAGE_COLUMNS // coarseness, n_frames), endpoint=False).astype(int)
    loudest = np.maximum.reduceat(np.maximum.reduceat(log_magnitudes, frames, axis=0), channels, axis=1)
    return np.expm1(np.maximum(loudest, 0))


def _png(levels_db: np.ndarray) -> str:
    """Levels `(n_columns, n_rows)` from -RANGE_DB to 0 dB as a picture in a data URL."""
    indices = np.round((levels_db.T[::-1] / RANGE_DB + 1) * 255).astype(np.uint8)
    picture = Image.fromarray(np.ascontiguousarray(indices))
    picture.putpalette(matplotlib.colormaps[COLOUR_MAP](np.arange(256), bytes=True)[:, :3].tobytes())
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
