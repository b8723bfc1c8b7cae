"""Logins: hashed passwords, wrong ones, who is kept waiting and who is not, and the cookie."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bcrypt
import httpx
import pytest
from support import coroutines
from support.page_server import serve

from styletransfer.web.guard import budgets
from styletransfer.web.guard.proxies import visitor_address
from styletransfer.web.hosting import decide
from styletransfer.web.server import logins
from styletransfer.web.server.logins import Logins, LoginsError


def hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


@pytest.fixture
def users(tmp_path: Path) -> Callable[..., Logins]:
    """Logins of a file with these lines."""

    def read(*lines: str) -> Logins:
        path = tmp_path / "users"
        path.write_text("\n".join(lines) + "\n")
        return logins.read(path)

    return read


def is_let_in(known: Logins, user: str, password: str, address: str = "203.0.113.5") -> bool:
    async def tried() -> bool:
        visitor_address.set(address)
        return await known.check(user, password)

    return coroutines.run(tried())


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds for which logins were kept waiting, none of which pass."""
    times: list[float] = []

    async def sleep(seconds: float) -> None:
        times.append(seconds)

    monkeypatch.setattr(Logins, "wait", staticmethod(sleep))
    return times


def test_a_hash_of_htpasswd_is_understood(users: Callable[..., Logins]) -> None:
    known = users(f"ann:{hashed('sécret')}", f"bob:{hashed('b').replace('$2b$', '$2y$')}")
    assert not known.has_plain_text
    assert is_let_in(known, "ann", "sécret")
    assert is_let_in(known, "bob", "b")
    assert not is_let_in(known, "ann", "b")
    assert not is_let_in(known, "carl", "b")


def test_plain_text_still_works(users: Callable[..., Logins]) -> None:
    known = users("ann:one two", f"bob:{hashed('b')}")
    assert known.has_plain_text
    assert "one two" not in repr(vars(known))
    assert is_let_in(known, "ann", "one two")
    assert not is_let_in(known, "ann", "one")


@pytest.mark.parametrize("password", ["", "\0", "right\0", "x" * 10_000, "\ud800"])
def test_no_password_is_too_odd_to_be_wrong(password: str, users: Callable[..., Logins]) -> None:
    assert not is_let_in(users("ann:right"), "ann", password)


def test_other_hashes_are_refused(users: Callable[..., Logins]) -> None:
    for other in ("$apr1$x$abc", "{SHA}abc=", "$6$rounds=5000$x$abc", "$2y$05$short"):
        with pytest.raises(LoginsError, match=r"Line 1 of .* has a hash that is not bcrypt's. Make it anew"):
            users(f"ann:{other}")


def test_a_name_that_nobody_has_costs_a_hash_too(users: Callable[..., Logins], monkeypatch: pytest.MonkeyPatch) -> None:
    known = users(f"ann:{hashed('a')}")
    checked: list[bytes] = []
    monkeypatch.setattr(logins.bcrypt, "checkpw", lambda _, found: checked.append(found))
    assert not is_let_in(known, "nobody", "x")
    assert len(checked) == 1
    assert checked[0].startswith(b"$2b$04$")


def test_wrong_passwords_of_an_address_wait_longer_and_longer(
    users: Callable[..., Logins], waited: list[float]
) -> None:
    known = users(f"ann:{hashed('a')}")
    for number in range(12):
        assert not is_let_in(known, f"user {number}", "wrong")
    assert waited == [0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30, 30]


def test_an_account_of_ones_own_shortens_no_wait(users: Callable[..., Logins], waited: list[float]) -> None:
    known = users(f"ann:{hashed('a')}", f"eve:{hashed('e')}")
    for number in range(6):
        assert not is_let_in(known, f"user {number}", "wrong")
        assert is_let_in(known, "eve", "e")
    assert [wait for wait in waited if wait] == [1.0] * 2 + [2.0] * 2 + [4.0] * 2 + [8.0]


