"""What answers leave with: headers, cookies, sentences for errors; and what is counted. No server is needed for it."""

from __future__ import annotations

import asyncio
import contextvars
import errno
import io
import json
import logging
import math
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from gradio.route_utils import FileUploadProgress

from styletransfer.errors import AudioError, WritingError
from styletransfer.web import gradio_compat, logs, page
from styletransfer.web.guard import answers, budgets, calls, faults, keys
from styletransfer.web.guard.budgets import Budgets
from styletransfer.web.guard.calls import Calls
from styletransfer.web.guard.proxies import visitor_address
from styletransfer.web.guard.reads import Reads
from styletransfer.web.guard.refusals import Refused
from styletransfer.web.server.private_files import FULL


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("a=b", "a=b; HttpOnly; SameSite=Lax"),
        ("a=b; SameSite=None; Secure; Path=/", "a=b; Path=/; HttpOnly; SameSite=Lax"),
        ("a=b; samesite=strict; httponly", "a=b; HttpOnly; SameSite=Lax"),
        ('a=""; Max-Age=0; Path=/', 'a=""; Max-Age=0; Path=/; HttpOnly; SameSite=Lax'),
    ],
)
def test_cookies_stay_here(given: str, sent: str) -> None:
    assert answers.cookie(given.encode(), is_https=False).decode() == sent
    assert answers.cookie(given.encode(), is_https=True).decode() == f"{sent}; Secure"


def test_headers_are_added_where_they_lack() -> None:
    start = {"type": "http.response.start", "status": 200, "headers": [(b"Content-Security-Policy", b"sandbox")]}
    start["headers"] += [(b"access-control-allow-origin", b"*"), (b"Access-Control-Allow-Credentials", b"true")]
    headers = dict(answers.finish(start, answers.defaults("'none'"), is_https=True)["headers"])
    assert headers[b"content-security-policy"] == b"sandbox"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"x-frame-options" not in headers  # what has a policy says itself who may frame it
    assert not [name for name in headers if name.startswith(b"access-control")]


def test_a_page_that_others_may_frame_says_whose() -> None:
    headers = answers.defaults("https://huggingface.co")
    assert headers[b"content-security-policy"].endswith(b"frame-ancestors https://huggingface.co")
    assert b"x-frame-options" not in headers
    assert answers.defaults("'none'")[b"x-frame-options"] == b"DENY"


def test_an_errors_own_sentence_is_told_without_markup() -> None:
    assert faults.sentence(AudioError("<b>.wav is no recording.")) == "&lt;b&gt;.wav is no recording."


def test_a_full_disk_is_told_as_one_and_no_folder_named() -> None:
    cause = OSError(errno.ENOSPC, "No space left on device", "/inner/path")
    error = WritingError("/inner/path cannot be written: No space left on device. Write elsewhere.")
    error.__cause__ = cause
    assert faults.sentence(error) == faults.sentence(cause) == FULL
    read_only = WritingError("/inner/path cannot be written: Read-only file system. Write elsewhere.")
    assert "/inner" not in faults.sentence(read_only)
    assert "(error " in faults.sentence(read_only)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The server's log as it is written where others use the page."""
    stream = io.StringIO()
    handler = logs.write_lines(stream)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_a_line_of_the_log_says_what_and_not_who(log: io.StringIO) -> None:
    ours = logging.getLogger("styletransfer.web.anything")
    try:
        raise ValueError("/home/ann/secret.wav")
    except ValueError:
        identity = logs.error(ours, "an event failed")
    ours.info("request", extra={"status": 429, "duration_s": 0.01, "client": "203.0.113.5"})
    logging.getLogger("another.library").warning("203.0.113.5 asked for %s", "secret.wav")
    failed, request, theirs = (json.loads(line) for line in log.getvalue().splitlines())
    assert (failed["event"], failed["error"], failed["kind"]) == ("an event failed", identity, "ValueError")
    assert failed["at"][-1].endswith("test_a_line_of_the_log_says_what_and_not_who")
    assert request.keys() == {"time", "level", "event", "status", "duration_s"}
    assert (theirs["level"], theirs["event"]) == ("warning", "another.library")
    assert "secret" not in log.getvalue()
    assert "203.0.113.5" not in log.getvalue()


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own, as support.coroutines does, and from the test's address."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(contextvars.copy_context().run, asyncio.run, coroutine).result()


