"""Settings of a transfer: every setting, its default and all that is told of it, once.

To add a setting, add a field here and use it where it takes effect: the command line, the page, the endpoints, links
and files follow by themselves. Lengths are in seconds where a name ends in `_s`, in samples for `n_fft` and
`hop_length`, and in spectrogram frames for `kernel_width`.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from styletransfer.errors import SettingsError
from styletransfer.settings.metadata import fields_of, setting

SAMPLE_RATE_HZ = 44_100
MAX_STYLES = 4

FRONT, RECORDINGS, STYLES = "front", "recordings", "styles"
"""Groups that the page has in places of their own; the others are headings under For researchers, in this order."""
COMPARED, SPECTROGRAM, SHAPING, SOUND, CHANCE = ADVANCED = (
    "What is compared",
    "The spectrogram",
    "The shaping",
    "The sound",
    "Chance",
)
MOSAIC = "mosaic"
LOSS_ENGINES = tuple(
    sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parents[1] / "engine" / "engines")]))
)
"""The modules of engine/engines."""
SOLVED = ("detail", "loss_scaling", "alpha", "beta", "layers", "filters", "kernel_width", "iterations", "optimizer")
SOLVED += ("learning_rate", "start", "griffin_lim_iterations", "griffin_lim_momentum", "phase_init")
SOLVED += ("refinement_iterations", "n_fft", "hop_length")
"""Settings that say how something is solved for, which a mosaic is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a transfer is to make, and how.

    Lengths in seconds, samples or frames as the module's description says; ranges are those of `FIELDS`. Raises
    SettingsError, on construction, for any value outside its range.
    """

    strength: float = setting(
        90.0,
        "how far the sound goes over to the style",
        group=FRONT,
        minimum=0,
        maximum=100,
        step=1,
        ends=("the content's sound", "the style's sound"),
        inactive=lambda s: None if s.follows_sliders else "Raw losses are balanced by alpha and beta alone.",
    )
    rhythm: float = setting(
        0.0,
        "whose beat is heard",
        group=FRONT,
        minimum=0,
        maximum=100,
        step=1,
        ends=("the content's beat", "the style's beat"),
    )
    melody: float = setting(
        65.0,
        "whose notes are heard",
        group=FRONT,
        minimum=0,
        maximum=100,
        step=1,
        ends=("the style's notes", "the content's notes"),
        inactive=lambda s: None if s.follows_sliders else "Raw losses are the paper's method, as it is.",
    )
    seconds: float = setting(
        10.0,
        "how long the result lasts at most, in seconds",
        group=FRONT,
        label="Length (s)",
        minimum=0.2,
        maximum=900.0,
    )
    content_start_s: float = setting(
        0.0,
        "where in the content to begin, in seconds",
        group=RECORDINGS,
        label="Start in the content (s)",
        minimum=0.0,
        maximum=3_600.0,
        option="content-start",
    )
    style_start_s: float = setting(
        0.0,
        "where in each style to begin, in seconds",
        group=RECORDINGS,
        label="Start in the style (s)",
        minimum=0.0,
        maximum=3_600.0,
        option="style-start",
    )
    style_weights: tuple[float, ...] = setting(
        (),
        "how much each style is heard, one number a style; equal when left out",
        group=STYLES,
        minimum=1e-3,
        maximum=1e3,
    )
    engine: str = setting(
        "kernel",
        "kernel: solved for, clean and blended; mosaic: the style's own sound in pieces, at once; network: the paper's "
        "random filters, grainier, new with each seed",
        group=COMPARED,
        choices=tuple(sorted((*LOSS_ENGINES, MOSAIC))),
    )
    detail: Literal["plain", "fine", "rich"] = setting(
        "fine",
        "how closely the style is followed; plain: its timbre; fine: its attacks too; rich: its gestures of up to a "
        "second too, in about twice the time",
        group=COMPARED,
        inactive=lambda s: (
            "The engine network compares one kernel width, and nothing is refined." if s.is_network_alone else None
        ),
    )
    loss_scaling: Literal["relative", "raw"] = setting(
        "relative",
        "relative: strength sounds alike for all recordings; raw: the paper's sums, where alpha and beta decide",
        group=COMPARED,
    )
    alpha: float = setting(
        1.0,
        "content weight: higher keeps more of its notes and words",
        group=COMPARED,
        label="Alpha (content weight)",
        minimum=0.0,
        maximum=1e9,
    )
    beta: float = setting(
        1.0,
        "style weight: higher brings more of its texture",
        group=COMPARED,
        label="Beta (style weight)",
        minimum=1e-9,
        maximum=1e9,
    )
    layers: int = setting(
        1,
        "layers of the network: more join neighbouring gestures of the style into phrases",
        group=COMPARED,
        minimum=1,
        maximum=3,
        step=1,
        inactive=lambda s: "The engine network has one layer." if s.is_network_alone else None,
    )
    filters: int = setting(
        4096,
        "random filters: more give a steadier texture and take longer",
        group=COMPARED,
        minimum=1,
        maximum=16_384,
        inactive=lambda s: (
            "The engine kernel stands for infinitely many filters."
            if s.engine == "kernel" and s.loss_scaling == "relative"
            else None
        ),
    )
    kernel_width: int = setting(
        11,
        "patch length in frames: longer keeps longer gestures of the style",
        group=COMPARED,
        label="Kernel width (frames)",
        minimum=1,
        maximum=128,
        step=1,
        inactive=lambda s: "Rich detail has widths of its own." if s.has_rich_widths else None,
    )
    n_fft: int = setting(
        2048,
        "block length in samples: long blocks keep tones pure, short ones attacks crisp",
        group=SPECTROGRAM,
        label="Block (samples)",
        minimum=128,
        maximum=8192,
        powers_of_two=True,
    )
    hop_length: int = setting(
        512,
        "samples from one block to the next: fewer sound smoother and take longer",
        group=SPECTROGRAM,
        label="Hop (samples)",
        minimum=32,
        maximum=4096,
        powers_of_two=True,
    )
    style_seconds: float = setting(
        20.0,
        "how much of each style is used, in seconds: more offers more sounds",
        group=SPECTROGRAM,
        label="Length of the style (s)",
        minimum=0.2,
        maximum=60.0,
        step=0.1,
    )
    iterations: int = setting(
        80,
        "optimiser iterations, at most: more come closer to the style",
        group=SHAPING,
        minimum=1,
        maximum=10_000,
    )
    optimizer: Literal["lbfgs", "scipy", "adam"] = setting(
        "lbfgs",
        "how the shape is found; lbfgs: soonest; scipy: L-BFGS-B as in the paper, as near but slower; adam: small even "
        "steps that leave more of the start to be heard",
        group=SHAPING,
        label="Optimiser",
    )
    learning_rate: float = setting(
        0.001,
        "step size of adam: larger reaches the style sooner, too large ends in noise",
        group=SHAPING,
        minimum=1e-6,
        maximum=10.0,
        inactive=lambda s: "Only the optimiser adam has steps of a set size." if s.optimizer != "adam" else None,
    )
    start: Literal["matched", "content", "noise"] = setting(
        "matched",
        "what the shaping starts from; matched: the content with the levels of the style, soonest there; content: "
        "stays nearer to it; noise: as in the paper, rougher",
        group=SHAPING,
        label="Starts from",
    )
    griffin_lim_iterations: int = setting(
        32,
        "Griffin-Lim iterations, which turn the shape into sound: too few sound hollow and smeared",
        group=SOUND,
        label="Griffin-Lim iterations",
        minimum=0,
        maximum=2_000,
    )
    griffin_lim_momentum: float = setting(
        0.99,
        "Griffin-Lim momentum: higher needs fewer iterations",
        group=SOUND,
        label="Griffin-Lim momentum",
        minimum=0.0,
        maximum=0.999,
        step=0.001,
        inactive=lambda s: None if s.griffin_lim_iterations else "There are no Griffin-Lim iterations.",
    )
    phase_init: Literal["content", "random"] = setting(
        "content",
        "phase that Griffin-Lim starts from; content: its attacks stay sharp; random: as in the paper, more blurred",
        group=SOUND,
        label="Phase",
    )
    refinement_iterations: int = setting(
        26,
        "iterations that refine the sound itself, at most: more take away hiss and ringing",
        group=SOUND,
        minimum=0,
        maximum=1_000,
    )
    stereo: Literal["image", "joint", "mono"] = setting(
        "image",
        "of a stereo content; image: the result stands where the content stands; joint: both channels are made by "
        "themselves, in twice the time; mono: one channel",
        group=SOUND,
    )
    noise_gate: Literal["on", "off"] = setting(
        "on",
        "noise gate: turns pauses down to the level of the recordings",
        group=SOUND,
    )
    seed: int = setting(
        0,
        "random seed: the same seed gives the same result",
        group=CHANCE,
        minimum=0,
        maximum=2**31 - 1,
        inactive=lambda s: (
            "Nothing here is left to chance: every run gives the same result."
            if s.engine == "kernel" and s.start != "noise" and s.phase_init != "random"
            else None
        ),
    )

    def __post_init__(self) -> None:
        for name, field in FIELDS.items():
            field.check(getattr(self, name))
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
    def is_network_alone(self) -> bool:
        """Whether the finite network, of one layer and width, is all that is compared."""
        return self.engine == "network" and not self.refinement_iterations

    @property
    def follows_sliders(self) -> bool:
        """Whether `strength` and `melody` have an effect: what is solved for with raw losses is as the paper has it."""
        return self.loss_scaling == "relative" or self.engine == MOSAIC

    @property
    def refines(self) -> bool:
        """Whether the sound itself is refined."""
        return self.refinement_iterations > 0 and self.engine != MOSAIC

    @property
    def has_rich_widths(self) -> bool:
        """Whether several kernel widths are compared at the block length of the solve."""
        return self.detail == "rich" and self.engine != "network"


FIELDS = fields_of(Settings)
"""All settings by name."""
