"""The Several tab: up to four contents with up to four styles in one go, with the controls of the Transfer tab.

Results are listed as they are made (frontend/several.js), are in Compare, and in a zip at the end.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from styletransfer.web import frontend, gradio_compat
from styletransfer.web.endpoints.several_events import SeveralEvents
from styletransfer.web.endpoints.transfer_events import TransferEvents
from styletransfer.web.gradio_compat import LIGHT
from styletransfer.web.parts import controls, keeping, piles, several_plan
from styletransfer.web.parts.keeping import Visit
from styletransfer.web.parts.piles import Pile
from styletransfer.web.results import progress, several_progress

TITLE, ID = "Several", "several"
ZIP = "Zip of all"
NOT_BEGUN = "Nothing was made."


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The components that events read and write."""

    contents: Pile
    styles: Pile
    left_out: gr.State
    """titles of combinations that the visitor does not want"""
    combinations: gr.CheckboxGroup
    settings: gr.HTML
    results: gr.HTML
    archive: gr.DownloadButton
    progress: gr.HTML
    plan: gr.HTML
    start: gr.Button
    stop: gr.Button


def build(events: TransferEvents, visit: Visit) -> None:
    """Lay the tab out and connect it, inside the Tab that is open."""
    dock = _build_dock()
    with gr.Row(equal_height=False, elem_id="several-sides"):
        with gr.Column(scale=1, min_width=300, elem_id="several-input"):
            left = _build_inputs()
        with gr.Column(scale=1, min_width=300, elem_id="several-output"):
            right = _build_results()
    parts = Parts(**left, **right, **dock, left_out=gr.State([]))
    _connect(parts, SeveralEvents(events.server), visit)


def _build_dock() -> dict[str, Any]:
    """At the foot of the window, as under Transfer: how it stands, and the buttons."""
    with gr.Row(elem_id="several-dock", elem_classes="st-dock"):
        keeping.more_notices("several-notices")
        news = gr.HTML("", elem_id="several-progress", label="progress", padding=False)
        told = progress.message(several_plan.EMPTY)
        plan = gr.HTML(told, elem_id="several-plan", label="what will be made", padding=False)
        with gr.Row(elem_id="several-buttons", elem_classes="st-buttons"):
            start = gr.Button(
                several_plan.label(0), variant="primary", interactive=False, elem_id="several-make", min_width=100
            )
            stop = gr.Button("Stop", interactive=False, elem_id="several-stop", min_width=80)
    return {"progress": news, "plan": plan, "start": start, "stop": stop}


def _build_inputs() -> dict[str, Any]:
    with gr.Row(elem_id="piles"):
        contents = piles.build("content", "What to play", "to play")
        styles = piles.build("style", "What it should sound like", "that it should sound like")
    settings = gr.HTML("", elem_id="several-settings", label="settings", padding=False)
    chosen = gr.CheckboxGroup([], label="Results to make", elem_id="several-combinations")
    return {"contents": contents, "styles": styles, "settings": settings, "combinations": chosen}


def _build_results() -> dict[str, Any]:
    with gr.Row(elem_id="several-head"):
        gr.HTML("<h2>What came of it</h2>", padding=False, elem_classes="st-heading")
        archive = gr.DownloadButton(ZIP, interactive=False, size="sm", elem_id="several-zip", min_width=100, scale=0)
    results = gr.HTML(
        "[]",
        html_template="<div></div>",  # its value is for the script alone
        js_on_load=frontend.mount("several"),
        apply_default_css=False,
        padding=False,
        elem_id="several-results",
        label="what came of it",
    )
    return {"results": results, "archive": archive}


