"""The controls of the page, made from the fields of `Settings`, where range, default and description stand once."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import gradio as gr

from styletransfer.settings import DEFAULT_PRESET, PRESETS, Settings, SettingsError, preset

SHOWN = ("seconds", "alpha", "beta", "iterations", "learning_rate", "filters", "seed")
LABELS = {"seconds": "Length (s)"}

# Alpha may go up to 1e9, and a slider that did would be of no use: it ends at this multiple of the largest preset.
REACH = 10
STEPS_PER_SLIDER = 200

_FIELDS = {field.name: field for field in dataclasses.fields(Settings)}


def controls(names: tuple[str, ...] = SHOWN) -> dict[str, gr.Slider | gr.Number]:
    """One control for each of the settings, by the setting's name."""
    return {name: control(name) for name in names}


def control(name: str) -> gr.Slider | gr.Number:
    """A slider for a numeric setting, or a number box where no preset says how far a slider should reach."""
    value = getattr(PRESETS[DEFAULT_PRESET], name)
    whole = isinstance(value, int)
    shown: dict[str, Any] = {
        "value": value,
        "precision": 0 if whole else None,
        "label": label(name),
        "info": _FIELDS[name].metadata["help"],
    }
    reach = REACH * max(getattr(settings, name) for settings in PRESETS.values())
    if not reach:
        return gr.Number(**shown)
    minimum, maximum = _FIELDS[name].metadata["minimum"], min(_FIELDS[name].metadata["maximum"], reach)
    step = 1 if whole else round_step((maximum - minimum) / STEPS_PER_SLIDER)
    return gr.Slider(math.ceil(minimum / step) * step, maximum, step=step, **shown)


def label(name: str) -> str:
    """What the page calls a setting."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def round_step(step: float) -> float:
    """The largest power of ten that is not above `step`."""
    return float(f"1e{math.floor(math.log10(step))}")


def settings_from(preset_name: str, values: dict[str, float | None]) -> Settings:
    """The preset with the values of the controls. Raises SettingsError, also for a number box that is empty."""
    for name, value in values.items():
        if value is None:
            raise SettingsError(f"{label(name)} is empty; give a number.")
    return preset(preset_name, **values)


def values_of(preset_name: str, names: tuple[str, ...] = SHOWN) -> list[Any]:
    """What a preset sets the controls to."""
    return [getattr(preset(preset_name), name) for name in names]
