"""What a setting knows of itself, so that everything that shows, reads or checks settings takes it from one place."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from styletransfer.errors import SettingsError

Kind = Literal["number", "whole number", "choice", "numbers"]
Reason = Callable[[Any], str | None]


def always_active(_: Any) -> None:
    """Give the reason why a setting has no effect where it always has one: None."""


MAX_SHOWN, MAX_SHOWN_BITS = 24, 80
"""Characters, and bits of a whole number, of a bad value that a message repeats."""


@dataclass(frozen=True, kw_only=True)
class Info:
    """What is told of a setting, beside its name, type and default."""

    help: str
    """what it changes in the sound, for a musician, with the engineer's term"""
    label: str
    group: str
    """under which heading the page has it"""
    minimum: float | None
    maximum: float | None
    step: float | None
    """of a slider; None for a box"""
    choices: tuple[str, ...]
    """beside those that a Literal type gives"""
    powers_of_two: bool
    """whether the page offers these alone"""
    option: str | None
    """on the command line, where that is not the name with hyphens"""
    ends: tuple[str, str] | None
    """what is heard at the ends of its range"""
    inactive: Reason
    """why it has no effect beside the other settings; None where it has one"""


def setting(
    default: Any,
    help_text: str,
    *,
    group: str,
    label: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    step: float | None = None,
    choices: tuple[str, ...] = (),
    powers_of_two: bool = False,
    option: str | None = None,
    ends: tuple[str, str] | None = None,
    inactive: Reason = always_active,
) -> Any:
    """Declare a setting: a dataclass field that carries its `Info`.

    The parameters are the default and the fields of `Info`.
    """
    info = Info(
        help=help_text,
        label=label,
        group=group,
        minimum=minimum,
        maximum=maximum,
        step=step,
        choices=choices,
        powers_of_two=powers_of_two,
        option=option,
        ends=ends,
        inactive=inactive,
    )
    return dataclasses.field(default=default, metadata={"info": info})


@dataclass(frozen=True, kw_only=True)
class Field(Info):
    """A setting as a whole: its `Info` with name, kind and default."""

    name: str
    kind: Kind
    default: Any

    def check(self, value: Any) -> None:
        """Refuse a value out of range, or that is none of the choices.

        Raises SettingsError.
        """
        for item in value if self.kind == "numbers" else (value,):
            self._check_one(item)

    def _check_one(self, value: Any) -> None:
        if self.choices:
            if value not in self.choices:
                raise SettingsError(f"{self.name} is {_short(value)}; choose one of {', '.join(self.choices)}.")
            return
        low, high = self.minimum, self.maximum
        if low is None or high is None:
            return
        kind = "whole number" if self.kind == "whole number" else "number"
        span = f"between {plain(low)} and {plain(high)}"
        is_number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
        if not is_number or (kind == "whole number" and math.isfinite(_float(value)) and value != int(value)):
            raise SettingsError(f"{self.name} is {_short(value)}; it must be a {kind} {span}.")
        if not low <= value <= high:
            raise SettingsError(f"{self.name} is {_short(value)}; it must lie {span}.")


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _short(value: Any) -> str:
    """A value as it was given, but for what nobody would read to its end."""
    if isinstance(value, int) and value.bit_length() > MAX_SHOWN_BITS:  # Python would refuse to write some of them
        return f"a number of {value.bit_length()} bits"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def fields_of(settings: type) -> dict[str, Field]:
    """Collect all settings of a dataclass whose fields are made with `setting`.

    By name, in their order.
    """
    types = typing.get_type_hints(settings)
    return {field.name: _field(field, types[field.name]) for field in dataclasses.fields(settings)}


def _field(field: dataclasses.Field[Any], kind: Any) -> Field:
    info: Info = field.metadata["info"]
    values = {each.name: getattr(info, each.name) for each in dataclasses.fields(info)}
    values["label"] = info.label or field.name.replace("_", " ").capitalize()
    if typing.get_origin(kind) is Literal:
        values["choices"] = typing.get_args(kind)
    return Field(name=field.name, kind=_kind(kind), default=field.default, **values)


def _kind(kind: Any) -> Kind:
    if typing.get_origin(kind) is tuple:
        return "numbers"
    return {float: "number", int: "whole number"}.get(kind, "choice")  # pyright: ignore


def plain(value: Any) -> str:
    """Write the value of a setting as text.

    Such as `70`, `fine` or `2,1`.
    """
    if isinstance(value, tuple):
        return ",".join(map(plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
