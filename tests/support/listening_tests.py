"""Small listening tests of every kind, with sounds that can be told apart, and the listener's page over them."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import uvicorn
from starlette.applications import Starlette

from styletransfer.listening import pages
from styletransfer.listening.plan import QUESTIONS, Condition, Item, Kind, Plan, Reference
from styletransfer.listening.store import Store
from styletransfer.web import frontend
from support.page_server import free_port, wait_until

RATE_HZ = 44_100
SECONDS = 1.2
CONDITIONS = {"ours-7f": "Our own engine", "textbook-3c": "The textbook recipe"}
"""Keys and labels that no browser may see."""
ITEMS = {"piano-9d": "Piano as drums", "violin-4e": "Violin as trumpet"}
CONFIG = {"sampleRateHz": RATE_HZ}


def plan(kind: Kind, **changes: Any) -> Plan:
    """A test of a kind, whose key is `test-KIND`."""
    items = tuple(
        Item(
            key=key,
            label=label,
            sounds={condition: f"{key}-{condition}.wav" for condition in CONDITIONS},
            references={reference: f"{key}-{reference}.wav" for reference in Reference},
        )
        for key, label in ITEMS.items()
    )
    made = Plan(
        key=f"test-{kind}",
        owner_key="owner-of-this-test",
        title="Which is which & why?",
        kind=kind,
        questions=QUESTIONS[kind],
        items=items,
        conditions=tuple(Condition(key=key, label=label) for key, label in CONDITIONS.items()),
        seed=5,
        trials=8,
    )
    return dataclasses.replace(made, **changes)


def sounds(of: Plan, folder: Path, seconds: float = SECONDS) -> dict[str, Path]:
    """A file for each sound of a test, by its name: a tone with a pitch of its own."""
    names = [name for item in of.items for name in (*item.sounds.values(), *item.references.values())]
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    for i, name in enumerate(names):
        tone = 0.2 * np.sin(2 * np.pi * (220 + 55 * i) * times)
        soundfile.write(folder / name, tone, RATE_HZ, "PCM_16")
    return {name: folder / name for name in names}


def store_of(plans: Sequence[Plan], folder: Path, seconds: float = SECONDS) -> Store:
    """A store that has these tests. To be closed by the caller."""
    made = Store(folder / "data")
    (folder / "sounds").mkdir()
    for each in plans:
        made.add_test(each, sounds(each, folder / "sounds", seconds))
    return made


def app(store: Store) -> Starlette:
    """The listener's page, and nothing else."""
    return Starlette(routes=pages.routes(store, frontend.FOLDER, CONFIG))


@contextmanager
def served(application: Any, port: int | None = None) -> Iterator[str]:
    """The address of an application that is served while the context lasts."""
    port = port or free_port()
    config = uvicorn.Config(application, host="127.0.0.1", port=port, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join()
