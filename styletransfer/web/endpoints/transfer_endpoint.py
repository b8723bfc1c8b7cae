"""The page's public endpoint: `/transfer`, typed, with every setting by its name.

It has inputs of its own, hidden ones, beside the page's controls: those always have a value, and a call that leaves a
setting out wants that of the preset it names.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import gradio as gr

from styletransfer.settings import DEFAULT_PRESET, FIELDS, MAX_STYLES, PRESETS
from styletransfer.web import gradio_compat
from styletransfer.web.endpoints.transfer_events import TransferEvents
from styletransfer.web.parts import controls, result_view

STYLES = tuple(f"style_{number}" for number in range(2, MAX_STYLES + 1))
WEIGHTS = tuple(f"weight_{number}" for number in range(1, MAX_STYLES + 1))


def build(events: TransferEvents) -> None:
    """Make the endpoint, inside the Blocks that are open."""

    def transfer(
        content: str | None, style: str | None, preset: str, request: gr.Request, **values: Any
    ) -> Iterator[Any]:
        styles = [style, *(values.pop(name) for name in STYLES)]
        weights = [values.pop(name) for name in WEIGHTS]
        changes = {name: controls.as_sent(name, value) for name, value in values.items() if value is not None}
        yield from events.transfer(content, styles, weights, preset, changes, request)

    optional = _settings() | {name: _hidden(gr.Audio, name, type="filepath") for name in STYLES}
    optional |= {
        name: _hidden(gradio_compat.raw_number, f"how much {name.replace('weight', 'style')} counts")
        for name in WEIGHTS
    }
    gradio_compat.set_optional(transfer, list(optional))
    recordings = [_hidden(gr.Audio, name, type="filepath") for name in ("content", "style")]
    preset = _hidden(gr.Dropdown, "values of what is left out", choices=list(PRESETS), value=DEFAULT_PRESET)
    gr.Button(visible=False).click(
        transfer,
        [*recordings, preset],
        _outputs(),
        inputs_kwargs=optional,
        api_name="transfer",
        api_description=inspect.getdoc(events.transfer),
        concurrency_limit=None,  # the server has a queue of its own
    )


def _settings() -> dict[str, Any]:
    made = {}
    for name in controls.NAMES:
        field = FIELDS[name]
        if field.choices:
            made[name] = _hidden(gr.Dropdown, field.help, choices=list(field.choices), value=None)
        else:
            limits = f" ({field.minimum:g} to {field.maximum:g})"
            precision = 0 if field.kind == "whole number" else None
            made[name] = _hidden(gradio_compat.raw_number, field.help + limits, precision=precision)
    return made


def _outputs() -> list[Any]:
    """Places for result_view.OF_SCRIPTS."""
    drawn = [_hidden(gr.HTML, name.replace("_", " ")) for name in result_view.OF_SCRIPTS[1:-1]]
    return [_hidden(gr.Audio, "result", type="filepath"), *drawn, _hidden(gr.DownloadButton, "archive")]


def _hidden(kind: Any, label: str, **options: Any) -> Any:
    return kind(label=label, visible=False, **options)
