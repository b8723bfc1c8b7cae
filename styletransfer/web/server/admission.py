"""Admission: a job that would take too much is refused before it waits, with its value, the limit and what would pass.

Memory and time are estimated from settings and lengths (styletransfer/estimate.py). What would pass is the least change
for a musician: of each kind of change the smallest that passes, and of those the one that costs the result least.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from styletransfer import estimate
from styletransfer.errors import SettingsError
from styletransfer.estimate import Lengths
from styletransfer.runtime import memory
from styletransfer.settings import FIELDS, PRESETS, SAMPLE_RATE_HZ, Settings
from styletransfer.settings.blocks import shortest_samples

TRANSFER_SHARE = 0.8
"""Part of the memory that is free at the start which a transfer may take: the rest is for the page."""
DOUBT = 2.0
"""By what factor an estimate of time may be off (`benchmarks.admission --timed`). What may still be done in time is not
refused: it is stopped, if need be, with its best so far. What is advised is to be done in time as it is estimated."""
GB = 1e9
LENGTHS_S = (0.5, 1, 2, 3, 4, 5, 6, 8, *range(10, 40, 5), 40, 50, 60, 90, 120, 180, 240, 300, 450, 600, 900)
"""That are advised"""
DETAILS = ("rich", "fine", "plain")
LIGHTER_PRESETS = {"quick": 4.0, "instant": 6.0}
"""What is advised where no setting alone will do, and what that costs: see `_Change`."""


class AdmissionError(SettingsError):
    """A job would take more than there is for it."""


class _Change(NamedTuple):
    """What could be changed of a job."""

    cost: float
    """to what is heard: 1 is half as much of something that is heard little"""
    words: str
    """after "Use" """
    settings: Settings
    strengths: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Admission:
    """What a job may take."""

    memory_bytes: int | None = None
    """None where that is not known"""
    max_seconds: float | None = None
    unit_seconds: Callable[[], float | None] = lambda: None
    """seconds that a unit of `estimate.work` takes here, None while that is not known"""
    is_given: bool = False
    """whether somebody has decided on the memory; else it is what is there"""

    @staticmethod
    def on_this_machine(
        memory_bytes: int | None,
        max_seconds: float | None,
        unit_seconds: Callable[[], float | None],
        at_once: int = 1,
    ) -> Admission:
        """Make one of the limits that were given; without one of memory, of what is free now for so many at once."""
        is_given, most = memory_bytes is not None, memory_bytes
        if most is None and (free := memory.free_bytes()) is not None:
            most = round(TRANSFER_SHARE * free / at_once)
        return Admission(memory_bytes=most, max_seconds=max_seconds, unit_seconds=unit_seconds, is_given=is_given)

    def check(self, settings: Settings, lengths: Lengths, strengths: Sequence[float] = ()) -> None:
        """Raise AdmissionError where a job would take too much."""
        if refusal := self.refusal(settings, lengths, strengths):
            raise AdmissionError(refusal)

    def refusal(self, settings: Settings, lengths: Lengths, strengths: Sequence[float] = ()) -> str | None:
        """Tell in two sentences why a job is refused and what would pass; None where it passes."""
        excess = self._excess(settings, lengths, strengths, doubt=DOUBT)
        if excess is None:
            return None
        name = "Five strengths" if strengths else "This"
        change = self.least_change(settings, lengths, strengths)
        advice = f"Use {change.words}." if change else "No transfer is as small as that."
        return f"{name} would take {excess}. {advice}"

    def least_change(self, settings: Settings, lengths: Lengths, strengths: Sequence[float] = ()) -> _Change | None:
        """Find the change that passes and costs the result least."""
        found = []
        for changes in _kinds(settings, lengths, tuple(strengths)):
            passing = (each for each in changes if self._all_pass(each, lengths))
            found += [each for each in [next(passing, None)] if each]
        return min(found, key=lambda change: change.cost, default=None)

    def _all_pass(self, change: _Change, lengths: Lengths) -> bool:
        """Whether a job passes as changed, and where it is made in windows also one that just is not."""
        whole = dataclasses.replace(change.settings, seconds=min(change.settings.seconds, estimate.WHOLE_S))
        return all(self._excess(each, lengths, change.strengths) is None for each in (whole, change.settings))

    def _excess(
        self, settings: Settings, lengths: Lengths, strengths: Sequence[float], *, doubt: float = 1.0
    ) -> str | None:
        """What a job would take too much of, beside the limit; of time, so many times too much."""
        needed = estimate.memory_bytes(settings, lengths, max(1, len(strengths)))
        if self.memory_bytes is not None and needed > self.memory_bytes:
            who = "this server gives a transfer" if self.is_given else "this machine has for it"
            value, limit = math.ceil(10 * needed / GB) / 10, math.floor(10 * self.memory_bytes / GB) / 10
            return f"{value:.1f} GB of memory; {who} {limit:.1f} GB"
        unit_s = self.unit_seconds()
        if self.max_seconds is None or unit_s is None:
            return None
        seconds = math.ceil(unit_s * estimate.work(settings, lengths, strengths))
        if seconds <= doubt * self.max_seconds:
            return None
        return f"about {_minutes(seconds)}; this server gives a transfer {_minutes(self.max_seconds)}"


def _minutes(seconds: float) -> str:
    """Seconds, or from two minutes on minutes, in words."""
    if seconds < 120:
        return f"{seconds:g} s"
    return f"{math.ceil(seconds / 6) / 10:g} min" if seconds < 600 else f"{math.ceil(seconds / 60)} min"


def _kinds(settings: Settings, lengths: Lengths, strengths: tuple[float, ...]) -> Iterator[Iterator[_Change]]:
    """All kinds of changes, of each the smallest first."""
    for kind in (_hops, _lengths, _style_lengths, _details, _layers, _filters, _widths, _images, _iterations):
        yield (
            _Change(cost, words, changed, strengths)
            for cost, words, values in kind(settings, lengths)
            if (changed := _changed(settings, lengths, **values))
        )
    if strengths:
        yield iter([_Change(3.0, "Transfer, which makes one strength", settings, ())])
    yield from (_preset(name, settings, lengths, strengths) for name in LIGHTER_PRESETS)


_Candidates = Iterator[tuple[float, str, dict[str, Any]]]


def _changed(settings: Settings, lengths: Lengths, **values: Any) -> Settings | None:
    """The settings with other values; None where these do not go together, or the recordings are too short for them."""
    try:
        changed = dataclasses.replace(settings, **values)
    except SettingsError:
        return None
    shortest_s = min(changed.seconds, changed.style_seconds)
    longest = min(lengths.content_samples, *lengths.style_samples, round(shortest_s * SAMPLE_RATE_HZ))
    return changed if longest >= shortest_samples(changed) else None


def _hops(settings: Settings, _: Lengths) -> _Candidates:
    """Longer hops, in blocks that are long enough for them."""
    hop = 2 ** settings.hop_length.bit_length()
    while hop <= (FIELDS["hop_length"].maximum or 0):
        n_fft = max(settings.n_fft, 2 * hop)
        blocks = f" in blocks of at least {n_fft}" if n_fft > settings.n_fft else ""
        octaves = math.log2(hop / settings.hop_length) + math.log2(n_fft / settings.n_fft)
        yield octaves, f"a hop of at least {hop} samples{blocks}", {"hop_length": hop, "n_fft": n_fft}
        hop *= 2


def _lengths(settings: Settings, lengths: Lengths) -> _Candidates:
    now_s = min(settings.seconds, lengths.content_samples / SAMPLE_RATE_HZ)
    for seconds in _shorter(now_s):
        yield 2 * math.log2(now_s / seconds), f"a length of at most {seconds:g} s", {"seconds": float(seconds)}


def _style_lengths(settings: Settings, lengths: Lengths) -> _Candidates:
    now_s = min(settings.style_seconds, max(lengths.style_samples) / SAMPLE_RATE_HZ)
    for seconds in _shorter(now_s):
        words = f"at most {seconds:g} s of {'the' if len(lengths.style_samples) == 1 else 'each'} style"
        yield math.log2(now_s / seconds), words, {"style_seconds": float(seconds)}


def _shorter(now_s: float) -> Iterator[float]:
    return (seconds for seconds in reversed(LENGTHS_S) if seconds < now_s)


def _details(settings: Settings, _: Lengths) -> _Candidates:
    for steps, detail in enumerate(DETAILS[DETAILS.index(settings.detail) + 1 :], 1):
        yield float(steps), f"the detail {detail}", {"detail": detail}


def _layers(settings: Settings, _: Lengths) -> _Candidates:
    for layers in range(settings.layers - 1, 0, -1):
        words = "one layer" if layers == 1 else f"at most {layers} layers"
        yield 1.5 * (settings.layers - layers), words, {"layers": layers}


def _filters(settings: Settings, _: Lengths) -> _Candidates:
    filters = 2 ** (settings.filters.bit_length() - 1)
    while filters >= 64:
        if filters < settings.filters:
            yield math.log2(settings.filters / filters), f"at most {filters} filters", {"filters": filters}
        filters //= 2


def _widths(settings: Settings, _: Lengths) -> _Candidates:
    for width in (64, 32, 16, 8, 4):
        if width < settings.kernel_width:
            octaves = math.log2(settings.kernel_width / width)
            yield octaves, f"a kernel width of at most {width} frames", {"kernel_width": width}


def _images(settings: Settings, _: Lengths) -> _Candidates:
    if settings.stereo == "joint":
        yield 1.5, "the stereo image in place of joint channels", {"stereo": "image"}


def _iterations(settings: Settings, _: Lengths) -> _Candidates:
    for iterations in (5_000, 2_000, 1_000, 500, 250, 120, 80, 50, 25, 10):
        if iterations < settings.iterations:
            octaves = math.log2(settings.iterations / iterations)
            yield octaves, f"at most {iterations} iterations", {"iterations": iterations}


def _preset(name: str, settings: Settings, lengths: Lengths, strengths: tuple[float, ...]) -> Iterator[_Change]:
    """A preset that takes little, with recordings as long as they are, or shorter."""
    kept = {each: getattr(settings, each) for each in ("strength", "style_weights", "seconds", "style_seconds")}
    whole = _changed(PRESETS[name], lengths, **kept)
    if whole is None:
        return
    yield _Change(LIGHTER_PRESETS[name], f"the preset {name}", whole, strengths)
    for kind in (_lengths, _style_lengths):
        for cost, words, values in kind(whole, lengths):
            if shorter := _changed(whole, lengths, **values):
                yield _Change(LIGHTER_PRESETS[name] + cost, f"the preset {name} and {words}", shorter, strengths)
