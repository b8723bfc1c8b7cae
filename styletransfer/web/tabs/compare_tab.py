"""The Compare tab: the results of the visit in a list, and a player that switches between those chosen.

The list is HTML whose events come here (frontend/shelf.js): choose, rename, delete. The shelf and the keys of what is
chosen live in session state; list and player are drawn from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from styletransfer.web import frontend
from styletransfer.web.gradio_compat import LIGHT, event_value, file_url
from styletransfer.web.parts import player
from styletransfer.web.parts.player import Source
from styletransfer.web.results import shelf
from styletransfer.web.results.shelf import Entry, Shelf

TITLE, ID = "Compare", "compare-tab"
MAX_CHOSEN = 4
BESIDE = ("content", "style")
EMPTY = "Nothing to compare yet: make a transfer or two under Transfer, and their results appear here."
TOO_FEW = "Choose two results to compare, or one beside its content or style."
LEFT_OUT = f"The player holds {player.MAX_SOURCES} recordings; of the contents and styles the first are in it."


def build(_events: object, latest: gr.State) -> None:
    """Lay the tab out and connects it, inside the Tab that is open. The entries that each new value of `latest` has
    join the list."""
    entries = gr.State((), delete_callback=shelf.clear)
    chosen = gr.State(())
    listing = gr.HTML(
        _listing((), ()),
        js_on_load=frontend.mount("shelf", "choose", "rename", "delete"),
        apply_default_css=False,
        elem_id="shelf",
        label="results of this visit",
    )
    with gr.Column(visible=False, elem_id="comparison") as comparison:
        beside = gr.CheckboxGroup(
            [("the content", "content"), ("the style", "style")], value=list(BESIDE), label="Beside the results"
        )
        heard = gr.HTML(apply_default_css=False, elem_id="player", label="player")
    shown = [chosen, listing, heard, comparison]
    inputs = [entries, chosen, beside]
    # Events may overlap: what does not change the shelf does not write it.
    latest.change(_add, [latest, *inputs], [entries, *shown], **LIGHT)
    listing.choose(_choose, inputs, shown, trigger_mode="multiple", **LIGHT)
    listing.rename(_rename, inputs, [entries, *shown], trigger_mode="multiple", **LIGHT)
    listing.delete(_delete, inputs, [entries, *shown], trigger_mode="multiple", **LIGHT)
    beside.input(_shown, inputs, shown, trigger_mode="multiple", **LIGHT)


def sources(entries: Sequence[Entry], beside: Sequence[str] = BESIDE) -> list[Source]:
    """What the player plays: the entries, then the contents and styles that they were made from, each once."""
    found = [Source(name=entry.name, role="result", path=entry.path, lufs=entry.lufs) for entry in entries]
    by_role = {
        "content": {entry.content.path: entry.content for entry in entries},
        "style": {style.path: style for entry in entries for style in entry.styles},
    }
    titles: Counter[str] = Counter()
    for role in (role for role in BESIDE if role in beside):
        for path, clip in by_role[role].items():
            title = role.capitalize() + (f": {clip.name}" if len(by_role[role]) > 1 else "")
            titles[title] += 1  # two stretches of one recording have one name
            name = f"{title} ({titles[title]})" if titles[title] > 1 else title
            found.append(Source(name=name, role=role, path=path, lufs=clip.lufs))
    return found


def _add(latest: Sequence[Entry], entries: Shelf, chosen: Sequence[str], beside: Sequence[str]) -> tuple[Any, ...]:
    for entry in latest:
        if not shelf.find(entries, [entry.key]):
            entries, chosen = shelf.add(entries, entry), (*chosen, entry.key)[-MAX_CHOSEN:]  # the newest are heard
    return entries, *_shown(entries, chosen, beside, patient=True)


def _choose(entries: Shelf, chosen: Sequence[str], beside: Sequence[str], event: gr.EventData) -> tuple[Any, ...]:
    keys = _asked(event, "keys", list)
    return _shown(entries, [entry.key for entry in shelf.find(entries, keys)][:MAX_CHOSEN], beside)


def _rename(entries: Shelf, chosen: Sequence[str], beside: Sequence[str], event: gr.EventData) -> tuple[Any, ...]:
    entries = shelf.rename(entries, _asked(event, "key", str), _asked(event, "name", str))
    return entries, *_shown(entries, chosen, beside)


def _delete(entries: Shelf, chosen: Sequence[str], beside: Sequence[str], event: gr.EventData) -> tuple[Any, ...]:
    entries = shelf.delete(entries, _asked(event, "key", str))
    return entries, *_shown(entries, chosen, beside)


def _asked(event: gr.EventData, name: str, kind: type) -> Any:
    """A value of the event; whatever a script sends instead counts as nothing."""
    value = event_value(event, name, kind)
    return kind() if value is None else value


def _shown(entries: Shelf, chosen: Sequence[str], beside: Sequence[str], *, patient: bool = False) -> tuple[Any, ...]:
    """What is chosen, of what there is, and what the page shows."""
    found = shelf.find(entries, chosen)
    keys = tuple(entry.key for entry in found)
    heard = _player(found, beside, patient=patient)
    return keys, _listing(entries, keys), heard, gr.Column(visible=bool(entries))


def _player(entries: Sequence[Entry], beside: Sequence[str], *, patient: bool) -> str:
    playable = sources(entries, beside)
    if len(playable) < 2:
        return f"<p>{TOO_FEW}</p>"
    note = f"<p>{LEFT_OUT}</p>" if len(playable) > player.MAX_SOURCES else ""
    return player.switch(playable[: player.MAX_SOURCES], patient=patient) + note


def _listing(entries: Shelf, chosen: Sequence[str]) -> str:
    if not entries:
        return f'<p class="st-empty">{EMPTY}</p>'
    described = shelf.describe(entries)
    rows = "".join(_row(entry, described[entry.key], chosen) for entry in entries)
    return f'<p class="st-hint">Choose up to {MAX_CHOSEN} results.</p><ol class="st-shelf">{rows}</ol>'


def _row(entry: Entry, differences: Sequence[tuple[str, str]], chosen: Sequence[str]) -> str:
    name = escape(entry.name)
    state = "checked" if entry.key in chosen else "disabled" if len(chosen) >= MAX_CHOSEN else ""
    settings = _pairs(differences) or "the same settings as the others"
    return (
        f'<li data-key="{entry.key}"><input type="checkbox" {state} aria-label="Compare {name}">'
        f'<div class="st-entry"><input type="text" value="{name}" maxlength="{shelf.MAX_NAME_CHARACTERS}" '
        f'aria-label="Name of {name}" autocomplete="off"><p>{settings}</p>'
        f'<p class="st-measured">{_pairs(entry.figures)}</p></div>'
        f'<a href="{file_url(entry.path)}" download aria-label="Download {name}">Download</a>'
        f'<button type="button" aria-label="Delete {name}">Delete</button></li>'
    )


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return " · ".join(f"{escape(name)} <b>{escape(value)}</b>" for name, value in pairs)
