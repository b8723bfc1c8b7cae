"""Builds the wheel and uses it as people do who have no checkout: `python -m tools.check_wheel_install`.

In an environment of its own, outside the checkout, it installs requirements.txt and then the wheel. From an empty
folder it imports the package, transfers between two of the recordings that came along, and opens the page. `--python`
names another Python for that environment. Needs what requirements-dev.txt installs, and the package registry.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE, ITS_SOUND = "Speech as hand drums", "results/speech-drums.mp3"
START_S, STOP_S = 120, 60
FOREIGN = ("PYTHON", "VIRTUAL_ENV", "GRADIO_", "STYLETRANSFER_", "JAX_", "XLA_")
"""Variables that begin so would have the program behave as it does here."""


class Outside:
    """An empty folder, and an environment that knows nothing of the checkout, to run commands in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "empty"
        self.folder.mkdir()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.environment["STYLETRANSFER_CACHE"] = str(folder / "cache")
        self.environment["GRADIO_TEMP_DIR"] = str(folder / "private")

    def start(self, *words: object) -> subprocess.Popen[str]:
        """Shows a command and starts it; its standard output is a pipe."""
        command = list(map(str, words))
        print(f"+ {shlex.join(command)}", flush=True)
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )

    def run(self, *words: object) -> str:
        """The output of a command. Where it fails the program ends."""
        process = self.start(*words)
        output, _ = process.communicate()
        if process.returncode:
            sys.exit(f"{output}The command above ended with {process.returncode}.")
        return output


def build(folder: Path) -> Path:
    """Builds the wheel and the sdist, and from the sdist a wheel again; returns the first. Where the two wheels differ
    the program ends."""
    command = [sys.executable, "-m", "hatchling", "build"]
    subprocess.run([*command, "-t", "wheel", "-t", "sdist", "-d", str(folder)], cwd=ROOT, check=True)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # which Python 3.11.2 has not
        archive.extractall(folder / "sdist")
    (unpacked,) = (folder / "sdist").iterdir()
    subprocess.run([*command, "-t", "wheel", "-d", str(folder / "again")], cwd=unpacked, check=True)
    differing = contents(wheel) ^ contents(folder / "again" / wheel.name)
    if differing:
        sys.exit(f"The sdist makes another wheel: {sorted(name for name, _ in differing)}")
    return wheel


def contents(wheel: Path) -> set[tuple[str, int]]:
    """Names and checksums of the files in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {(entry.filename, entry.CRC) for entry in archive.infolist()}


def install(outside: Outside, python: str, wheel: Path, folder: Path) -> Path:
    """Makes the environment with the locked packages and the wheel; returns the folder of its commands."""
    outside.run(python, "-m", "venv", folder)
    commands = folder / ("Scripts" if sys.platform == "win32" else "bin")
    pip = (commands / "python", "-m", "pip")
    outside.run(*pip, "install", "--quiet", "--requirement", ROOT / "requirements.txt")
    outside.run(*pip, "install", "--quiet", "--no-deps", wheel)
    print(outside.run(*pip, "check"), end="", flush=True)
    return commands


def use(outside: Outside, commands: Path) -> None:
    """Imports the package, transfers between two of its recordings, and opens the page."""
    python, program = commands / "python", commands / "styletransfer"
    version = outside.run(python, "-c", "from styletransfer import stylize, __version__; print(__version__)")
    if outside.run(program, "--version").split()[-1:] != version.split():
        sys.exit(f"The package is version {version.strip()}, but styletransfer --version says another.")
    samples = Path(
        outside.run(python, "-c", "from styletransfer.files import resources; print(resources.SAMPLES)").strip()
    )
    if not samples.is_relative_to(commands.parent):
        sys.exit(f"The samples are not those of the wheel: {samples}")
    given = (samples / "speech.flac", samples / "drums.flac")
    print(outside.run(program, "transfer", *given, "-o", "c.wav", "--seconds", 2, "--preset", "quick"), end="")
    outside.run(python, "-c", "import soundfile; assert soundfile.info('c.wav').frames == 2 * 44100")
    if "\n  page " in outside.run(program, "--help"):
        open_page(outside, [program, "page"], samples)
    else:
        print("The command opens no page: that is not checked.")


def open_page(outside: Outside, command: list[object], samples: Path) -> None:
    """Opens the page: it tells of an example, serves its sound, and ends when it is told to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    process = outside.start(*command, "--port", port, "--no-warmup")
    try:
        end = time.monotonic() + START_S
        while fetched(url) is None:
            if process.poll() is not None or time.monotonic() > end:
                sys.exit(f"The page does not answer at {url}.")
            time.sleep(0.2)
        configuration = json.loads(fetched(f"{url}config") or b"{}")
        if EXAMPLE not in [part["props"].get("value") for part in configuration.get("components", [])]:
            sys.exit(f'The page has no example "{EXAMPLE}".')
        sound = samples / ITS_SOUND
        if fetched(f"{url}gradio_api/file={urllib.parse.quote(sound.as_posix())}") != sound.read_bytes():
            sys.exit(f"The page does not serve {sound}.")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=STOP_S)
    finally:
        process.kill()
    # Windows has no signals, and ends a process with 1.
    if sys.platform != "win32" and process.returncode != 128 + signal.SIGTERM:
        sys.exit(f"The page ended with {process.returncode} when it was told to end.")
    print("The page has its examples, and ends when it is told to.")


def fetched(url: str) -> bytes | None:
    """What stands at an address; None where nothing does, or nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read()
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return None


def main(words: list[str]) -> None:
    """Runs all steps; the first that fails ends the program with a sentence."""
    parser = argparse.ArgumentParser(prog="python -m tools.check_wheel_install", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="the Python to install into; this one by default")
    arguments = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="styletransfer-wheel-") as name:
        folder = Path(name).resolve()
        wheel = build(folder / "dist")
        outside = Outside(folder)
        use(outside, install(outside, arguments.python, wheel, folder / "environment"))


if __name__ == "__main__":
    main(sys.argv[1:])
