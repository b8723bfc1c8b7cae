"""Reads as much of a Dockerfile and a .dockerignore as this project's have."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
KNOWN = {
    *("ARG", "FROM", "COPY", "RUN", "WORKDIR", "ENV", "USER", "VOLUME", "EXPOSE"),
    *("HEALTHCHECK", "STOPSIGNAL", "ENTRYPOINT", "CMD"),
}


class Step(NamedTuple):
    """An instruction, in capitals, and all that stands behind it on one line."""

    instruction: str
    rest: str


def steps(text: str) -> list[Step]:
    """All instructions in their order. Raises ValueError for one that is not among KNOWN."""
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    made = [Step(*line.split(maxsplit=1)) for line in joined.splitlines()]
    for step in made:
        if step.instruction not in KNOWN:
            raise ValueError(f"The Dockerfile has {step.instruction}, which this check does not know.")
    return made


def words(rest: str) -> list[str]:
    """A command in its form of a list: `["python", "app.py"]`."""
    found = json.loads(rest[rest.index("[") :])
    return [str(word) for word in found]


def pairs(rest: str) -> dict[str, str]:
    """What ENV or ARG sets: `NAME=value NAME="other value"`. A name without a value has ""."""
    return {name: value for name, _, value in (word.partition("=") for word in shlex.split(rest))}


class Ignored:
    """What a .dockerignore keeps out of the image: the last pattern that fits a path or a folder above it decides."""

    def __init__(self, text: str) -> None:
        lines = [line.strip() for line in text.splitlines()]
        self._patterns = [line for line in lines if line and not line.startswith("#")]

    def __call__(self, path: Path) -> bool:
        """Whether the path, relative to the checkout, is kept out."""
        names = [path.as_posix(), *(folder.as_posix() for folder in path.parents)]
        kept_out = False
        for pattern in self._patterns:
            plain = pattern.removeprefix("!")
            # A leading **/ is for any depth, none too; * alone does not go across folders for Docker.
            choices = {plain.removeprefix("**/"), plain}
            if any(fnmatch(name, choice) and _is_as_deep(name, choice) for name in names for choice in choices):
                kept_out = not pattern.startswith("!")
        return kept_out


def _is_as_deep(name: str, pattern: str) -> bool:
    return pattern.startswith("**/") or name.count("/") == pattern.count("/")


def context(folder: Path = ROOT) -> Iterator[Path]:
    """The files of a checkout, relative to it, that the engine would get to see."""
    ignored = Ignored((folder / ".dockerignore").read_text(encoding="utf-8"))
    copied = {word for step in steps((folder / "Dockerfile").read_text(encoding="utf-8")) for word in sources(step)}
    for name in sorted(copied):
        path = folder / name
        for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if each.is_file() and not ignored(each.relative_to(folder)):
                yield each.relative_to(folder)


def sources(step: Step) -> list[str]:
    """What a COPY takes from the checkout."""
    taken = step.rest.split()[:-1]
    is_from_checkout = step.instruction == "COPY" and not taken[0].startswith("--from=")
    return taken if is_from_checkout else []
