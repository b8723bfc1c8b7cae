"""The routes of the listener's page: whole sessions of every kind, and what is refused, each in a sentence."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from support import listening_tests
from support.listening_tests import answer_to, listener_of

from styletransfer import __version__
from styletransfer.listening.pages import replies, static
from styletransfer.listening.plan import Kind, ListeningError
from styletransfer.listening.store import Store
from styletransfer.web import frontend

Response = Any
"""Of Starlette's test client, which takes it from whichever library is there."""
COMMENT = "a & b + 50 % of \"it\"\n=cmd|' /C calc'!A0\r\n<script>é😀</script>"
NUMBERS = itertools.count()
LONG_AGO, SOON = "2020-01-01T00:00:00+00:00", "2999-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    plans = [listening_tests.plan(kind) for kind in Kind]
    plans += [
        listening_tests.plan(Kind.ABX, key="closed-test", closes=LONG_AGO),
        listening_tests.plan(Kind.ABX, key="code-test", code="Mint tea", closes=SOON),
        listening_tests.plan(Kind.PREFERENCE, key="hostile-test", title='<b onclick="x">"&'),
    ]
    with listening_tests.store_of(plans, tmp_path_factory.mktemp("store"), seconds=0.6) as opened:
        yield opened


@pytest.fixture
def client(store: Store) -> TestClient:
    return TestClient(listening_tests.app(store))


@pytest.fixture
def begin(client: TestClient) -> Callable[..., Response]:
    def post(test: str, **changes: Any) -> Response:
        given = {"listener": listener_of(f"begin{next(NUMBERS)}"), "code": "", "output": "headphones"} | changes
        return client.post(f"/listen/{test}/begin", json=given)

    return post


def sentence(response: Response) -> str:
    """Of a refusal: one that people can read."""
    error = response.json()["error"]
    assert re.fullmatch(r"[A-Z1-9].*[.!]", error), error
    return error


@pytest.mark.parametrize("kind", Kind)
def test_a_whole_session_is_kept_as_it_was_sent(kind: Kind, client: TestClient, store: Store) -> None:
    test, listener = f"test-{kind}", listener_of(f"whole-{kind}")
    given = {"listener": listener, "code": "", "output": "loudspeakers"}
    begun = client.post(f"/listen/{test}/begin", json=given).json()
    session = begun["session"]
    sent = []
    for index, trial in enumerate(begun["trials"]):
        answer = answer_to(trial, index) | {"key": f"{session}-{index}", "session": session, "trial": index}
        reply = client.post(f"/listen/{test}/answer", json=answer)
        assert (reply.status_code, reply.json()) == (200, {"saved": True})
        sent.append(answer)
        again = client.post(f"/listen/{test}/begin", json=given).json()
        assert (again["session"], again["answered"]) == (session, list(range(index + 1)))
    finished = client.post(f"/listen/{test}/finish", json={"session": session, "comment": COMMENT})
    assert finished.status_code == 200
    assert store.session(session).comment == COMMENT
    assert store.session(session).output == "loudspeakers"
    assert [
        {"value": dict(each.value), "heard": dict(each.heard), "switches": each.switches, "seconds": each.seconds}
        for each in store.answers_of(session)
    ] == [{name: answer[name] for name in ("value", "heard", "switches", "seconds")} for answer in sent]
    assert client.post(f"/listen/{test}/begin", json=given).status_code == 409


def test_the_score_of_abx_is_told_when_all_is_answered(begin: Callable[..., Response], client: TestClient) -> None:
    """6 of 8 right: by guessing, so many or more with a probability of (28 + 8 + 1) / 256."""
    begun = begin("test-abx").json()
    session = begun["session"]
    finish = {"session": session, "comment": ""}
    assert "8 answers are missing" in sentence(client.post("/listen/test-abx/finish", json=finish))
    store_session = client.app.state.store.session(session)  # pyright: ignore
    for index, trial in enumerate(store_session.trials):
        right = "a" if trial.slots["x"] == trial.slots["a"] else "b"
        choice = right if index < 6 else {"a": "b", "b": "a"}[right]
        answer = answer_to(begun["trials"][index], index) | {"value": {"choice": choice}}
        answer |= {"key": f"{session}-{index}", "session": session, "trial": index}
        reply = client.post("/listen/test-abx/answer", json=answer)
        assert reply.json() == {"saved": True}, "no score before the end"
    assert "answers are missing" not in client.post("/listen/test-abx/finish", json=finish).text
    for _ in range(2):  # sent again, since the first answer may have been lost on the way
        score = client.post("/listen/test-abx/finish", json=finish).json()
        assert (score["right"], score["of"]) == (6, 8)
        assert score["p"] == pytest.approx(37 / 256)