def gate_of(page: Any, counts: Budgets | None = None, known: Any = None) -> Calls:
    return Calls(page, counts or Budgets(), {"light", 1, "heavy", 2, "hidden", 5, "tied", 6}, {"heavy", 2}, known)


def posted(gate: Any, body: bytes, path: str) -> Any:
    """A request that a gate is to pass on."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    scope = {"type": "http", "method": "POST", "guard.path": path, "headers": []}
    return gate(scope, receive, None)


def passed(body: Any, path: str = "/gradio_api/run/light", counts: Budgets | None = None, known: Any = None) -> bytes:
    """What comes through to the page."""
    received: list[bytes] = []

    async def page(_scope: Any, receive: Any, _send: Any) -> None:
        received.append((await receive())["body"])

    run(posted(gate_of(page, counts, known), json.dumps(body).encode(), path))
    return received[0]


class Known:
    """Functions of a page: light and tied do not wait in the queue, hidden and tied are the page's alone."""

    unqueued = frozenset({"light", 1, "tied", 6})
    private = frozenset({"hidden", 5, "tied", 6})

    def __init__(self, waiting: list[tuple[str, str]] | None = None) -> None:
        self._waiting = waiting or []

    def waiting(self) -> list[tuple[str, str]]:
        return self._waiting


@pytest.fixture
def from_afar() -> Iterator[None]:
    token = visitor_address.set("203.0.113.5")
    yield
    visitor_address.reset(token)


@pytest.mark.parametrize(
    ("path", "number", "kind"),
    [
        ("/gradio_api/queue/join", 1, budgets.CALLS),
        ("/gradio_api/queue/join", 2, budgets.JOBS),
        ("/gradio_api/call/heavy", None, budgets.JOBS),
        ("/gradio_api/call/v2/heavy/", None, budgets.JOBS),
        ("/gradio_api/run/predict", 2, budgets.JOBS),
        ("/gradio_api/run/light", 2, budgets.JOBS),
        ("/gradio_api/call/heavy", 1, budgets.JOBS),
        ("/gradio_api/run/light", None, budgets.CALLS),
        ("/gradio_api/queue/join", None, None),
        ("/gradio_api/queue/join", 3, None),
        ("/gradio_api/run/light", 2.0, None),
        ("/gradio_api/run/light", "2", None),
        ("/gradio_api/run/light", [2], None),
        ("/gradio_api/run/nothing", None, None),
    ],
)
def test_what_a_call_counts_as(path: str, number: Any, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Any] = []
    monkeypatch.setattr(Budgets, "spend", lambda _, budget, **given: counted.append((budget, given["visit"])))
    body = {"data": [], "session_hash": "abc"} | ({} if number is None else {"fn_index": number})
    if kind is None:
        with pytest.raises(Refused, match="no such function"):
            passed(body, path)
        return
    assert json.loads(passed(body, path)) == body
    assert counted == [(budgets.CALLS, ""), (kind, "" if "/v2/" in path else "abc"), (budgets.VISITS, "")]


def test_a_body_comes_through_as_it_was_sent() -> None:
    for body in ([], "text", 1, None, {"session_hash": [1]}, [[[[1]]]]):
        assert json.loads(passed(body)) == body


