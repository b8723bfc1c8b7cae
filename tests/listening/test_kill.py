"""A process that keeps answers is killed at any moment: what it has acknowledged is there, once.

A killed process leaves to the system what it has written; only a power cut would show what was not synced.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from support.listening_plans import plan_of, sounds_of

from styletransfer.listening.plan import Kind
from styletransfer.listening.store import Store

THREADS = 6
PER_FOLDER = 10
"""Kills"""
CHILD = """
import os, secrets, sys, threading
from pathlib import Path
from styletransfer.listening.records import Answer
from styletransfer.listening.store import Store

store = Store(Path(sys.argv[1]))
assert not store.notices, store.notices
(plan,) = store.plans()

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def listen():
    while True:
        session = store.begin(plan.key, secrets.token_hex(8), "")
        say("begun", session.key, session.listener)
        for trial in range(len(session.trials)):
            key = secrets.token_hex(8)
            value = {"choice": "ab"[int(key, 16) % 2]}
            answer = Answer(key=key, session=session.key, trial=trial, value=value, heard={"a": 1.0}, switches=1,
                            seconds=2.0, at=session.begun)
            store.put(answer)
            say("answer", session.key, trial, key)
        store.finish(session.key, session.key)
        say("finished", session.key)

threads = [threading.Thread(target=listen) for _ in range(int(sys.argv[2]))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def killed(folder: Path, after_s: float, *, at_once: bool) -> list[list[str]]:
    """What a child acknowledged before it was killed: so long after its first word, or after its start."""
    words = [sys.executable, "-c", CHILD, str(folder), str(THREADS)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        first = "" if at_once else process.stdout.readline()
        time.sleep(after_s)
        process.kill()
        return [line.split() for line in (first + process.stdout.read()).splitlines()]


def check(folder: Path, said: list[list[str]]) -> None:
    with Store(folder) as store:
        assert store.notices == ()
        (plan,) = store.plans()
        sessions = {session.key: session for session in store.sessions(plan.key)}
        answers = store.answers(plan.key)
    by_key = {answer.key: answer for answer in answers}
    assert len(by_key) == len(answers)
    assert max(Counter((answer.session, answer.trial) for answer in answers).values(), default=0) <= 1
    assert all(answer.value == {"choice": "ab"[int(answer.key, 16) % 2]} for answer in answers)
    for kind, session, *rest in said:
        match kind, rest:
            case "begun", [listener]:
                assert sessions[session].listener == listener
            case "answer", [trial, key]:
                assert (by_key[key].session, by_key[key].trial) == (session, int(trial))
            case "finished", []:
                assert sessions[session].comment == session
                assert sessions[session].finished
            case _:
                raise AssertionError((kind, rest))


@pytest.mark.process
@pytest.mark.parametrize("n_kills", [3, pytest.param(100, marks=pytest.mark.thorough)])
def test_no_acknowledged_answer_is_lost_or_doubled(n_kills: int, tmp_path: Path) -> None:
    plan, chance = plan_of(Kind.ABX, 1, trials=8), random.Random(n_kills)
    sounds = sounds_of(plan, tmp_path / "sounds")
    said: list[list[str]] = []
    n_answers = 0
    for number in range(n_kills):
        folder = tmp_path / f"data-{number // PER_FOLDER}"
        if number % PER_FOLDER == 0:
            said = []
            with Store(folder) as store:
                store.add_test(plan, sounds)
        new = killed(folder, chance.uniform(0.0, 0.4), at_once=number % 4 == 2)
        n_answers += sum(words[0] == "answer" for words in new)
        said += new
        check(folder, said)
        if number % PER_FOLDER in (1, PER_FOLDER - 1):
            (folder / "answers.sqlite").unlink()
            check(folder, said)
    assert n_answers >= n_kills
    print(f"{n_answers} acknowledged answers, {n_kills} kills")
