"""Sounds repeated to a length."""

from __future__ import annotations

import numpy as np

from styletransfer.engine import looping
from styletransfer.settings import SAMPLE_RATE_HZ


def test_a_style_is_looped_without_a_click() -> None:
    constant = np.ones(10_000, np.float32)
    looped = looping.loop(constant, 34_567)
    assert len(looped) == 34_567
    assert np.abs(np.diff(looped)).max() < 1 / (0.009 * SAMPLE_RATE_HZ)
    assert looped[15_000] == 1
    assert (looping.loop(constant, 100) == 1).all()
