"""Attacks on a served page, as a visitor's computer could make them: over HTTP, and by hand where no client would."""

from __future__ import annotations

import errno
import json
import re
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from support.page_server import DRUMS, PIANO, Site, free_port, instant, replace_engine, serve

from styletransfer.files import atomic
from styletransfer.web import gradio_compat
from styletransfer.web.guard import budgets, calls, gate, keys
from styletransfer.web.guard.faults import MISFIT, NO_URLS
from styletransfer.web.hosting import Hosting, decide
from styletransfer.web.server.private_files import FULL, PrivateFiles
from styletransfer.web.server.server import Server

FAR = "https://far.example"
API = "gradio_api"


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=30) as opened:
        yield opened


def raw(url: str, text: str, *, more: bytes = b"") -> str:
    """What comes back for bytes that no client would send; `HOST` in them is the page's."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        connection.sendall(text.replace("HOST", parts.netloc).replace("\n", "\r\n").encode() + more)
        answer = b""
        while b"\r\n\r\n" not in answer and (piece := connection.recv(65536)):
            answer += piece
    return answer.decode("latin-1")


def called(client: httpx.Client, data: Any) -> tuple[str, str]:
    """How calling the function that waits in the queue ends, and the error that is told."""
    return ended(client, json.dumps({"data": data}))


def ended(client: httpx.Client, body: str) -> tuple[str, str]:
    answer = client.post(f"{API}/call/stylize", content=body, headers=JSON)
    if answer.status_code != 200:
        return str(answer.status_code), str(answer.json().get("error") or answer.json()["detail"])
    told = client.get(f"{API}/call/stylize/{answer.json()['event_id']}").text
    event, data = re.findall(r"event: (.*)\ndata: (.*)\n", told)[-1]
    return event, str(json.loads(data).get("error"))


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("path", ["login", f"{API}/queue/join", f"{API}/cancel", f"{API}/upload", f"{API}/run/stop"])
def test_another_sites_page_is_refused(path: str, client: httpx.Client) -> None:
    answer = client.post(path, json={}, headers={"origin": FAR})
    assert answer.status_code == 403
    assert "another site's page" in answer.json()["detail"]


def test_no_header_allows_another_origin_anything(client: httpx.Client) -> None:
    for method, path in (("GET", "config"), ("OPTIONS", f"{API}/queue/join"), ("GET", f"{API}/queue/data")):
        asked = {"origin": FAR, "access-control-request-method": "POST", "host": "public.example"}
        answer = client.request(method, path, headers=asked)
        assert answer.status_code in (403, 404)
        assert not [name for name in answer.headers if name.startswith("access-control")]
    own = client.get("config", headers={"origin": str(client.base_url).rstrip("/")})
    assert own.status_code == 200
    assert not [name for name in own.headers if name.startswith("access-control")]


def test_who_says_to_come_from_elsewhere_is_not_believed(client: httpx.Client) -> None:
    """Neither by Gradio, which would take the page's own address from it, nor by uvicorn."""
    said = {"x-forwarded-host": "far.example", "x-forwarded-proto": "https", "x-forwarded-for": "9.9.9.9"}
    assert "far.example" not in client.get("config", headers=said).text
    assert "far.example" not in client.get("config", headers={"x-gradio-server": FAR}).text


@pytest.mark.parametrize(
    "lines",
    [
        "GET / HTTP/1.1\nHost: a b\n\n",
        'GET / HTTP/1.1\nHost: "><script>\n\n',
        "GET / HTTP/1.1\nHost:\n\n",
        "GET / HTTP/1.0\n\n",
    ],
)
def test_a_host_that_is_none_is_refused(lines: str, url: str) -> None:
    assert " 400 " in raw(url, lines).splitlines()[0]


@pytest.mark.parametrize(
    "target",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../../../etc/passwd",
        "/gradio_api/file=%2e%2e/%2e%2e/etc/passwd",
        "/static/../../../../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/svelte/..%5c..%5cpyproject.toml",
        "/gradio_api/file=http://127.0.0.1:1/",
        "/gradio_api/file=file:///etc/passwd",
        "//etc/passwd",
        "/%2fmonitoring",
        "/monitoring%00",
        "http://far.example/",
    ],
)
def test_paths_that_lead_out_lead_nowhere(target: str, url: str) -> None:
    answer = raw(url, f"GET {target} HTTP/1.1\nHost: HOST\n\n")
    assert re.match(r"HTTP/1\.1 (400|403|404|405) ", answer), answer[:200]
    assert "root:" not in answer


