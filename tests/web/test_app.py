"""The program that serves the page: its options, and what it leaves behind, however it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click.testing
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from support import coroutines
from support.page_server import DRUMS, PIANO, free_port, wait_until

import app
from styletransfer.files import decoders
from styletransfer.listening.plan import ListeningError
from styletransfer.web import hosting, launch, logs, page
from styletransfer.web.server import logins
from styletransfer.web.server.private_files import PrivateFiles
from styletransfer.web.server.server import Limits

ROOT = Path(__file__).parents[2]


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, dict[str, Any]]]:
    """Runs the program's command with nothing served: exit status, output, and what the page was to be served with."""

    def run(*arguments: str) -> tuple[int, str, dict[str, Any]]:
        served: dict[str, Any] = {}

        def serve(limits: Limits, **options: Any) -> launch.End:
            served.update(
                options,
                max_seconds=limits.max_seconds,
                max_length_s=limits.max_length_s,
                memory_bytes=limits.memory_bytes,
            )
            return launch.End(0, True)

        monkeypatch.setattr(launch, "serve", serve)
        monkeypatch.setattr(logs, "write_lines", lambda: None)
        monkeypatch.setattr(decoders, "isolate", lambda: served.update(isolated=True))
        done = click.testing.CliRunner().invoke(app.page, arguments)
        return done.exit_code, done.output, served

    return run


def test_options_reach_the_page(launched, tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text("ann:one two\n# nobody\n\nbob:a:b\n")
    _, _, served = launched("--host", "0.0.0.0", "--port", "8000", "--share", "--root-path", "/st", "--no-warmup")
    expected = {"server_name": "0.0.0.0", "server_port": 8000, "share": True, "root_path": "/st", "warm_up": False}
    expected |= {"max_seconds": hosting.MAX_SECONDS, "mcp_server": False, "workers": hosting.WORKERS}
    assert served.pop("hosting").is_public
    assert served.pop("isolated")
    assert served == expected | dict.fromkeys(("auth", "max_length_s", "memory_bytes", "data"))
    asked = ["--max-seconds", "90", "--max-length", "60", "--memory", "1.5"]
    asked += ["--auth-file", str(users), "--data", str(tmp_path)]
    _, _, served = launched(*asked)
    assert served["data"] == tmp_path
    assert (served["max_seconds"], served["max_length_s"], served["warm_up"]) == (90, 60, True)
    assert served["memory_bytes"] == 1.5e9
    assert coroutines.run(served["auth"]("ann", "one two"))
    assert coroutines.run(served["auth"]("bob", "a:b"))
    assert not coroutines.run(served["auth"]("bob", "a"))
    assert [served[name] for name in ("server_name", "server_port", "share", "root_path")] == 4 * [None]
    assert not served["hosting"].is_public
    assert "isolated" not in served
    _, _, served = launched()
    assert (served["max_seconds"], served["workers"]) == (None, 0)
    _, _, served = launched("--public", "--workers", "0", "--max-seconds", "90")
    assert (served["max_seconds"], served["workers"]) == (90, 0)


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        (None, "could not be read: No such file or directory. Give a file of user:password lines."),
        (b"\xff\xfe", "could not be read: it is not text in UTF-8. Give"),
        (b"\n# all comment\n", "holds nobody, so nobody could open the page."),
        (b"ann:one\nsecret\n", "Line 2 of .* is not of the form user:password."),
        (b"ann:\n", "Line 1 of .* is not of the form"),
        (b"ann:one\nann:two\n", "Line 2 of .* names ann a second time."),
    ],
)
def test_a_bad_file_of_users_is_refused_in_a_sentence(
    contents: bytes | None, sentence: str, launched, tmp_path: Path
) -> None:
    users = tmp_path / "users"
    if contents is not None:
        users.write_bytes(contents)
    status, output, served = launched("--auth-file", str(users))
    assert status == 2
    assert "auth" not in served
    assert re.match(rf"Error: .*{sentence}", output)
    assert "secret" not in output
    with pytest.raises(logins.LoginsError):
        logins.read(users)


@pytest.mark.parametrize("bad", [("--max-seconds", "0"), ("--memory", "0"), ("--port", "70000")])
def test_a_bad_number_is_refused(bad: tuple[str, str], launched) -> None:
    status, output, _ = launched(*bad)
    assert status == 2
    assert "is not in the range" in output


NO_PORT = OSError("Cannot find empty port in range: 7860-7959. Pass the `server_port` parameter to `launch()`.")


