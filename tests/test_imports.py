"""The order of imports: data flows one way, and heavy or replaceable libraries stay in one room each."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

import styletransfer

ROOT = Path(__file__).parents[1]
PACKAGE = "styletransfer"

# Lowest first. A module may import from lower rows only, the parts of the page also one another. A new module needs
# a place here.
LAYERS = (
    {"settings", "headers", "compiled", "memory"},
    {"audio", "spectrogram", "network", "kernel", "rhythm", "starts"},
    {"excerpts", "level"},
    {"device", "targets"},
    {"objective", "phase", "optimise"},
    {"waveform", "likeness"},
    {"noise"},
    {"problem", "metrics"},
    {"steps"},
    {"transfer"},
    {"pace"},
    {"options", "terminal", "figures", "web"},
    {"cli"},
    {"__main__", "__init__"},
)
# Where people meet the engine, they meet it here.
FRONT = {"pace", "compiled", "memory", "settings", "audio", "spectrogram", "metrics", "transfer"}
FRONT |= {"options", "terminal", "figures", "web"}


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
    """`styletransfer.web.jobs` is in the room `web`, the package's own file in `__init__`."""
    return name.split(".")[1] if "." in name else "__init__"


GRAPH = {name: imports(path) for name, path in modules().items()}
ENGINE = {name: found for name, found in GRAPH.items() if name != "app"}


def siblings(name: str) -> set[str]:
    return {room(other) for other in GRAPH[name] if other.split(".")[0] == PACKAGE} - {room(name)}


@pytest.mark.parametrize("name", sorted(ENGINE))
def test_a_module_imports_from_lower_layers_only(name: str) -> None:
    level = next((i for i, rooms in enumerate(LAYERS) if room(name) in rooms), None)
    assert level is not None, f"{name} has no place in LAYERS"
    assert siblings(name) <= set().union(*LAYERS[:level])


def test_command_line_and_page_call_the_engine_through_transfer() -> None:
    for name in GRAPH:
        if room(name) in {"cli", "web", "options", "terminal", "figures"} or name == "app":
            assert siblings(name) <= FRONT, name


def test_there_are_no_cycles() -> None:
    tuple(graphlib.TopologicalSorter(GRAPH).static_order())  # raises CycleError


@pytest.mark.parametrize(("library", "rooms"), [("gradio", {"web", "app"}), ("soundfile", {"audio"})])
def test_a_library_is_used_in_its_rooms_only(library: str, rooms: set[str]) -> None:
    users = {name for name, found in GRAPH.items() if library in {other.split(".")[0] for other in found}}
    assert {name if name == "app" else room(name) for name in users} <= rooms


def test_the_public_names_are_there() -> None:
    assert styletransfer.__all__ == ["Result", "Settings", "Step", "stylize"]
    assert all(hasattr(styletransfer, name) for name in styletransfer.__all__)
    with pytest.raises(AttributeError, match="no attribute 'style'"):
        styletransfer.style  # noqa: B018


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