def test_an_answer_sent_twice_counts_once_and_the_first_of_two_counts(
    begin: Callable[..., Response], client: TestClient, store: Store
) -> None:
    begun = begin("test-preference").json()
    answer = answer_to(begun["trials"][0], 0) | {"session": begun["session"], "trial": 0}
    for key, choice in (("first-key", "a"), ("first-key", "a"), ("second-key", "b")):
        given = answer | {"key": key, "value": {"choice": choice}}
        assert client.post("/listen/test-preference/answer", json=given).json() == {"saved": True}
    kept = store.answers_of(begun["session"])
    assert [(each.key, each.value) for each in kept] == [("first-key", {"choice": "a"})]


def test_what_a_browser_learns_of_a_trial(begin: Callable[..., Response]) -> None:
    begun = begin("test-rating").json()
    assert set(begun) == {"session", "answered", "trials"}
    told = begun["trials"]
    assert {trial["beside"] for trial in told} == {"", "content", "style"}
    assert all(trial["slots"] == ["a"] and trial["kind"] == "rating" for trial in told)
    assert set(told[0]) == {"slots", "beside", "kind", "question", "restarts"}
    assert begin("test-closer").json()["trials"][0]["slots"] == ["a", "b", "x"]


@pytest.mark.parametrize(
    ("test", "status", "says"),
    [
        ("test-abx", 200, "Agree and begin"),
        ("code-test", 200, "The code from your invitation"),
        ("no-such-test", 404, "no listening test at this address"),
        ("closed-test", 410, "closed"),
        ("..%2f..%2fetc", 404, "Not Found"),
    ],
)
def test_the_page_of_a_test(test: str, status: int, says: str, client: TestClient) -> None:
    response = client.get(f"/listen/{test}")
    assert response.status_code == status
    assert says in response.text
    assert ("<h1" in response.text) == ("%2f" not in test)


def test_the_first_page_tells_how_much_it_is_and_until_when_and_what_is_kept(client: TestClient) -> None:
    html = client.get("/listen/code-test").text
    assert "It has 8 trials, about 4 minutes." in html
    assert f'It is open until <time datetime="{SOON}">1 January 2999, 00:00 UTC</time>.' in html
    assert "It is open until" not in client.get("/listen/test-abx").text
    for kept in (
        "how often you changed the sound",
        "how long each answer took",
        "when you began, answered and finished",
    ):
        assert kept in html


def test_a_title_is_text(client: TestClient) -> None:
    html = client.get("/listen/hostile-test").text
    assert "<b onclick" not in html
    assert html.count("&lt;b onclick=&quot;x&quot;&gt;&quot;&amp;") >= 2


def test_headers_keep_the_page_to_itself(begin: Callable[..., Response], client: TestClient) -> None:
    session = begin("test-abx").json()["session"]
    paths = ["test-abx", "no-such-test", "closed-test", f"test-abx/sound/{session}/0/a", "test-abx/sound/none/0/a"]
    answers = [client.get(f"/listen/{path}") for path in paths]
    answers += [begin("test-abx"), begin("code-test"), client.post("/listen/test-abx/answer", content="{")]
    for response in answers:
        assert {name: response.headers.get(name) for name in replies.HEADERS} == replies.HEADERS, response.url
    policy = replies.POLICY.split("; ")
    assert {"default-src 'none'", "script-src 'self'", "form-action 'none'", "frame-ancestors 'self'"} <= {*policy}
    assert client.get("/listen/test-abx").cookies == {}
    script = client.get(f"/listen/{static.NAME}/main.js").headers
    assert (script["x-content-type-options"], script["x-robots-tag"]) == ("nosniff", "noindex")
    assert "no-store" not in script["cache-control"]