def test_a_hundred_listeners_behind_one_address_pass() -> None:
    """Each begins, and answers every two seconds for five minutes."""
    counts = Budgets()
    in_a_minute = 100 * (1 + 60 // 2)
    for number in range(in_a_minute):
        counts.spend(budgets.ANSWERS, address="203.0.113.5", visit=f"listener {number % 100}")


def test_each_budget_is_wider_the_more_share_it() -> None:
    for budget in (budgets.JOBS, budgets.CALLS, budgets.UPLOADS, budgets.ANSWERS, budgets.LOGINS, budgets.VISITS):
        assert budget.visit.amount <= budget.address.amount < budget.in_all.amount


def test_all_visitors_together_are_bounded_where_they_share_an_address() -> None:
    counts = Budgets()
    for number in range(budgets.JOBS.in_all.amount):
        counts.spend(budgets.JOBS, address="", visit=f"visit {number}")
    with pytest.raises(Refused) as refused:
        counts.spend(budgets.JOBS, address="", visit="one more")
    assert refused.value.status == 429
    assert refused.value.retry_s is not None
    assert 0 < refused.value.retry_s <= 60


def test_what_is_refused_is_not_counted() -> None:
    counts = Budgets()
    for _ in range(budgets.JOBS.visit.amount):
        counts.spend(budgets.JOBS, address="203.0.113.5", visit="greedy")
    for _ in range(budgets.JOBS.in_all.amount):
        with pytest.raises(Refused):
            counts.spend(budgets.JOBS, address="203.0.113.5", visit="greedy")
    counts.spend(budgets.JOBS, address="203.0.113.5", visit="another")


def test_visits_that_are_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "MOST_KEYS", 20)
    counts = Budgets()
    for number in range(60):
        counts.spend(budgets.CALLS, address="", visit=f"visit {number}")
        for entries in counts._storage.events.values():  # as the library does in time
            entries.clear()
    assert len(counts._storage.events) <= 22


def test_bodies_have_a_length() -> None:
    with pytest.raises(Refused, match="longer than the 1 MB"):
        passed("x" * calls.MAX_BODY_BYTES)


@pytest.mark.parametrize("path", ["/gradio_api/cancel", "/gradio_api/reset/", "/login", "/listen/abc/begin", "/alive"])
def test_what_is_sent_for_little_is_short(path: str) -> None:
    assert passed("x" * 60_000, path)
    with pytest.raises(Refused, match="longer than the 64 kB") as refused:
        passed("x" * calls.MAX_SMALL_BYTES, path)
    assert refused.value.status == 413


def test_a_tool_may_be_given_a_short_recording() -> None:
    assert passed("x" * (calls.MAX_TOOL_BYTES - 2), "/gradio_api/mcp/")


@pytest.mark.parametrize("part", [[], {}, 1], ids=str)
def test_a_body_of_many_small_parts_is_not_read(part: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls.json, "loads", None)
    with pytest.raises(Refused, match="more than the 50,000 values") as refused:
        passed({"data": [part] * calls.MAX_PARTS})
    assert refused.value.status == 413


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/gradio_api/cancel", budgets.CALLS),
        ("/gradio_api/reset", budgets.CALLS),
        ("/gradio_api/queue/join", budgets.CALLS),
        ("/gradio_api/mcp", budgets.CALLS),
        ("/anything", budgets.CALLS),
        ("/listen/abc/answer", budgets.ANSWERS),
        ("/login/", budgets.LOGINS),
    ],
)
@pytest.mark.usefixtures("from_afar")
def test_whatever_is_posted_counts_before_it_is_read(path: str, kind: Any) -> None:
    counts = Budgets()
    counts.spend(kind, address="203.0.113.5", amount=kind.address.amount)

    async def receive() -> Any:
        raise AssertionError("read")

    with pytest.raises(Refused) as refused:
        run(
            gate_of(None, counts)({"method": "POST", "guard.path": path, "headers": []}, receive, None)  # type: ignore[arg-type]
        )
    assert refused.value.status == 429


def test_ending_something_counts_for_the_visit() -> None:
    counts = Budgets()
    counts.spend(budgets.CALLS, address="", visit="abc", amount=budgets.CALLS.visit.amount)
    with pytest.raises(Refused, match="Too many actions"):
        passed({"session_hash": "abc"}, "/gradio_api/cancel", counts)