@pytest.mark.parametrize(
    "path",
    ["monitoring", "monitoring/summary", "openapi.json", "docs", f"{API}/openapi.json", f"{API}/dev/reload"]
    + [
        f"{API}/{name}"
        for name in ("deep_link", "token", "queue/status", "runs", "vibe-code", "proxy=http://a.hf.space")
    ],
)
def test_what_the_page_does_not_use_is_not_there(path: str, client: httpx.Client) -> None:
    assert client.get(path).status_code == 404


def test_nothing_is_stored_that_the_page_did_not_ask_for(client: httpx.Client, site: Site) -> None:
    before = set(site.server.files.folder.iterdir())
    for path in ("process_recording", "component_server", "vibe-edit", "stream/abc"):
        assert client.post(f"{API}/{path}", files={"video": ("a.mp4", b"x" * 1000)}).status_code == 404
    assert set(site.server.files.folder.iterdir()) == before


def test_every_answer_has_the_headers(client: httpx.Client) -> None:
    for path in ("", "config", "alive", "healthz", "favicon.ico", "nothing", f"{API}/info"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "microphone=(self)" in headers["permissions-policy"]
        assert headers["referrer-policy"] == "same-origin"


def test_pages_of_listening_tests_keep_their_own_policy(client: httpx.Client) -> None:
    answer = client.get("listen/not-there")
    assert answer.status_code == 404
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "x-frame-options" not in answer.headers


@pytest.mark.parametrize("seed", ["three", [1], {"a": 1}, True, float("nan"), 1.5], ids=str)
def test_a_value_of_another_kind_is_told_in_a_sentence(seed: Any, client: httpx.Client) -> None:
    event, error = called(client, [None, None, "quick", 50, 0, 10, seed])
    assert event == "error"
    assert re.fullmatch(r"seed is .{1,40}; it must (be a whole number|lie) between .*\.", error), error


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 309, "9" * 5000])
def test_numbers_beyond_all_numbers_are_told_in_a_sentence(constant: str, client: httpx.Client) -> None:
    body = f'{{"data": [null, null, "quick", 50, 0, {constant}, 0]}}'
    event, said = ended(client, body)
    assert event in ("400", "422", "error")
    assert said != "None"
    assert "111111111111" not in said
    assert "9" * 100 not in said


@pytest.mark.parametrize("data", [[], [1], [1] * 50, ["/etc/passwd"] * 7, [{"path": "/etc/passwd"}] * 7, None])
def test_what_is_not_for_the_function_is_told_in_a_sentence(data: Any, client: httpx.Client) -> None:
    event, error = called(client, data)
    assert event in ("422", "error")
    assert error == MISFIT


@pytest.mark.parametrize("body", [{"fn_index": 10**6}, {"fn_index": "x"}, {"fn_index": -1}, {"data": []}, {}])
def test_a_function_that_is_not_there_is_told_so(body: dict[str, Any], client: httpx.Client) -> None:
    for path in (f"{API}/queue/join", f"{API}/run/nothing", f"{API}/call/nothing"):
        answer = client.post(path, json={"data": [], "session_hash": "abc"} | body)
        assert answer.status_code == 404
        assert answer.json()["detail"] == calls.NO_FUNCTION


@pytest.mark.parametrize("body", [{"foo": 1}, {}, {"content": None, "foo": 1}], ids=str)
def test_arguments_that_do_not_fit_are_told_so(body: dict[str, Any], client: httpx.Client) -> None:
    answer = client.post(f"{API}/call/v2/transfer", json=body)
    assert (answer.status_code, answer.json()["detail"]) == (400, MISFIT)


@pytest.mark.parametrize("way", ["call", "call/v2"])
def test_the_pages_own_functions_have_no_names_for_others(way: str, client: httpx.Client) -> None:
    answer = client.post(f"{API}/{way}/transfer_from_page", json={"data": []})
    assert (answer.status_code, answer.json()["detail"]) == (404, calls.NO_FUNCTION)


def test_a_function_that_does_not_wait_takes_no_place_in_the_queue(client: httpx.Client) -> None:
    functions = client.get("config").json()["dependencies"]
    own = next(each["id"] for each in functions if each["api_visibility"] == "private" and each["queue"] is False)
    answer = client.post(f"{API}/queue/join", json={"data": [], "fn_index": own, "session_hash": "abc"})
    assert (answer.status_code, answer.json()["detail"]) == (400, calls.NOT_QUEUED)
    waits = client.post(f"{API}/run/stylize", json={"data": []})
    assert (waits.status_code, waits.json()["detail"]) == (400, calls.NOT_RUN)


