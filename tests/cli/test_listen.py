"""`styletransfer listen`: tests are made, moved and deleted from the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from styletransfer.cli import main
from styletransfer.files import audio
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
    run("create", recordings, data=tmp_path)
    with Store(tmp_path) as store:
        (plan,) = store.plans()
        for listener in ("listener-1", "listener-2"):
            store.begin(plan.key, listener, "")
    assert run("delete", plan.key, "--listener", "3", "--yes", data=tmp_path).exit_code == 1
    assert run("delete", plan.key, "--listener", "1", data=tmp_path, typed="y\n").exit_code == 0
    with Store(tmp_path) as store:
        assert [session.listener for session in store.sessions(plan.key)] == ["listener-2"]
    assert run("delete", plan.key, data=tmp_path, typed="n\n").exit_code == 1
    assert plans(tmp_path)
    assert run("delete", plan.key, "--yes", data=tmp_path).exit_code == 0
    assert not plans(tmp_path)


def test_what_cannot_be_made_is_told(tmp_path: Path) -> None:
    assert "There is no folder" in run("create", tmp_path / "nowhere", data=tmp_path).output
    assert "Give a folder of recordings, or --ready" in run("create", data=tmp_path).output
    assert "There are no tests in" in run("list", data=tmp_path / "new").output
    assert "There is no such test" in run("pack", "nothing", "-o", tmp_path / "x.zip", data=tmp_path).output
