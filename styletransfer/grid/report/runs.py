"""The runs of a grid that are done, as their reports tell of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from styletransfer.grid.folder import Finished
from styletransfer.quality import card_words
from styletransfer.quality.report_card import ReportCard
from styletransfer.settings import FIELDS, PRESETS, Settings, inactive_settings
from styletransfer.settings import text as settings_text
from styletransfer.settings.metadata import plain


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run that is done, as its report tells of it."""

    id: str
    name: str
    sound: Path
    folder: Path
    content: dict[str, str]
    styles: tuple[dict[str, str], ...]
    preset: str
    settings: Settings
    card: ReportCard | None
    losses: dict[str, float | None]
    seconds: float
    version: str
    notes: tuple[str, ...]

    @classmethod
    def of(cls, finished: Finished) -> Run:
        """Read what counts of a report."""
        report = finished.report
        card, grid = report.get("report_card"), report["grid"]
        return cls(
            id=finished.id,
            name=finished.name,
            sound=finished.sound,
            folder=finished.folder,
            content=grid["content"],
            styles=tuple(grid["styles"]),
            preset=grid["preset"],
            settings=settings_text.from_values(report["settings"]),
            card=card_words.from_dict(card) if card else None,
            losses=report["delivered"],
            seconds=sum(report["seconds_by_stage"].values()),
            version=report["versions"].get("styletransfer", ""),
            notes=tuple(report["notes"]),
        )

    @property
    def pairing(self) -> tuple[str, ...]:
        """The files of its recordings."""
        return self.content["file"], *(style["file"] for style in self.styles)

    @property
    def strength(self) -> float | None:
        """None where it has no effect."""
        return None if "strength" in inactive_settings(self.settings) else self.settings.strength

    def settings_in_words(self) -> dict[str, str]:
        """Write all settings, by name."""
        return {name: in_words(getattr(self.settings, name)) for name in FIELDS}

    def card_in_words(self) -> list[list[str]]:
        """Write the whole report card: for each figure those of the result, the content and both together."""
        if self.card is None:
            return []
        card = self.card
        return [
            [row.words(sound, card.content) for sound in (card.result, card.content, card.mix)]
            for row in card_words.ROWS.values()
        ]


def in_words(value: Any) -> str:
    """Write the value of a setting; no weights at all are equal ones."""
    return plain(value) or "equal"


def in_order(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Sort by recordings, then by preset, strength and all other settings."""
    return tuple(sorted(runs, key=_place))


def _place(run: Run) -> tuple[Any, ...]:
    presets = list(PRESETS)
    place = presets.index(run.preset) if run.preset in presets else len(presets)
    names = [name.casefold() for name in (run.content["name"], *(style["name"] for style in run.styles))]
    values = [getattr(run.settings, name) for name in FIELDS if name != "strength"]
    return names, run.pairing, place, run.settings.strength, values, run.version
