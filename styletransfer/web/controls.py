"""The controls of the page, made from the fields of `Settings`, where range, default and description stand once."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import gradio as gr

from styletransfer.settings import DEFAULT_PRESET, PRESETS, Settings, SettingsError, preset

FRONT = ("seconds", "strength", "rhythm")
ADVANCED = ("alpha", "beta", "iterations", "learning_rate", "filters", "seed")
LABELS = {"seconds": "Length (s)"}

# Alpha may go up to 1e9, and a slider that did would be of no use: it ends at this multiple of the largest preset, and
# where that is still too far to slide, a number box takes its place.
REACH = 10
LONGEST_SLIDER = 1e6

_FIELDS = {field.name: field for field in dataclasses.fields(Settings)}


def controls(names: tuple[str, ...]) -> dict[str, gr.Slider | gr.Number]:
    """One control for each of the settings, by the setting's name."""
    return {name: control(name) for name in names}


def control(name: str) -> gr.Slider | gr.Number:
    """A slider for a numeric setting, or a number box where a slider would have to reach too far."""
    value = getattr(PRESETS[DEFAULT_PRESET], name)
    whole = isinstance(value, int)
    shown: dict[str, Any] = {
        "value": value,
        "precision": 0 if whole else None,
        "label": label(name),
        "info": _FIELDS[name].metadata["help"],
    }
    minimum, maximum = _FIELDS[name].metadata["minimum"], _FIELDS[name].metadata["maximum"]
    values = [getattr(settings, name) for settings in PRESETS.values() if getattr(settings, name)]
    if values:
        maximum = min(maximum, REACH * max(values))
    if maximum > LONGEST_SLIDER:
        return gr.Number(**shown)
    step = 1 if whole else round_step(min([(maximum - minimum) / 100, *(value / 10 for value in values)]))
    return gr.Slider(math.ceil(minimum / step) * step, maximum, step=step, **shown)


def label(name: str) -> str:
    """What the page calls a setting."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def round_step(step: float) -> float:
    """The largest power of ten that is not above `step`, but for rounding."""
    return float(f"1e{math.floor(math.log10(step * 1.000001))}")


def settings_from(preset_name: str, values: dict[str, float | None]) -> Settings:
    """The preset with the values of the controls. Raises SettingsError, also for a number box that is empty."""
    for name, value in values.items():
        if value is None:
            raise SettingsError(f"{label(name)} is empty; give a number.")
    return preset(preset_name, **values)


def values_of(preset_name: str) -> list[Any]:
    """What a preset sets the controls to, FRONT and ADVANCED in order."""
    return [getattr(preset(preset_name), name) for name in (*FRONT, *ADVANCED)]
