"""The page as a whole: what stands around the tabs, and how it is launched."""

from __future__ import annotations

import os
import secrets
from typing import Any
from urllib.parse import urlsplit

import gradio as gr

from styletransfer.files import formats
from styletransfer.listening import pages
from styletransfer.settings import FIELDS, SAMPLE_RATE_HZ
from styletransfer.settings.fields import FRONT
from styletransfer.web import frontend, gradio_compat
from styletransfer.web.drawing import theme
from styletransfer.web.endpoints import stylize_endpoint, transfer_endpoint
from styletransfer.web.endpoints.transfer_events import TransferEvents
from styletransfer.web.guard import faults, health, uploads
from styletransfer.web.guard.gate import Gate, Rules
from styletransfer.web.hosting import LOCAL, Hosting
from styletransfer.web.parts import keeping, listening, sharing
from styletransfer.web.server import alive
from styletransfer.web.server.server import Server
from styletransfer.web.tabs import compare_tab, how_tab, several_tab, transfer_tab

TITLE = "Audio style transfer"
TABS = (transfer_tab, several_tab, compare_tab, how_tab)
"""In their order. Each has a TITLE, an ID, and `build(events, visit)`, which lays it out inside the Tab that is open;
`visit` has the states of what the visitor made, and the controls of the tabs before."""
LEAD = "Give it two recordings: it plays the first with the sound of the second."
HEADER = (
    f'<a class="st-skip" href="#transfer">Skip to Transfer</a><h1>{TITLE}</h1><p>{LEAD}</p>'
    '<button type="button" id="st-help" aria-label="Keys and notices" aria-haspopup="dialog">?</button>'
)

DAY_S = 86_400
MAX_SESSIONS = 500
"""Visits of which the server keeps what the page showed: the latest. Gradio would keep ten thousand."""
MAX_EVENTS = 200
"""That wait in Gradio's own queue, of all visitors; transfers wait in the server's"""
UNFETCHED_S = 600.0
"""For which Gradio keeps what is told of a transfer for a browser that fetches nothing"""
MAX_THREADS = 64
"""For the page's functions. With 40, its own default, Gradio would have them share the threads that files, uploads and
/healthz are answered in."""
JOBS = ("transfer", "stylize", "transfer_from_page", "five_from_page", "several_from_page")
"""Functions that make results"""


def build(server: Server) -> gr.Blocks:
    """The page over a server, not launched yet. What visitors upload is removed after a day."""
    events = TransferEvents(server)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, DAY_S)) as demo:
        gr.HTML(HEADER, padding=False, elem_id="header")
        visit = keeping.visit()
        with gr.Tabs():
            for tab in TABS:
                with gr.Tab(tab.TITLE, id=tab.ID):
                    tab.build(events, visit)
        transfer_endpoint.build(events)
        stylize = stylize_endpoint.build(server)
    stylize_endpoint.offer_alone(demo, stylize)
    demo.queue(max_size=MAX_EVENTS)
    gradio_compat.forget_unfetched(demo, UNFETCHED_S)
    return demo


def launch(demo: gr.Blocks, server: Server, *, hosting: Hosting = LOCAL, **options: Any) -> Any:
    """`demo.launch` with the page's looks, behind the gate; `options` are its own. What is not given, Gradio takes from
    its environment variables, such as GRADIO_SERVER_PORT."""
    gradio_compat.first_in_head(frontend.BEFORE_GRADIO)
    server_id = secrets.token_urlsafe(8)
    looks = {"theme": theme.theme(), "head": frontend.head(script_config(server, server_id), theme.variables())}
    routes = [frontend.route(), alive.route(server_id), health.route(server.files, server.closing)]
    if server.listening is not None:
        routes += pages.routes(server.listening, frontend.FOLDER, {"sampleRateHz": SAMPLE_RATE_HZ})
    rules = Rules(
        hosting=hosting,
        files=server.files,
        routes=routes,
        functions=gradio_compat.functions_of(demo),
        jobs=gradio_compat.functions_of(demo, JOBS),
        known=gradio_compat.Functions(demo),
        mcp=bool(options.get("mcp_server")),
        counts=server.counts,
        root_path=urlsplit(options.get("root_path") or os.environ.get("GRADIO_ROOT_PATH", "")).path,
    )
    checks = () if hosting.allow_urls else (faults.check_no_urls,)
    gradio_compat.explain_errors(demo, checks, faults.sentence)
    app = {"routes": routes, "lifespan": gradio_compat.in_front(lambda behind: Gate(behind, rules))}
    app["exception_handlers"] = faults.HANDLERS
    launched = demo.launch(**looks, app_kwargs=app, **(_settings() | options))
    server.files.keep_what_is_there()
    return launched


def _settings() -> dict[str, Any]:
    """What is set of Gradio whoever the page is served to, so that its environment variables decide none of it."""
    return {
        "footer_links": ["api", "settings"],
        # It would keep what visitors did in the browser, where the next one at the machine finds it.
        "run_history": False,
        "max_file_size": uploads.MAX_UPLOAD_BYTES,
        "state_session_capacity": MAX_SESSIONS,
        "max_threads": MAX_THREADS,
        "strict_cors": True,
        "enable_monitoring": False,
        "show_error": False,
        "pwa": False,
        # What visitors have is in one process.
        "ssr_mode": False,
        "num_workers": 0,
    }


def script_config(server: Server, server_id: str) -> dict[str, Any]:
    """What the page's scripts have to know: see frontend/config.js."""
    return {
        "serverId": server_id,
        "sampleRateHz": SAMPLE_RATE_HZ,
        "endings": formats.ENDINGS,
        "maxChosen": compare_tab.MAX_CHOSEN,
        "fields": {
            "labels": [(name, field.label) for name, field in FIELDS.items()],
            "front": [name for name, field in FIELDS.items() if field.group == FRONT],
        },
        "sharing": sharing.known(),
        "keeping": keeping.known(),
        "listening": listening.known(server),
    }
