"""Settings as text: the query of a link, and a JSON file.

A link holds a preset and only what differs from it, `?preset=studio&strength=60`. A file holds everything; one that is
read back may leave settings out, and may also be a report of the command line. Both are a stranger's: whatever cannot
be used is a SettingsError with one sentence.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from typing import Any, TypeGuard

from styletransfer import __version__
from styletransfer.errors import SettingsError
from styletransfer.settings.fields import FIELDS, Settings
from styletransfer.settings.metadata import Kind, plain
from styletransfer.settings.presets import DEFAULT_PRESET, PRESETS, preset
from styletransfer.settings.strength import strength_of

MAX_FILE_CHARACTERS = 5_000_000  # a report with ten thousand iterations has two million bytes
MAX_SHOWN_CHARACTERS = 40

DESCRIPTIONS: dict[Kind, str] = {
    "number": "a number",
    "whole number": "a whole number",
    "choice": "a word",
    "numbers": "a list of numbers",
}
OLD_STRENGTH, OLD_WEIGHTS = 70.0, (3.0, 0.01)
"""The strength that there was before Melody, where none was told, and the weights of the content loss at its ends."""
OLD_NAMES = {"losses": "loss_scaling", "init": "start"}
"""What settings were called before, in links and files that are still read."""
_NO_SETTINGS = "This file holds no settings. Take one that was saved with Save settings, or a result."


def as_changes(preset_name: str, settings: Settings) -> dict[str, Any]:
    """Find what differs from the preset, by name."""
    start = PRESETS[preset_name]
    values = dataclasses.asdict(settings)
    return {name: value for name, value in values.items() if value != getattr(start, name)}


def nearest_preset(settings: Settings) -> str:
    """Find the preset that the fewest settings differ from."""
    return min(PRESETS, key=lambda name: len(as_changes(name, settings)))


def in_words(settings: Settings) -> str:
    """Describe settings in words: the nearest preset and what differs from it.

    Such as `balanced, strength 60, seed 7`.
    """
    name = nearest_preset(settings)
    return ", ".join([name, *(f"{key} {plain(value)}" for key, value in as_changes(name, settings).items())])


def from_query(query: Mapping[str, str]) -> tuple[str, Settings] | None:
    """Read preset and settings from the query of a link.

    Returns None if there are none in it. Parameters of other names are not ours. Raises SettingsError.
    """
    renamed = {_current_name(name): text for name, text in query.items()}
    given = {name: text for name, text in renamed.items() if name in FIELDS}
    if not given and "preset" not in query:
        return None
    name = query.get("preset", DEFAULT_PRESET)
    _check_preset(name)
    values = {key: _parse(key, text) for key, text in given.items()}
    return name, preset(name, **values)


def note_on_query(query: Mapping[str, str]) -> str | None:
    """Say what has changed since a link was made: one from before Melody tells a preset and no melody."""
    asked = from_query(query)
    if asked is None or "preset" not in query or "melody" in query or not asked[1].follows_sliders:
        return None
    before = _of_before({"strength": asked[1].strength} if "strength" in query else {})
    return (
        f"If this link is from before there was Melody: Melody 0 and Strength {before['strength']:g} give what it gave."
    )


def as_file(preset_name: str, settings: Settings) -> str:
    """Write JSON with everything that `from_file` needs."""
    values = {"styletransfer": __version__, "preset": preset_name, "settings": dataclasses.asdict(settings)}
    return json.dumps(values, indent=2) + "\n"


def of_result(settings: Settings) -> str:
    """Write `as_file` for the settings of a result, with the preset that is nearest to them."""
    return as_file(nearest_preset(settings), settings)


def from_file(path: str | os.PathLike[str]) -> tuple[str, Settings]:
    """Read preset and settings from a JSON file, as `from_text` does from what is in it."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(MAX_FILE_CHARACTERS + 1)
    except OSError as error:
        raise unreadable(error) from error
    except ValueError as error:
        raise SettingsError(_NO_SETTINGS) from error
    return from_text(text)


