"""The rooms of the package and their order: a table for the layering test, and the picture in docs/architecture.md.

    .venv/bin/python -m tools.architecture

writes the picture into the document anew.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- picture: python -m tools.architecture -->\n", "<!-- end of picture -->\n"

ROOMS = {
    "errors": "what can be refused, each in a sentence",
    "settings": "every setting, its default and all that is told of it",
    "runtime": "what a process sets up once: compiled programs, memory",
    "engine": "the method: from samples to the sound of a result",
    "files": "recordings and reports as files",
    "quality": "report card and figures",
    "transfer": "the pipeline on one page: stylize, stylize_strengths, measure",
    "eta": "names of the stages, and how fast they go",
    "workers": "who makes results: this process, or others that may die alone",
    "estimate": "memory and time of a transfer, before it runs",
    "listening": "blind listening tests: planned, taken, kept and read",
    "grid": "many results at once, in a folder that says what is done",
    "web": "the page",
    "cli": "the command line, and app.py",
    "__main__": "python -m styletransfer",
}
"""Lowest first. A module may import from the rooms below its own, and from its own."""

FLOORS = {
    "engine": (
        ("shapes",),
        ("loudness", "looping", "sounding", "spectrogram", "mel", "losses.products"),
        ("windows",),
        ("limiter", "peak_spreading", "rhythm", "histogram_matching", "griffin_lim", "optimisers"),
        ("losses.conv_network", "losses.arc_cosine"),
        ("padded_spectrograms", "spectral_loudness"),
        ("engines", "noise_gate", "recordings", "units", "host_stft"),
        ("spectral_envelope", "partials", "head", "beat"),
        ("image",),
        ("losses.objective",),
        ("losses.waveform", "style_target"),
        ("content_target", "mastering", "mosaic"),
        ("finishing",),
        ("solve",),
        ("steps",),
        ("run",),
    ),
    "grid": (
        ("plan", "leases", "identity", "pace"),
        ("sources",),
        ("runs",),
        ("folder",),
        ("results", "forecast", "report"),
        ("driver",),
    ),
    "listening": (
        ("typed",),
        ("plan", "folders", "probe", "group_commit", "balance", "zips", "statistics"),
        ("trials", "sounds"),
        ("records",),
        ("rows", "journal", "definitions"),
        ("database", "backup"),
        ("store",),
        ("archive", "making", "results"),
        ("export", "plots"),
        ("pages",),
    ),
    "workers": (
        ("protocol",),
        ("perform",),
        ("in_process", "child"),
        ("processes", "remote", "ray_cluster"),
        ("ray_worker",),
        ("ray_actors",),
    ),
    "web": (
        ("frontend", "gradio_compat", "hosting", "logs"),
        ("server", "guard", "drawing"),
        ("results",),
        ("parts",),
        ("endpoints",),
        ("tabs",),
        ("page",),
        ("launch",),
    ),
}
"""Inside a room that has floors of its own, likewise, lowest first."""


def picture() -> str:
    """The rooms as text, highest first, with the floors of those that have some."""
    width = max(map(len, ROOMS))
    lines = []
    for room, says in reversed(ROOMS.items()):
        lines.append(f"{room:{width}}  {says}")
        lines += [f"{'':{width}}    {' · '.join(floor)}" for floor in reversed(FLOORS.get(room, ()))]
    return "```text\n" + "\n".join(lines) + "\n```\n"


def with_picture(text: str) -> str:
    """The document with the picture between its marks."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + picture() + END + rest.split(END)[1]


if __name__ == "__main__":
    DOCUMENT.write_text(with_picture(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
