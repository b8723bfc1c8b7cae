"""What the page needs of Gradio beyond its documentation: private names, and ways that were only seen (Gradio 6.31).

Whoever raises Gradio's version looks here first. What the browser's side relies on stands in frontend/: gradio.css,
before-gradio.js, accessibility.js, take.js, take.css and exclusive-playback.js, and how scripts get into the page in
its __init__.py.
"""

from __future__ import annotations

import inspect
import time
import traceback
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar
from urllib.parse import quote

import gradio as gr
from fastapi import HTTPException
from gradio import route_utils, routes, themes
from gradio.context import Context
from gradio_client import utils as client_utils
from jinja2 import ChoiceLoader, DictLoader

Value = TypeVar("Value")

_TEMPLATES: Any = routes.templates.env.loader
_parts: ContextVar[list[str] | None] = ContextVar("parts", default=None)

LIGHT: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""Options of an event that answers at once: it waits for no other, and is no business of scripts."""

MAY_WARN: dict[str, Any] = {"concurrency_limit": None, "show_progress": "hidden", "api_visibility": "private"}
"""Options of such an event that may call `gr.Warning`. Only through the queue do warnings reach a page (seen in Gradio
6.31); without a limit it waits for no transfer there."""

MOST_UPLOADS = 1000
"""Of which Gradio knows at a time how far they have come"""


def current_blocks() -> gr.Blocks:
    """The page that is being built. Gradio has no public name for it."""
    blocks = Context.root_block
    if blocks is None:
        raise RuntimeError("no Blocks are open")
    return blocks


def current_tab() -> gr.Tab:
    """The tab that is being built. Gradio has no public name for it."""
    tab = Context.block
    if not isinstance(tab, gr.Tab):
        raise RuntimeError("no Tab is open")
    return tab


def event_value(event: gr.EventData, name: str, kind: type[Value]) -> Value | None:
    """What an event of the page carries under a name, or None where a script sends something else.

    Public access raises where the data is no dictionary, as it may be for any caller of the endpoint."""
    value = event._data.get(name) if isinstance(event._data, dict) else None
    # True is an int in Python alone.
    return value if isinstance(value, kind) and isinstance(value, bool) is (kind is bool) else None


def file_url(path: str | Path) -> str:
    """Where the browser gets a file that Gradio serves: relative, so that it holds wherever the page is mounted.

    The address is that of Gradio's own components; its documentation names none."""
    return f"gradio_api/file={quote(str(path))}"


def first_in_head(html: str) -> None:
    """Has the page's head begin with this. What `launch` takes as `head` comes when Gradio's own scripts have connected
    (seen in Gradio 6.31). The templates belong to the process, and each call replaces them."""
    pages = ("frontend/index.html", "frontend/share.html")
    sources = {name: _TEMPLATES.get_source(routes.templates.env, name)[0] for name in pages}
    changed = {name: source.replace("<head>", f"<head>{html}", 1) for name, source in sources.items()}
    routes.templates.env.loader = ChoiceLoader([DictLoader(changed), _TEMPLATES])


def serve_to_everybody(folders: Sequence[Path]) -> None:
    """Lets anybody fetch the files in these folders, which are neither copied nor aged out.

    The list belongs to the process, not to a page, and each call replaces it."""
    gr.set_static_paths(list(folders))


def hide_from_mcp(demo: gr.Blocks, keep: Callable[..., Any]) -> None:
    """Leaves one function of the page's public ones to MCP.

    Gradio knows no public way that leaves the others to its own clients, so this takes its mark for what is no tool."""
    for event in demo.fns.values():
        if event.fn is not None and event.fn is not keep and event.api_visibility == "public":
            function: Any = getattr(event.fn, "__func__", event.fn)  # methods take no attributes
            function._mcp_type = "page"


def set_optional(function: Callable[..., Any], names: Sequence[str]) -> None:
    """Lets callers of an endpoint leave out the arguments of these names, which come in as `**values`.

    Gradio takes from the signature what may be left out; of `**values` it knows nothing."""
    required = [each for each in inspect.signature(function).parameters.values() if each.kind is not each.VAR_KEYWORD]
    optional = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in names]
    function.__signature__ = inspect.Signature([*required, *optional])  # pyright: ignore


def local_font(name: str) -> themes.LocalFont:
    """A font that Gradio itself carries, so that it comes from this server.

    Of its semi-bold faces only a few letters are in the package (seen in Gradio 6.31): bold stands in for them."""
    return themes.LocalFont(name, weights=(400, 700))


def raw_number(**options: Any) -> gr.Number:
    """A number that reaches its function as it was sent, whatever it is: Gradio's own fails without a word on text. Not
    a subclass, for each of which Gradio writes a file beside its module."""
    number = gr.Number(**options)
    number.preprocess = lambda payload: payload  # pyright: ignore[reportAttributeAccessIssue]
    return number


