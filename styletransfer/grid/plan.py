"""What a grid is to make: contents x styles x settings, as a TOML file or the command line says it.

Names of files are relative to the plan's own folder; a folder stands for the recordings in it, a name with `*`, `?` or
`[` for what it matches. Nothing is read of a recording here.
"""

from __future__ import annotations

import dataclasses
import glob
import itertools
import math
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from styletransfer.errors import SettingsError, StyleTransferError
from styletransfer.files import formats, result_formats
from styletransfer.settings import DEFAULT_PRESET, FIELDS, MAX_STYLES, PRESETS, Settings, inactive_settings
from styletransfer.settings import text as settings_text
from styletransfer.settings.metadata import plain

MAX_RUNS = 100_000
MAX_PLAN_BYTES = 1_000_000
DEFAULT_FORMAT = result_formats.WAV.ending.lstrip(".")
KEYS = ("title", "contents", "styles", "pairings", "presets", "strengths", "format", "settings")


class PlanError(StyleTransferError):
    """A plan cannot be followed; the message says what to change."""


class Pairing(NamedTuple):
    """A content, and the style or the mix of styles that it is played in."""

    content: Path
    styles: tuple[Path, ...]


class Variant(NamedTuple):
    """One way of making a result."""

    preset: str
    """what its other settings were taken from"""
    settings: Settings
    differs: tuple[str, ...]
    """settings of which the plan has several, beside strength and seed, which names of results have anyway"""

    def in_words(self) -> str:
        """Say what sets it apart, such as `quick melody 50`."""
        values = (f"{name.replace('_', ' ')} {plain(getattr(self.settings, name))}" for name in self.differs)
        return " ".join([self.preset, *values])


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that a grid is to make: each of the pairings in each of the variants."""

    title: str
    pairings: tuple[Pairing, ...]
    variants: tuple[Variant, ...]
    ending: str = result_formats.WAV.ending
    """of the files of results"""


class Values(NamedTuple):
    """What a TOML file says of a plan."""

    values: dict[str, Any]
    folder: Path
    """that names of files in it are relative to"""
    title: str
    """of a plan that tells none"""


def load(path: Path) -> Values:
    """Read the values of a plan from a TOML file: see docs/grids.md for its keys. Raises PlanError."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_PLAN_BYTES + 1)
        values = tomllib.loads(data.decode()) if len(data) <= MAX_PLAN_BYTES else None
    except FileNotFoundError:
        raise PlanError(f"There is no plan {path}. Give a TOML file, or --contents and --styles.") from None
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # TOMLDecodeError, and what is no UTF-8
        raise PlanError(f"{path} is not TOML: {error}. Correct it there.") from error
    if values is None:
        raise PlanError(f"{path} has more than {MAX_PLAN_BYTES:,} bytes, and is no plan. Give a TOML file.")
    return Values(values, path.resolve().parent, path.stem)


def plan_of(values: Mapping[str, Any], folder: Path, *, default_title: str) -> Plan:
    """Make a plan of the values of its keys. Names of files are relative to `folder`.

    Raises PlanError, or SettingsError for a setting that cannot be used.
    """
    for name in values:
        if name not in KEYS:
            raise PlanError(f"There is no key {name!r} in a plan. Its keys are {', '.join(KEYS)}.")
    pairings, (presets, axes) = _pairings(values, folder), _axes(values)
    count = len(pairings) * len(presets) * math.prod(map(len, axes.values()))
    if count > MAX_RUNS:
        raise PlanError(f"This would make {count:,} results; a grid has at most {MAX_RUNS:,}. Make several.")
    title = _text(values, "title", default_title)
    return Plan(title=title, pairings=pairings, variants=_variants(presets, axes), ending=_ending(values))


def _text(values: Mapping[str, Any], key: str, default: str) -> str:
    value = values.get(key, default)
    if not isinstance(value, str):
        raise PlanError(f"{key} is {value!r}; give a text in quotes.")
    return value


def _ending(values: Mapping[str, Any]) -> str:
    asked = _text(values, "format", DEFAULT_FORMAT)
    ending = "." + asked.lower().lstrip(".")
    if ending not in result_formats.ENDINGS:
        raise PlanError(f"format is {asked!r}; results are wav, flac or mp3.")
    return ending


def _pairings(values: Mapping[str, Any], folder: Path) -> tuple[Pairing, ...]:
    """Each content with each style, or the pairs that are named one by one."""
    if "pairings" in values:
        if "contents" in values or "styles" in values:
            raise PlanError("A plan has contents and styles, or pairings, and not both. Take one of them out.")
        pairs = (_pairing(each, folder) for each in _list(values, "pairings"))
        return tuple(dict.fromkeys(pairs))
    contents = [path for each in _list(values, "contents") for path in _files("contents", each, folder)]
    styles = [mix for each in _list(values, "styles") for mix in _mixes(each, folder)]
    return tuple(dict.fromkeys(Pairing(content, mix) for content in contents for mix in styles))


