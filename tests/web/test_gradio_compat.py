"""What the page needs of Gradio beyond its documentation, where no other test has it."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from styletransfer.web import gradio_compat


def test_what_nobody_fetches_is_forgotten_and_what_is_fetched_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    with gr.Blocks() as demo:
        pass
    queue: Any = demo.queue()._queue
    gradio_compat.forget_unfetched(demo, 600.0)

    def tell(session: str, at_s: float) -> None:
        monkeypatch.setattr(time, "monotonic", lambda: at_s)
        queue.send_message(SimpleNamespace(session_hash=session, alive=True, _id=session), SimpleNamespace())

    kept = queue.pending_messages_per_session
    for session in ("left", "fetches", "new"):
        kept[session] = asyncio.Queue()
        queue.pending_event_ids_session[session] = {session}
    tell("left", 0.0)
    tell("fetches", 0.0)
    kept["fetches"].get_nowait()
    tell("new", 599.0)
    assert set(kept) == {"left", "fetches", "new"}
    tell("new", 601.0)
    assert set(kept) == set(queue.pending_event_ids_session) == {"fetches", "new"}
    assert kept["new"].qsize() == 2
