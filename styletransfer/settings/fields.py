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
from typing import Any, NamedTuple

from styletransfer.errors import SettingsError

SAMPLE_RATE_HZ = 44_100
MAX_STYLES = 4


def setting(
    default: Any,
    help_text: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] | None = None,
    option: str | None = None,
    ends: tuple[str, str] | None = None,
) -> Any:
    """A dataclass field with its description, which says what it changes in the sound, its range or choices, its
    command-line name where that is not the field's, and what is heard at the ends of its range."""
    metadata = {"help": help_text, "minimum": minimum, "maximum": maximum, "choices": choices, "option": option}
    return dataclasses.field(default=default, metadata=metadata | {"ends": ends})


class Block(NamedTuple):
    """One resolution of the short-time Fourier transform, and the kernel widths that are compared at it."""

    n_fft: int
    hop_length: int
    widths: tuple[int, ...]


DETAILS = ("plain", "fine", "rich")
RICH_WIDTHS = (2, 8, 32, 96)
SHORT_BLOCK_WIDTHS = (4, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What to make and how. Raises SettingsError, on construction, for any value outside its range."""

    seconds: float = setting(10.0, "how long the result lasts at most, in seconds", minimum=0.2, maximum=30.0)
    content_start_s: float = setting(
        0.0, "where in the content to begin, in seconds", minimum=0.0, maximum=3_600.0, option="content-start"
    )
    style_start_s: float = setting(
        0.0, "where in each style to begin, in seconds", minimum=0.0, maximum=3_600.0, option="style-start"
    )
    style_seconds: float = setting(
        20.0, "how much of each style is used, in seconds: more offers more sounds", minimum=0.2, maximum=20.0
    )
    style_weights: tuple[float, ...] = setting(
        (), "how much each style is heard, one number a style; equal when left out", minimum=1e-3, maximum=1e3
    )
    strength: float = setting(
        70.0,
        "how far the sound goes over to the style",
        minimum=0,
        maximum=100,
        ends=("lightly touched", "the style, remembering the content"),
    )
    rhythm: float = setting(
        0.0, "whose beat is heard", minimum=0, maximum=100, ends=("the content's beat", "the style's beat")
    )
    detail: str = setting(
        "fine",
        "how closely the style is followed; plain: its timbre; fine: its attacks too; rich: its gestures of up to a "
        "second too, in about twice the time",
        choices=DETAILS,
    )
    engine: str = setting(
        "kernel",
        "kernel: cleaner, and much sooner done; network: the paper's random filters, grainier, new with each seed",
        choices=("kernel", "network"),
    )
    losses: str = setting(
        "relative",
        "relative: strength sounds alike for all recordings; raw: the paper's sums, where alpha alone decides",
        choices=("relative", "raw"),
    )
    alpha: float = setting(1.0, "hold on the content: more keeps its notes and words clearer", minimum=0.0, maximum=1e9)
    beta: float = setting(1.0, "pull of the style: more brings its texture further forward", minimum=1e-9, maximum=1e9)
    n_fft: int = setting(
        2048, "block, in samples: long blocks keep tones pure, short ones attacks crisp", minimum=128, maximum=8192
    )
    hop_length: int = setting(
        512, "samples from one block to the next: fewer sound smoother and take longer", minimum=32, maximum=4096
    )
    filters: int = setting(
        4096, "random filters: more give a steadier texture and take longer", minimum=1, maximum=16_384
    )
    kernel_width: int = setting(
        11, "frames heard as one: more keep longer strokes of the style whole", minimum=1, maximum=128
    )
    layers: int = setting(
        1, "layers on top of each other: more join neighbouring strokes of the style into phrases", minimum=1, maximum=3
    )
    init: str = setting(
        "matched",
        "what is shaped; matched: the content with the levels of the style, soonest there; content: stays nearer to "
        "it; noise: as in the paper, rougher",
        choices=("matched", "content", "noise"),
    )
    optimizer: str = setting(
        "lbfgs",
        "what does the shaping; lbfgs: soonest at the style; scipy: as in the paper, as near but slower; adam: small "
        "even steps that leave more of the start to be heard",
        choices=("lbfgs", "scipy", "adam"),
    )
    learning_rate: float = setting(
        0.001, "step of adam: larger reaches the style sooner, too large ends in noise", minimum=1e-6, maximum=10.0
    )
    iterations: int = setting(
        80, "rounds of shaping, at most: more come closer to the style", minimum=1, maximum=10_000
    )
    griffin_lim_iterations: int = setting(
        32, "rounds that turn the shape into sound: too few sound hollow and smeared", minimum=0, maximum=2_000
    )
    griffin_lim_momentum: float = setting(
        0.99, "haste of those rounds: with less, a clear sound takes more of them", minimum=0.0, maximum=0.999
    )
    phase_init: str = setting(
        "content",
        "where those rounds start; content: its attacks stay sharp; random: as in the paper, more blurred",
        choices=("content", "random"),
    )
    refinement_iterations: int = setting(
        26, "rounds that polish the sound itself, at most: more take away hiss and ringing", minimum=0, maximum=1_000
    )
    noise_gate: str = setting(
        "on",
        "pauses; on: as quiet as the louder of the recordings is there; off: with what the shaping left in them",
        choices=("on", "off"),
    )
    seed: int = setting(0, "what chance starts from: the same seed gives the same result", minimum=0, maximum=2**31 - 1)

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
        """Samples that one patch of the deepest layer covers: no recording may be shorter."""
        layers = self.layers if self.engine == "kernel" or self.refinement_iterations else 1
        return layers * (self.kernel_width - 1) * self.hop_length + self.n_fft

    @property
    def content_weight(self) -> float:
        """What the content loss is multiplied with. Equal steps of strength are equal factors of the relative loss:
        3 at 0, 0.01 at 100."""
        return self.alpha * (3.0 * (0.01 / 3.0) ** (self.strength / 100) if self.losses == "relative" else 1.0)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What is compared on the sound itself; the spectrogram is solved for the first of them."""
        rich = self.detail == "rich" and self.engine == "kernel"
        first = Block(self.n_fft, self.hop_length, RICH_WIDTHS if rich else (self.kernel_width,))
        short = Block(self.n_fft // 4, self.n_fft // 8, SHORT_BLOCK_WIDTHS)
        return (first,) if self.detail == "plain" else (first, short)


def _check_range(name: str, value: Any, metadata: Mapping[str, Any]) -> None:
    choices, minimum, maximum = metadata["choices"], metadata["minimum"], metadata["maximum"]
    if choices is not None:
        if value not in choices:
            raise SettingsError(f"{name} is {value!r}; choose one of {', '.join(choices)}.")
    elif minimum is not None and not (math.isfinite(value) and minimum <= value <= maximum):
        raise SettingsError(f"{name} is {value}; it must lie between {minimum:g} and {maximum:g}.")


PAPER = Settings(
    detail="plain",
    engine="network",
    losses="raw",
    alpha=0.1,
    init="noise",
    optimizer="scipy",
    iterations=500,
    griffin_lim_iterations=100,
    phase_init="random",
    refinement_iterations=0,
    noise_gate="off",
)
PRESETS: Mapping[str, Settings] = MappingProxyType(
    {
        "quick": Settings(detail="plain", iterations=25, griffin_lim_iterations=12, refinement_iterations=16),
        "balanced": Settings(),
        "studio": Settings(detail="rich", iterations=120, griffin_lim_iterations=64, refinement_iterations=72),
        "paper": PAPER,
    }
)
DEFAULT_PRESET = "balanced"
STRENGTH_SERIES = (0.0, 25.0, 50.0, 75.0, 100.0)
"""What the page and the benchmarks make a series of."""


def preset(name: str, **changes: Any) -> Settings:
    """The settings of a preset, with `changes` applied. Raises SettingsError for an unknown name or a bad value."""
    if name not in PRESETS:
        raise SettingsError(f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}.")
    return dataclasses.replace(PRESETS[name], **changes)