def test_stop_can_be_called_in_each_way(url: str, client: httpx.Client) -> None:
    assert Client(url, verbose=False).predict(api_name="/stop") == ()
    assert client.post(f"{API}/run/stop", json={"data": []}).status_code == 200
    for way in ("call", "call/v2"):
        assert client.post(f"{API}/{way}/stop", json={"data": []} if way == "call" else {}).status_code == 200


def test_what_is_not_understood_is_not_sent_back(client: httpx.Client) -> None:
    for path in (f"{API}/cancel", f"{API}/reset", f"{API}/call/stylize"):
        answer = client.post(path, json={"secret": "x" * 1000})
        assert answer.status_code == 422
        assert MISFIT in answer.text
        assert "xxx" not in answer.text


def test_a_visit_is_named_by_a_key(client: httpx.Client) -> None:
    long = "x" * 100_000
    answer = client.post(f"{API}/call/stop", json={"data": [], "session_hash": long})
    assert (answer.status_code, answer.json()["detail"]) == (400, keys.NO_KEY)
    for path in (f"{API}/heartbeat/{long[:65]}", f"{API}/upload_progress?upload_id={long[:65]}"):
        assert (client.get(path).status_code, client.get(path).text) == (400, keys.NO_KEY)


@pytest.mark.parametrize(
    "path", ["queue/data?session_hash=nonsense", "call/transfer/nonsense", "call/v2/transfer/nonsense"]
)
def test_a_visit_that_is_not_known_is_no_error(
    path: str, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get(f"{API}/{path}")
    assert answer.status_code == 200
    assert "Not Found" in answer.text
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "bytes=0-1, 3-4", "bytes=a-b", "bytes=-", "bytes=", "x", "lines=1-2"]
)
def test_a_part_of_a_file_that_is_none_brings_the_whole(asked: str, client: httpx.Client) -> None:
    (path,) = client.post(f"{API}/upload", files={"files": ("piano.flac", PIANO.read_bytes())}).json()
    answer = client.get(f"{API}/file={path}", headers={"range": asked})
    assert (answer.status_code, answer.content) == (200, PIANO.read_bytes())
    for part, n_bytes in (("bytes=0-9", 10), ("bytes=-7", 7), ("bytes=3-", PIANO.stat().st_size - 3)):
        answer = client.get(f"{API}/file={path}", headers={"range": part})
        assert (answer.status_code, len(answer.content)) == (206, n_bytes)


def test_an_upload_is_followed_and_then_forgotten(client: httpx.Client) -> None:
    client.post(f"{API}/upload?upload_id=my-upload", files={"files": ("piano.flac", PIANO.read_bytes())})
    assert '"done"' in client.get(f"{API}/upload_progress?upload_id=my-upload").text
    assert client.get(f"{API}/upload_progress?upload_id=not-mine").status_code == 404
    progress = gradio_compat.routes.file_upload_statuses
    assert not {"my-upload", "not-mine"} & (progress._statuses.keys() | progress._signals.keys())


