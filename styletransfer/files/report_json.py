"""A report as JSON text that every parser reads."""

from __future__ import annotations

import json
import math
from typing import Any


def report_json(report: dict[str, Any]) -> str:
    """Turn a report into JSON text.

    Takes anything that JSON has; numbers that are not finite are null.
    """
    return json.dumps(_finite(report), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
