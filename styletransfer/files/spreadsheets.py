"""Tables as CSV that spreadsheets open, and compute nothing of."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

FORMULA = tuple("=+-@\t\r\n")
"""How a cell begins that a spreadsheet would compute"""


def table(head: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    """Write a table as CSV, in which no text is a formula; None is an empty cell."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(head)
    writer.writerows([_safe(cell) for cell in line] for line in lines)
    return buffer.getvalue()


def for_spreadsheets(text: str) -> bytes:
    """Encode a CSV as UTF-8 with the mark by which spreadsheets know it."""
    return text.encode("utf-8-sig")


def _safe(cell: Any) -> Any:
    """The cell as no formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
