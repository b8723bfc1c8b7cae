"""The tab "How it works": pictures, three paragraphs, the formula, what differs from the paper, credits.

Its words and formulae stand in frontend/how/how.html, its pictures beside that (`python -m tools.pictures` makes them);
formulae are MathML, which browsers draw by themselves. Departures and credits are shown from README.md and
samples/CREDITS.md.
"""

from __future__ import annotations

import base64
from pathlib import Path

import gradio as gr

from styletransfer.web import frontend
from styletransfer.web.parts import documents

TITLE, ID = "How it works", "how"
PICTURES = frontend.FOLDER / "how"
NAMES = ("content", "style", "result", "kernel_content", "kernel_style", "kernel_result")


def build(_events: object, _visit: object) -> None:
    """Lay the tab out, inside the Tab that is open."""
    gr.HTML(article(), elem_id="how", label="How it works")
    with gr.Row():
        with gr.Column(min_width=320):
            _text("What differs from the paper", documents.section(documents.README, "What differs from the paper"))
        with gr.Column(min_width=320):
            _text("Credits", documents.section(documents.README, "Papers"))
    with gr.Accordion("The recordings, their authors and licences", open=False):
        credits = documents.below(documents.CREDITS.read_text(encoding="utf-8"), 2)
        gr.Markdown(credits, elem_classes="st-text st-credits")


def _text(title: str, text: str) -> None:
    gr.Markdown(f"## {title}\n\n{text}", elem_classes="st-text")


def article() -> str:
    """The article with its pictures inside, so that no path of the server shows."""
    text = (PICTURES / "how.html").read_text(encoding="utf-8")
    return text.format(**{name: _data_url(PICTURES / f"{name}.webp") for name in NAMES})


def _data_url(path: Path) -> str:
    return f"data:image/webp;base64,{base64.b64encode(path.read_bytes()).decode()}"
