"""Making a listening test of the results in Compare: the form is the browser's (frontend/listening-maker.js), which
brings the sounds here; the test is kept by the server's store."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import gradio as gr

from styletransfer.errors import StyleTransferError
from styletransfer.listening import making, trials
from styletransfer.listening.making import Made, Source
from styletransfer.listening.plan import (
    ABX_TRIALS,
    DEFAULT_ABX_TRIALS,
    QUESTIONS,
    WAYS_COMPARED,
    Kind,
    ListeningError,
    Reference,
)
from styletransfer.listening.statistics import abx
from styletransfer.web import frontend
from styletransfer.web.gradio_compat import LIGHT, event_value
from styletransfer.web.guard import budgets
from styletransfer.web.guard.refusals import Refused
from styletransfer.web.server.device_queue import Visitor
from styletransfer.web.server.private_files import FULL, has_free_space
from styletransfer.web.server.server import Server

KINDS = {
    Kind.PREFERENCE: "choose which of two is better",
    Kind.CLOSER: "choose which of two is closer to the style or the content",
    Kind.ABX: "find out which of two X is (ABX): can anybody hear a difference?",
    Kind.RATING: "rate one at a time, from 1 to 5, as in the paper",
    Kind.SEVERAL: "rate all beside one another, from 0 to 100",
}
"""What listeners do, in the words of the page"""
READY = {"paper": "The paper's own test", "textbook": "This program against the textbook"}
"""Names of tests that come along, by what `making.READY` has for them"""
CHOSEN = ("code", "closes", "restarts", "peeks")
"""Fields of a plan that the form has as they are, for every test"""


def build(server: Server) -> None:
    """Lay out the form, under the player."""
    maker = gr.HTML(
        html_template="<div></div>",  # its value is for the script alone
        js_on_load=frontend.mount("listening-maker", "make"),
        apply_default_css=False,
        padding=False,
        elem_id="listening-maker",
        label="a listening test",
    )

    def made(event: gr.EventData, request: gr.Request) -> str:
        visitor = Visitor(request.session_hash or "", request.client.host if request.client else "")
        return json.dumps(make(server, event_value(event, "definition", str) or "", visitor))

    maker.make(made, None, maker, **LIGHT)


def known(server: Server) -> dict[str, Any]:
    """What frontend/listening-maker.js has to know."""
    kinds = []
    for kind, label in KINDS.items():
        fewest, most = WAYS_COMPARED[kind]
        question = QUESTIONS[kind][0].text if len(QUESTIONS[kind]) == 1 and kind is not Kind.ABX else ""
        kinds.append({"key": kind, "label": label, "question": question, "fewest": fewest, "most": most})
    counts = [(count, _about(count)) for count in ABX_TRIALS]
    ready = list(READY.items())
    return {
        "isOn": server.listening is not None,
        "kinds": kinds,
        "trials": counts,
        "usual": DEFAULT_ABX_TRIALS,
        "ready": ready,
    }


def _about(count: int) -> str:
    return f"{abx.needed_score(count)} right count; found with {100 * abx.power(count):.0f} % if 8 of 10 are heard"


def make(server: Server, definition: str, visitor: Visitor) -> dict[str, str]:
    """Make a test as the form has defined it.

    Its name, the addresses of its pages, and how much each listener gets; or in `fault` what is wrong with it.
    """
    if server.listening is None:
        return {"fault": "This page keeps no listening tests. Start it with --data and a folder."}
    if not has_free_space(server.listening.folder):
        return {"fault": FULL}
    try:
        given = json.loads(definition)
        with tempfile.TemporaryDirectory(dir=server.files.folder) as folder:
            made = _made(server, given, Path(folder))
            server.counts.spend(budgets.TESTS, address=visitor.network, visit=visitor.visit)
            server.listening.add_test(made.plan, made.files)
    except (StyleTransferError, Refused) as error:
        return {"fault": str(error)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return {"fault": "The test could not be read. Load the page again."}
    plan = made.plan
    about = str(trials.effort(plan))
    return {"title": plan.title, "test": plan.address, "results": plan.results_address, "about": about}


def _made(server: Server, given: dict[str, Any], folder: Path) -> Made:
    options = {name: given[name] for name in CHOSEN}
    if "ready" in given:
        return making.READY[given["ready"]](folder, **options)
    kind = Kind(given["kind"])
    sources = [_source(server, each) for each in given["items"]]
    questions = making.question(kind, str(given["question"]).strip(), Reference(given["beside"]))
    options |= {"questions": questions, "trials": given["trials"]}
    return making.make(kind, str(given["title"]).strip(), sources, folder, **options)


def _source(server: Server, given: dict[str, Any]) -> Source:
    sounds = {str(label): _uploaded(server, path) for label, path in given["sounds"].items()}
    references = {Reference(name): _uploaded(server, path) for name, path in given["references"].items()}
    return Source(label=str(given["label"]), sounds=sounds, references=references)


def _uploaded(server: Server, path: str) -> Path:
    """A file that somebody brought here, and no other."""
    file = Path(path).resolve()
    if not file.is_relative_to(server.files.folder):
        raise ListeningError("A sound of the test is not here. Load the page again.")
    return file
