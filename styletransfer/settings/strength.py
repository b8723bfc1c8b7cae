"""How strength weighs content against style."""

from __future__ import annotations

import math

import numpy as np

from styletransfer.settings.fields import Settings

STRENGTH_WEIGHTS = {0: 25.0, 25: 4.6, 50: 1.3, 75: 0.23, 100: 0.01}
"""Weight of the content loss by strength, between which its logarithm goes in straight lines: equal steps of strength
bring the timbre about as much nearer to the style (docs/method.md)."""


def content_weight(settings: Settings) -> float:
    """Return the factor of the content loss.

    With relative losses it goes from 25 at a strength of 0 to 0.01 at 100, times `alpha`, by STRENGTH_WEIGHTS. With raw
    losses it is `alpha` alone.
    """
    if settings.loss_scaling == "raw":
        return settings.alpha
    strengths, weights = zip(*STRENGTH_WEIGHTS.items(), strict=True)
    return settings.alpha * math.exp(np.interp(settings.strength, strengths, np.log(weights)))


def strength_of(weight: float) -> float:
    """Return the strength whose relative content loss has this weight, with an `alpha` of 1."""
    strengths, weights = zip(*reversed(STRENGTH_WEIGHTS.items()), strict=True)
    return float(np.interp(math.log(weight), np.log(weights), strengths))