def in_front(wrap: Callable[[Any], Any]) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """For `app_kwargs` of `launch`: a lifespan that puts an ASGI app in front of all of Gradio's.

    Middleware that is given there comes behind Gradio's own for other origins and for compression. When the lifespan
    begins, all of it is in place and no request has come."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        app.middleware_stack = wrap(app.middleware_stack)
        yield

    return lifespan


def explain_errors(demo: gr.Blocks, checks: Sequence[Callable[[Any], None]], in_words: Callable[..., str]) -> None:
    """Has every function of the page say in a sentence why it failed, and look at its inputs first.

    `checks` may raise; `in_words(error, about_inputs=...)` is asked while the error is handled. Gradio itself tells
    `null` of what is no gr.Error, and prints it."""
    process = demo.process_api

    async def process_api(*given: Any, **options: Any) -> Any:
        """Run a function, as Gradio's own does."""
        try:
            for check in checks:
                check(options.get("inputs"))
            return await process(*given, **options)
        except gr.Error:
            raise
        except Exception as error:
            readers = {"preprocess_data", "validate_inputs"}
            names = {frame.name for frame in traceback.extract_tb(error.__traceback__)}
            raise gr.Error(in_words(error, about_inputs=bool(names & readers)), print_exception=False) from error

    demo.process_api = process_api


def functions_of(demo: gr.Blocks, names: Collection[str] | None = None) -> set[str | int]:
    """The functions of the page, or those that have these names in Python: by their numbers, and by what clients call
    them."""
    return _called([event for event in demo.fns.values() if names is None or event.name in names])


def forget_unfetched(demo: gr.Blocks, after_s: float) -> None:
    """Has the page's queue forget what it keeps for sessions that fetch none of it, once nothing has come for them for
    so long.

    Gradio keeps all that a transfer tells until two thousand newer sessions have come (seen in Gradio 6.31)."""
    queue, send = demo._queue, demo._queue.send_message
    last_s: dict[str, float] = {}

    def send_message(event: Any, event_message: Any) -> None:
        last_s[event.session_hash] = now_s = time.monotonic()
        for session in [session for session, at_s in last_s.items() if now_s - at_s > after_s]:
            del last_s[session]
            kept = queue.pending_messages_per_session.get(session)
            if kept is not None and not kept.empty():
                queue.pending_messages_per_session.pop(session, None)
                queue.pending_event_ids_session.pop(session, None)
        send(event, event_message)

    queue.send_message = send_message


@contextmanager
def parts_of_upload() -> Iterator[list[str]]:
    """The files that Gradio writes for the upload that is handled inside, by their paths, as they are made.

    It moves away those that it takes, and leaves the others: of an upload that broke off, of fields that it does not
    know, on a full disk (seen in Gradio 6.31)."""
    route_utils.NamedTemporaryFile = _noted_file  # pyright: ignore[reportPrivateImportUsage]
    parts: list[str] = []
    token = _parts.set(parts)
    try:
        yield parts
    finally:
        _parts.reset(token)


def _noted_file(*given: Any, **options: Any) -> Any:
    file = NamedTemporaryFile(*given, **options)  # noqa: SIM115
    if (parts := _parts.get()) is not None:
        parts.append(file.name)
    return file


class Functions:
    """What a gate has to know of the page's functions, by their numbers and by what clients call them."""

    def __init__(self, demo: gr.Blocks) -> None:
        self._demo = demo
        events = list(demo.fns.values())
        public = _called([event for event in events if event.api_visibility == "public"])
        self.private = _called([event for event in events if event.api_visibility != "public"]) - public
        """for the page alone, which calls them by their numbers"""
        queued = _called([event for event in events if event.queue is not False])
        self.unqueued = _called([event for event in events if event.queue is False]) - queued
        """that the page calls by /run/, and all others through the queue. Gradio's Python client joins the queue for
        any of them (seen in 6.31)"""

    def waiting(self) -> list[tuple[str, str]]:
        """Visit and `scope["guard.address"]` of each event that waits or runs in Gradio's queue."""
        queue = self._demo._queue
        found = [event for each in queue.event_queue_per_concurrency_id.values() for event in each.queue]
        found += [event for job in queue.active_jobs if job for event in job]
        return [(event.session_hash, event.request.scope.get("guard.address", "")) for event in found]


def _called(events: Sequence[Any]) -> set[str | int]:
    return {event._id for event in events} | {event.api_name for event in events if isinstance(event.api_name, str)}


def is_about_arguments(error: BaseException) -> bool:
    """Whether it comes from reading the arguments of /call/v2/, at which Gradio fails as if the fault was its own."""
    return isinstance(error, TypeError | ValueError) and any(
        frame.f_code is client_utils.construct_args.__code__ for frame, _ in traceback.walk_tb(error.__traceback__)
    )


def is_about_unknown_visit(error: BaseException | None) -> bool:
    """Whether a stream of events ended since nothing is known of its visit. Gradio has said so in the stream, and
    raises once more, for the log."""
    while error is not None:
        if isinstance(error, HTTPException) and error.status_code == 404:
            return True
        error = error.__cause__
    return False


def forget_upload_progress(keys: Collection[str]) -> None:
    """Forget how far uploads have come, which Gradio keeps for ever: of these keys what is not looked at any more, and
    the oldest of those that nobody looked at."""
    progress: Any = routes.file_upload_statuses
    for key in keys:
        if key not in progress._statuses:
            progress._signals.pop(key, None)
    for key in list(progress._statuses)[:-MOST_UPLOADS]:
        progress.stop_tracking(key)
        progress._signals.pop(key, None)
