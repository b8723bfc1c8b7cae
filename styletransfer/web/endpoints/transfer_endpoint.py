"""The page's public endpoint: `/transfer`, typed, with every setting by its name.

It has inputs of its own, hidden ones, beside the page's controls: those always have a value, and a call that leaves a
setting out wants that of the preset it names.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from styletransfer.settings import DEFAULT_PRESET, MAX_STYLES, PRESETS, Settings
from styletransfer.web import gradio_compat
from styletransfer.web.parts import controls

STYLES = tuple(f"style_{number}" for number in range(2, MAX_STYLES + 1))
WEIGHTS = tuple(f"weight_{number}" for number in range(1, MAX_STYLES + 1))

Transfer = Callable[..., Iterator[Any]]
"""Of content, styles, weights, name of a preset, changes and request"""


def build(run: Transfer, outputs: Sequence[Any], **event: Any) -> None:
    """Makes the endpoint of `run`, inside the Blocks that are open. `event` goes to Gradio."""

    def transfer(
        content: str | None, style: str | None, preset: str, request: gr.Request, **values: Any
    ) -> Iterator[Any]:
        styles = [style, *(values.pop(name) for name in STYLES)]
        weights = [values.pop(name) for name in WEIGHTS]
        changes = {name: value for name, value in values.items() if value is not None}
        yield from run(content, styles, weights, preset, changes, request)

    optional = _settings() | {name: _hidden(gr.Audio, name, type="filepath") for name in STYLES}
    optional |= {name: _hidden(gr.Number, f"how much {name.replace('weight', 'style')} counts") for name in WEIGHTS}
    gradio_compat.set_optional(transfer, list(optional))
    recordings = [_hidden(gr.Audio, name, type="filepath") for name in ("content", "style")]
    preset = _hidden(gr.Dropdown, "values of what is left out", choices=list(PRESETS), value=DEFAULT_PRESET)
    gr.Button(visible=False).click(
        transfer,
        [*recordings, preset],
        list(outputs),
        inputs_kwargs=optional,
        api_name="transfer",
        api_description=inspect.getdoc(run),
        **event,
    )


def _settings() -> dict[str, Any]:
    kinds = typing.get_type_hints(Settings)
    made = {}
    for name in controls.NAMES:
        metadata = controls.FIELDS[name].metadata
        if metadata["choices"]:
            made[name] = _hidden(gr.Dropdown, metadata["help"], choices=list(metadata["choices"]), value=None)
        else:
            limits = f" ({metadata['minimum']:g} to {metadata['maximum']:g})"
            made[name] = _hidden(gr.Number, metadata["help"] + limits, precision=0 if kinds[name] is int else None)
    return made


def _hidden(kind: Any, label: str, **options: Any) -> Any:
    return kind(label=label, visible=False, **options)
