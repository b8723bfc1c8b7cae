"""A test as one zip, its definition and sounds without any answers, to be taken on another machine."""

from __future__ import annotations

import dataclasses
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from styletransfer.listening import definitions, zips
from styletransfer.listening import plan as plans
from styletransfer.listening.plan import ListeningError, Plan

MAX_BYTES = 4 * 2**30
"""Of a test, unpacked"""
MAX_DEFINITION_BYTES = 2**20
_NAMES = re.compile(rf"{re.escape(definitions.DEFINITION)}|{definitions.SOUND_NAME.pattern}")


class Tests(Protocol):
    """A Store, or the Definitions of a folder that another process has open."""

    def plan(self, key: str) -> Plan:
        """The test of a key."""
        ...

    def sound_path(self, key: str, name: str, /) -> Path:
        """Where a sound of it lies."""
        ...

    def add_test(self, plan: Plan, sounds: Mapping[str, Path]) -> None:
        """Keep a new test."""
        ...


def export_test(store: Tests, key: str, path: Path) -> None:
    """Write a test into a zip, which appears whole or not at all.

    The key to its results is not in it. Raises ListeningError where there is no such test, or it cannot be written.
    """
    plan = dataclasses.replace(store.plan(key), owner_key="")
    with zips.writing(path) as archive:
        archive.writestr(definitions.DEFINITION, plan.to_json())
        for name in sorted(definitions.sound_names(plan)):
            archive.write(store.sound_path(key, name), name)


def import_test(store: Tests, path: Path) -> Plan:
    """Keep the test of a zip that `export_test` made, under its own key, and with a new key to its results.

    Raises ListeningError where the zip is none, is too large, lacks a sound or has one too many, the sounds of an item
    are not of one length and size, or its test is there already.
    """
    with zips.reading(path, _NAMES, MAX_BYTES) as archive, tempfile.TemporaryDirectory() as folder:
        names = archive.namelist()
        if definitions.DEFINITION not in names:
            raise ListeningError(f"{path.name} is no listening test: there is no {definitions.DEFINITION} in it.")
        if archive.getinfo(definitions.DEFINITION).file_size > MAX_DEFINITION_BYTES:
            raise ListeningError(f"The {definitions.DEFINITION} of {path.name} is too large: 1 MB at most.")
        plan = plans.from_json(archive.read(definitions.DEFINITION))
        plan = dataclasses.replace(plan, owner_key=secrets.token_hex(plans.KEY_BYTES))
        sounds = {name: Path(folder) / name for name in names if name != definitions.DEFINITION}
        for name, sound in sounds.items():
            zips.unpack(archive, name, sound)
        store.add_test(plan, sounds)
    return plan
