"""The report card in plain words: what the transfer did to the sound, beside the untouched content and a plain mix.

ROWS is the one home of its words: the page's table, its two sentences and the figures in Compare's list are made from
them. Functions return HTML, or plain text where they say so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from html import escape
from typing import Any

from styletransfer.quality.report_card import Measures, ReportCard

MIN_LOSS = 1e-6
"""Below it the content has the style's sound already, and there is no way to go."""
UNKNOWN = "n/a"
COLUMNS = ("Result", "Original", "Both together")
PENDING = "The report card is on its way."
MISSING = "The report card could not be measured; the result is whole."


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the card. `measure` gives a share, 1 being all, or with `unit` a figure in it; None where there is
    nothing to tell. It looks at the measures of one sound and of the untouched content."""

    name: str
    question: str
    measure: Callable[[Measures, Measures], float | None]
    unit: str = "%"
    signed: bool = False
    figure: str = ""
    """what Compare's list calls it, if it is shown there"""

    def value(self, sound: Measures, content: Measures) -> float | None:
        """What `measure` gives; None where the figure was not measured, too."""
        value = self.measure(sound, content)
        return None if value is None or math.isnan(value) else value

    def words(self, sound: Measures, content: Measures) -> str:
        """Plain text: `59 %`, `-0.7`."""
        value = self.value(sound, content)
        if value is None:
            return UNKNOWN
        if self.unit == "%":
            return f"{100 * shown_share(value):.0f} %"
        text = f"{value:{'+' if self.signed else ''}.1f}"
        return "0.0" if float(text) == 0 else text

    def figure_words(self, sound: Measures, content: Measures) -> str:
        """Plain text, with the unit: `59 %`, `-0.7 dB`."""
        text = self.words(sound, content)
        return text if self.unit == "%" or text == UNKNOWN else f"{text} {self.unit}"


def shown_share(value: float) -> float:
    """From 0 to 1: what is less than nothing alike is shown as not alike. Never the whole where a part is missing."""
    return 1.0 if value > 0.999 else max(0.0, min(value, 0.99))


def _way(loss: Callable[[Measures], float]) -> Callable[[Measures, Measures], float | None]:
    """How much of the way from the untouched content to the style is behind a sound."""

    def measure(sound: Measures, content: Measures) -> float | None:
        start = loss(content)
        return None if start < MIN_LOSS else 1 - loss(sound) / start

    return measure


STYLE = (
    Row(
        name="style",
        question="How much of the style's sound it took on",
        measure=_way(lambda m: m.style_loss),
        figure="style's sound",
    ),
    Row(
        name="style_unmet",
        question="Checked by an independent measure",
        measure=_way(lambda m: m.heldout_style_loss),
    ),
    Row(
        name="timbre",
        question="How near its tone colour came to the style's",
        measure=_way(lambda m: m.timbre_distance),
    ),
    Row(
        name="style_beat",
        question="How much its beat is like the style's",
        measure=lambda sound, _: sound.rhythm_like_style,
    ),
    Row(
        name="copy",
        question="How much is copied outright from the style",
        measure=lambda sound, _: sound.copy,
        figure="copy of the style",
    ),
)
CONTENT = (
    Row(
        name="melody",
        question="How much of the melody and the chords is left",
        measure=lambda sound, _: sound.chroma_similarity,
        figure="melody left",
    ),
    Row(
        name="notes",
        question="Notes kept, each when it sounds",
        measure=lambda sound, _: sound.notes_kept,
    ),
    Row(
        name="attacks",
        question="Attacks where the original has them",
        measure=lambda sound, _: sound.onsets_like_content,
    ),
    Row(
        name="content_beat",
        question="How much its beat is like the content's",
        measure=lambda sound, _: sound.rhythm_like_content,
        figure="content's beat",
    ),
    Row(
        name="content",
        question="How closely its spectrogram follows the content's",
        measure=lambda sound, _: sound.content_correlation,
    ),
)
SOUND = (
    Row(
        name="noise",
        question="Hiss in the pauses, against the recordings (dB)",
        measure=lambda sound, _: sound.noise_floor_db,
        unit="dB",
        signed=True,
        figure="hiss in the pauses",
    ),
    Row(
        name="seams",
        question="The loudest click or seam, against the recordings (dB)",
        measure=lambda sound, _: sound.seams_db,
        unit="dB",
    ),
    Row(
        name="seams_in_10_s",
        question="How many clicks and seams there are in 10 s",
        measure=lambda sound, _: sound.seams_in_10_s,
        unit="in 10 s",
    ),
    Row(name="peak", question="Highest peak (dBFS)", measure=lambda sound, _: sound.peak_dbfs, unit="dBFS"),
    Row(name="loudness", question="Loudness (LUFS)", measure=lambda sound, _: sound.loudness_lufs, unit="LUFS"),
)
GROUPS = {"Of the style": STYLE, "Of the content": CONTENT, "The sound itself": SOUND}
ROWS = {row.name: row for rows in GROUPS.values() for row in rows}


