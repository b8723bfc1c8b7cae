"""What CONTRIBUTING.md and the documents tell people to run and to read is there."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import architecture

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TASKS = PROJECT["tool"]["poe"]["tasks"]
MADE = {"dist/"}
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")


def found(pattern: str) -> list[str]:
    """All that a pattern's group finds in CONTRIBUTING.md, each once."""
    return sorted(set(re.findall(pattern, CONTRIBUTING)))


def test_the_tasks_that_are_told_are_those_of_the_project() -> None:
    assert found(r"`poe ([a-z-]+)[ `]") == sorted(TASKS)


def test_check_runs_all_checks_but_the_slow() -> None:
    assert set(TASKS["check"]["sequence"]) == set(TASKS) - {
        "format",
        "lock",
        "test",
        "thorough",
        "install-check",
        "container-check",
        "audit",
        "fuzz",
        "check",
    }


@pytest.mark.parametrize("name", sorted(set(re.findall(r"python -m ([\w.]+)", str(TASKS)))))
def test_a_task_runs_a_module_that_is_there(name: str) -> None:
    assert importlib.util.find_spec(name)


@pytest.mark.parametrize("name", found(r"python -m ([\w.]+)"))
def test_a_command_that_is_told_is_there(name: str) -> None:
    assert importlib.util.find_spec(name)


@pytest.mark.parametrize("name", found(r"(?:`|-r )([\w./-]+(?:\.\w+|/run|/))(?=[`\n ])"))
def test_a_file_that_is_named_is_there(name: str) -> None:
    assert (ROOT / name).exists() or name in MADE


def test_continuous_integration_runs_tasks() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    checks = re.search(r"for check in ([a-z -]+); do", script)
    assert checks
    others = {"format", "lock", "test", "fast", "fuzz", "audit", "container-check", "check"}
    assert set(checks[1].split()) == set(TASKS) - others
    assert re.search(r"^\.venv/bin/poe audit \|\| \[ \$\? -eq 3 \]$", script, re.MULTILINE), "no network fails nothing"


def test_the_picture_of_the_rooms_is_that_of_the_table() -> None:
    text = architecture.DOCUMENT.read_text(encoding="utf-8")
    assert architecture.with_picture(text) == text, "run python -m tools.architecture"


def test_every_room_has_its_paragraph() -> None:
    text = architecture.DOCUMENT.read_text(encoding="utf-8")
    for room in architecture.ROOMS:
        assert room == "__main__" or f"\n**{room}** " in text, room


ENGINE = {path.relative_to(ROOT / "styletransfer") for path in (ROOT / "styletransfer" / "engine").rglob("*.py")}


MODULES = sorted(
    p.as_posix() for p in ENGINE if p.name not in ("__init__.py", "shapes.py") and p.parent.name != "engines"
)


@pytest.mark.parametrize("module", MODULES)
def test_the_method_names_every_module_of_the_engine(module: str) -> None:
    assert f"`{module}`" in METHOD


@pytest.mark.parametrize("document", ["method", "architecture"])
def test_a_python_file_that_a_document_names_is_there(document: str) -> None:
    """By its path, or by the end of one: `solve.py`, `engine/solve.py`."""
    text = (ROOT / "docs" / f"{document}.md").read_text(encoding="utf-8")
    folders = ("styletransfer", "tests", "tools", "benchmarks")
    files = [*ROOT.glob("*.py"), *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    paths = [f"/{path.relative_to(ROOT).as_posix()}" for path in files]
    names = set(re.findall(r"[\w./-]+\.py\b", text))
    assert names
    assert {name for name in names if not any(path.endswith(f"/{name}") for path in paths)} == set()


def constants(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Name and value, as they are written, of all that is assigned in a module; pairs in one statement too."""
    for statement in ast.walk(node):
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                pairs = [(target, statement.value)]
                if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
                    pairs = [*zip(target.elts, statement.value.elts, strict=True)]
                yield from ((ast.unparse(name), ast.unparse(value)) for name, value in pairs)


def test_the_constants_that_the_method_names_are_those_of_the_code() -> None:
    """`NAME` is assigned somewhere, and where the document says `NAME = value` it has that value."""
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "styletransfer").rglob("*.py"))
    known = {pair for source in sources for pair in constants(ast.parse(source))}
    told = re.findall(r"`([A-Z][A-Z_]+)(?: = ([^`]+))?`", METHOD)
    assert told
    assert {name for name, value in told if not value} <= {name for name, _ in known}
    assert {(name, ast.unparse(ast.parse(value))) for name, value in told if value} <= known
