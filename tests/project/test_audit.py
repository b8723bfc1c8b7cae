"""What `poe audit` says of packages: what could not be looked up is never taken for clean."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tools import audit, lock

PACKAGES = {"a==1": ["--hash=sha256:0"], "b==2": ["--hash=sha256:1"], "c==3": ["--hash=sha256:2"]}
FLAW = {"id": "PYSEC-1", "fix_versions": ["1.1", "2"], "aliases": ["CVE-1"], "description": "Bad."}


def clean(name: str, version: str) -> dict[str, Any]:
    return {"name": name, "version": version, "vulns": []}


def skipped(name: str) -> dict[str, Any]:
    return {"name": name, "skip_reason": "Dependency not found on PyPI"}


CASES = {
    "all": ([clean("a", "1"), clean("b", "2"), clean("c", "3")], 0, "3 of 3 audited"),
    "some": ([clean("a", "1"), skipped("b"), clean("c", "3")], 3, "2 of 3 audited"),
    "left out": ([clean("a", "1"), clean("b", "2")], 3, "nothing is known of them: c==3"),
    "none": ([skipped("a"), skipped("b"), skipped("c")], 3, "0 of 3 audited\nNone could be looked up"),
    "another version": ([clean("a", "9"), clean("b", "2"), clean("c", "3")], 3, "2 of 3 audited"),
    "flaw": ([clean("a", "1") | {"vulns": [FLAW]}, skipped("b")], 1, "Vulnerable: a==1: PYSEC-1, mended in 1.1, 2"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_skipped_is_not_audited(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    told, status, said = CASES[case]
    assert audit.report(PACKAGES, audit.read({"dependencies": told, "fixes": []}), "No known vulnerabilities") == status
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("answer", ["", "no JSON"])
def test_without_an_answer_nothing_is_audited(
    answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As without a network: pip-audit ends with a complaint, and writes nothing."""
    done = subprocess.CompletedProcess([], 1, stdout=answer, stderr="a traceback\nERROR: no connection\n")
    monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: done)
    assert audit.main() == audit.NOT_LOOKED_UP
    said = capsys.readouterr().out
    assert said.startswith("0 of ")
    assert "pip-audit says: ERROR: no connection" in said


def test_every_locked_package_is_asked_for_with_its_hashes() -> None:
    texts = [(lock.ROOT / name).read_text(encoding="utf-8") for name in lock.LOCKS]
    packages = audit.locked(texts)
    assert len(packages) == len({pin.partition("==")[0].partition("[")[0] for text in texts for pin in lock.pins(text)})
    assert any(name.startswith("colorama==") for name in packages), "for Windows alone"
    written = {found for text in texts for found in text.split() if found.startswith("--hash=")}
    assert {each for hashes in packages.values() for each in hashes} == written
    assert all(packages.values())
