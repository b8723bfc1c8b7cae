"""Several strengths of one transfer: in which order they are made, and what each is solved with."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

from styletransfer.settings.fields import Settings
from styletransfer.settings.strength import content_weight

WARM_DIVISORS = {"iterations": 4, "griffin_lim_iterations": 2, "refinement_iterations": 5}
"""What counts of iterations are divided by for a transfer that starts from its neighbour's result."""
MIN_WARM_ITERATIONS = 4
WHOLE_STEP = 2.0
"""Step to a stronger result, in the natural logarithm of the content weight, for which it takes all iterations, and
less for less: the style is far from there, and only iterations bring it."""


def series_settings(settings: Settings, strengths: Iterable[float]) -> tuple[Settings, ...]:
    """Tell what each of several strengths is solved with, in the order in which they are made."""
    each = {
        strength: (dataclasses.replace(settings, strength=strength), neighbour)
        for strength, neighbour in neighbours(strengths).items()
    }
    return tuple(asked if near is None else warm(asked, each[near][0]) for asked, near in each.values())


def strength_order(strengths: Iterable[float]) -> tuple[float, ...]:
    """Put strengths, each once, in the order in which their results are made."""
    return tuple(neighbours(strengths))


def neighbours(strengths: Iterable[float]) -> dict[float, float | None]:
    """For each strength, in the order in which they are made, the neighbour to start from."""
    ordered = sorted(set(strengths))
    middle = len(ordered) // 2
    up, down = ordered[middle:], ordered[middle::-1]
    return {ordered[middle]: None} | dict(zip(up[1:], up, strict=False)) | dict(zip(down[1:], down, strict=False))


def warm(settings: Settings, neighbour: Settings) -> Settings:
    """The settings of a transfer that starts from the result of a neighbouring strength."""
    weights = content_weight(neighbour), content_weight(settings)
    step = math.log(weights[0] / weights[1]) if min(weights) > 0 else 0.0
    shares = {name: min(1.0, max(1 / divisor, step / WHOLE_STEP)) for name, divisor in WARM_DIVISORS.items()}
    counts = {name: (getattr(settings, name), share) for name, share in shares.items()}
    fewer = {name: min(n, max(MIN_WARM_ITERATIONS, math.ceil(n * share))) for name, (n, share) in counts.items()}
    return dataclasses.replace(settings, **fewer)
