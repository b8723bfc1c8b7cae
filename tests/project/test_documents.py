"""What CONTRIBUTING.md tells people to run and to read is there."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TASKS = PROJECT["tool"]["poe"]["tasks"]
MADE = {"dist/"}
TO_BE_WRITTEN = {"docs/architecture.md", "docs/method.md"}


def found(pattern: str) -> list[str]:
    """All that a pattern's group finds in CONTRIBUTING.md, each once."""
    return sorted(set(re.findall(pattern, CONTRIBUTING)))


def test_the_tasks_that_are_told_are_those_of_the_project() -> None:
    assert found(r"`poe ([a-z-]+)[ `]") == sorted(TASKS)


def test_check_runs_all_checks_but_the_slow() -> None:
    assert set(TASKS["check"]["sequence"]) == set(TASKS) - {"format", "lock", "test", "install-check", "check"}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"python -m ([\w.]+)", str(TASKS)))))
def test_a_task_runs_a_module_that_is_there(name: str) -> None:
    assert importlib.util.find_spec(name)


@pytest.mark.parametrize("name", found(r"python -m ([\w.]+)"))
def test_a_command_that_is_told_is_there(name: str) -> None:
    assert importlib.util.find_spec(name)


@pytest.mark.parametrize("name", found(r"(?:`|-r )([\w./-]+(?:\.\w+|/run|/))(?=[`\n ])"))
def test_a_file_that_is_named_is_there(name: str) -> None:
    assert (ROOT / name).exists() or name in MADE | TO_BE_WRITTEN


def test_continuous_integration_runs_tasks() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    checks = re.search(r"for check in ([a-z -]+); do", script)
    assert checks
    assert set(checks[1].split()) == set(TASKS) - {"format", "lock", "test", "fast", "check"}