def test_who_mistypes_now_and_then_does_not_wait(
    users: Callable[..., Logins], waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An office whose people log in all day, and mistype now and then."""
    known = users(f"ann:{hashed('a')}")
    for number in range(30):
        monkeypatch.setattr(Logins, "clock", staticmethod(lambda number=number: 600.0 * number))
        assert not is_let_in(known, "ann", "wrong")
        assert is_let_in(known, "ann", "a")
    assert not any(waited)


def test_a_stranger_cannot_lock_a_user_out(users: Callable[..., Logins], waited: list[float]) -> None:
    known = users(f"ann:{hashed('a')}")
    for number in range(200):
        assert not is_let_in(known, "ann", "wrong", f"203.0.113.{number}")
    assert is_let_in(known, "ann", "a", "198.51.100.1")
    assert waited[-1] == logins.LONGEST_FOR_USER_S
    assert is_let_in(known, "ann", "a", "198.51.100.1")
    assert waited[-1] == 0.0


def test_many_at_once_are_counted_before_they_are_tried(users: Callable[..., Logins], waited: list[float]) -> None:
    known = users(f"ann:{hashed('a')}")

    async def all_at_once() -> list[bool]:
        visitor_address.set("203.0.113.5")
        return await asyncio.gather(*(known.check("ann", f"wrong {number}") for number in range(20)))

    assert not any(coroutines.run(all_at_once()))
    assert sorted(waited)[-10:] == [30.0] * 10


def test_behind_an_address_that_many_share_only_the_name_counts(
    users: Callable[..., Logins], waited: list[float]
) -> None:
    known = users(f"ann:{hashed('a')}", f"bob:{hashed('b')}")
    for _ in range(20):
        assert not is_let_in(known, "ann", "wrong", "")
    assert is_let_in(known, "bob", "b", "")
    assert waited[-1] == 0.0


def test_tries_are_forgotten_in_time(
    users: Callable[..., Logins], waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = users(f"ann:{hashed('a')}")
    for _ in range(6):
        is_let_in(known, "ann", "wrong")
    now_s = time.monotonic()
    monkeypatch.setattr(Logins, "clock", staticmethod(lambda: now_s + logins.FORGOTTEN_S + 1))
    is_let_in(known, "ann", "wrong")
    assert waited[-1] == 0.0


def test_names_that_were_tried_do_not_fill_the_memory(
    users: Callable[..., Logins], waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "MOST_NAMES", 50)
    known = users(f"ann:{hashed('a')}")
    monkeypatch.setattr(Logins, "_is_right", lambda *_: False)
    for number in range(300):
        monkeypatch.setattr(Logins, "clock", staticmethod(lambda number=number: float(number)))
        is_let_in(known, f"user {number}", "wrong", "")
    assert len(known._tries) < 90


@pytest.fixture
def client(users: Callable[..., Logins]) -> Iterator[httpx.Client]:
    """Of a page with a login, by plain HTTP at this machine, behind a proxy."""
    hosting = decide(public=True, trusted_proxies=["127.0.0.1"], environment={})
    auth = users(f"ann:{hashed('right')}").check
    with serve(auth=auth, hosting=hosting) as site, httpx.Client(base_url=site.url, timeout=60) as opened:
        yield opened


def login(client: httpx.Client, password: str, **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("login", data={"username": "ann", "password": password}, headers=sent)


@pytest.mark.slow
def test_the_cookie_stays_here(client: httpx.Client) -> None:
    assert client.get("gradio_api/info").status_code == 401
    for scheme, is_secure in (("http", False), ("https", True)):
        answer = login(client, "right", x_forwarded_proto=scheme)
        assert answer.json() == {"success": True}
        for cookie in answer.headers.get_list("set-cookie"):
            parts = [part.strip().lower() for part in cookie.split(";")]
            assert {"httponly", "samesite=lax"} <= set(parts)
            assert ("secure" in parts) is is_secure
            assert "samesite=none" not in parts
        assert is_secure or client.get("gradio_api/info").status_code == 200
    assert client.get("healthz").text == "ok"
    foreign = login(client, "right", origin="https://far.example")
    assert foreign.status_code == 403
    assert "set-cookie" not in foreign.headers


@pytest.mark.thorough
@pytest.mark.slow
def test_sixty_wrong_passwords_are_not_tried_at_once(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the server goes on while they wait."""
    tried: list[str] = []
    real = Logins._is_right

    def counted(known: Logins, user: str, password: str) -> Any:
        tried.append(password)
        return real(known, user, password)

    monkeypatch.setattr(Logins, "_is_right", counted)

    async def attack() -> list[int]:
        async with httpx.AsyncClient(base_url=client.base_url, timeout=120) as many:
            form = {"username": "ann", "password": "wrong"}
            said = {"x-forwarded-for": "203.0.113.5"}
            tries = [asyncio.create_task(many.post("login", data=form, headers=said)) for _ in range(60)]
            await asyncio.sleep(1)
            assert len(tried) <= logins.FREE_TRIES + 1
            assert (await many.get("healthz")).text == "ok"
            owner = await many.post("login", data=form | {"password": "right"}, headers={"x-forwarded-for": "::2"})
            assert owner.status_code == 200
            for each in tries:
                each.cancel()
            done = await asyncio.gather(*tries, return_exceptions=True)
            return [answer.status_code for answer in done if isinstance(answer, httpx.Response)]

    statuses = coroutines.run(attack())
    assert statuses.count(429) == 60 - budgets.LOGINS.address.amount