def _connect(parts: Parts, events: SeveralEvents, visit: Visit) -> None:
    preset, seed_choice = visit.controls["preset"], visit.controls["seed_choice"]
    settings = {name: visit.controls[name] for name in controls.NAMES}
    recordings = [parts.contents.files, parts.styles.files]

    def tell(request: gr.Request, contents: Any, styles: Any, left_out: list[str], preset: str, *values: Any) -> Any:
        named = dict(zip(settings, values, strict=True))
        found = several_plan.plan(events.server, contents, styles, left_out, preset, named)
        ticks = gr.CheckboxGroup(_titles(found.combinations), value=_titles(found.chosen))
        return ticks, several_plan.settings_told(preset, named), *_told(found, is_free=not events.is_at_work(request))

    def tick(request: gr.Request, chosen: list[str], offered: str, *rest: Any) -> Any:
        contents, styles, left_out, *given = rest
        left_out = _without(left_out, json.loads(offered or "[]"), chosen)
        _, _, *told = tell(request, contents, styles, left_out, *given)
        return left_out, json.dumps(left_out), *told

    kept = gr.Textbox(visible="hidden", label="results that are not wanted")
    inputs, told = [*recordings, parts.left_out, preset, *settings.values()], [parts.plan, parts.start]
    shown = [parts.combinations, parts.settings, *told]
    # The controls are on another tab: they cannot change while this one is in sight.
    changes = [gradio_compat.current_tab().select, *(each.change for each in recordings)]
    gr.on(changes, tell, inputs, shown, trigger_mode="always_last", **LIGHT)
    # Recordings may be on their way: what was not yet offered when something was ticked is not left out.
    offered = gr.Textbox(visible="hidden", label="results that can be ticked")
    parts.combinations.input(
        tick,
        [parts.combinations, offered, *inputs],
        [parts.left_out, kept, *told],
        js=frontend.call("several", "withOffered"),
        trigger_mode="always_last",
        **LIGHT,
    )
    kept.change(None, kept, js=frontend.call("several", "keepLeftOut"), **LIGHT)
    back = gradio_compat.current_blocks().load(None, None, kept, js=frontend.call("several", "restoreLeftOut"), **LIGHT)
    back.then(_brought_back, kept, parts.left_out, **LIGHT).then(tell, inputs, shown, **LIGHT)

    begun = parts.start.click(_begin, outputs=[parts.start, parts.progress], **LIGHT)
    runs = begun.then(
        events.several_from_page,
        [*recordings, parts.left_out, preset, seed_choice],
        [parts.results, parts.progress, parts.archive, parts.stop, visit.made],
        inputs_kwargs=settings,
        api_visibility="private",
        show_progress="hidden",
        concurrency_limit=None,  # the server has a queue of its own
    )
    failed = runs.failure(_failed, outputs=[parts.progress, parts.stop], **LIGHT)
    for over in (runs.success, failed.then):
        over(tell, inputs, shown, **LIGHT)
    parts.stop.click(_off, outputs=parts.stop, **LIGHT)
    parts.stop.click(events.stop_several, queue=False, show_progress="hidden", api_visibility="private")


def _told(found: several_plan.Plan, *, is_free: bool) -> tuple[Any, ...]:
    """The sentence, and the button."""
    return (
        several_plan.told(found),
        gr.Button(several_plan.label(len(found.chosen)), interactive=bool(found.asked) and is_free),
    )


def _without(left_out: Sequence[str], offered: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """The combinations that are not wanted, once these of those that were offered are ticked."""
    return [title for title in left_out if title not in offered] + [each for each in offered if each not in chosen]


def _brought_back(kept: str) -> list[str]:
    """The titles that the browser kept."""
    with contextlib.suppress(ValueError):
        titles = json.loads(kept)
        if isinstance(titles, list) and all(isinstance(title, str) for title in titles):
            return titles
    return []


def _titles(combinations: Sequence[several_plan.Combination]) -> list[str]:
    return [each.title for each in combinations]


def _begin() -> tuple[Any, ...]:
    """The button off and a first word as soon as it is pressed."""
    return _off(), several_progress.BEGUN


def _off() -> gr.Button:
    return gr.Button(interactive=False)


def _failed() -> tuple[Any, ...]:
    return progress.message(NOT_BEGUN), _off()
