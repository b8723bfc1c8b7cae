"""The order of imports: data flows one way, and heavy or replaceable libraries stay in one room each."""

from __future__ import annotations

import ast
import graphlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import styletransfer
from tools.architecture import FLOORS, ROOMS

ROOT = Path(__file__).parents[2]
PACKAGE = "styletransfer"

ORDER = tuple(ROOMS)
NEUTRAL = {f"{PACKAGE}.engine.{name}" for name in ("spectrogram", "loudness", "looping", "mel")}
"""Of sounds rather than of transfers: everybody may use them."""


def modules() -> dict[str, Path]:
    """Every module of the program by name, with dots as in an import, and `app`."""
    paths = {path.relative_to(ROOT): path for path in (ROOT / PACKAGE).rglob("*.py")}
    found = {".".join(relative.with_suffix("").parts): path for relative, path in paths.items()}
    return {name.removesuffix(".__init__"): path for name, path in found.items()} | {"app": ROOT / "app.py"}


def imports(path: Path) -> set[str]:
    """The names of all modules that a file imports, those in functions and under TYPE_CHECKING too.

    `from a import b` counts as `a.b` where that is a module of the program, and as `a` elsewhere.
    """
    names, known = set(), modules()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{path}: imports are absolute here"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in known else node.module for name in inner}
    return names


def room(name: str) -> str:
    """`styletransfer.web.server.jobs` is in the room `web`, the package's own file in `styletransfer`."""
    return name.split(".")[1] if "." in name else name


def floor(name: str) -> int | None:
    """How high a module stands in its room, 0 the lowest; None where the room has no floors."""
    inside = name.split(".", 2)[2] if name.count(".") > 1 else ""
    floors = FLOORS.get(room(name))
    if floors is None or not inside:
        return None
    places = [i for i, names in enumerate(floors) if any(f"{inside}.".startswith(f"{each}.") for each in names)]
    assert len(places) == 1 or inside in ("losses",), f"{name} needs one place in FLOORS"
    return places[0] if places else None


GRAPH = {name: imports(path) for name, path in modules().items()}
OURS = {name: {other for other in found if other.split(".")[0] == PACKAGE} for name, found in GRAPH.items()}


@pytest.mark.parametrize("name", sorted(set(OURS) - {"app", PACKAGE}))
def test_a_module_imports_from_its_room_and_those_below(name: str) -> None:
    assert room(name) in ROOMS, f"{name} is in no room"
    for other in OURS[name] - {PACKAGE}:
        assert ORDER.index(room(other)) <= ORDER.index(room(name)), f"{name} imports {other}, which is above it"
        theirs, own = floor(other), floor(name)
        if room(other) == room(name) and theirs is not None and own is not None:
            assert theirs <= own, f"{name} imports {other}, a floor above"


def test_command_line_and_page_call_the_engine_through_transfer() -> None:
    for name, found in OURS.items():
        if room(name) in {"cli", "web", "app"}:
            engine = {other for other in found if room(other) == "engine"}
            assert engine <= NEUTRAL, name


def test_there_are_no_cycles() -> None:
    """But for the package's own file, which imports on first use and gives the version to all."""
    graph = {name: found - {PACKAGE} for name, found in GRAPH.items()}
    tuple(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError


@pytest.mark.parametrize(("library", "rooms"), [("gradio", {"web"}), ("soundfile", {"files"}), ("ray", {"workers"})])
def test_a_library_is_used_in_its_rooms_only(library: str, rooms: set[str]) -> None:
    users = {name for name, found in GRAPH.items() if library in {other.split(".")[0] for other in found}}
    assert {room(name) for name in users} <= rooms


def test_no_test_imports_another() -> None:
    """What two of them need is in tests/support."""
    for path in (ROOT / "tests").rglob("*.py"):
        parts = {part for name in imports(path) for part in name.split(".")}
        assert not {part for part in parts if part == "tests" or part.startswith("test_")}, path.relative_to(ROOT)


def test_the_public_names_are_there() -> None:
    assert {"Result", "Settings", "Step", "measure", "stylize"} <= set(styletransfer.__all__)
    assert all(hasattr(styletransfer, name) for name in styletransfer.__all__)
    with pytest.raises(AttributeError, match="no attribute 'style'"):
        styletransfer.style  # noqa: B018


@pytest.mark.process
def test_help_does_not_wait_for_heavy_libraries() -> None:
    """`styletransfer.Settings` and the command line's help load neither JAX nor anything else that takes long."""
    code = (
        "import sys, styletransfer, styletransfer.cli\n"
        "styletransfer.Settings()\n"
        "styletransfer.cli.main(['transfer', '--help'], standalone_mode=False)\n"
        "print(sorted({'jax', 'scipy', 'soundfile', 'matplotlib', 'gradio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


@pytest.mark.thorough
@pytest.mark.process
def test_importing_changes_nothing(tmp_path: Path) -> None:
    """No folder appears, no variable is set, no thread begins, whichever modules are imported."""
    code = (
        "import os, threading; before = dict(os.environ)\n"
        f"import {', '.join(sorted(name for name in OURS if not name.endswith('__main__')))}\n"
        "changed = {name for name, _ in os.environ.items() ^ before.items()}\n"
        # JAX and its libraries set some of their own.
        "assert not {name for name in changed if name.startswith(('GRADIO', 'STYLETRANSFER', 'XLA', 'JAX'))}, changed\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    home, folder = tmp_path / "home", tmp_path / "temporary"
    for each in (home, folder):
        each.mkdir()
    variables = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=variables, check=True)
    made = [path for path in tmp_path.rglob("*") if "styletransfer" in path.name or "gradio" in path.name]
    assert not made
