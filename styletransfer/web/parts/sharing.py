"""Settings that go out and come back: a link that reopens the page with them, and a JSON file. They come back
from a result too, which carries its own. Recordings stay here."""

from __future__ import annotations

import dataclasses
import html
from dataclasses import dataclass
from typing import Any

import gradio as gr

from styletransfer import __version__
from styletransfer.errors import SettingsError
from styletransfer.files import result_formats, settings_tags
from styletransfer.settings import MAX_STYLES, PRESETS, Settings
from styletransfer.settings import text as settings_text
from styletransfer.web import frontend
from styletransfer.web.gradio_compat import LIGHT, MAY_WARN
from styletransfer.web.parts import controls, recorders

SHOWN_S = 30


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """The components of this part."""

    copy: gr.Button
    link: gr.Textbox
    save: gr.Button
    file: gr.File


def build() -> Sharing:
    """Lays the part out."""
    with gr.Row():
        copy = gr.Button("Copy link to these settings", size="sm", elem_id="copy-link", min_width=160)
        save = gr.Button("Save settings as a file", size="sm", elem_id="save-settings", min_width=160)
    link = gr.Textbox(
        label="Link",
        info="reopens the page with the same settings; your recordings are not in it",
        placeholder="Copy link puts it here too",
        interactive=False,
        lines=1,
        max_lines=1,
        elem_id="link",
    )
    file = gr.File(
        label="Settings file or result: drop one here to have its settings back",
        file_types=[".json", *result_formats.ENDINGS],
        height=140,
        elem_id="settings-file",
    )
    return Sharing(copy=copy, link=link, save=save, file=file)


def connect(
    sharing: Sharing,
    preset: gr.Dropdown,
    settings: dict[str, Any],
    recordings: recorders.Inputs,
    page: gr.Blocks,
) -> Any:
    """Connects the part. Returns the event after which the page has the settings of its address."""
    controlled = [preset, *(settings[name] for name in controls.NAMES), *recordings.all_values]
    # In the browser, so that they work at once while a transfer runs.
    for button, function in ((sharing.copy, "copyLink"), (sharing.save, "saveFile")):
        values = [*controlled[: 1 + len(controls.NAMES)], *recordings.styles, *recordings.weights]
        button.click(None, values, sharing.link, js=frontend.call("sharing", function), **LIGHT)
    sharing.file.upload(read_dropped, sharing.file, [*controlled, sharing.file], **MAY_WARN)
    return page.load(open_link, outputs=controlled, **MAY_WARN)


def open_link(request: gr.Request) -> list[Any]:
    """What the page opens with: the settings that its address asks for. Where it asks for what there is not, the page
    opens as it would without, and says so."""
    try:
        asked = settings_text.from_query(dict(request.query_params))
        note = settings_text.note_on_query(dict(request.query_params))
        if note:
            gr.Info(note, SHOWN_S)
        return leave_unchanged() if asked is None else show_settings(*asked)
    except SettingsError as error:
        _warn(f"The settings in the link were left out. {controls.in_words_of_the_page(str(error))}")
        return leave_unchanged()


def read_dropped(path: str) -> list[Any]:
    """The settings of a file, and an empty place for the next. Settings stay as they are where the file is no good."""
    try:
        return [*show_settings(*settings_tags.settings_from(path)), None]
    except SettingsError as error:
        _warn(controls.in_words_of_the_page(str(error)))
        return [*leave_unchanged(), None]


def leave_unchanged() -> list[Any]:
    """As many values as `show_settings` gives, that change nothing."""
    return [gr.skip()] * (1 + len(controls.NAMES) + len(recorders.show_weights(())))


def show_settings(preset: str, settings: Settings) -> list[Any]:
    """Values for the preset, the controls and the weights of styles."""
    return [preset, *controls.values_of(settings), *recorders.show_weights(settings.style_weights)]


def _warn(text: str) -> None:
    # The page would render markup, and a link or a file may bring some.
    gr.Warning(html.escape(text, quote=False), SHOWN_S)


def known() -> dict[str, Any]:
    """What frontend/sharing.js has to know: the controls in their order, and what the presets set."""
    return {
        "names": controls.NAMES,
        "maxStyles": MAX_STYLES,
        "version": __version__,
        "presets": {name: dataclasses.asdict(values) for name, values in PRESETS.items()},
    }
