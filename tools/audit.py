"""Looks up known vulnerabilities of all locked packages: `python -m tools.audit`.

Asks with pip-audit, which calls a package that it could not look up "skipped" and says that none is known: here it
counts for nothing. Exit status 0 where all were looked up and nothing is known against them, 1 where something is, and
3 where nothing is, but some or all could not be looked up, as without a network.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement

from tools.lock import LOCKS, ROOT, pins

VULNERABLE, NOT_LOOKED_UP = 1, 3


class Findings(NamedTuple):
    """What is known of packages: those that were looked up, and what is said against some of them, a line each."""

    audited: set[str]
    vulnerable: list[str]


def locked(texts: Iterable[str]) -> dict[str, list[str]]:
    """`name==version` of all packages in locks, for whichever system they are, and their hashes."""
    found: dict[str, list[str]] = {}
    for entry in (entry for text in texts for entry in re.split(r"\n(?=\w)", text)):
        for pin in pins(entry):
            package = Requirement(pin)
            found[f"{package.name}{package.specifier}"] = re.findall(r"--hash=\S+", entry)
    return found


def ask(packages: dict[str, list[str]]) -> tuple[dict[str, Any], str]:
    """What pip-audit answers, and why it skipped something, if it did. No answer is an empty one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "packages.txt"
        lines = [" ".join([name, *packages[name]]) for name in sorted(packages)]
        path.write_text("\n".join(lines), encoding="utf-8")
        words = ["--requirement", str(path), "--require-hashes", "--disable-pip", "--format", "json"]
        command = [sys.executable, "-m", "pip_audit", *words, "--progress-spinner", "off"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return {}, "".join(done.stderr.strip().splitlines()[-1:])
    return answer, next((each["skip_reason"] for each in answer["dependencies"] if "skip_reason" in each), "")


def read(answer: dict[str, Any]) -> Findings:
    """What was looked up is what has a version and a list of vulnerabilities, though it be empty."""
    audited, vulnerable = set[str](), list[str]()
    for each in answer.get("dependencies", []):
        if "skip_reason" in each or "vulns" not in each:
            continue
        name = f"{each['name']}=={each['version']}"
        audited.add(name)
        for found in each["vulns"]:
            mended = ", ".join(found["fix_versions"]) or "no version yet"
            vulnerable.append(f"{name}: {found['id']}, mended in {mended}")
    return Findings(audited, vulnerable)


def report(packages: Collection[str], findings: Findings, reason: str) -> int:
    """Prints what was found, and returns the exit status. `reason` is told where nothing could be looked up."""
    skipped = sorted(set(packages) - findings.audited)
    print(f"{len(packages) - len(skipped)} of {len(packages)} audited")
    if len(skipped) == len(packages):
        print(f"None could be looked up, so nothing is known of any. Is there a network? pip-audit says: {reason}")
    elif skipped:
        print(f"Not looked up, so nothing is known of them: {', '.join(skipped)}")
    print("".join(f"Vulnerable: {line}\n" for line in findings.vulnerable), end="")
    if findings.vulnerable:
        return VULNERABLE
    return NOT_LOOKED_UP if skipped else 0


def main() -> int:
    """Audits all locks."""
    packages = locked((ROOT / name).read_text(encoding="utf-8") for name in LOCKS)
    answer, reason = ask(packages)
    return report(packages, read(answer), reason)


if __name__ == "__main__":
    sys.exit(main())
