"""The report card beside a result: what the transfer did to the sound, beside the untouched content and a plain mix.

Functions return HTML, or plain text where they say so. The words are those of quality/card_words.py.
"""

from __future__ import annotations

from html import escape

from styletransfer.quality.card_words import COLUMNS, GROUPS, ROWS, UNKNOWN, Row, shown_share
from styletransfer.quality.report_card import Measures, ReportCard

PENDING = "The report card is on its way."
MISSING = "The report card could not be measured; the result is whole."


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
