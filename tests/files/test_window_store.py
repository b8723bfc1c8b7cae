"""Kept windows of a long transfer: what is somebody else's stays, and what cannot be kept ends nothing."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from styletransfer.engine.losses.objective import Losses
from styletransfer.engine.run import Made
from styletransfer.files.window_store import WindowStore
from styletransfer.settings import Settings
from styletransfer.transfer import Step

SOUND = np.linspace(-0.5, 0.5, 99, dtype=np.float32)


def made(windows: int = 2) -> Made:
    """The first of so many windows."""
    step = Step("solve", 1, 1, 3.0, 2.0, 1.0, 0.5, 0.1, window=1, windows=windows)
    return Made(SOUND, SOUND[:9], np.ones((2, 3), np.float32), Losses(3.0, 2.0, 1.0), "converged", (step,))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "o.wav.windows"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def store(folder: Path, told: list[str]) -> WindowStore:
    return WindowStore(folder, [SOUND], Settings(), told.append)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_window_comes_back_and_goes_with_its_folder(store: WindowStore, folder: Path, told: list[str]) -> None:
    store.save(0, made())
    again = store.load(0)
    assert again is not None
    np.testing.assert_array_equal(again.sound, SOUND)
    assert (again.steps, store.count(), told) == (made().steps, 1, [])
    (folder / ".0123456789abcdef.part").touch()  # of a process that was killed while it wrote
    store.remove()
    assert not folder.exists()


def test_the_only_window_is_not_kept(store: WindowStore, folder: Path) -> None:
    store.save(0, made(windows=1))
    assert not folder.exists()


@pytest.mark.parametrize("name", ["key", "000.npz", "song.flac"])
def test_a_folder_of_somebody_else_s_stays_as_it_is(
    store: WindowStore, folder: Path, told: list[str], name: str
) -> None:
    folder.mkdir()
    (folder / name).write_text("mine")
    store.save(0, made())
    store.save(1, made())
    store.remove()
    assert (names(folder), (folder / name).read_text()) == ([name], "mine")
    assert told == [
        f"Windows cannot be kept in {folder}: File exists. If this transfer is ended, it has to begin anew."
    ]


def test_what_somebody_has_put_beside_windows_stays(store: WindowStore, folder: Path) -> None:
    store.save(0, made())
    (folder / "notes.txt").write_text("mine")
    store.remove()
    assert names(folder) == ["notes.txt"]


def test_the_windows_of_another_transfer_make_room(store: WindowStore, folder: Path, told: list[str]) -> None:
    other = WindowStore(folder, [SOUND / 2], Settings())
    other.save(0, made())
    other.save(1, made())
    store.remove()
    assert other.count() == 2, "they were removed before there was anything to keep"
    store.save(0, made())
    assert (names(folder), store.count(), other.count(), told) == (["000.npz", "key"], 1, 0, [])


@pytest.mark.parametrize("written", [1, 2, 3])
def test_a_full_disk_is_told_once_and_nothing_is_left(
    store: WindowStore, folder: Path, told: list[str], monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """At the key, at the first window or at the second."""
    synced = []

    def full(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == written:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for number in range(3):
        store.save(number, made())
    assert [sentence.split(": ")[1] for sentence in told] == [
        "No space left on device. If this transfer is ended, it has to begin anew."
    ]
    assert not folder.exists()
    assert len(synced) == written, "it was tried once more"


def test_a_file_in_the_folder_s_place_is_told(store: WindowStore, folder: Path, told: list[str]) -> None:
    folder.write_text("mine")
    store.save(0, made())
    store.remove()
    assert (folder.read_text(), len(told)) == ("mine", 1)
