"""Engines whose steps can be looked at, without a transfer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from styletransfer.engine.steps import Snapshot
from styletransfer.settings import Settings
from styletransfer.transfer import OnStep, Step


class Look(Snapshot):
    """Stands in for a look at a running transfer."""

    def __init__(self, number: int = 0, takes_s: float = 0.0) -> None:
        self.number, self.takes_s = number, takes_s

    def sound(self) -> np.ndarray:
        time.sleep(self.takes_s)
        return np.full(1000, 0.01 * self.number, np.float32)

    def spectrogram(self) -> np.ndarray:
        time.sleep(self.takes_s)
        return np.full((3, 5), float(self.number), np.float32)


def seen(number: int = 0, takes_s: float = 0.0) -> Step:
    return Step("solve", number, 5000, 1.0, 1.0, 1.0, 0.5, 0.01, Look(number, takes_s))


def until_stopped(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> Any:
    """An engine without end that hears a wish to stop, and whose every step can be looked at."""
    number = 0
    while not on_step(seen(number)):
        number += 1
        time.sleep(0.02)
    return "the best so far"
