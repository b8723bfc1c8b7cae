"""What a report is made of: the page shows it as HTML, an export as Markdown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """The beginning of a part."""

    text: str
    level: int
    """2 or 3"""


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True)
class Listed:
    """Sentences one below the other."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of texts; the first column says what a row is of."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_aside: bool = False
    """whether it is for who wants to know more"""


@dataclass(frozen=True)
class Plot:
    """A picture that plots.py draws, by its name."""

    name: str
    says: str
    """what is to be seen in it, for who cannot see it"""


Block = Heading | Paragraph | Listed | Table | Plot
