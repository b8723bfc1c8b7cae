"""The controls of the page, made from the fields of `Settings`, where range, default and description stand once.

Every value that `Settings` takes can be set: a slider where a range is short enough to slide over, a list for choices
and for blocks, and a number box elsewhere. What is out of range after all (several settings together, or a call that
does not come from the page) `Settings` says in a sentence.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from styletransfer.errors import SettingsError
from styletransfer.settings import DEFAULT_PRESET, FIELDS, PRESETS, Settings, inactive_settings, preset
from styletransfer.settings.fields import ADVANCED, FRONT, RECORDINGS, SOLVED
from styletransfer.settings.metadata import Field, always_active

Control = gr.Slider | gr.Number | gr.Dropdown

OF_PRESETS = tuple(name for group in ADVANCED for name, field in FIELDS.items() if field.group == group)
"""What choosing a preset sets."""
MOVED_BY_PRESETS = tuple(
    name
    for name, field in FIELDS.items()
    if field.group == FRONT and any(getattr(each, name) != getattr(Settings(), name) for each in PRESETS.values())
)
"""What stands in front, and stays as the visitor has it unless a preset has a value of its own, as `remix` has."""
SET_BY_PRESETS = (*OF_PRESETS, *MOVED_BY_PRESETS)
NAMES = (*(name for name, field in FIELDS.items() if field.group in (FRONT, RECORDINGS)), *OF_PRESETS)
"""All settings that have a control; only style_weights is spread over the styles."""

DECIDING = OF_PRESETS
"""Settings that others hang on"""
DEPENDENT = tuple(name for name in NAMES if FIELDS[name].inactive is not always_active or name in SOLVED)


SEEDS = {"The same each time": "fix", "A new one each time": "new"}


def control(name: str) -> Control:
    """The control of a setting, as the page opens with it."""
    field, value = FIELDS[name], getattr(PRESETS[DEFAULT_PRESET], name)
    reason = inactive_settings(PRESETS[DEFAULT_PRESET]).get(name)
    shown: dict[str, Any] = {
        "value": value,
        "label": field.label,
        "info": _info(field, reason),
        "interactive": reason is None,
        "elem_id": f"setting-{name}",
        "min_width": 240,
    }
    if field.choices:
        return gr.Dropdown(list(field.choices), **shown)
    if field.powers_of_two:
        return gr.Dropdown(_powers_of_two(field), **shown)
    precision = 0 if field.kind == "whole number" else None
    if field.step is not None:
        ends = {"minimum": field.minimum, "maximum": field.maximum, "step": field.step}
        return gr.Slider(**shown, **ends, precision=precision)
    return gr.Number(**shown, precision=precision, step=1 if precision == 0 else 0.1)


def _info(field: Field, reason: str | None) -> str | None:
    """Why a control is off, or what it does; what stands in front is told by its label and its ends."""
    return reason or (None if field.group in (FRONT, RECORDINGS) else field.help)


def ends(name: str) -> gr.HTML:
    """What is heard at both ends of a slider, to stand under it."""
    lowest, highest = (escape(end) for end in FIELDS[name].ends or ("", ""))
    return gr.HTML(f'<div class="st-ends"><span>{lowest}</span><span>{highest}</span></div>', padding=False)


def build_advanced() -> tuple[dict[str, Control], gr.Radio]:
    """Lay out the controls of the groups in ADVANCED, and the choice between one seed and a new one for each run."""
    made: dict[str, Control] = {}
    seed_choices = []
    for group in ADVANCED:
        gr.HTML(f'<h3 class="st-group">{group}</h3>', padding=False)
        with gr.Row():
            for name, field in FIELDS.items():
                if field.group == group:
                    made[name] = control(name)
            if group == FIELDS["seed"].group:
                seed_choices.append(_seed_choice())
    return made, seed_choices[0]


def _seed_choice() -> gr.Radio:
    return gr.Radio(
        list(SEEDS.items()),
        value="fix",
        label="Seed of each run",
        info="a new one is drawn when Transfer is pressed, and shown here so that it can be had again",
        interactive="seed" not in inactive_settings(PRESETS[DEFAULT_PRESET]),
        elem_id="seed-choice",
    )


def new_seed() -> int:
    """A seed drawn by lot."""
    return secrets.randbelow(int(FIELDS["seed"].maximum or 0) + 1)


def _powers_of_two(field: Field) -> list[int]:
    """All within its range."""
    return [2**k for k in range(32) if (field.minimum or 0) <= 2**k <= (field.maximum or 0)]


def in_words_of_the_page(message: str) -> str:
    """A message of SettingsError with the controls' labels for the settings' names."""
    for name in FIELDS:
        pattern = rf"\b{name}\b" if "_" in name else rf"^{name}\b"
        message = re.sub(pattern, lambda _, name=name: FIELDS[name].label, message)
    return message


def settings_from(preset_name: str, values: dict[str, Any]) -> Settings:
    """The preset with the values of the controls. Raises SettingsError, also for a control that is empty."""
    for name, value in values.items():
        if value is None:
            raise SettingsError(f"{FIELDS[name].label} is empty; give a value.")
    return preset(preset_name, **values)


def as_sent(name: str, value: Any) -> Any:
    """A setting's value as a call sends it: in JSON a whole number may be written like any other."""
    is_whole = FIELDS[name].kind == "whole number" and isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value


def values_of(settings: Settings, names: Sequence[str] = NAMES) -> list[Any]:
    """What the controls of these names show for the settings."""
    return [_value(name, getattr(settings, name)) for name in names]


def values_of_preset(name: str) -> list[Any]:
    """What the controls of SET_BY_PRESETS show when a preset is chosen."""
    chosen, usual = preset(name), Settings()
    moved = [getattr(chosen, each) for each in MOVED_BY_PRESETS]
    stays = [value == getattr(usual, each) for each, value in zip(MOVED_BY_PRESETS, moved, strict=True)]
    front = [gr.skip() if stay else value for stay, value in zip(stays, moved, strict=True)]
    return [*values_of(chosen, OF_PRESETS), *front]


def _value(name: str, value: Any) -> Any:
    if not FIELDS[name].powers_of_two:
        return value
    # The command line takes blocks of any even length, and its settings can come back here in a file.
    return gr.Dropdown(choices=sorted({*_powers_of_two(FIELDS[name]), value}), value=value)


def availability(*deciding: Any) -> list[Any]:
    """For the values of DECIDING: which of DEPENDENT can be changed, the others with the reason why not."""
    values = dict(zip(DECIDING, deciding, strict=True))
    # A number box that is empty for a moment leaves things as the preset has them.
    given = {name: value for name, value in values.items() if value is not None}
    try:
        reasons = inactive_settings(preset(DEFAULT_PRESET, **given))
    except SettingsError:
        return [gr.skip()] * (len(DEPENDENT) + 1)
    updates = [
        gr.update(interactive=name not in reasons, info=_info(FIELDS[name], reasons.get(name))) for name in DEPENDENT
    ]
    return [*updates, gr.update(interactive="seed" not in reasons)]