def test_a_failure_has_a_name_that_the_log_has_too(
    client: httpx.Client, site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(type(site.server.files), "is_writable", lambda _: 1 / 0)
    answer = client.get("healthz")
    assert answer.status_code == 500
    found = re.search(r"\(error ([0-9a-f]{6})\)", answer.text)
    assert found
    assert [record.error for record in caplog.records if record.name == gate.__name__ and hasattr(record, "error")] == [  # type: ignore[attr-defined]
        found[1]
    ]


def test_a_full_disk_is_told_without_naming_a_folder(url: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, _: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    replace_engine(server, stylize=instant)
    client = Client(url, verbose=False)
    monkeypatch.setattr(atomic, "write_bytes", full)
    with pytest.raises(AppError) as refused:
        client.predict(handle_file(PIANO), handle_file(DRUMS), seconds=1, api_name="/stylize")
    assert str(refused.value) == FULL


@pytest.mark.parametrize("key", ["path", "url"])
def test_no_recording_is_fetched_from_an_address(key: str, client: httpx.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.5)
        address = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/a.wav"
        file = {"path": address, "meta": {"_type": "gradio.FileData"}} | {key: address}
        _, error = called(client, [file, file, "quick", 50, 0, 10, 0])
        assert error == NO_URLS
        with pytest.raises(TimeoutError):
            elsewhere.accept()


def test_whoever_allows_addresses_has_gradio_look_at_them_first() -> None:
    """Of this machine and its network it fetches none."""
    with serve(hosting=Hosting(allow_urls=True)) as site, httpx.Client(base_url=site.url, timeout=30) as client:
        file = {"path": "http://127.0.0.1:1/a.wav", "meta": {"_type": "gradio.FileData"}}
        _, error = called(client, [file, file, "quick", 50, 0, 10, 0])
        assert error == MISFIT


def test_a_long_body_is_refused_whatever_it_says_of_itself(client: httpx.Client, url: str) -> None:
    long = json.dumps({"data": ["x" * calls.MAX_BODY_BYTES], "fn_index": 0})
    for path in (f"{API}/queue/join", f"{API}/run/stop", "login", f"{API}/cancel"):
        assert client.post(path, content=long, headers=JSON).status_code == 413
    pieces = (long[start : start + 65536].encode() for start in range(0, len(long), 65536))
    assert client.post(f"{API}/run/stop", content=pieces, headers=JSON).status_code == 413


def test_a_body_that_does_not_come_is_given_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "BODY_S", 0.5)
    head = f"POST /{API}/run/stop HTTP/1.1\nHost: HOST\nContent-Type: application/json\nContent-Length: 100\n\n"
    assert raw(url, head, more=b'{"data"').startswith("HTTP/1.1 408 ")


def test_the_pages_function_and_its_client_still_work(url: str) -> None:
    api = Client(url, verbose=False).view_api(return_format="dict")
    assert {"/transfer", "/stylize", "/stop"} <= api["named_endpoints"].keys()  # type: ignore[index]


def test_too_many_jobs_of_one_visit_are_told_when_to_come_back() -> None:
    hosting = decide(public=True, trusted_proxies=["127.0.0.1"], environment={})
    with serve(hosting=hosting) as site, httpx.Client(base_url=site.url, timeout=30) as client:
        send = job_sender(client)
        answers = [send("203.0.113.5", "one") for _ in range(budgets.JOBS.visit.amount + 1)]
        assert {answer.status_code for answer in answers[:-1]} == {200}
        refused = answers[-1]
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert re.fullmatch(r"Too many transfers in a short time. Try again in \d+ seconds.", refused.json()["detail"])
        assert send("203.0.113.5", "two").status_code == 200
        while (answer := send("203.0.113.5", f"visit-{len(answers)}")).status_code == 200:
            answers.append(answer)
        assert sum(each.status_code == 200 for each in answers) + 1 == budgets.JOBS.address.amount
        assert send("203.0.113.6", "three").status_code == 200


def job_sender(client: httpx.Client) -> Callable[[str, str], httpx.Response]:
    """Asks for a transfer without recordings, by a visitor at an address."""

    def send(address: str, visit: str) -> httpx.Response:
        body = {"data": [None, None, "quick", 50, 0, 10, 0], "session_hash": visit}
        return client.post(f"{API}/call/stylize", json=body, headers={"x-forwarded-for": address})

    return send


@contextmanager
def slow_page() -> Iterator[str]:
    """A page with a function that ends with the context, behind a gate that believes a proxy."""
    ends = threading.Event()
    hosting = decide(public=True, trusted_proxies=["127.0.0.1"], environment={})
    with gr.Blocks() as demo, tempfile.TemporaryDirectory() as folder:
        gr.Button().click(lambda: ends.wait(30) and None, api_name="wait")
        demo.queue(default_concurrency_limit=2)
        functions = gradio_compat.functions_of(demo)
        rules = gate.Rules(
            hosting=hosting,
            files=PrivateFiles(Path(folder)),
            routes=(),
            functions=functions,
            jobs=(),
            known=gradio_compat.Functions(demo),
        )
        app = {"lifespan": gradio_compat.in_front(lambda behind: gate.Gate(behind, rules))}
        quietly: dict[str, Any] = {"server_name": "127.0.0.1", "prevent_thread_lock": True, "quiet": True}
        _, url, _ = demo.launch(app_kwargs=app, server_port=free_port(), **quietly)
        try:
            yield url
        finally:
            ends.set()
            demo.close(verbose=False)


def test_nobody_fills_gradios_queue_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a visit, nor an address under many names; what runs counts as well as what waits."""
    monkeypatch.setattr(calls, "MOST_OF_ADDRESS", 12)
    with slow_page() as url, httpx.Client(base_url=url, timeout=30) as client:

        def join(visit: str | None, address: str = "203.0.113.5") -> httpx.Response:
            body = {"data": [], "session_hash": visit}
            return client.post(f"{API}/call/wait", json=body, headers={"x-forwarded-for": address})

        answers = [join("one") for _ in range(calls.MOST_OF_VISIT + 1)]
        assert [answer.status_code for answer in answers] == [200] * calls.MOST_OF_VISIT + [429]
        assert answers[-1].json()["detail"].startswith("This visit has 8 actions under way")
        assert answers[-1].headers["retry-after"] == "5"
        assert [join(None).status_code for _ in range(5)] == [200] * 4 + [429]
        assert join("two", "203.0.113.6").status_code == 200
