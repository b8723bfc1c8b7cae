"""Makes the lock files from the ranges in pyproject.toml: `python -m tools.lock`.

Each requirements file, but that of the benchmarks, holds all packages with their hashes, for Python 3.11 and newer on
Linux, macOS and Windows. What is locked stays while the ranges allow it; `--upgrade` and `--upgrade-package NAME` move
it to the newest. `--check` writes nothing, and ends with 1 where a lock and the ranges disagree.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST = "requirements-dev.txt"
LOCKS: dict[str, list[str]] = {
    FIRST: ["--extra", "mcp", "--extra", "ray", "--group", "dev"],
    "requirements.txt": [],
    "requirements-mcp.txt": ["--extra", "mcp"],
    "requirements-ray.txt": ["--extra", "ray"],
    "requirements-cuda.txt": ["--extra", "cuda"],
}
"""What each file holds beside the dependencies of the program. All others keep to the versions of the first: what is
tested is what is installed."""
COMPILE = ["compile", "pyproject.toml", "--universal", "--python-version", "3.11", "--fork-strategy", "fewest"]
COMPILE += ["--generate-hashes", "--no-emit-index-url", "--custom-compile-command", "python -m tools.lock"]
COMPILE += ["--no-strip-extras"]
"""Extras stay in the pins: the pip of Python 3.11 takes `coverage[toml]` for another package than `coverage`, and looks
for its newest version, which has no hash here."""
KEPT = ("UV_CACHE_DIR", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_OFFLINE")
"""Settings of uv that say where packages come from, not which."""


def uv_pip(*words: str) -> subprocess.CompletedProcess[str]:
    """Runs `uv pip` in the project's folder, without the settings of this machine."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UV_") or name in KEPT}
    command = [sys.executable, "-m", "uv", "--no-config", "pip", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def compile_into(folder: Path, options: list[str]) -> None:
    """Writes all locks there. What a lock in that folder holds already is preferred. Ends the program where no versions
    fit."""
    for name, wanted in LOCKS.items():
        # In the project's own folder names alone: they are in the comments of the locks.
        path, first = ((folder / each if folder != ROOT else Path(each)) for each in (name, FIRST))
        kept = [] if name == FIRST else ["--constraints", str(first)]
        done = uv_pip(*COMPILE, *wanted, *kept, *options, "--output-file", str(path))
        if done.returncode:
            sys.exit(f"{name} cannot be made:\n{done.stderr}")


def pins(text: str) -> set[str]:
    """The `name==version ; marker` of every package in a lock."""
    lines = (line.split(" \\")[0].strip() for line in text.splitlines() if line[:1] not in ("", "#", " "))
    return set(lines)


def read_pins(folder: Path) -> dict[str, set[str]]:
    """The pins of all locks in a folder."""
    return {name: pins((folder / name).read_text(encoding="utf-8")) for name in LOCKS}


def is_current() -> bool:
    """Whether compiling anew would change no lock; prints what it would change, a line for each package that goes or
    comes."""
    locked = read_pins(ROOT)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in LOCKS:
            shutil.copy(ROOT / name, folder)
        compile_into(folder, [])
        anew = read_pins(folder)
    for name in LOCKS:
        print(f"{name}: {'as the ranges say' if locked[name] == anew[name] else 'out of date'}")
        changes = sorted(locked[name] ^ anew[name])
        print("".join(f"  {'-' if pin in locked[name] else '+'} {pin}\n" for pin in changes), end="")
    return locked == anew


def main(words: list[str]) -> None:
    """Writes all locks, or checks them."""
    parser = argparse.ArgumentParser(prog="python -m tools.lock", description=__doc__, allow_abbrev=False)
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 where a lock is out of date")
    arguments, options = parser.parse_known_args(words)
    if arguments.check:
        if not is_current():
            sys.exit("Run python -m tools.lock, and commit what it writes.")
        return
    compile_into(ROOT, options)
    print("\n".join(f"{name}: {len(found)} packages" for name, found in read_pins(ROOT).items()))


if __name__ == "__main__":
    main(sys.argv[1:])