@pytest.mark.parametrize("name", keys.NAMES)
@pytest.mark.parametrize("key", ["", "a b", "a/b", "x" * 65, "\u00e9", "abc\n"])
def test_what_is_no_key_names_nothing(name: str, key: str) -> None:
    for path in ("/gradio_api/queue/join", "/gradio_api/cancel", "/listen/abc/begin"):
        with pytest.raises(Refused, match="is no key") as refused:
            passed({name: key, "fn_index": 1}, path)
        assert refused.value.status == 400


@pytest.mark.parametrize("key", ["a", "8bhaq1kd9fj", "0f9c3c5e-4f5a-4f0e-9d2b-1f0e6a7b8c9d", "x" * 64, "A_b-1"])
def test_keys_that_browsers_and_clients_make_up_pass(key: str) -> None:
    for name in keys.NAMES:
        assert passed({name: key})
        run(read("/gradio_api/queue/data", f"{name}={key}"))
    run(read(f"/gradio_api/heartbeat/{key}"))


def read(path: str, query: str = "", counts: Budgets | None = None) -> Any:
    """A request that only reads, or uploads."""

    async def page(_scope: Any, _receive: Any, _send: Any) -> None:
        pass

    scope = {"type": "http", "method": "GET", "guard.path": path, "query_string": query.encode(), "headers": []}
    return Reads(page, counts or Budgets())(scope, None, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/gradio_api/queue/data", "session_hash=" + "x" * 65),
        ("/gradio_api/queue/data", "session_hash=abc&session_hash=a%20b"),
        ("/gradio_api/upload_progress", "upload_id=a%2Fb"),
        ("/gradio_api/upload", "upload_id="),
        ("/gradio_api/heartbeat/a.b", ""),
        ("/gradio_api/heartbeat/" + "x" * 65, ""),
    ],
)
def test_an_address_with_what_is_no_key_is_refused(path: str, query: str) -> None:
    with pytest.raises(Refused, match="is no key") as refused:
        run(read(path, query))
    assert refused.value.status == 400


@pytest.mark.usefixtures("from_afar")
def test_looking_how_far_an_upload_is_counts() -> None:
    counts = Budgets()
    counts.spend(budgets.CALLS, address="203.0.113.5", amount=budgets.CALLS.address.amount)
    with pytest.raises(Refused, match="Too many actions"):
        run(read("/gradio_api/upload_progress", "upload_id=abc", counts))


def test_how_far_uploads_came_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradio_compat, "MOST_UPLOADS", 3)
    progress = FileUploadProgress()
    monkeypatch.setattr(gradio_compat.routes, "file_upload_statuses", progress)
    assert not progress._signals["nobody-uploads"].is_set()
    run(read("/gradio_api/upload_progress", "upload_id=nobody-uploads"))
    assert not progress._signals
    for number in range(10):
        progress.set_done(f"upload-{number}")
        run(read("/gradio_api/upload", f"upload_id=upload-{number}"))
    assert list(progress._statuses) == list(progress._signals) == ["upload-7", "upload-8", "upload-9"]


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("/gradio_api/queue/join", {"fn_index": 1}, None),  # as Gradio's client for Python does with any
        ("/gradio_api/queue/join", {"fn_index": 2}, None),
        ("/gradio_api/queue/join", {"fn_index": 5}, None),
        ("/gradio_api/queue/join", {"fn_index": 6}, calls.NOT_QUEUED),
        ("/gradio_api/run/light", {}, None),
        ("/gradio_api/run/tied", {"fn_index": 6}, None),
        ("/gradio_api/run/heavy", {}, calls.NOT_RUN),
        ("/gradio_api/run/light", {"fn_index": 2}, calls.NOT_RUN),
        ("/gradio_api/run/hidden", {"fn_index": 5}, calls.NOT_RUN),
        ("/gradio_api/call/light", {}, None),
        ("/gradio_api/call/v2/heavy", {}, None),
        ("/gradio_api/call/hidden", {}, calls.NO_FUNCTION),
        ("/gradio_api/call/v2/hidden", {}, calls.NO_FUNCTION),
        ("/gradio_api/call/tied/", {"fn_index": 1}, calls.NO_FUNCTION),
    ],
)
def test_a_function_is_called_the_way_it_takes(path: str, body: dict[str, Any], sentence: str | None) -> None:
    if sentence is None:
        assert passed(body, path, known=Known())
        return
    with pytest.raises(Refused) as refused:
        passed(body, path, known=Known())
    assert str(refused.value) == sentence


