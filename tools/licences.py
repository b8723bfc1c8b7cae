"""Lists the licences of all packages that the program brings along: `python -m tools.licences`.

Writes docs/licences.md from the locks of the program, of MCP and of Ray. What a package says of itself is in its
metadata: of those that are not installed here, as they are for other systems, the wheel is fetched to read it. Ends
with 1 where a package says nothing.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from tools.lock import ROOT, pins

DOCUMENT = ROOT / "docs" / "licences.md"
LOCKS = ("requirements.txt", "requirements-mcp.txt", "requirements-ray.txt")
HEAD = """# Licences of the packages

What [requirements.txt](../requirements.txt), [requirements-mcp.txt](../requirements-mcp.txt) and
[requirements-ray.txt](../requirements-ray.txt) install, with the licence that each package tells of itself; its wheel
carries the text. Made by `python -m tools.licences`. Some wheels bring libraries of others along, under licences of
their own: `av` has FFmpeg (LGPL), x264 and x265 (GPL), `soundfile` has libsndfile (LGPL). Who hands an image on hands
those on, too.

`requirements-cuda.txt` adds NVIDIA's libraries, `nvidia-*`, under NVIDIA's terms, and JAX's plugins for them, under
Apache-2.0. What `requirements-dev.txt` adds is for tests alone, and is not handed on.

| package | version | licence |
| --- | --- | --- |
"""
LONGEST = 80
"""A licence field that is longer, or has lines, is the text itself: then the classifiers name it."""
ELSEWHERE = ("manylinux_2_28_x86_64", "win_amd64")
"""Systems of which one has a wheel of every package"""
NEWEST_PYTHON = "3.14"


def locked() -> dict[str, str]:
    """Version by name, of all packages in the locks."""
    texts = ((ROOT / name).read_text(encoding="utf-8") for name in LOCKS)
    found = (Requirement(pin) for text in texts for pin in pins(text))
    return {each.name: f"{each.specifier}".removeprefix("==") for each in sorted(found, key=lambda each: each.name)}


def licence(about: Message) -> str | None:
    """What a package's metadata say: an expression, a short field, or classifiers. None where they say nothing."""
    if expression := about.get("License-Expression"):
        return expression
    field = (about.get("License") or "").strip()
    if field and "\n" not in field and len(field) <= LONGEST:
        return field
    kinds = [each.split(" :: ")[-1] for each in about.get_all("Classifier") or [] if each.startswith("License :: ")]
    return ", ".join(kinds) or None


def metadata_of(name: str, version: str) -> Message:
    """Of the package that is installed here in that version, or else of its wheel."""
    try:
        found = metadata.distribution(name)
        if found.version == version:
            return Parser().parsestr(found.read_text("METADATA") or "")
    except metadata.PackageNotFoundError:
        pass
    return of_wheel(name, version)


def of_wheel(name: str, version: str) -> Message:
    """Of the wheel, which pip fetches. Ends the program where there is none."""
    with tempfile.TemporaryDirectory() as folder:
        for system in ELSEWHERE:
            words = ["--no-deps", "--only-binary", ":all:", "--python-version", NEWEST_PYTHON, "--platform", system]
            command = [sys.executable, "-m", "pip", "download", *words, "--dest", folder, f"{name}=={version}"]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                (wheel,) = Path(folder).glob("*.whl")
                with zipfile.ZipFile(wheel) as archive:
                    (path,) = (each for each in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", each))
                    return Parser().parsestr(archive.read(path).decode("utf-8"))
    sys.exit(f"There is no wheel of {name} {version} to read the licence in.")


def rows() -> Iterator[str]:
    """The lines of the table. Ends the program at a package that says nothing."""
    for name, version in locked().items():
        said = licence(metadata_of(name, version))
        if said is None:
            sys.exit(f"{name} {version} says nothing of its licence.")
        yield f"| {name} | {version} | {said} |\n"


if __name__ == "__main__":
    DOCUMENT.write_text(HEAD + "".join(rows()), encoding="utf-8")