def from_dict(values: Mapping[str, Mapping[str, Any]]) -> ReportCard:
    """The card that `ReportCard.as_dict` made this of; figures that are no longer measured are passed over, and those
    that were not measured then are no numbers, so that the table has UNKNOWN for them."""
    known = [field.name for field in fields(Measures)]
    sounds = {
        sound: Measures(**{name: measured.get(name, math.nan) for name in known}) for sound, measured in values.items()
    }
    return ReportCard(**sounds)


def table(card: ReportCard | None, title: str = "Report card") -> str:
    """The whole card under a title; nothing without a card."""
    if card is None:
        return ""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in COLUMNS)
    body = "".join(
        f'<tbody><tr><th colspan="4" scope="rowgroup">{escape(group)}</th></tr>'
        + "".join(_line(row, card) for row in rows)
        + "</tbody>"
        for group, rows in GROUPS.items()
    )
    return (
        f'<h3 class="st-card-title">{escape(title)}</h3>'
        f'<table class="st-card" aria-label="{escape(title)}"><thead><tr><td></td>{head}</tr></thead>{body}</table>'
    )


def summary(card: ReportCard | None) -> str:
    """The card in two sentences; without a card, that it could not be measured."""
    return f"<p>{escape(sentences(card))}</p>" if card else f'<p class="st-card-note">{MISSING}</p>'


def pending() -> str:
    """What stands in the place of the sentences while it is measured."""
    return f'<p class="st-card-note">{PENDING}</p>'


def sentences(card: ReportCard) -> str:
    """Plain text: the card in short, each figure with its floor."""
    style, melody = (
        [ROWS[name].words(sound, card.content) for sound in (card.result, card.mix)] for name in ("style", "melody")
    )
    if style[0] == UNKNOWN:
        return f"The content has the style's sound already. {melody[0]} of the melody and the chords is left."
    return (
        f"It took on {style[0]} of the style's sound, where both played together have {style[1]}. "
        f"{melody[0]} of the melody and the chords is left, where both together keep {melody[1]}."
    )


def figures(card: ReportCard | None) -> tuple[tuple[str, str], ...]:
    """A few figures of the result for a list of results, as plain text: names and values. None without a card."""
    if card is None:
        return ()
    shown = [row for row in ROWS.values() if row.figure]
    return tuple((row.figure, row.figure_words(card.result, card.content)) for row in shown)


def _line(row: Row, card: ReportCard) -> str:
    cells = "".join(_cell(row, sound, card.content) for sound in (card.result, card.content, card.mix))
    return f'<tr data-row="{row.name}"><th scope="row">{escape(row.question)}</th>{cells}</tr>'


def _cell(row: Row, sound: Measures, content: Measures) -> str:
    value, words = row.value(sound, content), row.words(sound, content)
    if row.unit != "%" or value is None:
        return f"<td>{words}</td>"
    return f'<td style="--share:{100 * shown_share(value):.0f}%"><span>{words}</span></td>'
