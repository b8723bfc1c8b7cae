"""The routes of the owner's page, where a test is read, closed and deleted; all lie under a secret of its link.

    /listen/KEY/results/OWNER                          the page
    /listen/KEY/results/OWNER/answers.csv, ...         what EXPORTS has
    /listen/KEY/results/OWNER/plots/NAME.svg, .png     a plot
    /listen/KEY/results/OWNER/close, delete, remove    what its buttons post, as JSON

Who does not know the secret learns no more than of a test that does not exist.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from styletransfer.files.spreadsheets import for_spreadsheets
from styletransfer.listening import export, plots
from styletransfer.listening.pages import owner_body, posted, replies, static
from styletransfer.listening.pages.replies import Refused
from styletransfer.listening.plan import ListeningError, Plan
from styletransfer.listening.records import Answer, Session
from styletransfer.listening.results.reading import Results, results
from styletransfer.listening.results.said import listeners_of
from styletransfer.listening.store import Store

ADDRESS = "/listen/{test}/results/{owner}"
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""An SVG has its styles within."""
MOST_LISTENERS = 1_000_000
MOST_READ = 8
"""Tests whose results are kept for the plots and files that are asked for after the page"""


class Read(NamedTuple):
    """A test with all that was said in it."""

    plan: Plan
    sessions: list[Session]
    answers: list[Answer]


class Exported(NamedTuple):
    """A file of results."""

    media_type: str
    make: Callable[[Read, Callable[[Read], Results]], bytes]
    """from what was read, with a function that tells its results"""


EXPORTS = {
    "answers.csv": Exported("text/csv", lambda read, _: for_spreadsheets(export.csv(*read))),
    "listeners.csv": Exported(
        "text/csv", lambda read, told: for_spreadsheets(export.listeners_csv(*read, found=told(read)))
    ),
    "results.json": Exported(
        "application/json", lambda read, told: export.as_json(*read, found=told(read)).encode("utf-8")
    ),
    "results.md": Exported("text/markdown", lambda read, told: export.markdown(told(read)).encode("utf-8")),
    "results.zip": Exported("application/zip", lambda read, told: export.zipped(*read, found=told(read))),
}

Act = Callable[[Store, Plan, Mapping[str, Any]], None]


def routes(store: Store) -> list[Route]:
    """All routes of the owner's page."""
    reader = _Reader(store)

    async def show(request: Request) -> Response:
        return await run_in_threadpool(_page, reader, **request.path_params)

    async def draw(request: Request) -> Response:
        return await run_in_threadpool(_answered, _plot, reader, **request.path_params)

    return [
        Route(ADDRESS, show, middleware=replies.PACKED),
        Route(f"{ADDRESS}/plots/{{name}}", draw),
        *(_file(reader, name) for name in EXPORTS),
        *(_post(store, name, act) for name, act in {"close": _close, "delete": _delete, "remove": _remove}.items()),
    ]


def _file(reader: _Reader, name: str) -> Route:
    async def answer(request: Request) -> Response:
        return await run_in_threadpool(_answered, _export, reader, name=name, **request.path_params)

    return Route(f"{ADDRESS}/{name}", answer)


def _post(store: Store, name: str, act: Act) -> Route:
    async def answer(request: Request) -> Response:
        try:
            given = await posted.read(request)
            return await run_in_threadpool(_answered, _acted, act, store, given, **request.path_params)
        except Refused as refused:
            return replies.refusal(refused)

    return Route(f"{ADDRESS}/{name}", answer, methods=["POST"])


def _answered(make: Callable[..., Response], *args: Any, **options: Any) -> Response:
    """What a function answers, or why it does not."""
    try:
        return make(*args, **options)
    except Refused as refused:
        return replies.refusal(refused)
    except ListeningError as error:
        return replies.refusal(Refused(409, str(error)))


def _owned(store: Store, test: str, owner: str) -> Plan:
    """The test of a key, for who knows its secret. Raises Refused, the same whatever is wrong."""
    try:
        plan = store.plan(test)
    except ListeningError as error:
        raise replies.no_test() from error
    if not plan.owner_key or not hmac.compare_digest(plan.owner_key.encode(), owner.encode()):
        raise replies.no_test()
    return plan


class _Reader:
    """Reads tests, and keeps the results of the last few: a page is followed by its plots and files."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, tuple[object, Results]] = {}

    def read(self, test: str, owner: str) -> Read:
        """All that was said in a test. Raises Refused."""
        plan = _owned(self._store, test, owner)
        return Read(plan, self._store.sessions(test), self._store.answers(test))

    def results(self, read: Read) -> Results:
        """The results of what was read."""
        now = datetime.now(UTC)
        # Of sessions that stay there are only ever more answers, which never change.
        state = (read.plan, read.plan.is_open(now), read.sessions, len(read.answers))
        before = self._kept.get(read.plan.key)
        if before and before[0] == state:
            return before[1]
        if len(self._kept) >= MOST_READ:
            self._kept.clear()
        found = results(*read, now=now)
        self._kept[read.plan.key] = state, found
        return found


def _page(reader: _Reader, test: str, owner: str) -> Response:
    try:
        read = reader.read(test, owner)
    except Refused as refused:
        return replies.sentence_page("No test here", refused, static.owners_head())
    body = owner_body.body(read.plan, reader.results(read), list(EXPORTS))
    return replies.page(f"Results: {read.plan.title}", body, static.owners_head())


def _plot(reader: _Reader, test: str, owner: str, name: str) -> Response:
    found = reader.results(reader.read(test, owner))
    stem, _, ending = name.rpartition(".")
    if stem not in plots.names(found) or ending not in ("svg", "png"):
        raise Refused(404, "There is no such plot. Load the page again.")
    figure = plots.one(found, stem)
    if ending == "svg":
        return replies.file(plots.svg(figure), "image/svg+xml", policy=SVG_POLICY)
    return replies.file(plots.png(figure), "image/png")


def _export(reader: _Reader, test: str, owner: str, name: str) -> Response:
    media_type, make = EXPORTS[name]
    return replies.file(make(reader.read(test, owner), reader.results), media_type, name)


def _acted(act: Act, store: Store, given: Mapping[str, Any], test: str, owner: str) -> Response:
    act(store, _owned(store, test, owner), given)
    return replies.data({"done": True})


def _close(store: Store, plan: Plan, _: Mapping[str, Any]) -> None:
    store.close_test(plan.key)


def _delete(store: Store, plan: Plan, _: Mapping[str, Any]) -> None:
    store.remove_test(plan.key)


def _remove(store: Store, plan: Plan, given: Mapping[str, Any]) -> None:
    """Delete one listener, named by number and beginning: numbers move up when one is deleted."""
    number = posted.whole(given, "number", MOST_LISTENERS)
    listener = _numbered(store.sessions(plan.key), number)
    if listener is None or listener.begun != given.get("begun"):
        raise Refused(409, "The list of listeners has changed. Load the page again.")
    store.remove_listener(plan.key, listener.listener)


def _numbered(sessions: Sequence[Session], number: int) -> Session | None:
    return next((each.session for each in listeners_of(sessions, []) if each.number == number), None)
