"""The owner's page: for who knows its secret, counts until the test closes, and buttons that do what they say."""

from __future__ import annotations

import csv
import dataclasses
import functools
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.listening_people import answers_to, hears, listens, nonsense, take_in
from support.listening_tests import app, plan, store_of

from styletransfer.listening import trials
from styletransfer.listening.pages.owner import EXPORTS
from styletransfer.listening.plan import Kind, ListeningError, Published
from styletransfer.listening.results import Results, results
from styletransfer.listening.store import Store

OWNER = "owner-of-this-test"
COMMENT = '<script>alert(1)</script> & "quoted"\n=cmd'


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The test of a kind, of ABX unless another one is asked for; the owner of that with ratings peeks if asked to."""
    kind = getattr(request, "param", Kind.ABX)
    made = plan(Kind.RATING, key="test-peeks", peeks=True) if kind == "peeks" else plan(kind)
    with store_of([made], tmp_path, 0.05) as opened:
        yield opened


@pytest.fixture
def client(store: Store) -> TestClient:
    return TestClient(app(store))


of_kind = functools.partial(pytest.mark.parametrize, "store", indirect=True)


def results_of(kind: str, rest: str = "", owner: str = OWNER) -> str:
    return f"/listen/test-{kind}/results/{owner}{rest}"


def post(client: TestClient, address: str, given: Any = None, **headers: str) -> Any:
    return client.post(address, json=given or {}, headers=headers)


class Texts(HTMLParser):
    """What is to be read on a page, and which tags and addresses it has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.addresses = "", [], []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("href", "src") and value]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("rest", ["", "/answers.csv", "/results.json", "/results.zip", "/plots/everybody-1.svg"])
def test_who_does_not_know_the_secret_learns_nothing(client: TestClient, rest: str) -> None:
    unknown = client.get(f"/listen/no-such-test/results/{OWNER}{rest}")
    for owner in ("wrong", OWNER[:-1], f"{OWNER}x", "\u00fc"):
        wrong = client.get(results_of("abx", rest, owner))
        assert (wrong.status_code, wrong.text) == (unknown.status_code, unknown.text)
        assert wrong.headers.keys() == unknown.headers.keys()
    assert unknown.status_code == 404
    assert "There is no listening test at this address" in unknown.text


def test_a_test_without_a_secret_has_no_owners_page(tmp_path: Path) -> None:
    with store_of([plan(Kind.ABX, owner_key="")], tmp_path, 0.05) as store:
        assert TestClient(app(store)).get("/listen/test-abx/results/").status_code == 404


@pytest.mark.parametrize("act", ["close", "delete", "remove"])
def test_nobody_else_closes_or_deletes(client: TestClient, store: Store, act: str) -> None:
    session = take_in(store, "test-abx", hears(1.0))
    given = {"number": 1, "begun": session.begun}
    assert post(client, results_of("abx", f"/{act}", "wrong"), given).status_code == 404
    assert post(client, results_of("abx", f"/{act}"), given, Origin="https://elsewhere.example").status_code == 403
    assert client.post(results_of("abx", f"/{act}"), content="{}").status_code == 415
    assert client.get(results_of("abx", f"/{act}")).status_code == 405
    assert post(client, results_of("abx", f"/{act}"), {"more": "x" * 17_000}).status_code == 413
    assert store.plan("test-abx").is_open()
    assert len(store.sessions("test-abx")) == 1


