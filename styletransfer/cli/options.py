"""Command-line options made from the fields of `Settings`: name, type, choices, range and defaults stand there once.

An option that is not given has the value None, and keeps the value of the preset.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable
from typing import Any

import click

from styletransfer.settings import DEFAULT_PRESET, PRESETS, Settings


class NumberList(click.ParamType):
    """Numbers with commas between them, as a tuple."""

    name = "number[,number...]"

    def __init__(self, kind: Callable[[str], Any]) -> None:
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Any, ...]:
        try:
            return value if isinstance(value, tuple) else tuple(self.kind(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of numbers such as 2,1.", param, ctx)


def setting_option(field: dataclasses.Field[Any], kind: Any) -> Callable[[Any], Any]:
    """The option that sets a field of type `kind`; its value is None when it is not given."""
    name = field.metadata["option"] or field.name.replace("_", "-")
    choices = field.metadata["choices"]
    if kind is bool:
        return click.option(f"--{name}/--no-{name}", field.name, default=None, help=setting_help(field))
    if typing.get_origin(kind) is tuple:
        kind = NumberList(typing.get_args(kind)[0])
    elif choices is not None:
        kind = click.Choice(choices)
    return click.option(f"--{name}", field.name, type=kind, default=None, help=setting_help(field))


def setting_help(field: dataclasses.Field[Any]) -> str:
    """What a field does, its range, and its value in each preset or, where all agree, the one value."""
    notes = []
    if field.metadata.get("ends"):
        lowest, highest = field.metadata["ends"]
        notes.append(f"{field.metadata['minimum']:g} {lowest}, {field.metadata['maximum']:g} {highest}")
    elif field.metadata["minimum"] is not None:
        notes.append(f"{_plain(field.metadata['minimum'])} to {_plain(field.metadata['maximum'])}")
    values = {name: _plain(getattr(settings, field.name)) for name, settings in PRESETS.items()}
    if len(set(values.values())) > 1:
        notes.append("default: " + ", ".join(f"{value} in {name}" for name, value in values.items()))
    elif "" not in values.values():
        notes.append(f"default: {values[DEFAULT_PRESET]}")
    return field.metadata["help"] + (f" [{'; '.join(notes)}]" if notes else "")


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(_plain, value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def setting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds one option for each field of Settings."""
    kinds = typing.get_type_hints(Settings)
    for field in reversed(dataclasses.fields(Settings)):
        command = setting_option(field, kinds[field.name])(command)
    return command