def test_only_the_page_s_own_files_and_the_shared_ones_are_served(client: TestClient) -> None:
    assert __version__ in static.NAME
    for name, kind in {
        "main.js": "text/javascript",
        "listen.css": "text/css",
        "transport.js": "text/javascript",
    }.items():
        response = client.get(f"/listen/{static.NAME}/{name}")
        assert response.status_code == 200
        assert response.headers["content-type"].startswith(kind)
    for name in ("player.js", "page.html", "__init__.py", "../replies.py", "..%2freplies.py", "%2e%2e/replies.py"):
        response = client.get(f"/listen/{static.NAME}/{name}")
        assert response.status_code == 404, name


def test_a_script_is_served_whole_but_for_comments(client: TestClient) -> None:
    for name in ("outbox.js", "trial.js", "mixer.js"):
        folder = frontend.FOLDER if name in static.SHARED else static.FOLDER
        source = (folder / name).read_text(encoding="utf-8").splitlines()
        served = client.get(f"/listen/{static.NAME}/{name}").text.splitlines()
        code = [line for line in source if not re.match(r"\s*(/\*|\*)", line)]
        assert served == code
        assert len(code) < len(source)


def test_the_shared_scripts_import_nothing_else() -> None:
    """All that ours and the shared ones import is served."""
    folders = {path.name: path for path in static.FOLDER.glob("*.js")}
    folders |= {name: frontend.FOLDER / name for name in static.SHARED}
    assert len(folders) == len(list(static.FOLDER.glob("*.js"))) + len(static.SHARED), "two files of one name"
    for path in folders.values():
        imported = re.findall(r'^import .* from "\./([^"]+)";$', path.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(imported) <= folders.keys(), path


def test_the_page_is_light(client: TestClient) -> None:
    """What a browser asks for before any sound: the page, all that it names, and `begin`."""
    html = client.get("/listen/test-several").text
    named = sorted(set(re.findall(r'(?:src|href)="(?!data:)([^"]+)"', html)))
    assert all(not address.startswith(("/", "http")) for address in named), "relative: the page may live under a path"
    fetched = [client.get("/listen/test-several"), *(client.get(f"/listen/{address}") for address in named)]
    begun = {"listener": listener_of("light"), "code": "", "output": "headphones"}
    fetched.append(client.post("/listen/test-several/begin", json=begun))
    assert all(response.status_code == 200 for response in fetched)
    assert len(fetched) <= 12
    assert sum(response.num_bytes_downloaded for response in fetched) <= 25_000
    assert sum(len(response.content) for response in fetched) <= 60_000, "unpacked, for whoever packs nothing"


def test_a_code_opens_a_test(begin: Callable[..., Response]) -> None:
    assert "code" in sentence(begin("code-test", code="mint"))
    assert begin("code-test", code="").status_code == 403
    assert begin("code-test", code=" mint TEA ").status_code == 200, "as phones write it"


def test_a_closed_test_takes_nothing(begin: Callable[..., Response], client: TestClient) -> None:
    assert begin("closed-test").status_code == 410
    for what in ("answer", "finish"):
        response = client.post(f"/listen/closed-test/{what}", json={})
        assert response.status_code == 410
        assert "closed" in sentence(response)


def test_who_has_answered_all_may_finish_after_the_end(tmp_path: Path) -> None:
    """It is closed while the last page is read. Who lacks an answer is told that it is over."""
    with listening_tests.store_of([listening_tests.plan(Kind.PREFERENCE)], tmp_path, seconds=0.1) as store:
        client = TestClient(listening_tests.app(store))
        begun = [
            client.post("/listen/test-preference/begin", json={"listener": listener_of(name), "output": "headphones"})
            for name in ("whole", "part")
        ]
        whole, part = (each.json()["session"] for each in begun)
        for index, trial in enumerate(begun[0].json()["trials"]):
            answer = answer_to(trial, index) | {"key": f"answer-{index}", "session": whole, "trial": index}
            assert client.post("/listen/test-preference/answer", json=answer).status_code == 200
        store.close_test("test-preference")
        finish = {"session": whole, "comment": "B crackled"}
        assert client.post("/listen/test-preference/finish", json=finish).status_code == 200
        assert store.session(whole).comment == "B crackled"
        over = client.post("/listen/test-preference/finish", json={"session": part, "comment": ""})
        assert (over.status_code, "closed" in sentence(over)) == (410, True)


def test_what_cannot_be_read_at_the_moment_is_to_be_tried_again(
    begin: Callable[..., Response], client: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser lets go of an answer that is refused for good, so a passing fault is none."""
    begun = begin("test-preference").json()
    given = {"session": begun["session"], "comment": ""}
    answer = answer_to(begun["trials"][0], 0) | given | {"key": "some-key", "trial": 0}

    @contextmanager
    def broken() -> Iterator[None]:
        raise ListeningError("The answers cannot be read at the moment: disk I/O error. Try again in a while.")
        yield

    with monkeypatch.context() as patched:
        patched.setattr(store._database, "reading", broken)
        asked = [
            client.post("/listen/test-preference/answer", json=answer),
            client.post("/listen/test-preference/finish", json=given),
            begin("test-preference"),
            client.get(f"/listen/test-preference/sound/{begun['session']}/0/a"),
        ]
    assert [response.status_code for response in asked] == [503] * 4
    assert all("Try again" in sentence(response) for response in asked)
    assert client.post("/listen/test-preference/answer", json=answer).json() == {"saved": True}
    unknown = client.post("/listen/test-preference/answer", json=answer | {"session": "no-such-session"})
    assert unknown.status_code == 404


def test_a_session_belongs_to_one_test(begin: Callable[..., Response], client: TestClient) -> None:
    session = begin("test-abx").json()["session"]
    answer = {"key": "some-key", "session": session, "trial": 0, "value": {"choice": "a"}}
    assert client.post("/listen/test-preference/answer", json=answer).status_code == 404
    assert client.get(f"/listen/test-preference/sound/{session}/0/a").status_code == 404


@pytest.mark.parametrize(
    "where", ["0/c", "0/beside", "8/a", "-1/a", "x/a", "99999999999/a", "practice/c", "0/..%2f", "²/a"]
)
def test_a_sound_that_is_not_there(where: str, begin: Callable[..., Response], client: TestClient) -> None:
    session = begin("test-abx").json()["session"]
    response = client.get(f"/listen/test-abx/sound/{session}/{where}")
    assert response.status_code == 404
    if ".." not in where:
        sentence(response)


def test_a_damaged_sound_is_told(begin: Callable[..., Response], client: TestClient, store: Store) -> None:
    session = store.session(begin("hostile-test").json()["session"])
    address = f"/listen/hostile-test/sound/{session.key}/0/a"
    assert client.get(address).status_code == 200
    plan = store.plan("hostile-test")
    path = store.sound_path(plan.key, plan.item(session.trials[0].item).sounds[session.trials[0].slots["a"]])
    for content in (b"", b"RIFF....WAVE", path.read_bytes()[:40]):
        path.write_bytes(content)
        response = client.get(address)
        assert response.status_code == 404
        assert "missing or damaged" in sentence(response)
        assert path.name not in response.text
    path.unlink()
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://testserver"}, 200),
        ({"origin": "https://TESTSERVER"}, 200),
        ({"origin": "https://far.example", "x-forwarded-host": "far.example"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://testserver.evil.example"}, 403),
        ({"origin": "http://testserver:8080"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "http://[bad"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_only_our_own_page_may_post(headers: dict[str, str], status: int, client: TestClient) -> None:
    given = {"listener": listener_of("origin"), "code": "", "output": "headphones"}
    response = client.post("/listen/test-abx/begin", json=given, headers=headers)
    assert response.status_code == status
    if status != 200:
        sentence(response)


def test_under_a_path_of_a_proxy(store: Store) -> None:
    """One that takes the path away and says so, and one that does not: the page names nothing from the root."""
    client = TestClient(listening_tests.app(store), root_path="/studio")
    for path in ("/listen/test-abx", f"/listen/{static.NAME}/main.js"):
        assert client.get(path).status_code == 200
        assert client.get(f"/studio{path}").status_code == 200
