"""A listening test as the form in Compare defines it: made of what was brought here, and refused in a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from styletransfer.files import audio
from styletransfer.listening.plan import ABX_TRIALS, Kind, Reference
from styletransfer.settings import SAMPLE_RATE_HZ
from styletransfer.web.guard import budgets
from styletransfer.web.parts import listening
from styletransfer.web.server.device_queue import Visitor
from styletransfer.web.server.server import Server

VISITOR = Visitor("a")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(folder=tmp_path / "files", data=tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def definition(server: Server) -> dict[str, Any]:
    """What the form sends, of tones that were brought here."""
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    paths = {}
    for i, name in enumerate(("one", "two", "content", "style")):
        paths[name] = str(server.files.new_file("sound.wav"))
        audio.write(paths[name], 0.2 * np.sin(2 * np.pi * 220 * (i + 1) * time_s))
    item = {
        "label": "1: a as b",
        "sounds": {"one": paths["one"], "two": paths["two"]},
        "references": {"content": paths["content"], "style": paths["style"]},
    }
    return {
        "title": "Which?",
        "kind": "closer",
        "question": "",
        "beside": "content",
        "trials": 16,
        "items": [item],
        "code": "",
        "closes": "2040-01-02T03:04:05.000Z",
        "restarts": True,
        "peeks": False,
    }


def test_the_form_becomes_a_plan(server: Server, definition: dict[str, Any]) -> None:
    told = listening.make(server, json.dumps(definition), VISITOR)
    assert server.listening
    (plan,) = server.listening.plans()
    links = {"title": "Which?", "test": plan.address, "results": plan.results_address}
    assert told == links | {"about": "1 trial, about 1 minute"}
    assert (plan.kind, plan.restarts, plan.peeks) == (Kind.CLOSER, True, False)
    assert plan.questions[0].beside is Reference.CONTENT
    assert plan.is_open()
    sounds = [server.listening.sound_path(plan.key, name) for name in plan.items[0].sounds.values()]
    assert all(len(audio.read(path)) == SAMPLE_RATE_HZ for path in sounds)


def test_only_what_was_brought_here_is_played(server: Server, definition: dict[str, Any], tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    audio.write(secret, np.full(SAMPLE_RATE_HZ, 0.1))
    for path in (secret, server.files.folder / ".." / ".." / "secret.wav"):
        definition["items"][0]["sounds"]["one"] = str(path)
        assert "is not here" in listening.make(server, json.dumps(definition), VISITOR)["fault"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": " "}, "needs a title"),
        ({"kind": "abx", "trials": 10}, "8, 16, 25, 30 trials, not 10"),
        ({"kind": "duel"}, "could not be read"),
        ({"items": []}, "one sound of each"),
        ({"items": [{"label": "x"}]}, "could not be read"),
        ({"ready": "none"}, "could not be read"),
        ({"code": 7}, "could not be read"),
        ({"peeks": "no"}, "could not be read"),
        ({"closes": "2020-01-01T00:00:00Z"}, "is closed already"),
        ({"closes": "soon"}, "soon is no date and time"),
        ({"code": "x" * 301}, "too long"),
    ],
)
def test_what_cannot_be_made_is_told(
    server: Server, definition: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    assert said in listening.make(server, json.dumps(definition | changes), VISITOR)["fault"]
    assert server.listening
    assert not server.listening.plans()


@pytest.mark.parametrize("ready", listening.READY)
def test_a_test_that_comes_along_is_made_as_the_form_has_it(server: Server, ready: str) -> None:
    chosen = {"code": "mint", "closes": "2040-01-02T03:04:05.000Z", "restarts": True, "peeks": True}
    told = listening.make(server, json.dumps({"ready": ready} | chosen), VISITOR)
    assert server.listening
    (plan,) = server.listening.plans()
    assert told["test"] == plan.address
    assert len(plan.items) == 5
    assert {name: getattr(plan, name) for name in chosen} == chosen


def test_so_many_are_made_in_an_hour(server: Server, definition: dict[str, Any]) -> None:
    text = json.dumps(definition)
    told = [listening.make(server, text, VISITOR) for _ in range(budgets.TESTS.visit.amount + 1)]
    assert [bool(each.get("fault")) for each in told] == [False] * budgets.TESTS.visit.amount + [True]
    assert "Too many listening tests" in told[-1]["fault"]
    assert "test" in listening.make(server, text, Visitor("another"))


def test_nothing_is_made_where_the_disk_is_full(
    server: Server, definition: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "has_free_space", lambda _: False)
    assert "disk is full" in listening.make(server, json.dumps(definition), VISITOR)["fault"]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "", '{"kind": "closer", "items": [{}], "question": "", "beside": 1e999}']
)
def test_what_is_no_definition_is_told(server: Server, text: str) -> None:
    assert "could not be read" in listening.make(server, text, VISITOR)["fault"]


def test_nothing_is_made_where_nothing_is_kept(tmp_path: Path, definition: dict[str, Any]) -> None:
    other = Server(folder=tmp_path / "other")
    assert "--data" in listening.make(other, json.dumps(definition), VISITOR)["fault"]
    assert not listening.known(other)["isOn"]
    other.close()


def test_the_form_knows_all_kinds_and_numbers_of_trials(server: Server) -> None:
    known = listening.known(server)
    assert known["isOn"]
    assert {kind["key"] for kind in known["kinds"]} == set(Kind)
    assert [count for count, _ in known["trials"]] == list(ABX_TRIALS)
    assert dict(known["trials"])[16] == "12 right count; found with 80 % if 8 of 10 are heard"