@of_kind(argvalues=list(Kind))
def test_counts_until_it_closes_and_figures_then(client: TestClient, store: Store) -> None:
    kind = store.plans()[0].kind
    for _ in range(2):
        take_in(store, f"test-{kind}", hears(1.0) if kind is Kind.ABX else listens_well(), COMMENT)
    before = Texts(client.get(results_of(kind)).text)
    assert "2 listeners began, 2 finished" in before.text
    assert f"and each of them {trials.effort(store.plans()[0])}." in before.text
    assert "An answer was given before all of its sounds were heard." in before.text, "the rules stand there before"
    assert "Everybody" not in before.text
    assert "Our own engine" not in before.text
    assert "alert(1)" not in before.text
    assert "img" not in before.tags
    for name in ("answers.csv", "listeners.csv", "results.zip"):
        refused = client.get(results_of(kind, f"/{name}"))
        assert (refused.status_code, "Close it first" in refused.json()["error"]) == (409, True)
    assert "Everybody" not in client.get(results_of(kind, "/results.md")).text
    assert client.get(results_of(kind, "/plots/everybody-1.svg")).status_code == 404
    assert post(client, results_of(kind, "/close")).json() == {"done": True}
    after = Texts(client.get(results_of(kind)).text)
    assert "Everybody (2 listeners)" in after.text
    assert "Fewer than 6 listeners" in after.text
    assert COMMENT in after.text
    assert "script" not in after.tags[after.tags.index("main") :]


def listens_well() -> Any:
    """As `listens`, for conditions whose keys end in no number."""
    usual = listens(0.3)

    def answer(trial: Any, chance: Any) -> Any:
        names = {"ours-7f": "condition-3", "textbook-3c": "condition-1"}
        slots = {slot: names.get(sound, sound) for slot, sound in trial.slots.items()}
        return usual(dataclasses.replace(trial, slots=slots), chance)

    return answer


@of_kind(argvalues=["peeks"])
def test_the_owner_who_peeks_is_told_so(client: TestClient, store: Store) -> None:
    take_in(store, "test-peeks", listens_well())
    told = Texts(client.get(results_of("peeks")).text).text
    assert "Peeking" in told
    assert "Everybody (1 listener)" in told
    assert client.get(results_of("peeks", "/answers.csv")).status_code == 200


def test_closed_is_closed(client: TestClient, store: Store) -> None:
    take_in(store, "test-abx", hears(1.0))
    late = store.begin("test-abx", "one-who-is-late", "headphones")
    answer = answers_to(store.plan("test-abx"), late, hears(1.0))[0]
    post(client, results_of("abx", "/close"))
    closes = store.plan("test-abx").closes
    with pytest.raises(ListeningError, match="closed"):
        store.begin("test-abx", "one-who-comes-later", "headphones")
    with pytest.raises(ListeningError, match="closed"):
        store.put(answer)
    assert client.get("/listen/test-abx").status_code == 410
    post(client, results_of("abx", "/close"))
    assert store.plan("test-abx").closes == closes, "a second time changes nothing"


def test_a_test_that_was_closed_stays_closed_at_the_next_start(tmp_path: Path) -> None:
    with store_of([plan(Kind.ABX)], tmp_path, 0.05) as store:
        closed = store.close_test("test-abx")
    with Store(tmp_path / "data") as store:
        assert store.plan("test-abx") == closed
        assert not store.plan("test-abx").is_open()


def test_a_listener_is_deleted_and_no_other(client: TestClient, store: Store) -> None:
    sessions = [take_in(store, "test-abx", hears(1.0)) for _ in range(3)]
    given = {"number": 2, "begun": sessions[1].begun}
    assert post(client, results_of("abx", "/remove"), given).json() == {"done": True}
    assert [each.key for each in store.sessions("test-abx")] == [sessions[0].key, sessions[2].key]
    again = post(client, results_of("abx", "/remove"), given)
    assert again.status_code == 409, "number 2 is another one by now"
    assert len(store.sessions("test-abx")) == 2
    for odd in ({"number": "2"}, {"number": -1}, {"number": 9, "begun": ""}, {}):
        assert post(client, results_of("abx", "/remove"), odd).status_code in (400, 409)
    assert len(store.answers("test-abx")) == 16


@of_kind(argvalues=["peeks"])
def test_results_follow_what_is_deleted_and_what_is_added(client: TestClient, store: Store) -> None:
    first = take_in(store, "test-peeks", listens_well())
    assert "Everybody (1 listener)" in client.get(results_of("peeks")).text
    take_in(store, "test-peeks", nonsense(Kind.RATING))
    assert "Everybody (2 listeners)" in client.get(results_of("peeks")).text
    post(client, results_of("peeks", "/remove"), {"number": 1, "begun": first.begun})
    assert "Everybody (1 listener)" in client.get(results_of("peeks")).text


