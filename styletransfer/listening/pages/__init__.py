"""The pages of listening tests: plain Starlette routes, HTML and scripts, for listeners and for owners.

    /listen/KEY                               the page of a test
    /listen/KEY/begin, answer, finish         what its scripts post, as JSON
    /listen/KEY/sound/SESSION/TRIAL/SLOT      a sound of a trial
    /listen/KEY/results/OWNER, ...            the owner's page: see owner.py
    /listen/static-VERSION/FILE               their scripts and stylesheets

Nothing that a listener's browser gets tells which condition plays. All addresses in the pages are relative: they may
live under a path.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.routing import Route

from styletransfer.listening.pages import listener, owner
from styletransfer.listening.store import Store

__all__ = ["routes"]


def routes(store: Store, shared_scripts: Path, script_config: Mapping[str, Any]) -> list[Route]:
    """All routes of listening tests: see `listener.routes` for the arguments."""
    return [*listener.routes(store, shared_scripts, script_config), *owner.routes(store)]
