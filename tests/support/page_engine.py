"""What stands behind the page in its tests: engines that are slow, endless or quick, and the one place that puts them
there.

A plugin of pytest (conftest.py names it): the fixture `engine` is there in every test.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from styletransfer.engine.losses.objective import Losses
from styletransfer.files.audio import AudioError
from styletransfer.quality.report_card import Measures, ReportCard
from styletransfer.settings import Settings
from styletransfer.transfer import OnStep, Result, Step, stylize
from styletransfer.web.server import jobs, previews, warmup


class PageEngine:
    """The engine behind the page and its jobs: the real one, until a test says otherwise. With the test it ends."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def use(self, one: Callable[..., Any] | None = None, *, several: Callable[..., Any] | None = None) -> None:
        """From now on transfers are made by `one`, and those of several strengths by `several`."""
        if one is not None:
            self._patch.setattr(jobs, "stylize", one)
        if several is not None:
            self._patch.setattr(jobs, "fader", several)

    def warm_up_with(self, one: Callable[..., Any]) -> None:
        """From now on the warm-up's transfers are made by `one`."""
        self._patch.setattr(warmup, "stylize", one)

    def tell_every(self, seconds: float) -> None:
        """How often a job that runs tells where it stands."""
        self._patch.setattr(jobs, "UPDATE_S", seconds)

    def preview_every(self, seconds: float) -> None:
        """How often there is a new preview."""
        self._patch.setattr(previews, "PREVIEW_S", seconds)

    def is_busy(self) -> bool:
        return jobs.device_is_busy()

    @contextmanager
    def warming_up(self) -> Iterator[None]:
        """The device is taken by the warm-up while the context lasts."""
        ticket = jobs.turns.join(patient=True)
        assert jobs.turns.wait(ticket)
        try:
            yield
        finally:
            jobs.turns.leave(ticket)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> PageEngine:
    return PageEngine(monkeypatch)


# Engines


def slow(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> Result:
    """The engine, at five steps a second, so that there is time to stop it on any machine."""

    def on_slow_step(step: Step) -> bool | None:
        time.sleep(0.2)
        return on_step(step)

    return stylize(content, styles, settings, on_step=on_slow_step)


def endless(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> None:
    """An engine that never comes to an end of its own and does not hear a wish to stop, as within a long step."""
    for i in range(1, 10_000):
        on_step(Step("solve", i, 5000, 1.0 / i, 1.0 / i, 1.0 / i, 0.5, 0.01 * i))
        time.sleep(0.01)


def instant(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> Result:
    """The content at a level that follows the strength: results that can be told apart."""
    sound = (content * 0.2 * (1 + settings.strength / 100)).astype(np.float32)
    history = tuple(Step("solve", i, 2, 1 / i, 1 / i, 1 / i, 0.5, 0.1 * i) for i in (1, 2))
    for step in history:
        on_step(step)
    losses = Losses(0.3, 0.25, 0.05)
    frames = np.zeros((1, 1025), np.float32)
    return Result(
        sound, 44_100, frames, history, losses, losses, "iteration limit", settings, {"solve": 0.1}, {}, report_card
    )


class Noted(list[tuple[list[np.ndarray], Settings]]):
    """Stands in for the engine: keeps what it is asked for, and refuses it, which is soon done."""

    def __call__(self, content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, **_: Any) -> None:
        self.append(([content, *styles], settings))
        raise AudioError("Noted.")


# Report cards


def measures(**changes: float) -> Measures:
    """Those of an untouched content, but for `changes`."""
    values = {"content_loss": 0.0, "style_loss": 0.5, "heldout_content_loss": 0.0, "heldout_style_loss": 0.4}
    values |= {"content_correlation": 1.0, "chroma_likeness": 1.0, "timbre_distance": 1.0, "copy": 0.125}
    values |= {"rhythm_like_style": -0.1, "rhythm_like_content": 1.0}
    values |= {"noise_floor_db": -2.0, "peak_dbfs": -6.0, "loudness_lufs": -20.0}
    return Measures(**(values | changes))


def report_card() -> ReportCard:
    """One that took a moment's thought instead of a moment's work."""
    result = measures(style_loss=0.05, heldout_style_loss=0.1, chroma_likeness=0.6, timbre_distance=0.25)
    return ReportCard(result, measures(), measures(style_loss=0.3, chroma_likeness=0.8))
