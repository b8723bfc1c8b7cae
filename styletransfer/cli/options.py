"""Command-line options made from the fields of `Settings`: name, type, choices, range and defaults stand there once.

An option that is not given has the value None, and keeps the value of the preset.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from styletransfer.settings import DEFAULT_PRESET, FIELDS, PRESETS
from styletransfer.settings.metadata import Field, plain


class NumberList(click.ParamType):
    """Numbers with commas between them, as a tuple."""

    name = "number[,number...]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """The numbers of `2,1`."""
        try:
            return value if isinstance(value, tuple) else tuple(float(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of numbers such as 2,1.", param, ctx)


KINDS: dict[str, Any] = {"number": float, "whole number": int, "numbers": NumberList()}


def option_name(field: Field) -> str:
    """What the option is called that sets a field."""
    return field.option or field.name.replace("_", "-")


def setting_option(field: Field) -> Callable[[Any], Any]:
    """The option that sets a field; its value is None when it is not given."""
    kind = click.Choice(field.choices) if field.choices else KINDS[field.kind]
    return click.option(f"--{option_name(field)}", field.name, type=kind, default=None, help=setting_help(field))


def setting_help(field: Field) -> str:
    """What a field does, its range, and its value in each preset or, where all agree, the one value."""
    notes = []
    if field.ends:
        notes.append(f"{field.minimum:g} {field.ends[0]}, {field.maximum:g} {field.ends[1]}")
    elif field.minimum is not None:
        notes.append(f"{plain(field.minimum)} to {plain(field.maximum)}")
    values = {name: plain(getattr(settings, field.name)) for name, settings in PRESETS.items()}
    if len(set(values.values())) > 1:
        notes.append("default: " + ", ".join(f"{value} in {name}" for name, value in values.items()))
    elif "" not in values.values():
        notes.append(f"default: {values[DEFAULT_PRESET]}")
    return field.help + (f" [{'; '.join(notes)}]" if notes else "")


def setting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add one option for each field of Settings."""
    for field in reversed(FIELDS.values()):
        command = setting_option(field)(command)
    return command
