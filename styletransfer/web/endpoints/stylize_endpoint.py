"""The transfer as one call, `/stylize`: typed, with the settings that a musician needs, for scripts and models.

Unlike the page's own `/transfer` it returns nothing that is drawn, only the WAV file. With MCP it is the only tool; it
has one output for MCP's sake too: Gradio 6.31 passes several on as one text, with paths of this machine in it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing

import gradio as gr

from styletransfer.errors import AudioError
from styletransfer.files import audio
from styletransfer.settings import DEFAULT_PRESET, PRESETS, preset
from styletransfer.transfer import Result
from styletransfer.web import gradio_compat
from styletransfer.web.endpoints.transfer_events import as_sentences
from styletransfer.web.server import jobs, private_files

DEFAULTS = PRESETS[DEFAULT_PRESET]


def stylize(
    content: str | None,
    style: str | None,
    request: gr.Request,
    strength: float = DEFAULTS.strength,
    rhythm: float = DEFAULTS.rhythm,
    seconds: float = DEFAULTS.seconds,
    preset_name: str = DEFAULT_PRESET,
    seed: float = DEFAULTS.seed,
) -> Iterator[str | None]:
    """Play one recording in the sound of another: a voice in the sound of drums, a piano in the sound of a trumpet.

    The melody or the words of the content stay; timbre, texture and, if asked for, the beat come from the style. Takes
    5 s to a minute.

    Args:
        content: Recording that is to be played differently: WAV, FLAC, MP3 or OGG
        style: Recording whose sound it takes on: WAV, FLAC, MP3 or OGG
        strength: How much of the style: 0 lightly touched, 100 the style remembering the content
        rhythm: Whose beat: 0 the content's, 100 the style's
        seconds: Longest result, in seconds, 0.2 to 30
        preset_name: quick, a first listen; balanced; studio, the best sound; paper, the paper's slow method
        seed: Start of the random numbers: the same seed gives the same result

    Returns:
        The result, a WAV file at 44,100 Hz.
    """
    with as_sentences():
        settings = preset(preset_name, strength=strength, rhythm=rhythm, seconds=seconds, seed=int(seed))
        spans = (("content", content, settings.seconds), ("style", style, settings.style_seconds))
        sounds = []
        for name, path, longest_s in spans:
            if not path:
                raise AudioError(f"There is no {name} recording; give one.")
            read = {"seconds": longest_s, "shortest_samples": settings.shortest_samples}
            sounds.append(audio.read(path, name=f"The {name}", **read))
        visitor = request.session_hash or secrets.token_hex()
        with closing(jobs.run(visitor, sounds[0], sounds[1:], settings)) as updates:
            for update in updates:
                yield written(update.result) if update.result else None


def written(result: Result) -> str:
    """The result's sound in a file of its own."""
    path = private_files.new_file("style-transfer.wav")
    audio.write(path, result.sound, result.sample_rate_hz)
    return str(path)


def build() -> None:
    """Makes the endpoint, inside the Blocks that are open, of inputs and outputs that the page does not show."""
    inputs = [
        gr.Audio(label="content", type="filepath", visible=False),
        gr.Audio(label="style", type="filepath", visible=False),
        *(_number(name) for name in ("strength", "rhythm", "seconds")),
        gr.Dropdown(list(PRESETS), value=DEFAULT_PRESET, label="preset", visible=False),
        _number("seed"),
    ]
    result = gr.Audio(label="result", type="filepath", visible=False)
    # jobs.py has a line of its own.
    gr.Button(visible=False).click(stylize, inputs, result, api_name="stylize", concurrency_limit=None)


def offer_alone(demo: gr.Blocks) -> None:
    """Keeps the page's other endpoints out of MCP: their pictures and curves are no use to a language model, and would
    fill its memory."""
    gradio_compat.hide_from_mcp(demo, keep=stylize)


def _number(name: str) -> gr.Number:
    return gr.Number(getattr(DEFAULTS, name), label=name, visible=False)
