"""Makes the lock files from the ranges in pyproject.toml: `python -m tools.lock`.

Each requirements file, but that of the benchmarks, holds all packages with their hashes, for Python 3.11 and newer on
Linux, macOS and Windows. What is locked stays while the ranges allow it; `--upgrade` and `--upgrade-package NAME` move
it to the newest. `--check` writes nothing, and ends with 1 where a lock and the ranges disagree.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST = "requirements-dev.txt"
LOCKS: dict[str, list[str]] = {
    FIRST: ["--extra", "mcp", "--group", "dev"],
    "requirements.txt": [],
    "requirements-mcp.txt": ["--extra", "mcp"],
    "requirements-cuda.txt": ["--extra", "cuda"],
}
"""What each file holds beside the dependencies of the program. All others keep to the versions of the first: what is
tested is what is installed."""
COMPILE = ["compile", "pyproject.toml", "--universal", "--python-version", "3.11", "--fork-strategy", "fewest"]
COMPILE += ["--generate-hashes", "--no-emit-index-url", "--custom-compile-command", "python -m tools.lock"]
KEPT = ("UV_CACHE_DIR", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_OFFLINE")
"""Settings of uv that say where packages come from, not which."""


def uv_pip(*words: str) -> subprocess.CompletedProcess[str]:
    """Runs `uv pip` in the project's folder, without the settings of this machine."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UV_") or name in KEPT}
    command = [sys.executable, "-m", "uv", "--no-config", "pip", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def compile_to(path: Path, name: str, options: list[str]) -> None:
    """Writes one lock. What `path` holds already is preferred. Ends the program where no versions fit."""
    kept = [] if name == FIRST else ["--constraints", FIRST]
    # A path below the project stands in no header.
    output = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
    done = uv_pip(*COMPILE, *LOCKS[name], *kept, *options, "--output-file", output)
    if done.returncode:
        sys.exit(f"{name} cannot be made:\n{done.stderr}")


def pins(text: str) -> set[str]:
    """The `name==version ; marker` of every package in a lock."""
    lines = (line.split(" \\")[0].strip() for line in text.splitlines() if line[:1] not in ("", "#", " "))
    return set(lines)


def differences(name: str) -> list[str]:
    """What compiling anew would change in a lock, one line for each package that is gone or new."""
    locked = (ROOT / name).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(locked, encoding="utf-8")
        compile_to(path, name, [])
        before, after = pins(locked), pins(path.read_text(encoding="utf-8"))
    return [*(f"- {pin}" for pin in sorted(before - after)), *(f"+ {pin}" for pin in sorted(after - before))]


def main(words: list[str]) -> None:
    """Writes all locks, or checks them."""
    parser = argparse.ArgumentParser(prog="python -m tools.lock", description=__doc__, allow_abbrev=False)
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 where a lock is out of date")
    arguments, options = parser.parse_known_args(words)
    if not arguments.check:
        for name in LOCKS:
            compile_to(ROOT / name, name, options)
            print(f"{name}: {len(pins((ROOT / name).read_text(encoding='utf-8')))} packages")
        return
    found = {name: differences(name) for name in LOCKS}
    for name, lines in found.items():
        print("\n  ".join([f"{name}: {'out of date' if lines else 'as the ranges say'}", *lines]))
    if any(found.values()):
        sys.exit("Run python -m tools.lock, and commit what it writes.")


if __name__ == "__main__":
    main(sys.argv[1:])
