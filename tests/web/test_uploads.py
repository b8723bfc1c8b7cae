"""Uploads that are cut off, too long, too slow, too many, or meet a full disk: what is answered, and what is left."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from gradio import route_utils
from support.page_server import Site, wait_until

from styletransfer.web.guard import budgets, uploads
from styletransfer.web.guard.refusals import Refused
from styletransfer.web.server import private_files
from styletransfer.web.server.private_files import PrivateFiles

ADDRESS = "gradio_api/upload"
BOUNDARY = "cut-here"
PART = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n'.encode()
MIB = 2**20
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60) as opened:
        yield opened


@pytest.fixture
def parts(site: Site) -> Callable[[], list[str]]:
    """Names of the files right in the folder: parts of uploads, as long as they are under way."""
    folder = site.server.files.folder
    return lambda: [path.name for path in folder.iterdir() if path.is_file() and path.name != private_files.LOCK_NAME]


def begin(url: str, length: int, sent: bytes) -> socket.socket:
    """An upload of so many bytes, of which some are sent."""
    site = urlsplit(url)
    connection = socket.create_connection((site.hostname, site.port), timeout=20)
    head = f"POST /{ADDRESS} HTTP/1.1\r\nHost: {site.netloc}\r\nContent-Length: {length}\r\n"
    head += f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    connection.sendall(head.encode() + sent)
    return connection


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(65536).split(b" ")[1])


def send(client: httpx.Client, n_bytes: int, count: int = 1) -> httpx.Response:
    files = [("files", (f"a{number}.wav", b"x" * n_bytes)) for number in range(count)]
    return client.post(ADDRESS, files=files)


def test_nothing_is_left_of_ten_uploads_that_broke_off(url: str, parts: Callable[[], list[str]]) -> None:
    connections = [begin(url, 10 * MIB, PART + b"x" * MIB) for _ in range(10)]
    wait_until(lambda: len(parts()) == 10)
    for connection in connections:
        connection.close()
    wait_until(lambda: not parts(), timeout_s=10)


def test_an_upload_that_ends_in_its_middle_is_refused(url: str, parts: Callable[[], list[str]]) -> None:
    sent = PART + b"x" * 1000
    with begin(url, len(sent), sent) as connection:
        assert status_of(connection) in (200, 400)
    wait_until(lambda: not parts(), timeout_s=10)


def test_a_field_that_nobody_asked_for_leaves_nothing(client: httpx.Client, parts: Callable[[], list[str]]) -> None:
    assert client.post(ADDRESS, files={"other": ("a.wav", b"x" * 1000)}).json() == []
    wait_until(lambda: not parts(), timeout_s=10)


def test_all_files_of_a_request_count_together(client: httpx.Client, parts: Callable[[], list[str]]) -> None:
    answer = send(client, 15 * MIB, 15)
    assert (answer.status_code, answer.text) == (413, uploads.TOO_MUCH)
    wait_until(lambda: not parts(), timeout_s=10)


def test_a_length_that_is_not_said_is_counted(
    client: httpx.Client, parts: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 4 * MIB)
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    pieces = (PART if number == 0 else b"x" * MIB for number in range(8))
    answer = client.post(ADDRESS, content=pieces, headers=headers)
    assert (answer.status_code, answer.text) == (413, uploads.TOO_MUCH)
    wait_until(lambda: not parts(), timeout_s=10)
    assert send(client, MIB).status_code == 200


def test_an_upload_that_stands_still_is_given_up(
    url: str, parts: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "STALL_S", 0.5)
    with begin(url, 10 * MIB, PART + b"x" * 1000) as connection:
        assert status_of(connection) == 408
    wait_until(lambda: not parts(), timeout_s=10)


def test_an_upload_that_trickles_is_given_up(
    url: str, parts: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "STALL_S", 0.5)
    with begin(url, 10 * MIB, PART) as connection:
        end = time.monotonic() + 20
        connection.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() < end:
            connection.sendall(b"x")
            try:
                answer = connection.recv(65536)
            except TimeoutError:
                continue
        assert answer.startswith(b"HTTP/1.1 408 ")
    wait_until(lambda: not parts(), timeout_s=10)


def test_a_disk_that_is_nearly_full_takes_no_upload(
    client: httpx.Client, parts: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - 10**9, 10**9 - 1))
    answer = send(client, 1000)
    assert (answer.status_code, answer.text) == (507, uploads.NO_ROOM)
    assert int(answer.headers["retry-after"]) > 0
    assert client.get("healthz").status_code == 503
    monkeypatch.undo()
    assert send(client, 1000).status_code == 200
    assert client.get("healthz").text == "ok"
    wait_until(lambda: not parts(), timeout_s=10)


def test_a_disk_that_fills_up_meanwhile_ends_the_upload(
    client: httpx.Client, parts: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = iter([True])
    monkeypatch.setattr(PrivateFiles, "has_room", lambda *_: next(rooms, False))
    answer = send(client, 40 * MIB)
    assert (answer.status_code, answer.text) == (507, uploads.NO_ROOM)
    wait_until(lambda: not parts(), timeout_s=10)


def test_a_full_disk_leaves_no_part_that_blocks_later_uploads(
    client: httpx.Client, parts: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system says that the disk is full within a part: it is removed at once."""

    async def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(route_utils.GradioUploadFile, "write", full)
        answer = send(client, MIB)
    assert (answer.status_code, answer.text) == (507, uploads.NO_ROOM)
    wait_until(lambda: not parts(), timeout_s=10)
    assert send(client, MIB).status_code == 200
    wait_until(lambda: not parts(), timeout_s=10)


