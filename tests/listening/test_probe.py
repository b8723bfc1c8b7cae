"""A folder gets the fast mode where it is safe, the other where that works, and is refused where neither does."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from styletransfer.listening import probe
from styletransfer.listening.plan import ListeningError
from styletransfer.listening.probe import Mode
from styletransfer.listening.store import Store

MOUNTS = r"""proc /proc proc rw 0 0
/dev/vda / ext4 rw,relatime 0 0
server:/data /srv/data nfs4 rw 0 0
bucket /srv/data/my\040bucket fuse.gcsfuse rw 0 0
tmpfs /srv/data/fast tmpfs rw 0 0
tmpfs /over ext4 rw 0 0
overlay /over cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/home/somebody", "ext4"),
        ("/srv/database", "ext4"),
        ("/srv/data", "nfs4"),
        ("/srv/data/answers/here", "nfs4"),
        ("/srv/data/my bucket/answers", "fuse.gcsfuse"),
        ("/srv/data/fast", "tmpfs"),
        ("/over/it", "cifs"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(folder: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text(MOUNTS)
    assert probe.file_system(Path(folder), tmp_path / "mounts") == kind
    assert probe.file_system(Path(folder), tmp_path / "missing") == ""


def test_network_and_fuse_are_not_local() -> None:
    assert not any(map(probe.is_local, ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse", "fuse.s3fs", "fuseblk"]))
    assert all(map(probe.is_local, ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", "apfs", ""]))


def mode_of(store: Store) -> tuple[str, int]:
    """As an independent connection and the store's own writer have them."""
    connection = sqlite3.connect(store.folder / "answers.sqlite")
    try:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    finally:
        connection.close()
    (synchronous,) = store._database._writer.execute("PRAGMA synchronous").fetchone()
    return mode, synchronous


@pytest.mark.parametrize(
    ("kind", "mode", "said"),
    [
        ("ext4", "wal", "ext4 is a local file system"),
        ("", "wal", "seems to be a local file system"),
        ("nfs4", "delete", "nfs4 is not a local file system"),
        ("fuse.gcsfuse", "delete", "fuse.gcsfuse is not a local file system"),
    ],
)
def test_a_store_says_how_it_keeps_answers_and_keeps_them_so(
    kind: str, mode: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "file_system", lambda _: kind)
    with Store(tmp_path / "data") as store:
        assert mode_of(store) == (mode, 2)
        assert said in store.how
        assert ("write-ahead log" in store.how) == (mode == "wal")


def test_where_a_log_does_not_work_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(connection: sqlite3.Connection, mode: Mode) -> Mode | None:
        """As SQLite does where memory cannot be shared."""
        return set_mode(connection, Mode.ROLLBACK)

    set_mode = probe.set_mode
    monkeypatch.setattr(probe, "set_mode", refuse)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".probe-of-a-killed-process").touch()
    with Store(tmp_path / "data") as store:
        assert mode_of(store)[0] == "delete"
        assert "a write-ahead log does not work there" in store.how
    assert list((tmp_path / "data").glob(".probe-*")) == []


def test_where_no_database_works_the_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_folder: Path, _mode: Mode) -> bool:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(probe, "works", fail)
    with pytest.raises(ListeningError, match=r"cannot hold a database: database is locked. Name"):
        Store(tmp_path / "data")
    monkeypatch.undo()
    Store(tmp_path / "data").close()  # nothing of the first holds it any more


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/answers")):
        with pytest.raises(ListeningError, match=r"cannot keep answers|open in another"):
            Store(folder)
    if os.geteuid() != 0:
        (tmp_path / "fixed").mkdir(mode=0o500)
        with pytest.raises(ListeningError, match="Name a folder that can be written"):
            Store(tmp_path / "fixed")


@pytest.mark.process
def test_a_folder_that_another_process_has_open_is_refused(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from styletransfer.listening.store import Store\n"
        "store = Store(pathlib.Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "data")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        with pytest.raises(ListeningError, match="open in another process"):
            Store(tmp_path / "data")
        process.kill()
    Store(tmp_path / "data").close()
