"""Dataclasses made of what JSON has, each value looked at."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_type_hints

Made = TypeVar("Made")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and abs(value) <= sys.float_info.max


def _each(is_right: Callable[[object], bool]) -> Callable[[object], bool]:
    """Whether something is a mapping from texts to what is right."""
    return lambda value: (
        isinstance(value, Mapping) and all(type(name) is str and is_right(each) for name, each in value.items())
    )


CHECKS: dict[Any, Callable[[object], bool]] = {
    **{kind: lambda value, kind=kind: type(value) is kind for kind in (str, int, bool)},
    Mapping[str, str]: _each(lambda value: type(value) is str),
    Mapping[str, float]: _each(_is_number),
}
"""By what a field is said to hold. Fields of other kinds are taken as they are."""


def made(cls: type[Made], given: Mapping[str, Any]) -> Made:
    """Make a dataclass of values by name. Raises TypeError where a value or a name is none of its own.

    Of numbers only finite ones are taken.
    """
    hints = get_type_hints(cls)
    for name, value in given.items():
        is_right = CHECKS.get(hints.get(name))
        if is_right and not is_right(value):
            raise TypeError(f"{name} is no {hints[name]}")
    return cls(**given)
