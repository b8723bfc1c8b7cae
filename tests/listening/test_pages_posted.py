"""What browsers post to the listener's page: hostile bodies are refused in a sentence, and leave nothing behind."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from support import listening_tests
from support.listening_tests import answer_to, listener_of

from styletransfer.listening import records
from styletransfer.listening.pages import posted
from styletransfer.listening.plan import Kind
from styletransfer.listening.store import Store

JSON = {"content-type": "application/json"}
ANSWER = "/listen/test-several/answer"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with listening_tests.store_of([listening_tests.plan(Kind.SEVERAL)], tmp_path_factory.mktemp("store")) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(store: Store) -> TestClient:
    return TestClient(listening_tests.app(store))


@pytest.fixture(scope="module")
def good(client: TestClient) -> dict[str, Any]:
    """An answer that would be taken; nobody sends it as it is."""
    given = {"listener": listener_of("posted"), "output": "headphones"}
    begun = client.post("/listen/test-several/begin", json=given).json()
    return answer_to(begun["trials"][0], 0) | {"key": "good-key", "session": begun["session"], "trial": 0}


def refused(client: TestClient, store: Store, content: bytes | str, session: str, address: str = ANSWER) -> int:
    """The status with which a body is refused: in a sentence, and nothing is kept."""
    response = client.post(address, content=content, headers=JSON)
    error = response.json()["error"]
    assert re.fullmatch(r"[A-Z0-9].{5,200}[.!]", error, re.DOTALL), error
    assert not store.answers_of(session)
    return response.status_code


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["key", "session", "trial", "value", "heard", "switches", "seconds"]), VALUES)
def test_any_other_value_of_a_field(
    client: TestClient, store: Store, good: dict[str, Any], name: str, value: object
) -> None:
    """Of those that could be right by chance, none is drawn: keys are longer, answers have the slots of the trial."""
    if name == "trial" and value in (0, 1) and not isinstance(value, bool):
        return
    if name in ("switches", "seconds") and isinstance(value, int | float) and value >= 0 and math.isfinite(value):
        return
    if name == "heard" and value == {}:
        return
    if name == "key" and isinstance(value, str) and posted.KEY.fullmatch(value):
        return
    assert refused(client, store, json.dumps(good | {name: value}), good["session"]) in (400, 404)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_other_body(client: TestClient, store: Store, good: dict[str, Any], body: bytes) -> None:
    for address in (ANSWER, "/listen/test-several/begin", "/listen/test-several/finish"):
        assert refused(client, store, body, good["session"], address) == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "short"},
        {"key": "x" * 65},
        {"key": "../../etc"},
        {"key": "key\nkey\n"},
        {"session": "no-such-session"},
        {"trial": 99},
        {"trial": -1},
        {"trial": True},
        {"trial": 0.5},
        {"trial": 10**400},
        {"value": {"scores": {"a": 50}}},
        {"value": {"choice": "a"}},
        {"heard": {"z": 1.0}},
        {"heard": {"a": -1.0}},
        {"heard": {"a": "1"}},
        {"heard": [1.0]},
        {"switches": 10**9},
        {"switches": 1.5},
        {"seconds": -0.1},
        {"seconds": None},
        {"seconds": True},
    ],
)
def test_hostile_values(changes: dict[str, Any], client: TestClient, store: Store, good: dict[str, Any]) -> None:
    assert refused(client, store, json.dumps(good | changes), good["session"]) in (400, 404)


@pytest.mark.parametrize(
    "text",
    ['{"seconds": NaN}', '{"seconds": Infinity}', '{"trial": ' + "9" * 5000 + "}", "[" * 9000, '"a"', "", "\ud800"],
)
def test_what_is_no_json(text: str, client: TestClient, store: Store, good: dict[str, Any]) -> None:
    assert refused(client, store, text.encode("utf-8", "surrogatepass"), good["session"]) == 400


def test_numbers_beyond_all_measure(client: TestClient, store: Store, good: dict[str, Any]) -> None:
    body = json.dumps(good).replace('"seconds": 3.5', '"seconds": 1e999')
    assert "1e999" in body
    assert refused(client, store, body, good["session"]) == 400


def test_bodies_are_at_most_16_kB(client: TestClient, store: Store, good: dict[str, Any]) -> None:
    """Whatever their length is said to be: of one that comes in pieces, it is not said."""
    padded = json.dumps(good | {"pad": ""})[:-2]
    long = padded + "x" * (posted.MAX_BYTES - len(padded) - 1) + '"}'
    assert len(long) == posted.MAX_BYTES + 1
    assert refused(client, store, long, good["session"]) == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(1000):
            yield b"x" * 1000

    assert client.post(ANSWER, content=pieces(), headers=JSON).status_code == 413


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_only_json_is_read(kind: str, client: TestClient, good: dict[str, Any]) -> None:
    """Other sites' pages may post the other types without asking."""
    response = client.post(ANSWER, content=json.dumps(good), headers={"content-type": kind})
    assert response.status_code == 415


def test_a_comment_has_2000_characters(client: TestClient, store: Store, good: dict[str, Any]) -> None:
    given = {"session": good["session"], "comment": "x" * 2001}
    assert refused(client, store, json.dumps(given), good["session"], "/listen/test-several/finish") == 400
    assert len(json.dumps({**given, "comment": "😀" * 2000}, ensure_ascii=False).encode()) < posted.MAX_BYTES


def test_texts_are_kept_as_typed_but_for_half_characters() -> None:
    assert posted.text({"comment": "a\x00b\ud83d \r\n"}, "comment", 100) == "a\x00b? \r\n"


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=False) | st.integers(min_value=0))
def test_times_that_are_too_long_are_cut(value: float) -> None:
    """An answer is not lost because somebody's page stood open for weeks."""
    assert posted.seconds({"seconds": value}, "seconds") == min(value, records.MAX_SECONDS)


def test_a_good_one_is_taken(client: TestClient, store: Store, good: dict[str, Any]) -> None:
    """Last: the tests above look whether anything was kept."""
    assert client.post(ANSWER, json=good).json() == {"saved": True}
    assert len(store.answers_of(good["session"])) == 1
