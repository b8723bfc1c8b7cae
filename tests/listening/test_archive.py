"""Tests and backups as zips: what went in comes out, and a zip that somebody else made harms nothing."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from support.listening_plans import answer_to, plan_of, sounds_of, take_whole

from styletransfer.listening import archive, backup, zips
from styletransfer.listening.plan import Kind, ListeningError
from styletransfer.listening.store import Store

PLAN = plan_of(Kind.CLOSER, 2)
SOUND = "1-condition-1.wav"
PUBLISHED = {"source": "others", "raters": 8, "means": {"item 1": 2}}
QUESTION = {"key": "closer", "text": "Which?"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "data") as store:
        store.add_test(PLAN, sounds_of(PLAN, tmp_path / "sounds"))
        take_whole(store, store.begin(PLAN.key, "ann", "headphones"), "a comment")
        store.put(answer_to(store.begin(PLAN.key, "bob", ""), 0))
        yield store


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """Elsewhere, and empty."""
    with Store(tmp_path / "other") as store:
        yield store


def sounds(store: Store) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (store.folder / "tests" / PLAN.key).glob("*.wav")}


def everything(store: Store) -> list[Any]:
    return [(plan, store.sessions(plan.key), store.answers(plan.key)) for plan in store.plans()] + [sounds(store)]


Entries = dict[str, bytes]


def entries(path: Path) -> Entries:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def made(path: Path, given: Entries) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in given.items():
            file.writestr(name, content)
    return path


def test_a_test_is_taken_elsewhere_without_its_answers(store: Store, other: Store, tmp_path: Path) -> None:
    archive.export_test(store, PLAN.key, tmp_path / "test.zip")
    plan = archive.import_test(other, tmp_path / "test.zip")
    assert other.plans() == [plan]
    assert dataclasses.replace(plan, owner_key=PLAN.owner_key) == PLAN
    assert sounds(other) == sounds(store)
    assert (other.sessions(PLAN.key), other.answers(PLAN.key)) == ([], [])
    take_whole(other, other.begin(PLAN.key, "ann", ""))


def test_who_gets_a_test_gets_no_way_to_its_results(store: Store, other: Store, tmp_path: Path) -> None:
    archive.export_test(store, PLAN.key, tmp_path / "test.zip")
    assert not any(PLAN.owner_key.encode() in content for content in entries(tmp_path / "test.zip").values())
    keys = {archive.import_test(other, tmp_path / "test.zip").owner_key}
    other.remove_test(PLAN.key)
    keys.add(archive.import_test(other, tmp_path / "test.zip").owner_key)
    assert len(keys) == 2
    assert all(len(key) > 20 for key in keys)


def test_a_test_that_is_there_already_is_refused(store: Store, tmp_path: Path) -> None:
    archive.export_test(store, PLAN.key, tmp_path / "test.zip")
    with pytest.raises(ListeningError, match="There is a test of this key already"):
        archive.import_test(store, tmp_path / "test.zip")
    assert store.plans() == [PLAN]


def wav(path: Path, samples: np.ndarray, rate_hz: int = 44_100, **options: Any) -> bytes:
    soundfile.write(path, samples, rate_hz, **options)
    return path.read_bytes()


def with_plan(**changes: object) -> Callable[[Entries, Path], Entries]:
    return lambda given, _: given | {"test.json": json.dumps(json.loads(given["test.json"]) | changes).encode()}


def with_sound(*shape: int, rate_hz: int = 44_100, **options: str) -> Callable[[Entries, Path], Entries]:
    return lambda given, path: (
        given | {SOUND: wav(path.with_suffix("." + options.get("format", "wav")), np.zeros(shape), rate_hz, **options)}
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda given, _: given | {"../evil.wav": b""}, "does not belong there"),
        (lambda given, _: given | {"/evil.wav": b""}, "does not belong there"),
        (lambda given, _: given | {"folder/evil.wav": b""}, "does not belong there"),
        (lambda given, _: given | {"evil.html": b""}, "does not belong there"),
        (lambda given, _: given | {SOUND.upper().replace("WAV", "wav"): b""}, "one name"),
        (lambda given, _: given | {"more.wav": given[SOUND]}, "more.wav"),
        (lambda given, _: {name: each for name, each in given.items() if name != SOUND}, SOUND),
        (lambda given, _: {name: each for name, each in given.items() if name != "test.json"}, "no listening test"),
        (lambda given, _: given | {"test.json": b"{" + b" " * 2**20}, "too large"),
        (lambda given, _: given | {"test.json": b"[" * 100_000}, "cannot be read|damaged"),
        (lambda given, _: given | {SOUND: b"RIFF"}, f"{SOUND} cannot be played"),
        (lambda given, _: given | {SOUND: given[SOUND][:-100]}, "differ in length|cannot be played"),
        (with_sound(400), "differ in length or size"),
        (with_sound(500, 2), "differ in length or size"),
        (with_sound(500, subtype="PCM_24"), "has 44100 Hz, 24 bits"),
        (with_sound(500, 3), "one or two channels"),
        (with_sound(500, rate_hz=48_000), "has 48000 Hz"),
        (with_sound(500, format="flac"), "damaged, or no WAV"),
        (with_sound(0), "empty"),
        (with_plan(key="../evil"), "The key of a test"),
        (with_plan(schema=99), "newer version"),
        (with_plan(title=7), "no listening test"),
        (with_plan(created=5), "no listening test"),
        (with_plan(created="lately"), "lately is no date and time"),
        (with_plan(items_each=1.5), "no listening test"),
        (with_plan(peeks="no"), "no listening test"),
        (with_plan(seed=[1]), "no listening test"),
        (with_plan(published=PUBLISHED | {"raters": 1}), "2 to 1,000,000 may have rated before, not 1"),
        (with_plan(published=PUBLISHED | {"means": [1]}), "no listening test"),
        (with_plan(published=PUBLISHED | {"means": {"item 1": "<b>"}}), "no listening test"),
        (with_plan(published=PUBLISHED | {"means": {"item 1": float("nan")}}), "no listening test"),
        (with_plan(published=PUBLISHED | {"means": {"item 1": 10**400}}), "no listening test"),
        (with_plan(published=PUBLISHED | {"source": "x" * 301}), "301 characters is too long"),
        (with_plan(questions=[QUESTION, QUESTION]), "have one name"),
        (with_plan(conditions=[{"key": "reference:style", "label": "x"}] * 2), "have one name"),
        (with_plan(questions=[QUESTION | {"key": "reference:style"}]), "A key in a test is of letters"),
        (with_sound(60 * 44_100 + 1), "lasts 60 s: 60 s at most"),
        (with_plan(closes="soon"), "soon is no date and time"),
        (with_plan(kind="poll"), "no listening test"),
        (with_plan(trials=10, kind="abx"), "ABX has 8"),
    ],
)
def test_a_zip_that_is_no_whole_test_is_refused(
    change: Callable[[Entries, Path], Entries], said: str, store: Store, other: Store, tmp_path: Path
) -> None:
    archive.export_test(store, PLAN.key, tmp_path / "test.zip")
    changed = made(tmp_path / "changed.zip", change(entries(tmp_path / "test.zip"), tmp_path / "sound"))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ListeningError, match=said):
        archive.import_test(other, changed)
    assert other.plans() == []
    assert sorted(tmp_path.rglob("*")) == before, "nothing is left of it"


def test_what_is_no_zip_or_a_damaged_one_is_refused(store: Store, other: Store, tmp_path: Path) -> None:
    archive.export_test(store, PLAN.key, tmp_path / "test.zip")
    whole = (tmp_path / "test.zip").read_bytes()
    place = whole.index(b"WAVE") + 20
    for content in (b"", b"PK", b"not a zip" * 99, whole[:-40], whole[: len(whole) // 2], whole[:place] + b"\xff" * 9):
        (tmp_path / "damaged.zip").write_bytes(content)
        with pytest.raises(ListeningError, match=r"damaged\.zip cannot be read as a zip"):
            archive.import_test(other, tmp_path / "damaged.zip")
    changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    (tmp_path / "damaged.zip").write_bytes(changed)
    with pytest.raises(ListeningError, match=r"damaged\.zip cannot be read as a zip"):
        archive.import_test(other, tmp_path / "damaged.zip")
    with pytest.raises(ListeningError, match=r"missing\.zip cannot be read"):
        archive.import_test(other, tmp_path / "missing.zip")
    assert other.plans() == []


def test_no_zip_grows_beyond_its_limit(store: Store, other: Store, tmp_path: Path, monkeypatch) -> None:
    archive.export_test(store, PLAN.key, tmp_path / "test.zip")
    bomb = made(tmp_path / "bomb.zip", entries(tmp_path / "test.zip") | {SOUND: bytes(50_000_000)})
    assert bomb.stat().st_size < 100_000
    monkeypatch.setattr(archive, "MAX_BYTES", 40_000_000)
    written: list[str] = []
    monkeypatch.setattr(zips, "unpack", lambda _archive, name, _target: written.append(name))
    with pytest.raises(ListeningError, match=r"50\.0 MB unpacked.* 40\.0 MB"):
        archive.import_test(other, bomb)
    assert written == []


def test_an_entry_that_is_larger_than_it_says_is_not_unpacked(tmp_path: Path) -> None:
    """The list of a zip says 1000 bytes where there are 50 MB."""
    path = made(tmp_path / "lie.zip", {"a.wav": bytes(50_000_000)})
    path.write_bytes(path.read_bytes().replace((50_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little")))
    names = archive._NAMES
    with (
        pytest.raises(ListeningError, match="cannot be read as a zip"),
        zips.reading(path, names, 2_000) as opened,
    ):
        zips.unpack(opened, "a.wav", tmp_path / "a.wav")
    assert (tmp_path / "a.wav").stat().st_size <= 1_000


def test_a_zip_appears_whole_or_not_at_all(store: Store, tmp_path: Path) -> None:
    store.sound_path(PLAN.key, SOUND).unlink()
    with pytest.raises(ListeningError, match="cannot be written"):
        archive.export_test(store, PLAN.key, tmp_path / "test.zip")
    with pytest.raises(ListeningError, match="cannot be written"):
        store.backup(tmp_path / "missing" / "backup.zip")
    assert not list(tmp_path.glob("*.zip")) + list(tmp_path.glob(".*.part"))


def test_a_backup_brings_all_back_into_an_empty_folder(store: Store, tmp_path: Path) -> None:
    kept = everything(store)
    for odd in ("tests/notes.txt", f"tests/{PLAN.key}/a copy.wav", f"journal/{PLAN.key}/notes.txt"):
        (store.folder / odd).write_text("somebody's")
    store.backup(tmp_path / "backup.zip")
    store.remove_test(PLAN.key)
    assert everything(store) == [{}]
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "new" / "folder", tmp_path / "empty"):
        backup.restore(tmp_path / "backup.zip", folder)
        with Store(folder) as restored:
            assert everything(restored) == kept
            assert restored.notices == ()
            assert restored.plan(PLAN.key).owner_key == PLAN.owner_key, "links go on to work"
            take_whole(restored, restored.begin(PLAN.key, "bob", ""))
        with pytest.raises(ListeningError, match="is not empty"):
            backup.restore(tmp_path / "backup.zip", folder)


def test_what_was_marked_to_be_deleted_does_not_come_back(store: Store, tmp_path: Path) -> None:
    """The process ends before it is deleted: the mark alone is there."""
    gone, stays = store.sessions(PLAN.key)
    other = dataclasses.replace(PLAN, key="another-key")
    store.add_test(other, sounds_of(PLAN, tmp_path / "sounds"))
    store.begin(other.key, "cat", "")
    store._journal.withdraw(PLAN.key, gone.key)
    store._definitions.withdraw(other.key)
    store.backup(tmp_path / "backup.zip")
    backup.restore(tmp_path / "backup.zip", tmp_path / "new")
    assert not [name for name in entries(tmp_path / "backup.zip") if gone.key in name or other.key in name]
    with Store(tmp_path / "new") as restored:
        assert restored.plans() == [PLAN]
        assert restored.sessions(PLAN.key) == [stays]
        assert restored.sessions(other.key) == []


def test_a_backup_has_what_the_journal_lost_meanwhile(store: Store, tmp_path: Path) -> None:
    kept = everything(store)
    files = sorted(store.folder.glob("journal/*/*.json"))
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes()[:50])
    store.backup(tmp_path / "backup.zip")
    backup.restore(tmp_path / "backup.zip", tmp_path / "new")
    with Store(tmp_path / "new") as restored:
        assert everything(restored) == kept
        assert restored.notices == ()


def test_a_backup_is_made_while_listeners_go_on(store: Store, tmp_path: Path) -> None:
    """It has at least what was acknowledged before, and nothing by halves."""
    is_over = threading.Event()

    def take_on() -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            take_whole(store, store.begin(PLAN.key, f"listener-{number}", ""))

    thread = threading.Thread(target=take_on)
    thread.start()
    try:
        for number in range(3):
            before = {answer.key for answer in store.answers(PLAN.key)}
            store.backup(tmp_path / f"{number}.zip")
            backup.restore(tmp_path / f"{number}.zip", tmp_path / f"{number}")
            with Store(tmp_path / f"{number}") as restored:
                assert before <= {answer.key for answer in restored.answers(PLAN.key)}
                assert restored.notices == ()
    finally:
        is_over.set()
        thread.join()


@pytest.mark.process
def test_another_process_makes_a_backup_of_a_folder_in_use(store: Store, tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from styletransfer.listening import backup\n"
        "backup.write(*map(pathlib.Path, sys.argv[1:]))"
    )
    subprocess.run([sys.executable, "-c", code, str(store.folder), str(tmp_path / "backup.zip")], check=True)
    backup.restore(tmp_path / "backup.zip", tmp_path / "new")
    with Store(tmp_path / "new") as restored:
        assert everything(restored) == everything(store)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda given: given | {"journal/../../evil.1.json": b""}, "does not belong there"),
        (lambda given: given | {"answers.sqlite": b""}, "does not belong there"),
        (lambda given: given | {".lock": b""}, "does not belong there"),
        (lambda given: {name: each for name, each in given.items() if name != "backup.json"}, "no backup"),
        (lambda given: given | {"backup.json": b'{"schema": 2}'}, "A newer version"),
        (lambda given: given | {"backup.json": b"[]"}, "no backup"),
        (lambda given: given | {"backup.json": b"{"}, "no backup|cannot be read"),
    ],
)
def test_a_zip_that_is_no_backup_is_refused(
    change: Callable[[Entries], Entries], said: str, store: Store, tmp_path: Path
) -> None:
    store.backup(tmp_path / "backup.zip")
    changed = made(tmp_path / "changed.zip", change(entries(tmp_path / "backup.zip")))
    with pytest.raises(ListeningError, match=said):
        backup.restore(changed, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_damaged_backup_leaves_the_folder_empty(store: Store, tmp_path: Path) -> None:
    store.backup(tmp_path / "backup.zip")
    content = bytearray((tmp_path / "backup.zip").read_bytes())
    content[content.rindex(b"WAVE") + 20] ^= 1  # found only when that sound is unpacked, after all answers
    (tmp_path / "damaged.zip").write_bytes(content)
    with pytest.raises(ListeningError, match="cannot be read as a zip"):
        backup.restore(tmp_path / "damaged.zip", tmp_path / "new")
    backup.restore(tmp_path / "backup.zip", tmp_path / "new")


def test_a_restoring_that_was_cut_off_is_not_taken_for_all(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.backup(tmp_path / "backup.zip")
    monkeypatch.setattr(backup, "_empty", lambda _: None)
    monkeypatch.setattr(zips, "unpack", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        backup.restore(tmp_path / "backup.zip", tmp_path / "new")
    with pytest.raises(ListeningError, match="was cut off"):
        Store(tmp_path / "new")


def test_a_folder_without_tests_has_no_backup(tmp_path: Path) -> None:
    with pytest.raises(ListeningError, match="no listening tests"):
        backup.write(tmp_path, tmp_path / "backup.zip")
