"""The page as a whole: what stands around the tabs, and how it is launched."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import gradio as gr

from styletransfer.runtime import compile_cache, malloc
from styletransfer.settings import SAMPLE_RATE_HZ
from styletransfer.web import frontend
from styletransfer.web.drawing import theme
from styletransfer.web.endpoints import stylize_endpoint
from styletransfer.web.parts import examples, sharing
from styletransfer.web.server import jobs, private_files, warmup
from styletransfer.web.tabs import compare_tab, how_tab, transfer_tab

TITLE = "Audio style transfer"
LEAD = "The content recording, played in the texture of the style recording."

DAY_S = 86_400
LARGEST_UPLOAD = "200mb"
MOST_SESSIONS = 500
"""Visits of which the server keeps what the page showed: the latest. Gradio would keep ten thousand."""


def build() -> gr.Blocks:
    """The page, not launched yet. Visitors' files are removed after a day."""
    # Before the first program is compiled and before there are threads.
    compile_cache.enable()
    malloc.keep_freed()
    malloc.use_single_arena()
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, DAY_S)) as demo:
        gr.Markdown(f"# {TITLE}\n{LEAD}")
        with gr.Tabs():
            with gr.Tab("Transfer", id="transfer"):
                latest = transfer_tab.build()
            with gr.Tab("Compare", id="compare-tab"):
                compare_tab.build(latest)
            with gr.Tab("How it works", id="how"):
                how_tab.build()
        stylize_endpoint.build()
    stylize_endpoint.offer_alone(demo)
    return demo


def launch(demo: gr.Blocks, **options: Any) -> Any:
    """`demo.launch` with the page's looks; `options` are its own. What is not given, Gradio takes from its environment
    variables, such as GRADIO_SERVER_PORT."""
    # Gradio's run history would keep what visitors did in the browser, where the next one at the machine finds it.
    defaults = {"footer_links": ["api", "settings"], "run_history": False, "max_file_size": LARGEST_UPLOAD}
    defaults |= {"state_session_capacity": MOST_SESSIONS}
    looks = {"theme": theme.theme(), "head": frontend.head(script_config(), theme.variables())}
    return demo.launch(**looks, app_kwargs={"routes": [frontend.route()]}, **(defaults | options))


def script_config() -> dict[str, Any]:
    """What the page's scripts have to know: see frontend/config.js."""
    return {
        "sampleRateHz": SAMPLE_RATE_HZ,
        "maxChosen": compare_tab.MOST_CHOSEN,
        "sharing": sharing.known(),
    }


def serve(demo: gr.Blocks, *, warm_up: bool, **options: Any) -> None:
    """`launch`, and then, until the program ends: programs compiled in the background, files aged out."""
    launch(demo, prevent_thread_lock=True, **options)
    private_files.age_out_every_hour(DAY_S)
    # No daemon: a thread that Python's end finds in compiled code takes the process down with it.
    threading.Thread(target=examples.prepare, args=[jobs.closing], name="examples").start()
    if warm_up:
        warmup.start([(Path(each.content), Path(each.style)) for each in examples.examples()])
    demo.block_thread()
