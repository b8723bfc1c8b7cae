"""Checks that all locked packages have wheels wherever the project runs: `python -m tools.check_wheels`.

Asks for each lock, each Python and each system, and prints how many packages apply there; exit status 1 where one would
have to be built. macOS on Intel is left out: jaxlib has no wheels for it.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from tools.lock import ROOT, pins, uv_pip

LOCKS = ("requirements.txt", "requirements-dev.txt")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = {
    "Linux x86-64": "x86_64-unknown-linux-gnu",
    "Linux aarch64": "aarch64-unknown-linux-gnu",
    "macOS arm64": "aarch64-apple-darwin",
    "Windows x64": "x86_64-pc-windows-msvc",
}
MACOS = "14.0"
"""The oldest that the wheels are for."""
WITHOUT_WHEEL = re.compile(r"has no (usable )?wheels|no wheels with a matching")


def applying(path: Path, python: str, platform: str) -> int | None:
    """How many packages of a lock apply there; None where one of them has no wheel."""
    target = ["--python-version", python, "--python-platform", PLATFORMS[platform], "--only-binary", ":all:"]
    with tempfile.TemporaryDirectory() as folder:
        words = ["install", "--dry-run", "--no-deps", "--target", folder, *target, "--requirements", str(path)]
        # What an earlier call has asked is known; the registry is slow to say it again.
        done = uv_pip(*words, "--offline")
        if done.returncode:
            done = uv_pip(*words)
    if done.returncode and not WITHOUT_WHEEL.search(done.stderr):
        sys.exit(done.stderr)
    return None if done.returncode else sum(line.startswith(" + ") for line in done.stderr.splitlines())


def missing(path: Path, python: str, platform: str) -> list[str]:
    """Which packages have no wheel there, asked one by one."""
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / "one.txt"
        found = []
        for pin in sorted(pins(path.read_text(encoding="utf-8"))):
            alone.write_text(f"{pin}\n", encoding="utf-8")
            if applying(alone, python, platform) is None:
                found.append(pin.split(" ;")[0])
    return found


def main(paths: list[Path]) -> None:
    """Prints the table."""
    os.environ["MACOSX_DEPLOYMENT_TARGET"] = MACOS  # which uv asks for
    misses = []
    for path in paths:
        print(f"\n{path.name:21}" + "".join(f"{platform:>15}" for platform in PLATFORMS))
        for python in PYTHONS:
            counts = [applying(path, python, platform) for platform in PLATFORMS]
            cells = ["missing" if count is None else f"{count} wheels" for count in counts]
            print(f"Python {python:14}" + "".join(f"{cell:>15}" for cell in cells), flush=True)
            misses += [(path, python, platform) for platform, n in zip(PLATFORMS, counts, strict=True) if n is None]
    for path, python, platform in misses:
        names = ", ".join(missing(path, python, platform))
        print(f"{path.name}, Python {python}, {platform}: no wheel of {names}", file=sys.stderr)
    sys.exit(1 if misses else 0)


if __name__ == "__main__":
    main([Path(word).resolve() for word in sys.argv[1:]] or [ROOT / name for name in LOCKS])
