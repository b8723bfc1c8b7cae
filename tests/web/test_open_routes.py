"""Which of Gradio's addresses are open: all that its release has are listed here, so that none opens unseen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import gradio as gr
import pytest
from gradio.routes import App
from starlette.routing import Route

from styletransfer.web.guard.open_routes import OPEN, OpenRoutes

OPEN_ROUTES = """
GET /
HEAD /
GET /assets/{path:path}
GET /config
GET /config/
GET /favicon.ico
GET /logout
GET /manifest.json
GET /robots.txt
GET /static/{path:path}
GET /svelte/{path:path}
GET /theme.css
POST /login
POST /login/
GET /gradio_api/app_id
GET /gradio_api/app_id/
GET /gradio_api/call/v2/{api_name}/{event_id}
GET /gradio_api/call/{api_name}/{event_id}
GET /gradio_api/file={path_or_url:path}
HEAD /gradio_api/file={path_or_url:path}
GET /gradio_api/heartbeat/{session_hash}
GET /gradio_api/info
GET /gradio_api/info/
GET /gradio_api/login_check
GET /gradio_api/login_check/
GET /gradio_api/queue/data
GET /gradio_api/startup-events
GET /gradio_api/theme.css
GET /gradio_api/upload_progress
GET /gradio_api/user
GET /gradio_api/user/
POST /gradio_api/call/v2/{api_name}
POST /gradio_api/call/v2/{api_name}/
POST /gradio_api/call/{api_name}
POST /gradio_api/call/{api_name}/
POST /gradio_api/cancel
POST /gradio_api/queue/join
POST /gradio_api/reset
POST /gradio_api/reset/
POST /gradio_api/run/{api_name}
POST /gradio_api/run/{api_name}/
POST /gradio_api/upload
"""
CLOSED_ROUTES = """
GET /monitoring
GET /monitoring/summary
GET /monitoring/{key}
GET /openapi.json
HEAD /openapi.json
GET /pwa_icon
GET /pwa_icon/{size}
GET /gradio_api/custom_component/{id}/{environment}/{type}/{file_name}
GET /gradio_api/deep_link
GET /gradio_api/dev/reload
GET /gradio_api/file/{path:path}
GET /gradio_api/openapi.json
GET /gradio_api/proxy={url_path:path}
HEAD /gradio_api/proxy={url_path:path}
GET /gradio_api/queue/status
GET /gradio_api/run-history/buckets
GET /gradio_api/run-history/records
GET /gradio_api/run-history/records/{endpoint}/{record_id}/assets/{asset_id}
POST /gradio_api/run-history/connect
GET /gradio_api/runs
GET /gradio_api/runs/
GET /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file
GET /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8
GET /gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}
GET /gradio_api/token
GET /gradio_api/token/
GET /gradio_api/vibe-code
GET /gradio_api/vibe-code/
POST /gradio_api/api/{api_name}
POST /gradio_api/api/{api_name}/
POST /gradio_api/component_server
POST /gradio_api/component_server/
POST /gradio_api/process_recording
POST /gradio_api/stream/{event_id}
POST /gradio_api/stream/{event_id}/close
POST /gradio_api/undo-vibe-edit
POST /gradio_api/undo-vibe-edit/
POST /gradio_api/vibe-code
POST /gradio_api/vibe-code/
POST /gradio_api/vibe-edit
POST /gradio_api/vibe-edit/
POST /gradio_api/vibe-starter-queries
POST /gradio_api/vibe-starter-queries/
"""


def lines(text: str) -> set[str]:
    return {line for line in text.splitlines() if line}


def all_routes(routes: Iterable[Any]) -> Iterator[str]:
    """Those of an app and of the routers in it, as `METHOD path`."""
    for route in routes:
        if hasattr(route, "original_router"):  # FastAPI keeps a router that was included as one
            yield from all_routes(route.original_router.routes)
        else:
            yield from (f"{method} {route.path}" for method in route.methods)


async def nothing(*_: Any) -> None:
    """An app, and what answers at an address, that is never asked."""


def gate(root_path: str = "", *, mcp: bool = False) -> OpenRoutes:
    return OpenRoutes(nothing, [Route("/ours/{name}", nothing)], root_path=root_path, mcp=mcp)


@pytest.fixture(scope="module")
def gradios() -> set[str]:
    with gr.Blocks() as demo:
        gr.Textbox()
    return set(all_routes(App.create_app(demo).routes))


def test_every_route_of_gradio_is_known_here(gradios: set[str]) -> None:
    assert gradios == lines(OPEN_ROUTES) | lines(CLOSED_ROUTES)


def test_those_are_open_and_the_others_closed(gradios: set[str]) -> None:
    def is_open(route: str) -> bool:
        method, path = route.split(" ")
        return gate().is_open(re.sub(r"\{[^}]*\}", "made-up", path), method)

    assert {route for route in gradios if is_open(route)} == lines(OPEN_ROUTES)


def test_no_pattern_is_for_nothing(gradios: set[str]) -> None:
    paths = [re.sub(r"\{[^}]*\}", "made-up", route.split(" ")[1]) for route in gradios]
    assert [pattern for pattern in OPEN if not any(re.fullmatch(pattern, path) for path in paths)] == []


@pytest.mark.parametrize(
    "path",
    [
        "//monitoring",
        "/./monitoring",
        "/assets/../monitoring/../../etc",
        "/gradio_api//upload",
        "/gradio_api/upload/",
        "/gradio_api/Upload",
        "/gradio_api/upload\n",
        "/gradio_api/file=http://far.example/a.wav",
        "/gradio_api/file=https://far.example/a.wav",
        "/ours",
        "/oursfile",
        "/gradio_api/mcp/",
        "",
        "*",
    ],
)
def test_tricks_with_paths_open_nothing_new(path: str) -> None:
    """What Starlette would route elsewhere, or what leads out, is no open address; `..` within one is Gradio's to
    refuse, which the attacks on a served page try."""
    is_open = any(gate().is_open(path, method) for method in ("GET", "POST", "PUT", "DELETE"))
    assert is_open == path.startswith("/assets/")


def test_other_methods_are_closed() -> None:
    assert not any(gate().is_open("/", method) for method in ("POST", "PUT", "DELETE", "TRACE", "CONNECT", "OPTIONS"))
    assert not gate().is_open("/gradio_api/upload", "GET")


def test_our_own_addresses_are_open() -> None:
    assert gate().is_open("/ours/anything", "GET")
    assert gate(mcp=True).is_open("/gradio_api/mcp/", "POST")
    assert not gate(mcp=True).is_open("/gradio_api/mcpx", "POST")


@pytest.mark.parametrize(
    ("path", "inner"),
    [("/st/config", "/config"), ("/config", "/config"), ("/st/", "/"), ("/st", "/"), ("/stranger", "/stranger")],
)
def test_the_path_of_the_page_may_be_taken_off_or_not(path: str, inner: str) -> None:
    assert gate("/st").inner(path) == inner
    assert gate("/st/").inner(path) == inner
