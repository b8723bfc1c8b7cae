"""The page's scripts and stylesheets, as files that a browser takes from a disk.

There it loads no modules. So all modules that main.js needs become one plain script, each as a function that returns
what it exports. They are ours, and the player of the main page (resources.SCRIPTS): where both folders have a file of
one name, it is ours.
"""

from __future__ import annotations

import re
from pathlib import Path

from styletransfer.files import resources
from styletransfer.settings import SAMPLE_RATE_HZ

FRONTEND = Path(__file__).parent / "frontend"
ENTRY, SCRIPT = "main.js", "report.js"
STYLES = ("plain.css", "player.css", "report.css")
CONFIG = {"sampleRateHz": SAMPLE_RATE_HZ}
"""What the player's scripts have to know (config.js)."""

# As prettier writes them, each at the beginning of a line.
IMPORT = re.compile(r'^import (?:(\* as \w+|\{[^}]*\}) from )?"\./([\w-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:const|class|function)\*? (\w+))", re.MULTILINE)
UNKNOWN = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def files() -> dict[str, str]:
    """The files beside the page, by name."""
    return {SCRIPT: bundle(ENTRY)} | {name: path(name).read_text(encoding="utf-8") for name in STYLES}


def path(name: str) -> Path:
    """Find a file of ours, or one of the main page's."""
    own = FRONTEND / name
    return own if own.is_file() else resources.SCRIPTS / name


def bundle(entry: str) -> str:
    """Join a module and all that it imports. Raises ValueError where one is written in a way that is not known here."""
    modules: dict[str, str] = {}
    _add(entry, modules, ())
    return '"use strict";\nconst modules = {};\n' + "".join(modules.values())


def _add(name: str, modules: dict[str, str], importers: tuple[str, ...]) -> None:
    """Those that it needs come before it."""
    if name in importers:
        raise ValueError(f"{' imports '.join((*importers, name))}: modules in a circle cannot be joined")
    if name in modules:
        return
    source = path(name).read_text(encoding="utf-8")
    for found in IMPORT.finditer(source):
        _add(found[2], modules, (*importers, name))
    modules[name] = _as_function(name, source)


def _as_function(name: str, source: str) -> str:
    body = EXPORT.sub(r"\1", IMPORT.sub(_as_constants, source))
    if left := UNKNOWN.search(body):
        raise ValueError(f"{name}: {left[0]!r} cannot be joined")
    exported = ", ".join(found[2] for found in EXPORT.finditer(source))
    # Stylesheets lie beside the page.
    body = body.replace("import.meta.url", "document.baseURI")
    return f'modules["{name}"] = (() => {{\n{body}return {{ {exported} }};\n}})();\n'


def _as_constants(found: re.Match[str]) -> str:
    names, module = found.groups()
    if names is None:
        return ""
    wanted = names.removeprefix("* as ") if names.startswith("*") else names.replace(" as ", ": ")
    return f'const {wanted} = modules["{module}"];\n'