def unreadable(error: OSError) -> SettingsError:
    """Make the error for a file that cannot be opened. It names none: on the page that would be one of the server's."""
    return SettingsError(f"This file cannot be read: {error.strerror or error}. Check its name and folder.")


def from_text(text: str) -> tuple[str, Settings]:
    """Read preset and settings from the JSON that `as_file` writes, or a report.

    Settings that it leaves out are the preset's. Raises SettingsError for anything that cannot be used.
    """
    content = _read(text)
    given = content.get("settings", content)
    if not isinstance(given, dict):
        raise SettingsError("The settings in this file are not a list of names with values. Save the file again.")
    name = content.get("preset", DEFAULT_PRESET)
    _check_preset(name)
    values = {_current_name(key): value for key, value in given.items() if key not in ("preset", "styletransfer")}
    known = {key: checked(key, value) for key, value in values.items()}
    settings = preset(name, **(_of_before(known) if "styletransfer" in content else known))
    return name if "preset" in content else nearest_preset(settings), settings


def checked(name: str, value: Any) -> Any:
    """Check the value of a setting as JSON and TOML have it, and return it as `Settings` takes it.

    Its range is left to `Settings`. Raises SettingsError, also for a name that is none.
    """
    if name not in FIELDS:
        raise SettingsError(f"There is no setting {_short(name)}. Correct its name in the file, or remove it.")
    return _check(name, value)


def from_values(values: Mapping[str, Any]) -> Settings:
    """Read the settings that a report holds.

    Those it does not know have their defaults, and what is no longer one is passed over. Raises SettingsError.
    """
    renamed = {_current_name(name): value for name, value in values.items()}
    return Settings(**_of_before({name: _check(name, value) for name, value in renamed.items() if name in FIELDS}))


def _of_before(values: dict[str, Any]) -> dict[str, Any]:
    """The values that give what those of a link or file of before gave: there was no Melody, and a strength weighed
    the losses otherwise. What was written since tells its melody."""
    if "melody" in values:
        return values
    first, last = OLD_WEIGHTS
    weight = first * (last / first) ** (values.get("strength", OLD_STRENGTH) / 100)
    return values | {"melody": 0.0, "strength": float(round(strength_of(weight)))}


def _current_name(name: Any) -> Any:
    return OLD_NAMES.get(name, name)


def _check_preset(name: Any) -> None:
    if name not in tuple(PRESETS):
        raise SettingsError(f"There is no preset {_short(name)}; choose one of {', '.join(PRESETS)}.")


def _read(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text) if len(text) <= MAX_FILE_CHARACTERS else None
    except (ValueError, RecursionError) as error:
        raise SettingsError(_NO_SETTINGS) from error
    if not isinstance(content, dict):
        raise SettingsError(_NO_SETTINGS)
    return content


def _parse(name: str, text: str) -> Any:
    """The value that a text in a link stands for."""
    kind = FIELDS[name].kind
    try:
        if kind == "numbers":
            return tuple(float(part) for part in text.split(",") if part)
        return _check(name, text if kind == "choice" else int(text) if kind == "whole number" else float(text))
    except SettingsError:
        raise
    except ValueError as error:
        raise SettingsError(f"{name} is {_short(text)}, not {DESCRIPTIONS[kind]}.") from error


def _check(name: str, value: Any) -> Any:
    """The value, of the kind that the setting has."""
    kind = FIELDS[name].kind
    if kind == "numbers" and isinstance(value, list) and all(map(_is_number, value)):
        return tuple(map(float, value))
    if kind == "choice" and isinstance(value, str) and len(value) <= MAX_SHOWN_CHARACTERS:
        return value
    if kind == "number" and _is_number(value):
        return float(value)
    if kind == "whole number" and _is_number(value) and value == int(value):
        return int(value)
    raise SettingsError(f"{name} is {_short(value)}, not {DESCRIPTIONS[kind]}.")


def _is_number(value: Any) -> TypeGuard[float]:
    # True is an int to Python, and whole numbers can be too large for a float.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)  # TOML has dates, too
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}…"
