"""The page as a whole: what stands around the tabs, and how it is launched."""

from __future__ import annotations

import secrets
from typing import Any

import gradio as gr

from styletransfer.files import formats
from styletransfer.listening import pages
from styletransfer.settings import FIELDS, SAMPLE_RATE_HZ
from styletransfer.settings.fields import FRONT
from styletransfer.web import frontend
from styletransfer.web.drawing import theme
from styletransfer.web.endpoints import stylize_endpoint, transfer_endpoint
from styletransfer.web.endpoints.transfer_events import TransferEvents
from styletransfer.web.parts import keeping, listening, sharing
from styletransfer.web.server import alive
from styletransfer.web.server.server import Server
from styletransfer.web.tabs import compare_tab, how_tab, transfer_tab

TITLE = "Audio style transfer"
TABS = (transfer_tab, compare_tab, how_tab)
"""In their order. Each has a TITLE, an ID, and `build(events, visit)`, which lays it out inside the Tab that is open;
`visit` has the states of what the visitor made."""
LEAD = "Give it two recordings: it plays the first with the sound of the second."
HEADER = (
    f'<a class="st-skip" href="#transfer">Skip to Transfer</a><h1>{TITLE}</h1><p>{LEAD}</p>'
    '<button type="button" id="st-help" aria-label="Keys and notices" aria-haspopup="dialog">?</button>'
)

DAY_S = 86_400
MAX_UPLOAD = "200mb"
MAX_SESSIONS = 500
"""Visits of which the server keeps what the page showed: the latest. Gradio would keep ten thousand."""


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
    return demo


def launch(demo: gr.Blocks, server: Server, **options: Any) -> Any:
    """`demo.launch` with the page's looks; `options` are its own. What is not given, Gradio takes from its environment
    variables, such as GRADIO_SERVER_PORT."""
    # Gradio's run history would keep what visitors did in the browser, where the next one at the machine finds it.
    defaults = {"footer_links": ["api", "settings"], "run_history": False, "max_file_size": MAX_UPLOAD}
    defaults |= {"state_session_capacity": MAX_SESSIONS}
    server_id = secrets.token_urlsafe(8)
    looks = {"theme": theme.theme(), "head": frontend.head(script_config(server, server_id), theme.variables())}
    routes = [frontend.route(), alive.route(server_id)]
    if server.listening is not None:
        routes += pages.routes(server.listening, frontend.FOLDER, {"sampleRateHz": SAMPLE_RATE_HZ})
    return demo.launch(**looks, app_kwargs={"routes": routes}, **(defaults | options))


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
