"""The report card in plain words: what each of its figures is called, and how its values are written.

ROWS is the one home of these words: the page's table, its two sentences, the figures in Compare's list and the page of
a grid's results are made from them. Functions return plain text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from styletransfer.quality.report_card import Measures, ReportCard

MIN_LOSS = 1e-6
"""Below it the content has the style's sound already, and there is no way to go."""
UNKNOWN = "n/a"
COLUMNS = ("Result", "Original", "Both together")


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
    """what short lists of figures call it, if they have it"""

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
    that were not measured then, or are null in JSON, are no numbers, so that UNKNOWN is told of them."""
    known = [field.name for field in fields(Measures)]
    return ReportCard(**{sound: _measures(measured, known) for sound, measured in values.items()})


def _measures(measured: Mapping[str, Any], known: Iterable[str]) -> Measures:
    values = {name: measured.get(name) for name in known}
    return Measures(**{name: math.nan if value is None else value for name, value in values.items()})