@pytest.mark.usefixtures("from_afar")
def test_a_visit_and_an_address_have_so_many_events_under_way() -> None:
    def join(waiting: list[tuple[str, str]], path: str = "/gradio_api/queue/join") -> bytes:
        return passed({"fn_index": 2, "session_hash": "abc"}, path, known=Known(waiting))

    of_visit, of_address = [("abc", "")] * calls.MOST_OF_VISIT, [("other", "203.0.113.5")] * calls.MOST_OF_ADDRESS
    for waiting in (of_visit[1:], of_address[1:], [("other", "203.0.113.6")] * 100):
        assert join(waiting)
    for waiting, told in ((of_visit, "This visit has 8 actions"), (of_address, "This address has 60 actions")):
        with pytest.raises(Refused, match=told) as refused:
            join(waiting)
        assert (refused.value.status, refused.value.retry_s) == (429, calls.WAITING_S)
    assert passed({"fn_index": 1, "session_hash": "abc"}, "/gradio_api/run/light", known=Known(of_visit))


@pytest.mark.parametrize(
    ("path", "number", "n_passed"),
    [("/gradio_api/queue/join", 2, calls.MOST_OF_VISIT), ("/gradio_api/run/light", 1, 20)],
)
def test_events_that_come_at_once_are_counted_before_they_wait(path: str, number: int, n_passed: int) -> None:
    """What does not wait in the queue takes no place of those that do."""

    async def at_once() -> list[Any]:
        ends = asyncio.Event()

        async def page(*_: Any) -> None:
            await ends.wait()

        gate = gate_of(page, known=Known())
        body = json.dumps({"fn_index": number, "session_hash": "abc"}).encode()
        sent = [asyncio.ensure_future(posted(gate, body, path)) for _ in range(20)]
        await asyncio.sleep(0.1)
        assert len(gate._joining) == (n_passed if number == 2 else 0)
        ends.set()
        answers = await asyncio.gather(*sent, return_exceptions=True)
        assert not gate._joining
        return answers

    assert sum(answer is None for answer in run(at_once())) == n_passed


@pytest.mark.usefixtures("from_afar")
def test_an_address_does_not_have_everybody_elses_visits_forgotten() -> None:
    counts = Budgets()
    gate = gate_of(nothing, counts)

    def call(visit: str | None) -> None:
        run(posted(gate, json.dumps({"session_hash": visit}).encode(), "/gradio_api/run/light"))

    for number in range(budgets.VISITS.address.amount - 1):
        call(f"visit-{number}")
    run(posted(gate, b'{"session": "visit-0"}', "/gradio_api/run/light"))  # names none, so that Gradio makes one up
    for visit in ("one-more", None):
        with pytest.raises(Refused, match="Too many new visits"):
            call(visit)
    call("visit-0")  # is known
    visitor_address.set("203.0.113.6")
    call("one-more")
    visitor_address.set("")
    for number in range(budgets.VISITS.address.amount + 1):
        call(f"of-many-{number}")
    assert budgets.VISITS.address.amount < calls.MOST_VISITS == page.MAX_SESSIONS == len(gate._visits)


async def nothing(*_: Any) -> None:
    """A page that does not answer."""


def test_counts_are_looked_through_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many visits are under way, not at each request."""
    monkeypatch.setattr(budgets, "MOST_KEYS", 10)
    looks: list[int] = []

    class Events(dict[str, Any]):
        def items(self) -> Any:
            looks.append(len(self))
            return super().items()

    counts = Budgets()
    counts._storage.events = Events()
    for number in range(100):
        counts._storage.events[f"visit-{number}"] = [SimpleNamespace(expiry=math.inf)]
        counts._forget()
    assert looks == [11, 23, 47, 95]