def test_what_a_visitor_brings_within_an_hour_is_bounded() -> None:
    counts = budgets.Budgets()
    for _ in range(budgets.UPLOADS.address.amount // 200):
        counts.spend(budgets.UPLOADS, address="203.0.113.5", amount=200)
    with pytest.raises(Refused, match=r"Too many uploads in a short time. Try again in \d+ minutes."):
        counts.spend(budgets.UPLOADS, address="203.0.113.5", amount=200)
    counts.spend(budgets.UPLOADS, address="203.0.113.6", amount=200)


@pytest.mark.parametrize(
    ("usage", "used", "n_bytes", "is_room"),
    [
        (Usage(10**12, 0, 10**11), 0, 10**8, True),
        (Usage(10**12, 0, 10**9 + 10**8), 0, 2 * 10**8, False),  # less than 1 GB would be left
        (Usage(10**10, 0, 7 * 10**8), 0, 10**8, True),  # of a small disk 5 % are enough
        (Usage(10**10, 0, 5 * 10**8), 0, 10**8, False),
        (Usage(10**12, 0, 10**11), 10**10 - 10**7, 10**8, False),  # the folder has its share
        (Usage(10**11, 0, 10**10), 8 * 10**9, 10**9, True),
        (Usage(10**11, 0, 3 * 10**9), 3 * 10**9, 10**8, False),  # half of what it could have
    ],
)
def test_room_is_left_on_the_disk_and_the_folder_bounded(
    usage: Usage, used: int, n_bytes: int, is_room: bool, files: PrivateFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(PrivateFiles, "_used", lambda _: used)
    assert files.has_room(n_bytes) is is_room


def test_all_in_the_folder_ages_but_what_the_page_itself_shows(files: PrivateFiles) -> None:
    def old(path: Path) -> Path:
        path.write_bytes(b"sound")
        os.utime(path, (0, 0))
        os.utime(path.parent, (0, 0))
        return path

    uploaded, shown, new = (files.folder / name for name in ("upload", "shown", "new"))
    shown.mkdir()
    old(shown / "a.wav")
    files.keep_what_is_there()
    for folder in (uploaded, new):
        folder.mkdir()
    old(uploaded / "a.wav")
    (new / "a.wav").write_bytes(b"sound")
    part, fresh = old(files.folder / "tmpold"), files.folder / "tmpnew"
    fresh.write_bytes(b"sound")
    made, kept = old(files.new_file("a.wav")), old(files.new_file("a.wav", ages=False))
    files.age_out(3600)
    assert [path.exists() for path in (uploaded, part, made.parent)] == [False] * 3
    assert [path.exists() for path in (shown, new, fresh, kept, files.folder / private_files.LOCK_NAME)] == [True] * 5


def test_the_folder_is_counted_whole(files: PrivateFiles) -> None:
    files.new_file("a.wav").write_bytes(b"x" * 1000)
    (files.folder / "part").write_bytes(b"x" * 500)
    assert files._used() == 1500


def test_a_folder_that_is_removed_while_the_whole_is_counted_counts_for_nothing(
    files: PrivateFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a result is aged out, or an upload moved: the upload that looks for room must not fail."""
    made = [files.new_file("a.wav") for _ in range(2)]
    for path in made:
        path.write_bytes(b"x" * 1000)
    counted = private_files._n_bytes

    def count(path: Path) -> int:
        if path in made:
            shutil.rmtree(next(other for other in made if other != path).parent, ignore_errors=True)
        return counted(path)

    monkeypatch.setattr(private_files, "_n_bytes", count)
    assert files._used() == 1000


def test_what_is_oldest_makes_room_and_what_is_young_stays(
    files: PrivateFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oldest first, and no more than is needed."""
    monkeypatch.setattr(private_files, "MOST_BYTES", 2500)
    made = {}
    for hours in (20, 5, 2, 0):
        made[hours] = files.new_file("a.wav")
        made[hours].write_bytes(b"x" * 1000)
        os.utime(made[hours].parent, (then := time.time() - 3600 * hours, then))
    assert files.has_room(400)
    assert [path.exists() for path in made.values()] == [False, False, True, True]
    files._made_room_s = -private_files.LOOK_S
    assert files.has_room(1400)
    assert [path.exists() for path in made.values()] == [False, False, False, True]
    files._made_room_s = -private_files.LOOK_S
    assert not files.has_room(2000)
    assert made[0].exists()
