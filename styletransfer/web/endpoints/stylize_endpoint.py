"""The transfer as one call, `/stylize`: typed, with the settings that a musician needs, for scripts and models.

Unlike the page's own `/transfer` it returns nothing that is drawn, only the WAV file. With MCP it is the only tool; it
has one output for MCP's sake too: Gradio 6.31 passes several on as one text, with paths of this machine in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import gradio as gr

from styletransfer.errors import AudioError
from styletransfer.files.recordings import read_recordings
from styletransfer.settings import DEFAULT_PRESET, FIELDS, PRESETS
from styletransfer.settings import preset as preset_settings
from styletransfer.settings.presets import PRESET_HELP
from styletransfer.web import gradio_compat
from styletransfer.web.endpoints.transfer_events import as_sentences, visitor_of
from styletransfer.web.parts import controls
from styletransfer.web.results.result_file import write_result
from styletransfer.web.server.server import Server

OFFERED = ("strength", "rhythm", "seconds", "seed")
"""Settings that the call takes, besides the preset."""
DEFAULTS = PRESETS[DEFAULT_PRESET]
DESCRIPTION = """Play one recording in the sound of another: a voice in the sound of drums, a piano in the sound of a
trumpet.

The melody or the words of the content stay; timbre, texture and, if asked for, the beat come from the style. Takes
5 s to a minute.

Args:
    content: Recording that is to be played differently: WAV, FLAC, MP3 or OGG
    style: Recording whose sound it takes on: WAV, FLAC, MP3 or OGG
{settings}

Returns:
    The result, a WAV file at 44,100 Hz.
"""


def describe() -> str:
    """The call's docstring, from which Gradio and MCP take what they tell of it."""
    lines = [f"preset: {PRESET_HELP}"]
    for name in OFFERED:
        field = FIELDS[name]
        ends = f": {field.minimum:g} {field.ends[0]}, {field.maximum:g} {field.ends[1]}" if field.ends else ""
        lines.append(f"{name}: {field.help[0].upper()}{field.help[1:]}{ends}")
    return DESCRIPTION.format(settings="\n".join(f"    {line}" for line in lines))


def endpoint(server: Server) -> Callable[..., Iterator[str | None]]:
    """The function of the call."""

    def stylize(
        content: str | None,
        style: str | None,
        request: gr.Request,
        preset: str = DEFAULT_PRESET,
        strength: float = DEFAULTS.strength,
        rhythm: float = DEFAULTS.rhythm,
        seconds: float = DEFAULTS.seconds,
        seed: float = DEFAULTS.seed,
    ) -> Iterator[str | None]:
        with as_sentences():
            given = {"strength": strength, "rhythm": rhythm, "seconds": seconds, "seed": seed}
            settings = preset_settings(preset, **{name: controls.as_sent(name, each) for name, each in given.items()})
            for name, path in (("content", content), ("style", style)):
                if not path:
                    raise AudioError(f"There is no {name} recording; give one.")
            sounds, _ = read_recordings(str(content), [str(style)], settings, names=("The content", "The style"))
            names = [Path(str(path)).stem for path in (content, style)]
            with closing(server.run(visitor_of(request), sounds[0], sounds[1:], settings)) as updates:
                for update in updates:
                    yield str(write_result(server.files, update.result, names)) if update.result else None

    stylize.__doc__ = describe()
    return stylize


def build(server: Server) -> Callable[..., Iterator[str | None]]:
    """Make the endpoint, inside the Blocks that are open, of inputs and outputs that the page does not show; returns
    its function."""
    stylize = endpoint(server)
    inputs = [
        gr.Audio(label="content", type="filepath", visible=False),
        gr.Audio(label="style", type="filepath", visible=False),
        gr.Dropdown(list(PRESETS), value=DEFAULT_PRESET, label="preset", visible=False),
        *(gradio_compat.raw_number(value=getattr(DEFAULTS, name), label=name, visible=False) for name in OFFERED),
    ]
    result = gr.Audio(label="result", type="filepath", visible=False)
    # The server has a queue of its own.
    gr.Button(visible=False).click(stylize, inputs, result, api_name="stylize", concurrency_limit=None)
    return stylize


def offer_alone(demo: gr.Blocks, offered: Callable[..., object]) -> None:
    """Keep the page's other endpoints out of MCP: their pictures and curves are no use to a language model, and would
    fill its memory."""
    gradio_compat.hide_from_mcp(demo, keep=offered)
