"""Settings of a transfer, their ranges and presets: every default of the project lives here, once.

Each field of `Settings` carries its own description, range and command-line name as metadata, so that the command
line, the page and the range check read them from one place. Lengths are in seconds where a name ends in `_s`, in
samples for `n_fft` and `hop_length`, and in spectrogram frames for `kernel_width`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

VERSION = "0.1.0"
SAMPLE_RATE_HZ = 44_100
MAX_STYLES = 4


class SettingsError(ValueError):
    """A setting is out of range; the message says the value, the limit and what to do."""


def setting(
    default: Any,
    help_text: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] | None = None,
    option: str | None = None,
) -> Any:
    """A dataclass field with its description, range or choices, and command-line name where that is not the field's."""
    metadata = {"help": help_text, "minimum": minimum, "maximum": maximum, "choices": choices, "option": option}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What to make and how. Raises SettingsError, on construction, for any value outside its range."""

    seconds: float = setting(10.0, "longest result, in seconds", minimum=0.2, maximum=30.0)
    content_start_s: float = setting(
        0.0, "where in the content to start, in seconds", minimum=0.0, maximum=36_000.0, option="content-start"
    )
    style_start_s: float = setting(
        0.0, "where in each style to start, in seconds", minimum=0.0, maximum=36_000.0, option="style-start"
    )
    style_seconds: float = setting(20.0, "longest stretch used of each style, in seconds", minimum=0.2, maximum=20.0)
    style_weights: tuple[float, ...] = setting(
        (), "how much each style counts, one number a style; equal when left out", minimum=1e-3, maximum=1e3
    )
    alpha: float = setting(0.1, "weight of the content loss", minimum=0.0, maximum=1e9)
    beta: float = setting(1.0, "weight of the style loss", minimum=0.0, maximum=1e9)
    n_fft: int = setting(2048, "block of the short-time Fourier transform, in samples", minimum=128, maximum=8192)
    hop_length: int = setting(512, "samples from one block to the next", minimum=32, maximum=4096)
    filters: int = setting(4096, "random filters of the network", minimum=1, maximum=16_384)
    kernel_width: int = setting(11, "frames that each filter spans", minimum=1, maximum=128)
    init: str = setting("noise", "what the spectrogram starts from", choices=("noise", "content"))
    optimizer: str = setting(
        "scipy",
        "scipy: L-BFGS-B as in the paper; lbfgs, adam: compiled on the device",
        choices=("scipy", "lbfgs", "adam"),
    )
    learning_rate: float = setting(0.001, "step size of adam (L-BFGS has none)", minimum=1e-6, maximum=10.0)
    iterations: int = setting(500, "most iterations of the optimiser", minimum=1, maximum=10_000)
    griffin_lim_iterations: int = setting(100, "iterations that find the phase of the result", minimum=0, maximum=2_000)
    griffin_lim_momentum: float = setting(0.99, "momentum of fast Griffin-Lim", minimum=0.0, maximum=0.999)
    phase_init: str = setting("random", "phase that Griffin-Lim starts from", choices=("random", "content"))
    seed: int = setting(0, "seed of every random draw", minimum=0, maximum=2**31 - 1)

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            for item in value if isinstance(value, tuple) else (value,):
                _check_range(field.name, item, field.metadata)
        if len(self.style_weights) > MAX_STYLES:
            raise SettingsError(f"{len(self.style_weights)} style weights; give at most {MAX_STYLES}.")
        if self.n_fft % 2:
            raise SettingsError(f"n_fft is {self.n_fft}, an odd number; use an even one, such as {self.n_fft + 1}.")
        if self.hop_length > self.n_fft // 2:
            raise SettingsError(
                f"hop_length is {self.hop_length}; blocks of {self.n_fft} need a hop of at most {self.n_fft // 2} "
                "to be heard without gaps. Lower hop_length or raise n_fft."
            )

    @property
    def shortest_samples(self) -> int:
        """Samples that one patch of the network covers: no recording may be shorter."""
        return (self.kernel_width - 1) * self.hop_length + self.n_fft


def _check_range(name: str, value: Any, metadata: Mapping[str, Any]) -> None:
    choices, minimum, maximum = metadata["choices"], metadata["minimum"], metadata["maximum"]
    if choices is not None:
        if value not in choices:
            raise SettingsError(f"{name} is {value!r}; choose one of {', '.join(choices)}.")
    elif minimum is not None and not (math.isfinite(value) and minimum <= value <= maximum):
        raise SettingsError(f"{name} is {value}; it must lie between {minimum:g} and {maximum:g}.")


PRESETS: Mapping[str, Settings] = MappingProxyType({"paper": Settings()})
DEFAULT_PRESET = "paper"


def preset(name: str, **changes: Any) -> Settings:
    """The settings of a preset, with `changes` applied. Raises SettingsError for an unknown name or a bad value."""
    if name not in PRESETS:
        raise SettingsError(f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}.")
    return dataclasses.replace(PRESETS[name], **changes)
