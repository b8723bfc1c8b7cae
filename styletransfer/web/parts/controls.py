"""The controls of the page, made from the fields of `Settings`, where range, default and description stand once.

Every value that `Settings` takes can be set: a slider where a range is short enough to slide over, a list for choices
and for blocks, and a number box elsewhere. What is out of range after all (several settings together, or a call that
does not come from the page) `Settings` says in a sentence.
"""

from __future__ import annotations

import dataclasses
import re
import secrets
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from styletransfer.errors import SettingsError
from styletransfer.settings import DEFAULT_PRESET, PRESETS, Settings, preset
from styletransfer.settings.inactive import unused

FIELDS = {field.name: field for field in dataclasses.fields(Settings)}

Control = gr.Slider | gr.Number | gr.Dropdown

FRONT = ("strength", "rhythm", "seconds")
STARTS = ("content_start_s", "style_start_s")
"""They stand with the recordings, where their labels say enough."""
GROUPS = {
    "What is compared": ("engine", "detail", "losses", "alpha", "beta", "layers", "filters", "kernel_width"),
    "The spectrogram": ("n_fft", "hop_length", "style_seconds"),
    "The shaping": ("iterations", "optimizer", "learning_rate", "init"),
    "The sound": (
        *("griffin_lim_iterations", "griffin_lim_momentum", "phase_init"),
        *("refinement_iterations", "noise_gate"),
    ),
    "Chance": ("seed",),
}
OF_PRESETS = tuple(name for names in GROUPS.values() for name in names)
"""What choosing a preset sets; what stands in front stays as the visitor has it."""
NAMES = (*FRONT, *STARTS, *OF_PRESETS)
"""All settings that have a control; only style_weights is spread over the styles."""

LABELS = {
    "seconds": "Length (s)",
    "content_start_s": "Start in the content (s)",
    "style_start_s": "Start in the style (s)",
    "style_seconds": "Length of the style (s)",
    "alpha": "Alpha (weight of the content)",
    "beta": "Beta (weight of the style)",
    "n_fft": "Block (samples)",
    "hop_length": "Hop (samples)",
    "kernel_width": "Kernel width (frames)",
    "init": "Start",
    "optimizer": "Optimiser",
    "griffin_lim_iterations": "Griffin-Lim iterations",
    "griffin_lim_momentum": "Griffin-Lim momentum",
    "phase_init": "Phase",
}
STEPS = {
    "seconds": 0.1,
    "style_seconds": 0.1,
    "strength": 1,
    "rhythm": 1,
    "layers": 1,
    "kernel_width": 1,
    "griffin_lim_momentum": 0.001,
}
"""Sliders, and their steps"""
POWERS_OF_TWO = ("n_fft", "hop_length")

SEEDS = {"The same each time": "fix", "A new one each time": "new"}


def control(name: str) -> Control:
    """The control of a setting, as the page opens with it."""
    metadata, value = FIELDS[name].metadata, getattr(PRESETS[DEFAULT_PRESET], name)
    reason = unused(PRESETS[DEFAULT_PRESET]).get(name)
    shown = {
        "value": value,
        "label": label(name),
        "info": None if name in STARTS else reason or metadata["help"],
        "interactive": reason is None,
        "elem_id": f"setting-{name}",
        "min_width": 240,
    }
    if metadata["choices"]:
        return gr.Dropdown(list(metadata["choices"]), **shown)
    if name in POWERS_OF_TWO:
        return gr.Dropdown(powers_of_two(metadata["minimum"], metadata["maximum"]), **shown)
    precision = 0 if isinstance(value, int) else None
    if name in STEPS:
        ends = {"minimum": metadata["minimum"], "maximum": metadata["maximum"], "step": STEPS[name]}
        return gr.Slider(**shown, **ends, precision=precision)
    return gr.Number(**shown, precision=precision, step=1 if precision == 0 else 0.1)


def ends(name: str) -> gr.HTML:
    """What is heard at both ends of a slider, to stand under it."""
    lowest, highest = (escape(end) for end in FIELDS[name].metadata["ends"])
    return gr.HTML(f'<div class="st-ends"><span>{lowest}</span><span>{highest}</span></div>', padding=False)


def build_advanced() -> tuple[dict[str, Control], gr.Radio]:
    """Lays out the controls of GROUPS, and the choice between one seed and a new one for each run."""
    made: dict[str, Control] = {}
    for title, names in GROUPS.items():
        gr.HTML(f'<h3 class="st-group">{title}</h3>', padding=False)
        with gr.Row():
            for name in names:
                made[name] = control(name)
            if title == "Chance":
                settled = "seed" in unused(PRESETS[DEFAULT_PRESET])
                seed_choice = gr.Radio(
                    list(SEEDS.items()),
                    value="fix",
                    label="Seed of each run",
                    info="a new one is drawn when Transfer is pressed, and shown here so that it can be had again",
                    interactive=not settled,
                    elem_id="seed-choice",
                )
    return made, seed_choice


def new_seed() -> int:
    """A seed drawn by lot."""
    return secrets.randbelow(FIELDS["seed"].metadata["maximum"] + 1)


def powers_of_two(minimum: float, maximum: float) -> list[int]:
    """All from `minimum` to `maximum`."""
    return [2**k for k in range(32) if minimum <= 2**k <= maximum]


def label(name: str) -> str:
    """What the page calls a setting."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def in_words_of_the_page(message: str) -> str:
    """A message of SettingsError with the controls' labels for the settings' names."""
    for name in FIELDS:
        pattern = rf"\b{name}\b" if "_" in name else rf"^{name}\b"
        message = re.sub(pattern, lambda _, name=name: label(name), message)
    return message


def settings_from(preset_name: str, values: dict[str, Any]) -> Settings:
    """The preset with the values of the controls. Raises SettingsError, also for a control that is empty."""
    for name, value in values.items():
        if value is None:
            raise SettingsError(f"{label(name)} is empty; give a value.")
    return preset(preset_name, **values)


def values_of(settings: Settings, names: Sequence[str] = NAMES) -> list[Any]:
    """What the controls of these names show for the settings."""
    return [_value(name, getattr(settings, name)) for name in names]


def _value(name: str, value: Any) -> Any:
    if name not in POWERS_OF_TWO:
        return value
    choices = powers_of_two(FIELDS[name].metadata["minimum"], FIELDS[name].metadata["maximum"])
    # The command line takes blocks of any even length, and its settings can come back here in a file.
    return gr.Dropdown(choices=sorted({*choices, value}), value=value)


DECIDING = (
    *("engine", "detail", "losses", "optimizer", "init", "phase_init"),
    *("griffin_lim_iterations", "refinement_iterations"),
)
"""Settings that others hang on"""
DEPENDENT = ("strength", "detail", "layers", "filters", "kernel_width", "learning_rate", "griffin_lim_momentum", "seed")


def availability(*deciding: Any) -> list[Any]:
    """For the values of DECIDING: which of DEPENDENT can be changed, the others with the reason why not."""
    values = dict(zip(DECIDING, deciding, strict=True))
    # A number box that is empty for a moment leaves things as the preset has them.
    given = {name: value for name, value in values.items() if value is not None}
    try:
        reasons = unused(preset(DEFAULT_PRESET, **given))
    except SettingsError:
        return [gr.skip()] * (len(DEPENDENT) + 1)
    updates = [
        gr.update(interactive=name not in reasons, info=reasons.get(name) or FIELDS[name].metadata["help"])
        for name in DEPENDENT
    ]
    return [*updates, gr.update(interactive="seed" not in reasons)]
