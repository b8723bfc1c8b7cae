"""The tests of a data folder as files: `FOLDER/<key>/test.json`, and the sounds beside it."""

from __future__ import annotations

import dataclasses
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from styletransfer.files import atomic
from styletransfer.listening import plan as plans
from styletransfer.listening import records
from styletransfer.listening import sounds as sound_files
from styletransfer.listening.plan import ListeningError, Plan, UnknownError

FOLDER = "tests"
"""In the data folder"""
DEFINITION, WITHDRAWN, PARTIAL = "test.json", ".removed", ".part"
GRACE_S = 3600.0
"""After which nobody is still writing a test"""
SOUND_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}\.wav")


def sound_names(plan: Plan) -> set[str]:
    """The files that a test plays. Raises ListeningError where a name could be more than a name."""
    names = {name for item in plan.items for name in (*item.sounds.values(), *item.references.values())}
    for name in names:
        if not SOUND_NAME.fullmatch(name):
            raise ListeningError(
                f"{name!r} is no name for a sound. Use letters, digits, - and _, at most 100, and then .wav."
            )
    return names


def check_there(data: Path) -> None:
    """Whether a data folder has tests, or had some. Raises ListeningError."""
    if not (data / FOLDER).is_dir():
        raise ListeningError(f"There are no listening tests in {data}. Name the folder that they are kept in.")


class Definitions:
    """The definitions and sounds of all tests. One thread at a time changes them. The first makes the folder.

    As a test appears whole, another process may add one meanwhile, with a Definitions of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._plans: dict[str, Plan] = {}
        self._left_out: set[str] = set()
        self._finding = threading.Lock()
        self.notices: tuple[str, ...] = ()
        for partial in folder.glob(f".*{PARTIAL}"):  # of a process that was killed
            if time.time() - partial.stat().st_mtime > GRACE_S:
                shutil.rmtree(partial, ignore_errors=True)
        self._find_new()

    def _find_new(self) -> None:
        with self._finding:
            for path in sorted(self._folder.glob(f"*/{DEFINITION}")):
                key = path.parent.name
                if records.is_key(key) and key not in self._plans and key not in self._left_out:
                    try:
                        self._plans[key] = _read(path, key)
                    except (OSError, ListeningError) as error:
                        self._left_out.add(key)
                        self.notices += (f"The test in {path.parent} is left out: {error}",)

    def plans(self) -> list[Plan]:
        """All tests, the oldest first."""
        self._find_new()
        return sorted(self._plans.values(), key=lambda plan: (plan.created, plan.key))

    def plan(self, key: str) -> Plan:
        """The test of a key. Raises UnknownError where there is none."""
        if key not in self._plans and records.is_key(key) and (self._folder / key).exists():
            self._find_new()
        if key not in self._plans:
            raise UnknownError("There is no such test: it was deleted, or its link is not whole. Ask for the link.")
        return self._plans[key]

    def sound_path(self, key: str, name: str) -> Path:
        """Where a sound of a test lies. Raises ListeningError where the test has none of that name."""
        if name not in sound_names(self.plan(key)):
            raise ListeningError("There is no such sound in this test. Load the page again.")
        return self._folder / key / name

    def add_test(self, plan: Plan, sounds: Mapping[str, Path]) -> None:
        """Keep a test with copies of its sounds, whole or not at all. Raises ListeningError."""
        plans.check(plan)
        if not records.is_key(plan.key):
            raise ListeningError("The key of a test is of letters, digits, - and _, at most 64. Give it another.")
        if plan.key in self._plans or (self._folder / plan.key).exists():
            raise ListeningError(f"There is a test of this key already, {plan.title!r}. Delete that one first.")
        if sound_names(plan) != sounds.keys():
            odd = ", ".join(sorted(sound_names(plan) ^ sounds.keys())[:3])
            raise ListeningError(f"The sounds are not those that the test names, such as {odd}. Give it exactly those.")
        sound_files.check(plan, sounds)
        partial = self._folder / f".{secrets.token_hex(8)}{PARTIAL}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(partial, plan, sounds)
            os.replace(partial, self._folder / plan.key)
            atomic.sync_folder(self._folder)
        except OSError as error:
            raise ListeningError(f"The test cannot be kept: {error}. Make room, or look at its sounds.") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        self._plans[plan.key] = plan

    def _write(self, partial: Path, plan: Plan, sounds: Mapping[str, Path]) -> None:
        partial.mkdir(mode=0o700)
        for name, source in sounds.items():
            with open(source, "rb") as file, atomic.replacing(partial / name) as copy:
                shutil.copyfileobj(file, copy)
        atomic.write_bytes(partial / DEFINITION, plan.to_json().encode("utf-8"))
        atomic.sync_folder(partial)

    def close(self, key: str, moment: str) -> None:
        """Let a test end at a moment, ISO 8601 with a time zone. Raises ListeningError, OSError."""
        closed = dataclasses.replace(self.plan(key), closes=moment)
        plans.check(closed)
        atomic.write_bytes(self._folder / key / DEFINITION, closed.to_json().encode("utf-8"))
        atomic.sync_folder(self._folder / key)
        self._plans[key] = closed

    def withdraw(self, key: str) -> None:
        """Mark a test to be deleted: from now on it will be, whatever happens. Raises ListeningError, OSError."""
        self.plan(key)
        with self._finding:  # or it could be found once more
            os.replace(self._folder / key, self._folder / f"{key}{WITHDRAWN}")
            del self._plans[key]
        atomic.sync_folder(self._folder)

    def withdrawn(self) -> list[str]:
        """The keys of the tests that are marked."""
        return [path.stem for path in self._folder.glob(f"*{WITHDRAWN}")]

    def forget(self, key: str) -> None:
        """Delete the files of a marked test, once nothing else has it any more. Raises OSError."""
        shutil.rmtree(self._folder / f"{key}{WITHDRAWN}")


def _read(path: Path, key: str) -> Plan:
    plan = plans.from_json(path.read_bytes())
    sound_names(plan)
    if plan.key != key:
        raise ListeningError("its folder has another name than its key.")
    return plan
