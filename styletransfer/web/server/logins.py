"""Who may open the page: a text file of one `user:password` a line, the password hashed as `htpasswd -B` does it.

Passwords in plain text are hashed when they are read, so that each login costs the same, whoever it names.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import bcrypt
from starlette.concurrency import run_in_threadpool

from styletransfer.errors import StyleTransferError
from styletransfer.web.guard.proxies import visitor_address

HASH = re.compile(r"\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}")
OTHER_HASH = re.compile(r"\$[a-z0-9]+\$.+|\{[A-Z0-9]+\}.+")
"""As Apache and others write passwords that bcrypt has not hashed"""
ROUNDS = 10
"""Of the hash for a password in plain text, a power of two: some 50 ms"""
MAX_BYTES = 72
"""Of a password that bcrypt looks at"""

MAX_NAME = 256
"""Characters of a name that count"""

FREE_TRIES = 3
"""Wrong passwords before the next is kept waiting"""
FIRST_S, LONGEST_S = 1.0, 30.0
"""How long it waits then, twice as long each time, and at most"""
MOST_TRIES = 9
"""That count: the next waits longest"""
LONGEST_FOR_USER_S = 4.0
"""The same, for tries of one name from anywhere: so that no stranger can lock its owner out"""
FORGIVEN_S, FORGOTTEN_S = 60.0, 900.0
"""After which one wrong password is forgotten, and all are"""
MOST_NAMES = 10_000
"""Addresses and names whose tries are remembered"""


class LoginsError(StyleTransferError):
    """The file cannot be used; the message is a sentence that holds no password."""


@dataclass
class _Tries:
    count: int
    last_s: float


class Logins:
    """The users of a page: `check` is what Gradio asks, who has waited for it."""

    wait = staticmethod(asyncio.sleep)
    clock = staticmethod(time.monotonic)

    def __init__(self, hashes: Mapping[str, bytes], *, has_plain_text: bool) -> None:
        self.hashes = hashes
        self.has_plain_text = has_plain_text
        """whether the file has passwords in plain text"""
        costliest = max(int(each[4:6]) for each in hashes.values())
        self._nobodys = bcrypt.hashpw(b"", bcrypt.gensalt(costliest))
        self._tries: dict[str, _Tries] = {}
        self._one_at_a_time = asyncio.Lock()

    async def check(self, user: str, password: str) -> bool:
        """Whether this is a user with that password. After wrong ones it takes longer to say so, for whoever tries from
        the same address, and a little for whoever tries the same name."""
        address = visitor_address.get()
        user = user[:MAX_NAME]
        keys = {f"user {user}": LONGEST_FOR_USER_S} | ({f"address {address}": LONGEST_S} if address else {})
        before = self._tries.get(f"address {address}")
        # Counted first, as wrong, so that it is no use to try many at once.
        await self.wait(max(self._count(key, longest_s) for key, longest_s in keys.items()))
        async with self._one_at_a_time:  # or tries would take the processor from everybody
            is_right = await run_in_threadpool(self._is_right, user, password)
        if is_right:
            self._tries.pop(f"user {user}", None)
            # What the address has tried before may have been the names of others.
            self._take_back(f"address {address}", before.last_s if before else None)
        return is_right

    def _count(self, key: str, longest_s: float) -> float:
        """Count a try, and return how long it is to wait."""
        now_s = self.clock()
        if len(self._tries) > MOST_NAMES:
            newest = sorted(self._tries.items(), key=lambda each: each[1].last_s)[-MOST_NAMES // 2 :]
            self._tries = {each: tries for each, tries in newest if now_s - tries.last_s < FORGOTTEN_S}
        tries = self._tries.get(key)
        since_s = now_s - tries.last_s if tries else FORGOTTEN_S
        before = tries.count - int(since_s // FORGIVEN_S) if tries and since_s < FORGOTTEN_S else 0
        count = min(max(0, before), MOST_TRIES) + 1
        self._tries[key] = _Tries(count, now_s)
        beyond = count - FREE_TRIES
        return min(longest_s, FIRST_S * 2 ** min(beyond - 1, 10)) if beyond > 0 else 0.0

    def _take_back(self, key: str, last_s: float | None) -> None:
        """Take one try off those of a key, which had its last one before that at `last_s`."""
        tries = self._tries.get(key)
        if tries is None or tries.count <= 1:
            self._tries.pop(key, None)
        else:
            self._tries[key] = _Tries(tries.count - 1, tries.last_s if last_s is None else last_s)

    def _is_right(self, user: str, password: str) -> bool:
        """Takes as long for a name that nobody has."""
        known = self.hashes.get(user)
        is_right = bcrypt.checkpw(_as_bytes(password), known or self._nobodys)
        return is_right and known is not None


def read(path: Path) -> Logins:
    """The users and passwords in a file. Empty lines and lines that begin with # are left out; the password, or its
    hash, is all that stands after the first colon. Raises LoginsError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise LoginsError(f"{path} could not be read: {reason}. Give a file of user:password lines.") from error
    given: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        user, colon, password = line.partition(":")
        user = user.strip()
        if not (user and colon and password.strip()):
            raise LoginsError(f"Line {number} of {path} is not of the form user:password. Correct it, or remove it.")
        if user in given:
            raise LoginsError(f"Line {number} of {path} names {user} a second time. Give each user one line.")
        if not HASH.fullmatch(password) and OTHER_HASH.fullmatch(password):
            raise LoginsError(f"Line {number} of {path} has a hash that is not bcrypt's. Make it anew: htpasswd -B.")
        given[user] = password
    if not given:
        raise LoginsError(f"{path} holds nobody, so nobody could open the page. Give at least one user:password line.")
    plain = not all(HASH.fullmatch(password) for password in given.values())
    return Logins({user: _hash(password) for user, password in given.items()}, has_plain_text=plain)


def how_to_hash(path: Path) -> str:
    """The warning for a file with passwords in plain text."""
    return f"{path} holds passwords in plain text. Hash each, so that nobody can read it there: htpasswd -B {path} USER"


def _hash(password: str) -> bytes:
    if HASH.fullmatch(password):
        return password.encode()
    return bcrypt.hashpw(_as_bytes(password), bcrypt.gensalt(ROUNDS))


def _as_bytes(password: str) -> bytes:
    """What bcrypt takes: no more than it looks at, as htpasswd does, and no zero, which would end it for others."""
    return password.encode("utf-8", "replace")[:MAX_BYTES].replace(b"\0", b"\xff")