@pytest.mark.parametrize(
    ("error", "arguments", "sentence"),
    [
        (ListeningError("data is a file. Name a folder."), [], "data is a file. Name a folder."),
        (PermissionError(13, "Permission denied", "private"), [], "The page cannot be opened: [Errno 13] "),
        (NO_PORT, [], "The page cannot be opened at any port from 7860: it is in use. Give another --port."),
        (NO_PORT, ["--port", "80"], "The page cannot be opened at port 80: it is in use. Give another --port."),
        (
            NO_PORT,
            ["--host", "10.9.9.9"],
            "The page cannot be opened at any port from 7860: it is in use, or 10.9.9.9 is no address of this machine. "
            "Give another --port or --host.",
        ),
    ],
)
def test_a_page_that_cannot_be_served_is_refused_in_a_sentence(
    error: Exception, arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(launch, "serve", serve)
    monkeypatch.setattr(logs, "write_lines", lambda: None)
    monkeypatch.setattr(decoders, "isolate", lambda: None)
    monkeypatch.delenv("GRADIO_SERVER_PORT", raising=False)
    done = click.testing.CliRunner().invoke(app.page, arguments)
    assert (done.exit_code, done.output.startswith(f"Error: {sentence}")) == (2, True), done.output
    assert done.output.count("\n") == 1


Program = Callable[..., tuple[subprocess.Popen[bytes], str]]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """Starts app.py as people do: the process, and its address when it answers. Its private folder is in
    `tmp_path / "private"`, and it finds nothing compiled."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[bytes], str]:
        port = str(free_port())
        environment = {"GRADIO_TEMP_DIR": str(tmp_path / "private"), "STYLETRANSFER_CACHE": ""}
        environment["GRADIO_SERVER_PORT"] = port
        command = [sys.executable, str(ROOT / "app.py"), *arguments]
        process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | environment, stderr=subprocess.PIPE)
        started.append(process)
        url = f"http://127.0.0.1:{port}/"
        wait_until(lambda: process.poll() is not None or answer(url))
        return process, url

    yield start
    for process in started:
        process.kill()
        process.communicate()


def answer(url: str) -> int | None:
    try:
        with urllib.request.urlopen(url) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.thorough)])
def test_a_signal_ends_it_cleanly_even_while_it_compiles(
    number: signal.Signals, program: Program, tmp_path: Path
) -> None:
    """And what a process has left that was killed before is removed when it starts, and uploads when it ends."""
    left = tmp_path / "private" / "left"
    if number == signal.SIGTERM:
        left = killed(tmp_path / "private")
    process, url = program()
    assert not left.exists()
    (folder,) = (tmp_path / "private").iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(AppError, match="seed is -1"):
        Client(url, verbose=False).predict(handle_file(PIANO), handle_file(DRUMS), seed=-1, api_name="/transfer")
    assert list(folder.rglob("piano.flac"))
    process.send_signal(number)
    assert process.wait(timeout=20) == 128 + number
    assert process.stderr is not None
    errors = process.stderr.read().decode()
    assert not re.search("Traceback|FATAL|terminate called", errors), errors
    assert not list((tmp_path / "private").iterdir())


def killed(parent: Path) -> Path:
    """What a process leaves that is killed: its private folder."""
    serving = "import pathlib, sys; from styletransfer.web.server.private_files import PrivateFiles; "
    serving += "made = PrivateFiles(pathlib.Path(sys.argv[1])); print(made.folder, flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", serving, str(parent)]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        left = Path(process.stdout.readline().strip())
        process.kill()
    assert left.exists()
    return left


@pytest.mark.thorough
def test_only_users_in_the_file_may_use_the_page(program: Program, tmp_path: Path) -> None:
    (tmp_path / "users").write_text("ann:right\n")
    _, url = program("--no-warmup", "--auth-file", "users")
    assert answer(f"{url}gradio_api/info") == 401
    assert Client(url, auth=("ann", "right"), verbose=False).view_api(return_format="dict")
    with pytest.raises(Exception, match=r"(?i)auth|login|credentials|401"):
        Client(url, auth=("ann", "wrong"), verbose=False)


def test_files_are_aged_out(files: PrivateFiles) -> None:
    old, new = (files.new_file("a.wav") for _ in range(2))
    for path in (old, new):
        path.write_bytes(b"sound")
    os.utime(old.parent, (0, 0))
    files.age_out(page.DAY_S)
    assert not old.parent.exists()
    assert new.exists()
    files.age_out(-1)
    assert not new.exists()


def test_gradio_has_the_private_folder_of_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder that was set by hand, one beside the other."""
    monkeypatch.setenv(launch.GRADIO_FOLDER, str(tmp_path))
    first = launch.open_server()
    assert os.environ[launch.GRADIO_FOLDER] == str(first.files.folder)
    second = launch.open_server()
    assert os.environ[launch.GRADIO_FOLDER] == str(second.files.folder)
    assert first.files.folder.parent == second.files.folder.parent == tmp_path.resolve()
    assert first.close()
    assert second.close()
    assert not list(tmp_path.iterdir())
