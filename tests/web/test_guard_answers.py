"""What answers leave with: headers, cookies, sentences for errors; and what is counted. No server is needed for it."""

from __future__ import annotations

import errno
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from support import coroutines

from styletransfer.errors import AudioError, WritingError
from styletransfer.web import logs
from styletransfer.web.guard import answers, budgets, calls, faults
from styletransfer.web.guard.budgets import Budgets
from styletransfer.web.guard.calls import Calls
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


def passed(body: Any, path: str = "/gradio_api/run/light", counts: Budgets | None = None) -> bytes:
    """What comes through to the page."""
    received: list[bytes] = []

    async def page(_scope: Any, receive: Any, _send: Any) -> None:
        received.append((await receive())["body"])

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    gate = Calls(page, counts or Budgets(), {"light", 1, "heavy", 2, "hidden"}, {"heavy", 2})
    scope = {"type": "http", "method": "POST", "guard.path": path, "headers": []}
    coroutines.run(gate(scope, receive, None))  # type: ignore[arg-type]
    return received[0]


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
