"""Builds and runs the container without an engine: `python -m tools.check_container`.

Runs each step of the Dockerfile as it stands there, in a fresh root that debootstrap makes in place of the image that
it begins with: so it says nothing of that image and its Python. Then the page starts as ENTRYPOINT and CMD say, as
their user, and can write to nothing but /data and /tmp. It must become well as HEALTHCHECK sees it, make a transfer,
and end when it is told to, leaving no visitor's file. Needs root, debootstrap, Debian's packages and the package
registry; `docker build .` says more where there is an engine.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import soundfile
from gradio_client import Client, handle_file

from tools import dockerfile, fresh_root
from tools.dockerfile import ROOT, Step
from tools.fresh_root import FreshRoot

SYSTEM = ("ca-certificates", "python3", "python3-venv")
"""Of Debian, for what the image of Python brings."""
START_S, STOP_S = 180, 60
MAX_MB = 1600
SECONDS = 2
VOLUME, VISITS = "/data", "visits"
TRIED = ("piano", "drums")
"""Samples for the transfer: content and style"""


class Image:
    """What the steps of a Dockerfile make: the system of the last stage, and how it is run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = FreshRoot.made(folder / "base", SYSTEM)
        self.stages: dict[str, FreshRoot] = {}
        self.root = self.base
        self.cwd, self.user, self.environment = "/", "0:0", dict[str, str]()
        self.entrypoint, self.command, self.health = [], [], list[str]()

    def take(self, step: Step) -> None:
        """Does what a step says."""
        print(f"+ {step.instruction} {step.rest}", flush=True)
        match step.instruction:
            case "FROM":
                name = step.rest.split(" AS ")[-1]
                self.root = self.stages[name] = self.base.copy(self.folder / f"stage-{len(self.stages)}")
                self.cwd, self.user, self.environment = "/", "0:0", {}
            case "ARG" | "ENV":
                self.environment |= dockerfile.pairs(step.rest)
            case "WORKDIR":
                self.cwd = step.rest
                self.outside(self.cwd).mkdir(parents=True, exist_ok=True)
            case "COPY":
                self.copy(step)
            case "RUN":
                self.root.run(["sh", "-c", step.rest], self.cwd, self.environment)
            case "USER":
                self.user = step.rest
            case "HEALTHCHECK":
                self.health = dockerfile.words(step.rest)
            case "ENTRYPOINT":
                self.entrypoint = dockerfile.words(step.rest)
            case "CMD":
                self.command = dockerfile.words(step.rest)

    def outside(self, path: str) -> Path:
        """Where a path of the image is here."""
        return self.root.folder / path.removeprefix("/")

    def copy(self, step: Step) -> None:
        """From another stage, or what .dockerignore leaves of the checkout."""
        *taken, target = step.rest.split()
        if taken[0].startswith("--from="):
            stage = self.stages[taken[0].removeprefix("--from=")]
            shutil.copytree(stage.folder / taken[1].removeprefix("/"), self.outside(target), symlinks=True)
            return
        for path in dockerfile.context():
            for source in map(Path, taken):
                if path == source or source in path.parents:
                    inside = self.outside(self.cwd) / target
                    made = inside / path.name if target.endswith("/") else inside / path.relative_to(source)
                    made.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(ROOT / path, made)


def use(image: Image, data: Path, temporary: Path) -> None:
    """Starts the page, waits until it is well, makes a transfer, and ends it."""
    uid, gid = map(int, image.user.split(":"))
    for folder in (data, temporary):
        folder.mkdir()
        os.chown(folder, uid, gid)
    port = free_port()
    environment = image.environment | {"GRADIO_SERVER_PORT": f"{port}"}
    command = [*image.entrypoint, *image.command]
    writable = {VOLUME: data, "/tmp": temporary}
    process = image.root.start(command, image.cwd, environment, image.user, writable)
    try:
        begun = time.monotonic()
        while complaint := fresh_root.enter(process, image.user, image.health):
            if process.poll() is not None or time.monotonic() > begun + START_S:
                sys.exit(f"The page does not become well: {complaint}")
            time.sleep(1)
        print(f"The page is well after {time.monotonic() - begun:.0f} s.", flush=True)
        transfer(f"http://127.0.0.1:{port}/")
        if number := fresh_root.main_process(process):
            os.kill(number, signal.SIGTERM)
        process.wait(timeout=STOP_S)
    finally:
        process.kill()
    if process.returncode != 128 + signal.SIGTERM:
        sys.exit(f"The page ended with {process.returncode} when it was told to end.")


def transfer(url: str) -> None:
    """A short one, through the API."""
    content, style = (handle_file(ROOT / "samples" / f"{name}.flac") for name in TRIED)
    made = Client(url, verbose=False).predict(content, style, seconds=SECONDS, preset="quick", api_name="/stylize")
    if soundfile.info(made).frames != SECONDS * 44_100:
        sys.exit("The page makes no transfer.")
    print("The page makes a transfer.", flush=True)


def free_port() -> int:
    """One that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def size_mb(*folders: Path) -> int:
    """What folders take up on the disk, in millions of bytes."""
    told = subprocess.run(["du", "-scB1", *folders], capture_output=True, text=True, check=True).stdout
    return round(int(told.splitlines()[-1].split()[0]) / 1e6)


def main() -> None:
    """Runs all steps; the first that fails ends the program with a sentence."""
    if lacking := fresh_root.missing():
        sys.exit(f"This check needs {', '.join(lacking)}.")
    with tempfile.TemporaryDirectory(prefix="styletransfer-container-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        image = Image(folder)
        for step in dockerfile.steps((ROOT / "Dockerfile").read_text(encoding="utf-8")):
            image.take(step)
        packages, whole = size_mb(image.outside("/opt")), size_mb(image.root.folder)
        print(f"The packages take {packages} MB; with the system and the program it is {whole} MB.", flush=True)
        if whole > MAX_MB:
            sys.exit(f"The image is larger than {MAX_MB} MB.")
        use(image, folder / "data", folder / "temporary")
        left = sorted(path.name for path in (folder / "data" / VISITS).iterdir())
        if left:
            sys.exit(f"Visitors' files are left: {left}")
        print(f"It ends when it is told to; on the volume are {sorted(os.listdir(folder / 'data'))}.")


if __name__ == "__main__":
    main()
