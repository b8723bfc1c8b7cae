"""Plots of a listening test: what values sounds got, ABX scores, and how much each way is chosen.

Every function returns a matplotlib `Figure` made through the object API, so that nothing is shared between callers or
threads. They have a light ground, and can be read at a width of 600 pixels.
"""

from __future__ import annotations

import io
import itertools
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from styletransfer.listening.results.choosing import Abx, Choices
from styletransfer.listening.results.rating import Labelled, Ratings
from styletransfer.listening.results.reading import Findings, Results
from styletransfer.listening.results.report import EVERYBODY, SCREENED
from styletransfer.listening.statistics.listeners import Interval
from styletransfer.quality.figures import drawable, png
from styletransfer.quality.graphics import COLOURS

__all__ = ["names", "one", "png", "svg"]

WIDTH_IN, ROW_IN, EDGES_IN = 7.0, 0.75, 1.3
POINTS_PER_IN = 72
LINE, LINES = 26, 2
"""Characters of a label in a line, and lines"""
TALLEST = 0.7
"""How high the highest bar of a distribution is, in rows"""
FIGURE, MARK = COLOURS["result"], COLOURS["style"]


def names(results: Results) -> list[str]:
    """List the plots that there are of results: those that results/report.py mentions."""
    return [name for name, _ in _parts(results)]


def one(results: Results, name: str) -> Figure:
    """Draw the plot of a name. Raises KeyError."""
    part = dict(_parts(results))[name]
    if isinstance(part, Abx):
        return scores(part)
    return worths(part) if isinstance(part, Choices) else distributions(part)


def _parts(results: Results) -> Iterator[tuple[str, Abx | Choices | Ratings]]:
    everybody, screened = results.everybody, results.screened
    if everybody is None or screened is None:
        return
    yield from _parts_of(everybody, EVERYBODY)
    if screened.n_listeners < everybody.n_listeners:
        yield from _parts_of(screened, SCREENED)


def _parts_of(found: Findings, name: str) -> Iterator[tuple[str, Abx | Choices | Ratings]]:
    parts = [*([found.abx] if found.abx else []), *found.choices, *found.ratings]
    for index, part in enumerate(parts, 1):
        if found.n_listeners and not (isinstance(part, Choices) and part.found.worths is None):
            yield f"{name}-{index}", part


def distributions(found: Ratings) -> Figure:
    """Draw how often each value was given to each row, and its mean with the interval below."""
    rows = [Labelled(label=label, row=row) for label, row in zip(found.labels, found.found.rows, strict=True)]
    rows += found.anchors
    figure, axes = _rows([each.label for each in rows], found.question.text)
    edges = found.scale.edges
    middles = [(low + high) / 2 for low, high in itertools.pairwise(edges)]
    highest = max(1, *(count for each in rows for count in each.row.histogram))
    for place, each in enumerate(rows):
        heights = [TALLEST * count / highest for count in each.row.histogram]
        width = 0.85 * (edges[1] - edges[0])
        axes.bar(middles, [-height for height in heights], width, bottom=place, color=FIGURE, alpha=0.45)
        _estimate(axes, place + 0.14, each.row.mean.mean, each.row.mean.interval)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(len(rows) - 0.6, -0.85)
    axes.set_xlabel("bars: how often each value was given; points: means with 95 % intervals")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def scores(found: Abx) -> Figure:
    """Draw how many listeners got how many trials right, and how many are needed."""
    figure = Figure(figsize=(WIDTH_IN, 3.4), layout="constrained")
    axes = figure.subplots()
    n_trials, needed = found.scores[0].score.trials, found.scores[0].score.needed
    counts = Counter(each.score.right for each in found.scores)
    axes.bar(list(counts), list(counts.values()), 0.8, color=FIGURE)
    axes.axvline(n_trials / 2, color="#555555", linestyle=":", label="guessing, on average")
    if needed is not None:
        axes.axvline(needed - 0.5, color=MARK, linestyle="--", label=f"needed: {needed}")
    axes.set_xlim(-0.6, n_trials + 0.6)
    axes.set(xlabel=f"right answers of {n_trials}", ylabel="listeners")
    _title(axes, f"{found.ways[0]} or {found.ways[1]}: ABX scores")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def worths(found: Choices) -> Figure:
    """Draw how much each way is chosen, with intervals."""
    figure, axes = _rows(found.ways, found.question.text)
    for place, worth in enumerate(found.found.worths or ()):
        _estimate(axes, place, worth.log_worth, worth.interval)
    axes.axvline(0, color="#555555", linestyle=":")
    axes.set_ylim(len(found.ways) - 0.5, -0.5)
    axes.set_xlabel("worth with 95 % interval: 0 is the average, to the right is chosen more often")
    return figure


def svg(figure: Figure) -> bytes:
    """Encode a figure as an SVG file whose texts are texts."""
    buffer, dpi = io.StringIO(), figure.dpi
    figure.dpi = POINTS_PER_IN
    width, height = (POINTS_PER_IN * inches for inches in figure.get_size_inches())
    renderer = _TextRenderer(width, height, buffer, metadata={"Date": None, "Creator": None})
    figure.draw(renderer)
    renderer.finalize()
    figure.dpi = dpi
    return buffer.getvalue().encode("utf-8")


class _TextRenderer(RendererSVG):
    """Writes texts as texts, which else is chosen for the whole process (`svg.fonttype`)."""

    def draw_text(self, *args: Any, **options: Any) -> None:
        self._draw_text_as_text(*args, **options)


def _rows(labels: Sequence[str], title: str) -> tuple[Figure, Axes]:
    """A figure with a row for each label, the first on top."""
    figure = Figure(figsize=(WIDTH_IN, EDGES_IN + ROW_IN * len(labels)), layout="constrained")
    axes = figure.subplots()
    axes.set_yticks(range(len(labels)), [_wrapped(label) for label in labels], parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set_axisbelow(True)
    axes.grid(axis="x", alpha=0.3)
    _title(axes, title)
    return figure, axes


def _title(axes: Axes, text: str) -> None:
    axes.set_title("\n".join(textwrap.wrap(drawable(text), 70)[:3]), loc="left", parse_math=False, fontsize=11)


def _estimate(axes: Axes, place: float, centre: float | None, interval: Interval | None) -> None:
    if interval:
        axes.plot([interval.low, interval.high], [place, place], color=MARK, linewidth=2.5, clip_on=False)
    if centre is not None:
        axes.plot([centre], [place], "o", color=MARK, markersize=7, clip_on=False)


def _wrapped(label: str) -> str:
    lines = textwrap.wrap(drawable(label), LINE) or [""]
    return "\n".join(lines if len(lines) <= LINES else [*lines[: LINES - 1], f"{lines[LINES - 1][: LINE - 3]}..."])
