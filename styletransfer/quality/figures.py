"""The paper's figures: loss and correlation against epoch, and spectrograms of content, style and result.

Every function returns a matplotlib `Figure` made through the object API, so that nothing is shared between callers
or threads; `png` encodes one. Spectrograms are `(n_frames, n_freqs)` of `log(1 + m)`, as in spectrogram.py.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from styletransfer.quality.graphics import COLOUR_MAP, COLOURS, RANGE_DB, TOTAL_COLOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from styletransfer.engine.steps import Step

DPI = 120
COMPRESSION = 3
"""0 to 9: at 6, as usual, a file takes more than twice as long, and is 6 % smaller."""


def losses(history: Sequence[Step]) -> Figure:
    """Draw total, content and style loss against epoch, on a log scale.

    Content and style loss are unweighted. `history` is that of one stage; the windows of a long content follow one
    another.
    """
    figure, axes = _curve_axes("Loss by epoch", "loss (log scale)")
    epochs = range(1, len(history) + 1)
    axes.set_yscale("log")
    axes.plot(epochs, [step.total for step in history], **_line("total"), label="total")
    axes.plot(epochs, [step.content_loss for step in history], **_line("content"), label="content")
    axes.plot(epochs, [step.style_loss for step in history], **_line("style"), label="style")
    axes.legend()
    return figure


def correlation(history: Sequence[Step]) -> Figure:
    """Draw the correlation with the content against epoch.

    It is Pearson's, -1 to 1, of the output's log magnitudes and the content's. `history` is that of one stage.
    """
    figure, axes = _curve_axes("Likeness to the content by epoch", "correlation with the content")
    axes.plot(range(1, len(history) + 1), [step.correlation for step in history], **_line("content"))
    return figure


def spectrograms(sounds: Mapping[str, ArrayLike], sample_rate_hz: int, hop_length: int) -> Figure:
    """Draw one panel for each named spectrogram `(n_frames, n_freqs)`.

    Levels are in dB below the loudest point of all, on one time and one colour scale.
    """
    magnitudes = {title: np.expm1(np.maximum(np.asarray(log), 0.0)) for title, log in sounds.items()}
    loudest = max(1e-12, *(magnitude.max() for magnitude in magnitudes.values()))
    figure = Figure(figsize=(9.0, 0.6 + 2.2 * len(sounds)), layout="constrained")
    rows = figure.subplots(len(sounds), sharex=True, sharey=True, squeeze=False)[:, 0]
    for axes, (title, magnitude) in zip(rows, magnitudes.items(), strict=True):
        levels_db = 20 * np.log10(np.maximum(magnitude / loudest, 10 ** (-RANGE_DB / 20)))
        _draw_levels(axes, levels_db, sample_rate_hz, hop_length)
        axes.set_title(drawable(title), loc="left", parse_math=False)  # a file name may hold dollar signs
    longest_s = (max(map(len, magnitudes.values())) - 0.5) * hop_length / sample_rate_hz
    rows[-1].set(xlabel="time (s)", xlim=(0.0, longest_s), ylim=(0.0, sample_rate_hz / 2000))
    figure.colorbar(rows[-1].images[0], ax=list(rows), label="level (dB below the loudest point)")
    return figure


def png(figure: Figure) -> bytes:
    """Encode a figure as a PNG file."""
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # once, where savefig draws twice
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").save(buffer, "png", compress_level=COMPRESSION)
    return buffer.getvalue()


def drawable(text: str) -> str:
    """The text, with ? for what the font of figures does not have: names of files may be in any script."""
    known = _characters()
    return "".join(character if ord(character) in known else "?" for character in text)


@cache
def _characters() -> frozenset[int]:
    return frozenset(font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap())


def _line(part: str) -> dict[str, Any]:
    # The dots make a run of one epoch visible.
    return {"color": COLOURS.get(part, TOTAL_COLOUR), "marker": ".", "markersize": 3}


def _curve_axes(title: str, quantity: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.0, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel="epoch", ylabel=quantity)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    return figure, axes


def _draw_levels(axes: Axes, levels_db: np.ndarray, sample_rate_hz: int, hop_length: int) -> None:
    n_frames, n_freqs = levels_db.shape
    frame_s, channel_khz = hop_length / sample_rate_hz, sample_rate_hz / 2000 / (n_freqs - 1)
    # A pixel's centre, not its edge, stands at its frame's time and its channel's frequency.
    extent = (-frame_s / 2, (n_frames - 0.5) * frame_s, -channel_khz / 2, (n_freqs - 0.5) * channel_khz)
    options: dict[str, Any] = {"origin": "lower", "aspect": "auto", "cmap": COLOUR_MAP, "vmin": -RANGE_DB, "vmax": 0.0}
    axes.set_ylabel("frequency (kHz)")
    axes.imshow(levels_db.T, extent=extent, **options)
