"""`styletransfer listen`: tests are made, moved and deleted from the command line."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from support.listening_plans import Clock

from styletransfer.cli import main
from styletransfer.files import atomic, audio
from styletransfer.listening import trials
from styletransfer.listening.definitions import FOLDER, Definitions
from styletransfer.listening.plan import Kind, Reference
from styletransfer.listening.store import Store
from styletransfer.settings import SAMPLE_RATE_HZ


def run(*arguments: str | Path, data: Path, typed: str = "") -> Result:
    return CliRunner().invoke(main, ["listen", *map(str, arguments), "--data", str(data)], input=typed)


def plans(data: Path):
    return Definitions(data / FOLDER).plans()


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """One item: two ways, and the style."""
    folder = tmp_path / "Two tones"
    folder.mkdir()
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    for name, frequency_hz in (("low", 220), ("high", 440), ("style", 330)):
        audio.write(folder / f"{name}.wav", 0.2 * np.sin(2 * np.pi * frequency_hz * time_s))
    return folder


def test_a_folder_becomes_a_test_of_the_kind_asked_for(recordings: Path, tmp_path: Path) -> None:
    asked = ["--kind", "closer", "--question", "Which?", "--code", "x", "--closes", "2040-01-02", "--seed", "7"]
    done = run("create", recordings, *asked, data=tmp_path / "data")
    assert done.exit_code == 0, done.output
    (plan,) = plans(tmp_path / "data")
    assert (plan.title, plan.kind, plan.code, plan.seed) == ("Two tones", Kind.CLOSER, "x", 7)
    assert (plan.questions[0].text, plan.questions[0].beside) == ("Which?", Reference.STYLE)
    assert plan.closes == "2040-01-02T00:00:00+00:00"
    assert plan.address in done.output
    assert plan.results_address in done.output
    listed = run("list", data=tmp_path / "data").output
    assert f"{plan.key}  closer, open: Two tones" in listed


@pytest.mark.parametrize(
    ("closes", "kept"),
    [
        ("2030-12-31T18:00:00Z", "2030-12-31T18:00:00+00:00"),
        ("2030-12-31 18:00", "2030-12-31T18:00:00+00:00"),
        ("2030-12-31T18:00:00+02:00", "2030-12-31T18:00:00+02:00"),
    ],
)
def test_an_end_is_taken_as_people_write_it(recordings: Path, tmp_path: Path, closes: str, kept: str) -> None:
    assert run("create", recordings, "--closes", closes, data=tmp_path).exit_code == 0
    assert plans(tmp_path)[0].closes == kept


@pytest.mark.parametrize(
    ("closes", "said"), [("2020-01-01", "is closed already"), ("soon", "Write it like 2030-12-31T18:00:00Z")]
)
def test_an_end_that_is_none_is_told(recordings: Path, tmp_path: Path, closes: str, said: str) -> None:
    refused = run("create", recordings, "--closes", closes, data=tmp_path)
    assert (refused.exit_code, said in refused.output) == (1, True)
    assert not plans(tmp_path)


def test_a_test_that_comes_along_takes_the_options_that_fit(tmp_path: Path) -> None:
    asked = ["--title", "Ours", "--code", "mint", "--closes", "2040-01-02", "--seed", "7", "--items-each", "2"]
    done = run("create", "--ready", "paper", *asked, "--peeks", "--restarts", data=tmp_path)
    assert done.exit_code == 0, done.output
    (plan,) = plans(tmp_path)
    assert (plan.title, plan.code, plan.seed, plan.items_each) == ("Ours", "mint", 7, 2)
    assert (plan.closes, plan.peeks, plan.restarts) == ("2040-01-02T00:00:00+00:00", True, True)
    assert plan.published


@pytest.mark.parametrize("option", [["--kind", "abx"], ["--trials", "8"], ["--beside", "style"], ["--question", "x"]])
def test_a_test_that_comes_along_refuses_what_it_has_itself(tmp_path: Path, option: list[str]) -> None:
    refused = run("create", "--ready", "textbook", *option, data=tmp_path)
    assert refused.exit_code == 2
    assert f"{option[0]} goes with a folder of recordings" in refused.output
    assert not plans(tmp_path)


def test_who_makes_a_test_is_told_how_much_it_is(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Each listener gets 1 trial, about 1 minute.\n" in run("create", recordings, data=tmp_path / "data").output
    monkeypatch.setattr(trials, "LONG_MINUTES", 0)
    alone = run("create", recordings, data=tmp_path / "data").output
    assert "1 trial, about 1 minute, which is long for most people." in alone
    assert "--items-each" not in alone
    for item in ("one", "two"):
        shutil.copytree(recordings, tmp_path / "items" / item)
    assert "make it again with --items-each" in run("create", tmp_path / "items", data=tmp_path / "data").output


def test_abx_has_its_numbers_of_trials(recordings: Path, tmp_path: Path) -> None:
    assert run("create", recordings, "--kind", "abx", "--trials", "25", data=tmp_path).exit_code == 0
    assert plans(tmp_path)[0].trials == 25
    refused = run("create", recordings, "--kind", "abx", "--trials", "10", data=tmp_path)
    assert refused.exit_code == 2
    assert "'10' is not one of '8', '16', '25', '30'" in refused.output


def test_a_test_goes_to_another_machine(recordings: Path, tmp_path: Path) -> None:
    here, there, packed = tmp_path / "here", tmp_path / "there", tmp_path / "test.zip"
    run("create", recordings, data=here)
    (plan,) = plans(here)
    assert run("pack", plan.key, "-o", packed, data=here).exit_code == 0
    assert run("import", packed, data=there).exit_code == 0
    (moved,) = plans(there)
    assert moved.items == plan.items
    assert moved.owner_key != plan.owner_key
    again = run("import", packed, data=there)
    assert again.exit_code == 1
    assert "There is a test of this key already" in again.output


def test_the_page_need_not_be_closed_for_a_new_test_and_a_backup(recordings: Path, tmp_path: Path) -> None:
    data, packed = tmp_path / "data", tmp_path / "backup.zip"
    with Store(data) as store:
        assert run("create", recordings, data=data).exit_code == 0
        (plan,) = store.plans()
        session = store.begin(plan.key, "listener-1", "headphones")
        assert run("backup", "-o", packed, data=data).exit_code == 0
        refused = run("delete", plan.key, "--yes", data=data)
        assert refused.exit_code == 1
        assert "open in another process" in refused.output
    assert run("restore", packed, data=tmp_path / "restored").exit_code == 0
    with Store(tmp_path / "restored") as store:
        assert store.session(session.key).listener == "listener-1"


def test_one_listener_or_the_test_is_deleted(recordings: Path, tmp_path: Path) -> None:
    """By the moment of beginning: a second time nobody else is deleted, as by numbers, which move up."""
    run("create", recordings, data=tmp_path)
    clock = Clock()
    with Store(tmp_path, clock=clock) as store:
        (plan,) = store.plans()
        for listener, minutes in (("listener-1", 5), ("listener-2", 0.5), ("listener-3", 0)):
            store.begin(plan.key, listener, "")
            clock.forward(minutes)
    assert run("delete", plan.key, "--begun", "2029-01-01 00:00", "--yes", data=tmp_path).exit_code == 1
    assert run("delete", plan.key, "--begun", "2030-01-01", "--yes", data=tmp_path).exit_code == 1
    assert run("delete", plan.key, "--begun", "2030-01-01 00:00", data=tmp_path, typed="y\n").exit_code == 0
    again = run("delete", plan.key, "--begun", "2030-01-01 00:00", "--yes", data=tmp_path)
    assert (again.exit_code, "No listener began at" in again.output) == (1, True)
    both = run("delete", plan.key, "--begun", "2030-01-01 00:05", "--yes", data=tmp_path)
    assert "2 listeners began then: 2030-01-01T00:05:00+00:00, 2030-01-01T00:05:30+00:00" in both.output
    assert run("delete", plan.key, "--begun", "2030-01-01T00:05:30+00:00", "--yes", data=tmp_path).exit_code == 0
    with Store(tmp_path) as store:
        assert [session.listener for session in store.sessions(plan.key)] == ["listener-2"]
    assert run("delete", plan.key, data=tmp_path, typed="n\n").exit_code == 1
    assert plans(tmp_path)
    assert run("delete", plan.key, "--yes", data=tmp_path).exit_code == 0
    assert not plans(tmp_path)


def test_looking_makes_no_folder(tmp_path: Path) -> None:
    assert "There are no tests in" in run("list", data=tmp_path / "typo").output
    assert "There is no such test" in run("pack", "nothing", "-o", tmp_path / "x.zip", data=tmp_path / "typo").output
    for command in (["export", "nothing", "-o", tmp_path / "x.zip"], ["delete", "nothing", "--yes"]):
        assert "There are no listening tests in" in run(*command, data=tmp_path / "typo").output
    assert not (tmp_path / "typo").exists()


def test_where_nothing_can_be_kept_is_told(recordings: Path, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    refused = run("create", recordings, data=tmp_path / "a file")
    assert (refused.exit_code, "The test cannot be kept" in refused.output) == (1, True)
    assert "There are no tests in" in run("list", data=tmp_path / "a file").output


@pytest.mark.parametrize("command", ["backup", "export", "pack"])
def test_where_nothing_can_be_written_is_told_at_once(command: str, tmp_path: Path) -> None:
    """A pipe stands for a device here: nothing of the system is to be touched by a test."""
    words = [command] if command == "backup" else [command, "some-key"]
    refused = run(*words, "-o", tmp_path / "nowhere" / "x.zip", data=tmp_path)
    assert (refused.exit_code, "There is no folder" in refused.output) == (2, True)
    if hasattr(os, "mkfifo"):  # Windows has none
        os.mkfifo(tmp_path / "pipe")
        refused = run(*words, "-o", tmp_path / "pipe", data=tmp_path)
        assert (refused.exit_code, "pipe is not an ordinary file" in refused.output) == (2, True)
        assert (tmp_path / "pipe").is_fifo()


def test_results_that_the_disk_refuses_are_told(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    run("create", recordings, "--peeks", data=tmp_path / "data")
    (plan,) = plans(tmp_path / "data")
    monkeypatch.setattr(atomic, "write_bytes", full)
    refused = run("export", plan.key, "-o", tmp_path / "x.zip", data=tmp_path / "data")
    assert (refused.exit_code, "x.zip cannot be written: No space left on device" in refused.output) == (1, True)


def test_what_cannot_be_made_is_told(tmp_path: Path) -> None:
    assert "There is no folder" in run("create", tmp_path / "nowhere", data=tmp_path).output
    assert "Give a folder of recordings, or --ready" in run("create", data=tmp_path).output
    assert "There are no tests in" in run("list", data=tmp_path / "new").output
    assert "There is no such test" in run("pack", "nothing", "-o", tmp_path / "x.zip", data=tmp_path).output
