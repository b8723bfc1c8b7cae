"""How long transfers take on this machine, preset by preset, so that the page can say so before one begins.

They are measured while the page warms up, and again by every transfer that is one of a preset.
"""

from __future__ import annotations

import statistics
import threading

from styletransfer import estimate
from styletransfer.estimate import Lengths
from styletransfer.eta import Eta
from styletransfer.settings import FIELDS, PRESETS, SAMPLE_RATE_HZ, Settings
from styletransfer.transfer import Result

SLIDERS = ("strength", "rhythm", "melody", "seconds", "content_start_s", "style_start_s", "style_weights", "seed")
"""Settings that change what is heard, or how long it is, but not what a second of it takes."""


class Timings:
    """What is known so far. May be used from several threads."""

    def __init__(self) -> None:
        self._paces: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, result: Result, asked: Settings | None = None) -> None:
        """Learn from a result that was not cut short. Where it was made with fewer iterations than `asked`, what these
        would take is worked out from its steps."""
        asked = asked or result.settings
        name = _preset_of(asked)
        if name is None or result.stop_reason == "stopped":
            return
        took_s = sum(result.seconds_by_stage.values())
        if asked != result.settings:
            eta = Eta(result.settings)
            for step in result.history:
                eta.take(step)
            took_s += eta.longer_by(asked)
        with self._lock:
            self._paces[name] = took_s / (len(result.sound) / result.sample_rate_hz)

    def seconds(self, name: str, length_s: float) -> float | None:
        """That a transfer of this preset and length takes; None while that is not known."""
        pace = self._paces.get(name)
        return None if pace is None else pace * length_s

    def unit_seconds(self) -> float | None:
        """That a unit of `estimate.work` takes here, by the median of what is known of presets; None as long as nothing
        is."""
        with self._lock:
            paces = dict(self._paces)
        found = [pace * PRESETS[name].seconds / _work(PRESETS[name]) for name, pace in paces.items()]
        return statistics.median(found) if found else None

    def are_complete(self) -> bool:
        """Whether all presets are known."""
        return self._paces.keys() >= PRESETS.keys()


def _work(settings: Settings) -> float:
    """Of a transfer of recordings that are as long as the settings use."""
    content, style = (round(seconds * SAMPLE_RATE_HZ) for seconds in (settings.seconds, settings.style_seconds))
    return estimate.transfer_work(settings, Lengths(content, (style,)))


def _preset_of(settings: Settings) -> str | None:
    """The preset that settings are, but for SLIDERS."""
    for name, preset in PRESETS.items():
        if all(getattr(settings, each) == getattr(preset, each) for each in FIELDS if each not in SLIDERS):
            return name
    return None
