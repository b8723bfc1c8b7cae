"""A root of its own for a command, as a container has it, made with what every Linux has: mount namespaces and chroot.

Needs root's rights.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

FROM_OUTSIDE = ("PIP_CERT", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_DEFAULT_TIMEOUT", "HTTPS_PROXY", "HTTP_PROXY")
"""Variables that say where packages come from, not which: what is built has them, what runs has not."""
CERTIFICATES = "etc/ssl/certs"
"""Of the machine, for a registry that is not the public one"""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class FreshRoot:
    """A folder that a command sees as `/`, with a little of the machine's: devices, names of hosts, certificates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def made(cls, folder: Path, packages: Sequence[str]) -> FreshRoot:
        """The smallest system that debootstrap makes, with these packages beside it."""
        _run("debootstrap", "--variant=minbase", f"--include={','.join(packages)}", "stable", folder)
        return cls(folder)

    def copy(self, folder: Path) -> FreshRoot:
        """The same system once more, as another stage begins with it."""
        _run("cp", "--archive", "--reflink=auto", self.folder, folder)
        return FreshRoot(folder)

    def run(self, command: Sequence[str], cwd: str, environment: Mapping[str, str]) -> None:
        """Runs a command as root, to change the system; where it fails the program ends."""
        given = {name: os.environ[name] for name in FROM_OUTSIDE if name in os.environ}
        mounts = self._mounts(read_only=False, writable={})
        inside = ["chroot", str(self.folder), *_in_folder(cwd, {**environment, **given}, command)]
        done = subprocess.run(_alone(mounts, inside), check=False)
        if done.returncode:
            sys.exit(f"The step above ended with {done.returncode}.")

    def start(
        self, command: Sequence[str], cwd: str, environment: Mapping[str, str], user: str, writable: Mapping[str, Path]
    ) -> subprocess.Popen[bytes]:
        """Starts a command as process 1, with a system that it cannot write to but for `writable`: folders here, by
        the paths that they have inside."""
        inside = ["chroot", f"--userspec={user}", str(self.folder), *_in_folder(cwd, environment, command)]
        return subprocess.Popen(_alone(self._mounts(read_only=True, writable=writable), inside))

    def _mounts(self, *, read_only: bool, writable: Mapping[str, Path]) -> list[list[str]]:
        """What is mounted before the command runs, none of which is seen outside."""
        root = str(self.folder)
        made = [["mount", "--bind", root, root]]
        made += [["mount", "--rbind", "/dev", f"{root}/dev"], ["mount", "-t", "proc", "proc", f"{root}/proc"]]
        for name in ("etc/resolv.conf", "etc/hosts", CERTIFICATES):
            made.append(["mount", "--bind", f"/{name}", f"{root}/{name}"])
        for inside, folder in writable.items():
            made.append(["mount", "--bind", str(folder), f"{root}{inside}"])
        if read_only:
            made.append(["mount", "-o", "remount,bind,ro", root])
        return made


def main_process(process: subprocess.Popen[bytes]) -> int | None:
    """The number that process 1 of what was started has out here; None where there is none yet, or any more."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
    return int(children[0]) if children else None


def enter(process: subprocess.Popen[bytes], user: str, command: Sequence[str]) -> str | None:
    """Runs another command where one was started, with its folder and variables: what it complains of, and None where
    it succeeds."""
    number, (uid, gid) = main_process(process), user.split(":")
    if number is None:
        return "nothing runs there"
    variables = Path(f"/proc/{number}/environ").read_bytes().decode().split("\0")
    namespaces = ["nsenter", f"--target={number}", "--mount", "--pid", "--root", "--wd", f"--setuid={uid}"]
    inside = [*namespaces, f"--setgid={gid}", "env", "-i", *variables[:-1], *command]
    done = subprocess.run(inside, capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else None


def missing() -> list[str]:
    """What this machine lacks to do any of it, in words."""
    programs = ("debootstrap", "unshare", "nsenter", "chroot")
    lacking = [name for name in programs if shutil.which(name) is None]
    return lacking if os.geteuid() == 0 else [*lacking, "root's rights"]


def _in_folder(cwd: str, environment: Mapping[str, str], command: Sequence[str]) -> list[str]:
    variables = [f"{name}={value}" for name, value in ({"PATH": PATH} | dict(environment)).items()]
    return ["env", "-i", f"--chdir={cwd}", *variables, *command]


def _alone(mounts: Sequence[Sequence[str]], command: Sequence[str]) -> list[str]:
    """The command in namespaces of its own, where it is process 1 once all is mounted."""
    script = " && ".join([*map(shlex.join, mounts), f"exec {shlex.join(command)}"])
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script]


def _run(*command: object) -> None:
    done = subprocess.run(list(map(str, command)), stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} ended with {done.returncode}.")