def _pairing(names: Any, folder: Path) -> Pairing:
    if not isinstance(names, list) or len(names) < 2:
        raise PlanError(f"A pairing is a list of a content and its styles, such as ['a.wav', 'b.wav'], not {names!r}.")
    content, *styles = (_one("pairings", name, folder) for name in names)
    return Pairing(content, _mix(styles))


def _mixes(names: Any, folder: Path) -> list[tuple[Path, ...]]:
    """The styles of one entry: files that are styles by themselves, or a list of those that are mixed."""
    if isinstance(names, list):
        return [_mix([_one("styles", name, folder) for name in names])]
    return [(path,) for path in _files("styles", names, folder)]


def _mix(styles: Sequence[Path]) -> tuple[Path, ...]:
    if not 1 <= len(styles) <= MAX_STYLES:
        raise PlanError(f"{len(styles)} styles are to be mixed; mix 1 to {MAX_STYLES}.")
    return tuple(styles)


def _list(values: Mapping[str, Any], key: str) -> list[Any]:
    value = values.get(key)
    if value is None:
        raise PlanError(f"The plan has no {key}. Give a list of recordings, such as {key} = ['songs/*.wav'].")
    if not isinstance(value, list) or not value:
        raise PlanError(f"{key} is {value!r}; give a list in brackets that is not empty.")
    return value


def _one(key: str, name: Any, folder: Path) -> Path:
    if not isinstance(name, str) or not name:
        raise PlanError(f"{key} has {name!r}; give the name of a file.")
    return folder / os.path.expanduser(name)


def _files(key: str, name: Any, folder: Path) -> list[Path]:
    """What a name stands for. A file that is not there is one too: it is told of with all that cannot be used."""
    path = _one(key, name, folder)
    try:
        if path.is_dir():
            found = sorted(each for each in path.iterdir() if each.is_file() and each.suffix.lower() in formats.ENDINGS)
        elif path.exists() or not glob.has_magic(name):
            found = [path]
        else:
            found = _matches(os.path.expanduser(name), folder)
    except OSError as error:
        sentence = f"{key}: {name} cannot be looked at: {error.strerror}. Correct the name, or give access."
        raise PlanError(sentence) from error
    if not found:
        raise PlanError(f"{key}: there are no recordings in {name}. Correct the name, or put some there.")
    return found


def _matches(pattern: str, folder: Path) -> list[Path]:
    """The files that match a pattern, which the name of the folder is no part of."""
    found = (folder / each for each in sorted(glob.glob(pattern, root_dir=folder, recursive=True)))
    return [path for path in found if path.is_file()]


def _axes(values: Mapping[str, Any]) -> tuple[list[str], dict[str, list[Any]]]:
    """The presets, and the values of each setting that is named."""
    presets = _several(values, "presets", [DEFAULT_PRESET])
    given = values.get("settings", {})
    if not isinstance(given, Mapping):
        raise PlanError("settings is not a table. Write [settings], and below it a line for each.")
    axes = {name: _axis(name, value) for name, value in given.items()}
    if "strengths" in values:
        if "strength" in axes:
            raise PlanError("The plan has strengths, and strength among its settings. Take one of them out.")
        axes["strength"] = [settings_text.checked("strength", each) for each in _several(values, "strengths", [])]
    return presets, axes


def _variants(presets: Sequence[str], axes: Mapping[str, list[Any]]) -> tuple[Variant, ...]:
    """Each preset with each combination of the settings that are lists."""
    differs = tuple(name for name, axis in axes.items() if len(axis) > 1 and name not in ("strength", "seed"))
    made = [
        Variant(name, _settings(name, dict(zip(axes, chosen, strict=True))), differs)
        for name in presets
        for chosen in itertools.product(*axes.values())
    ]
    return tuple(dict.fromkeys(made))


def _several(values: Mapping[str, Any], key: str, default: list[Any]) -> list[Any]:
    value = values.get(key, default)
    if not isinstance(value, list) or not value:
        raise PlanError(f"{key} is {value!r}; give a list in brackets that is not empty.")
    return value


def _axis(name: str, value: Any) -> list[Any]:
    """The values of a setting: one, or each of a list."""
    is_one = not isinstance(value, list)
    if name in FIELDS and FIELDS[name].kind == "numbers":  # a list is one value of it, a list of lists several
        is_one = is_one or not all(isinstance(each, list) for each in value)
    if not is_one and not value:
        raise PlanError(f"{name} is an empty list. Give it values, or leave it out.")
    return [settings_text.checked(name, each) for each in ([value] if is_one else value)]


def _settings(preset_name: str, values: dict[str, Any]) -> Settings:
    if not isinstance(preset_name, str) or preset_name not in PRESETS:
        raise SettingsError(f"There is no preset {preset_name!r}; choose one of {', '.join(PRESETS)}.")
    start = PRESETS[preset_name]
    settings = dataclasses.replace(start, **values)
    # What has no effect is as in the preset, or the same result would be made several times.
    return dataclasses.replace(settings, **{name: getattr(start, name) for name in inactive_settings(settings)})
