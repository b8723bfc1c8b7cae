"""How a test is made: of recordings that somebody has, or one of those that come with the program."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from styletransfer.files import audio, formats, resources
from styletransfer.listening import plan as plans
from styletransfer.listening import sounds, typed
from styletransfer.listening.plan import (
    KEY_BYTES,
    QUESTIONS,
    Condition,
    Item,
    Kind,
    ListeningError,
    Plan,
    Published,
    Question,
    Reference,
)
from styletransfer.listening.trials import sound_of

WAYS = {"styletransfer": "results", "textbook": "textbook"}
"""Folders of the samples, by what made the sounds in them."""
PAPER = Published(
    source="the paper",
    raters=8,
    means={
        "speech + drums": 2.38,
        "instrumental + trumpet": 2.25,
        "instrumental + drums": 3.75,
        "rhythm + drums": 3.44,
        "rhythm + violin": 2.5,
    },
)
"""Means of ratings from 1 to 5, by the name of the pairing"""


@dataclass(frozen=True, kw_only=True)
class Source:
    """The recordings of one item."""

    label: str
    sounds: Mapping[str, Path]
    """by the label of the condition"""
    references: Mapping[Reference, Path] = field(default_factory=dict)


class Made(NamedTuple):
    """A test that is not kept yet."""

    plan: Plan
    files: dict[str, Path]
    """the sounds, by the names that the plan has for them"""


def make(kind: Kind, title: str, sources: Sequence[Source], folder: Path, **options: Any) -> Made:
    """Make a test of recordings, and write its sounds into a folder.

    `options` are those fields of a Plan that somebody chose; the rest has its defaults. References that such a test
    does not play are left out. Raises ListeningError or AudioError where the recordings cannot be used, or do not make
    such a test, or it would be closed already.
    """
    played = plans.played(kind, options.get("questions", QUESTIONS[kind]))
    sources = [_with(each, played) for each in sources]
    if len({each.label for each in sources}) < len(sources):
        raise ListeningError("Two items have one name. Rename one of them.")
    labels = list(dict.fromkeys(label for source in sources for label in source.sounds))
    if not labels or any(source.sounds.keys() != set(labels) for source in sources):
        raise ListeningError("Each item needs one sound of each of the same ways. Add what is missing.")
    read = {(each.label, label): _read(path) for each in sources for label, path in each.sounds.items()}
    beside = {(each.label, sound_of(of)): _read(path) for each in sources for of, path in each.references.items()}
    files: dict[sounds.Name, Path] = {}
    for name, sound in sounds.matched(read, beside).items():
        files[name] = folder / f"{secrets.token_hex(8)}.wav"
        audio.write(files[name], sound)
    keys = {label: f"condition-{number}" for number, label in enumerate(labels, 1)}
    made = typed.made(
        Plan,
        {
            "key": secrets.token_hex(KEY_BYTES),
            "owner_key": secrets.token_hex(KEY_BYTES),
            "title": title,
            "kind": kind,
            "questions": QUESTIONS[kind],
            "conditions": tuple(Condition(key=key, label=label) for label, key in keys.items()),
            "items": tuple(_item(number, each, keys, files) for number, each in enumerate(sources, 1)),
            "seed": secrets.randbits(31),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        | options,
    )
    plans.check(made)
    if not made.is_open():
        raise ListeningError(f"A test that closes at {made.closes} is closed already. Name a later moment.")
    return Made(made, {path.name: path for path in files.values()})


def _with(source: Source, played: Collection[Reference]) -> Source:
    """The same with these references alone."""
    return replace(source, references={of: path for of, path in source.references.items() if of in played})


def _read(path: Path) -> np.ndarray:
    return sounds.read(path, path.name)


def _item(number: int, source: Source, keys: Mapping[str, str], files: Mapping[sounds.Name, Path]) -> Item:
    return Item(
        key=f"item-{number}",
        label=source.label,
        sounds={key: files[source.label, label].name for label, key in keys.items()},
        references={of: files[source.label, sound_of(of)].name for of in source.references},
    )


def question(kind: Kind, text: str = "", beside: Reference = Reference.STYLE) -> tuple[Question, ...]:
    """Tell what is asked in a test, in words of its own where it has any.

    Those of ABX and of a rating in three passes are fixed. `beside` is what X is, where one is to be closer to it.
    """
    first, *others = QUESTIONS[kind]
    if others or kind is Kind.ABX:
        return QUESTIONS[kind]
    changed = replace(first, text=text or first.text)
    return (replace(changed, beside=beside) if kind is Kind.CLOSER else changed,)


def sources_in(folder: Path) -> list[Source]:
    """Find the recordings of a test in a folder.

    It has a folder for each item, in it a file for each way, called after it, and if wanted one called content and one
    called style; or files alone, which are one item. Raises ListeningError.
    """
    if not folder.is_dir():
        raise ListeningError(f"There is no folder {folder}. Give one with recordings, or with a folder for each item.")
    inner = sorted(each for each in folder.iterdir() if each.is_dir() and _recordings_in(each))
    found = [_source(each) for each in inner or [folder] if _recordings_in(each)]
    if not found:
        raise ListeningError(f"{folder} holds no recordings. Put them there, or a folder for each item.")
    return found


def _recordings_in(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_file() and each.suffix.lower() in formats.ENDINGS)


def _source(folder: Path) -> Source:
    files: dict[str, Path] = {}
    for path in _recordings_in(folder):
        if path.stem in files:
            raise ListeningError(
                f"{files[path.stem].name} and {path.name} in {folder} have one name. Rename one of them."
            )
        files[path.stem] = path
    references = {of: files.pop(of) for of in Reference if of in files}
    return Source(label=folder.name, sounds=files, references=references)


def of_the_paper(folder: Path, title: str = "The paper's listening test", **options: Any) -> Made:
    """Make the paper's own test: its five pairings as the program plays them, rated from 1 to 5."""
    sources = [_sample(pairing, {"styletransfer": _result("results", pairing)}) for pairing in _pairings()]
    return make(Kind.RATING, title, sources, folder, published=PAPER, **options)


def against_the_textbook(
    folder: Path, title: str = "This program against the textbook's recipe", **options: Any
) -> Made:
    """Make the test of the program against the textbook's recipe on the same pairings: which is better."""
    sources = [_sample(pairing, {label: _result(of, pairing) for label, of in WAYS.items()}) for pairing in _pairings()]
    return make(Kind.PREFERENCE, title, sources, folder, **options)


READY = {"paper": of_the_paper, "textbook": against_the_textbook}
"""Tests that come with the program, by the names that the command line has for them. Each takes those options of `make`
that leave its question and its sounds as they are."""


def _pairings() -> list[dict[str, str]]:
    return json.loads((resources.SAMPLES / "pairings.json").read_text(encoding="utf-8"))


def _result(kind: str, pairing: Mapping[str, str]) -> Path:
    return resources.SAMPLES / kind / f"{pairing['name'].replace(' + ', '-')}.mp3"


def _sample(pairing: Mapping[str, str], made: Mapping[str, Path]) -> Source:
    references = {of: resources.SAMPLES / pairing[of] for of in Reference}
    return Source(label=pairing["name"], sounds=made, references=references)