def test_a_test_is_deleted(client: TestClient, store: Store) -> None:
    take_in(store, "test-abx", hears(1.0))
    assert post(client, results_of("abx", "/delete")).json() == {"done": True}
    assert client.get(results_of("abx")).status_code == 404
    assert not store.sessions("test-abx")


@of_kind(argvalues=[Kind.RATING])
def test_files_and_plots_are_there_and_say_what_they_are(client: TestClient, store: Store) -> None:
    for _ in range(2):
        take_in(store, "test-rating", listens_well(), COMMENT)
    post(client, results_of("rating", "/close"))
    page = Texts(client.get(results_of("rating")).text)
    ours = [each for each in page.addresses if each.startswith(OWNER)]
    assert len(set(ours)) == len(EXPORTS) + 2 * 3
    for address in ours:
        answer = client.get(f"/listen/test-rating/results/{address}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    text = client.get(results_of("rating", "/listeners.csv")).content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [line["comment"] for line in lines] == [COMMENT] * 2
    drawn = client.get(results_of("rating", "/plots/everybody-2.svg"))
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert client.get(results_of("rating", "/plots/everybody-2.png")).content.startswith(b"\x89PNG")
    for odd in ("everybody-4.svg", "everybody-1.pdf", "everybody-1", "..%2Ftest.json"):
        assert client.get(results_of("rating", f"/plots/{odd}")).status_code == 404


@of_kind(argvalues=[Kind.RATING])
def test_the_page_and_its_files_share_one_reading(
    client: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(store, "test-rating", listens_well())
    post(client, results_of("rating", "/close"))
    computed = []

    def counted(*given: Any, **options: Any) -> Results:
        computed.append(given)
        return results(*given, **options)

    monkeypatch.setattr("styletransfer.listening.pages.owner.results", counted)
    monkeypatch.setattr("styletransfer.listening.export.results", counted)
    for rest in ("", *(f"/{name}" for name in EXPORTS), "/plots/everybody-1.svg"):
        assert client.get(results_of("rating", rest)).status_code == 200
    assert len(computed) == 1


@of_kind(argvalues=[Kind.RATING])
def test_the_page_asks_no_other_host_and_has_no_key_of_a_listener(client: TestClient, store: Store) -> None:
    session = take_in(store, "test-rating", listens_well())
    post(client, results_of("rating", "/close"))
    page = client.get(results_of("rating"))
    absolute = [each for each in Texts(page.text).addresses if re.match(r"\w+:|/", each)]
    assert absolute == ["data:,"], "the icon that there is none"
    assert session.key not in page.text
    assert session.listener not in page.text
    assert "style=" not in page.text, "the policy forbids styles in the page"
    assert page.headers["referrer-policy"] == "no-referrer"
    for address in Texts(page.text).addresses:
        if "static-" in address:
            assert client.get(f"/listen/{address.removeprefix('../../')}").status_code == 200


def test_the_listeners_page_does_not_load_the_owners_files(client: TestClient) -> None:
    assert "owner." not in client.get("/listen/test-abx").text


def test_what_the_owner_typed_is_text_wherever_it_stands(tmp_path: Path) -> None:
    typed = '<img src=x onerror=alert(1)> & "$title"'
    conditions = tuple(dataclasses.replace(each, label=f"{typed} {each.key}") for each in plan(Kind.RATING).conditions)
    items = tuple(dataclasses.replace(each, label=typed) for each in plan(Kind.RATING).items)
    questions = tuple(dataclasses.replace(each, text=typed) for each in plan(Kind.RATING).questions)
    published = Published(source=typed, raters=8, means={typed: 3.0})
    made = plan(Kind.RATING, title=typed, conditions=conditions, items=items, questions=questions, published=published)
    with store_of([dataclasses.replace(made, peeks=True)], tmp_path, 0.05) as store:
        take_in(store, "test-rating", listens_well())
        page = TestClient(app(store)).get(results_of("rating")).text
    assert typed in Texts(page).text
    assert "<img src=x" not in page
