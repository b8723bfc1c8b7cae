"""The input side of the page without a browser: controls, which of them apply, links, settings files, examples."""

from __future__ import annotations

import dataclasses
import json
import re
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from styletransfer.errors import SettingsError
from styletransfer.settings import DEFAULT_PRESET, FIELDS, MAX_STYLES, PRESETS, Settings, inactive_settings, preset
from styletransfer.settings import text as settings_text
from styletransfer.settings.fields import FRONT, RECORDINGS
from styletransfer.settings.strength import content_weight
from styletransfer.transfer import Result, stylize
from styletransfer.web import frontend, page
from styletransfer.web.drawing import pictures
from styletransfer.web.parts import controls, examples, recorders
from styletransfer.web.server.server import Server

# As short as may be: these lie in the bucket of the shortest recordings in test_engine.py, and share its programs.
SMALL = {"seconds": 0.2, "style_seconds": 0.2, "iterations": 2, "griffin_lim_iterations": 2, "filters": 8}
NETWORK = SMALL | {"engine": "network", "seconds": 0.5, "style_seconds": 0.5}
PIECES = SMALL | {"engine": "mosaic", "seconds": 0.5, "style_seconds": 0.5}
# For each setting that can be without effect: where it is, and another value of it.
WITHOUT_EFFECT: dict[str, tuple[dict[str, Any], Any]] = {
    "strength": (SMALL | {"loss_scaling": "raw", "refinement_iterations": 0}, 20.0),
    "filters": (SMALL | {"refinement_iterations": 2}, 16),
    "detail": (NETWORK | {"refinement_iterations": 0, "detail": "plain"}, "rich"),
    "layers": (NETWORK | {"refinement_iterations": 0}, 2),
    "kernel_width": (SMALL | {"detail": "rich", "refinement_iterations": 2}, 5),
    "learning_rate": (SMALL | {"refinement_iterations": 0}, 0.1),
    "griffin_lim_momentum": (SMALL | {"griffin_lim_iterations": 0, "refinement_iterations": 0}, 0.1),
    "seed": (SMALL | {"refinement_iterations": 2}, 5),
    "melody": (SMALL | {"loss_scaling": "raw", "refinement_iterations": 0}, 20.0),
    "alpha": (PIECES, 2.0),
    "beta": (PIECES, 2.0),
    "loss_scaling": (PIECES, "raw"),
    "iterations": (PIECES, 3),
    "optimizer": (PIECES, "scipy"),
    "start": (PIECES, "noise"),
    "griffin_lim_iterations": (PIECES, 3),
    "phase_init": (PIECES, "random"),
    "refinement_iterations": (PIECES, 3),
    "n_fft": (PIECES, 1024),
    "hop_length": (PIECES, 256),
}


def write(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_every_setting_has_a_control() -> None:
    assert {*controls.NAMES, "style_weights"} == set(FIELDS)
    assert len(controls.NAMES) == len(set(controls.NAMES))


@pytest.mark.parametrize("name", controls.NAMES)
def test_a_control_takes_every_value_that_settings_take(name: str) -> None:
    made, field = controls.control(name), FIELDS[name]
    assert made.value == getattr(PRESETS[DEFAULT_PRESET], name)
    if isinstance(made, gr.Slider):
        assert (made.minimum, made.maximum) == (field.minimum, field.maximum)
        for settings in PRESETS.values():
            on_grid = (getattr(settings, name) - made.minimum) / made.step
            assert on_grid == pytest.approx(round(on_grid)), "the slider would jump when it is touched"
    elif field.choices:
        assert isinstance(made, gr.Dropdown)
        assert [value for _, value in made.choices] == list(field.choices)
    elif isinstance(made, gr.Number):
        assert (made.minimum, made.maximum) == (None, None)


@pytest.mark.parametrize("name", [name for name in controls.NAMES if FIELDS[name].group != RECORDINGS])
def test_a_control_says_what_it_does_or_why_it_is_off(name: str) -> None:
    reason = inactive_settings(PRESETS[DEFAULT_PRESET]).get(name)
    made = controls.control(name)
    assert made.interactive == (reason is None)
    in_front = FIELDS[name].group == FRONT  # told by its label and its ends
    assert made.info == (reason or (None if in_front else FIELDS[name].help))


def made_with(recording: Any, **settings: Any) -> Result:
    return stylize(recording("speech", 0.5, 1.0), [recording("drums", 0.5)], Settings(**settings))


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_what_is_off_changes_nothing_in_the_sound(name: str, recording: Any) -> None:
    where, other = WITHOUT_EFFECT[name]
    assert name in inactive_settings(Settings(**where))
    np.testing.assert_array_equal(
        made_with(recording, **where).sound, made_with(recording, **where | {name: other}).sound
    )


def test_only_what_is_without_effect_is_off() -> None:
    """The same settings where they do have one, after the fields that the sound was just shown not to depend on."""
    assert WITHOUT_EFFECT.keys() == set(controls.DEPENDENT)
    everything = Settings(engine="network", optimizer="adam", detail="fine", refinement_iterations=1)
    assert not inactive_settings(everything)
    assert "filters" not in inactive_settings(Settings(loss_scaling="raw"))
    assert not {"strength", "melody"} & inactive_settings(Settings(engine="mosaic", loss_scaling="raw")).keys()
    for chance in (Settings(start="noise"), Settings(phase_init="random"), Settings(engine="network")):
        assert "seed" not in inactive_settings(chance)


@pytest.mark.parametrize("name", PRESETS)
def test_availability_follows_the_preset(name: str) -> None:
    deciding = [getattr(PRESETS[name], key) for key in controls.DECIDING]
    *updates, choice = controls.availability(*deciding)
    off = {key for key, update in zip(controls.DEPENDENT, updates, strict=True) if not update["interactive"]}
    assert off == set(inactive_settings(PRESETS[name]))
    assert choice["interactive"] == ("seed" not in off)


def test_a_box_that_is_empty_for_a_moment_does_no_harm() -> None:
    values = [None if name.endswith("iterations") else getattr(Settings(), name) for name in controls.DECIDING]
    assert len(controls.availability(*values)) == len(controls.DEPENDENT) + 1


def test_settings_come_from_the_preset_and_the_controls() -> None:
    assert controls.settings_from("paper", {"seed": 7, "alpha": 0.5}) == preset("paper", seed=7, alpha=0.5)
    for name, settings in PRESETS.items():
        values = [value.value if isinstance(value, gr.Dropdown) else value for value in controls.values_of(settings)]
        assert controls.settings_from(name, dict(zip(controls.NAMES, values, strict=True))) == settings
    with pytest.raises(SettingsError, match="Seed is empty"):
        controls.settings_from("paper", {"seed": None})


def test_a_block_of_the_command_line_can_be_shown() -> None:
    shown = dict(zip(controls.NAMES, controls.values_of(Settings(n_fft=3000, hop_length=750)), strict=True))
    assert 3000 in [value for _, value in shown["n_fft"].choices]
    assert shown["hop_length"].value == 750


def test_messages_use_the_labels() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings(hop_length=2048, n_fft=1024)
    said = controls.in_words_of_the_page(str(refused.value))
    assert said.startswith("Hop (samples) is 2048; blocks of 1024 need a hop of at most 512")
    assert said.endswith("Lower Hop (samples) or raise Block (samples).")
    assert controls.in_words_of_the_page("seed is -1; the seed is odd.") == "Seed is -1; the seed is odd."


def test_new_seeds_differ_and_are_allowed() -> None:
    seeds = {controls.new_seed() for _ in range(20)}
    assert len(seeds) > 15
    assert all(Settings(seed=seed).seed == seed for seed in seeds)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, None),
        ({"__theme": "dark"}, None),
        ({"preset": "studio"}, ("studio", PRESETS["studio"])),
        ({"preset": "studio", "strength": "60"}, ("studio", preset("studio", strength=60.0))),
        ({"seed": "7"}, (DEFAULT_PRESET, preset(DEFAULT_PRESET, seed=7))),
        ({"style_weights": "2,1.5"}, (DEFAULT_PRESET, preset(DEFAULT_PRESET, style_weights=(2.0, 1.5)))),
    ],
)
def test_a_link_is_read(query: dict[str, str], expected: Any) -> None:
    assert settings_text.from_query(query) == expected


BAD_VALUES = {
    "strength": ("900", "strength is 900.0; it must lie between 0 and 100."),
    "seed": ("1.5", 'seed is "1.5", not a whole number.'),
    "rhythm": ("nan", "rhythm is NaN, not a number."),
    "iterations": ("9" * 400, "not a whole number."),
    "engine": ("<b>", "engine is '<b>'; choose one of kernel, mosaic, network."),
    "detail": ("x" * 9999, "not a word"),
    "style_weights": ("1,x", "not a list of numbers."),
    "preset": (
        "best",
        'There is no preset "best"; choose one of instant, quick, balanced, studio, remix, voice, paper.',
    ),
    "n_fft": ("2047", "an odd number"),
}


@pytest.mark.parametrize("name", BAD_VALUES)
def test_a_bad_link_is_refused_in_a_sentence(name: str) -> None:
    text, part = BAD_VALUES[name]
    with pytest.raises(SettingsError) as refused:
        settings_text.from_query({name: text})
    assert part in str(refused.value)
    assert len(str(refused.value)) < 200


SETTINGS = preset("studio", strength=60.0, seed=7, style_weights=(2.0, 1.0), n_fft=1024)


def test_a_settings_file_comes_back(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", settings_text.as_file("studio", SETTINGS))
    assert settings_text.from_file(path) == ("studio", SETTINGS)


def test_a_report_of_the_command_line_gives_its_settings(tmp_path: Path) -> None:
    report = {"inputs": {"content": "a.wav"}, "settings": dataclasses.asdict(SETTINGS), "history": []}
    assert settings_text.from_file(write(tmp_path / "a.json", report)) == ("studio", SETTINGS)


def test_a_settings_file_may_leave_things_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"preset": "quick", "strength": 60, "seed": 7.0})
    assert settings_text.from_file(path) == ("quick", preset("quick", strength=60.0, seed=7))


@pytest.mark.parametrize(("strength", "now"), [(0, 33), (50, 77), (70, 86), (100, 100)])
def test_a_file_from_before_melody_gives_what_it_gave(strength: float, now: float, tmp_path: Path) -> None:
    """The weight of the content loss is nearly the same, and no note is brought out."""
    values = dataclasses.asdict(preset("quick", strength=strength))
    del values["melody"]
    for content in ({"styletransfer": "0.9", "settings": values}, {"styletransfer": "0.9", "settings": {}}):
        settings = settings_text.from_file(write(tmp_path / "a.json", content))[1]
        assert settings.melody == 0
        before = strength if content["settings"] else settings_text.OLD_STRENGTH
        assert content_weight(settings) == pytest.approx(3.0 * (0.01 / 3.0) ** (before / 100), rel=0.05)
    assert settings_text.from_values(json.loads(json.dumps(values))).strength == now


def test_a_link_from_before_melody_says_what_has_changed() -> None:
    said = settings_text.note_on_query({"preset": "studio", "strength": "60"})
    assert said is not None
    assert said.endswith("Melody 0 and Strength 82 give what it gave.")
    assert settings_text.note_on_query({"preset": "studio", "melody": "50"}) is None
    assert settings_text.note_on_query({"seed": "7"}) is None
    assert settings_text.note_on_query({"preset": "paper"}) is None


BAD_FILES: list[tuple[object, str]] = [
    ("", "holds no settings"),
    ("not json", "holds no settings"),
    ([1, 2], "holds no settings"),
    ("[" * 100_000, "holds no settings"),
    ({"settings": [1]}, "not a list of names with values"),
    ({"strenght": 60}, 'There is no setting "strenght". Correct its name in the file, or remove it.'),
    ({"preset": ["studio"]}, 'There is no preset ["studio"]'),
    ({"strength": "60"}, 'strength is "60", not a number.'),
    ({"strength": True}, "strength is true, not a number."),
    ({"strength": 10**400}, "not a number."),
    ({"seed": 1.5}, "seed is 1.5, not a whole number."),
    ({"engine": 1}, "engine is 1, not a word."),
    ({"style_weights": [1, None]}, "not a list of numbers."),
    ('{"strength": NaN}', "not a number."),
    ({"strength": 101}, "strength is 101.0; it must lie between 0 and 100."),
]


@pytest.mark.parametrize(("content", "part"), BAD_FILES, ids=lambda value: str(value)[:20])
def test_a_bad_settings_file_is_refused_in_a_sentence(content: object, part: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        settings_text.from_file(write(tmp_path / "a.json", content))
    assert part in str(refused.value)
    assert str(refused.value).endswith(".")
    assert len(str(refused.value)) < 200


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00" * 99)
    with pytest.raises(SettingsError, match="holds no settings"):
        settings_text.from_file(tmp_path / "a.json")


def test_settings_in_words_are_what_differs_from_the_nearest_preset() -> None:
    assert settings_text.in_words(Settings()) == "balanced"
    assert settings_text.in_words(preset("paper", seed=7, style_weights=(2.0, 1.0))) == (
        "paper, style_weights 2,1, seed 7"
    )


def shown_by_name(values: list[Any]) -> dict[str, Any]:
    sizes = {"content": 1, "styles": MAX_STYLES, "weights": MAX_STYLES, "slots": MAX_STYLES, "count": 1, "add": 1}
    named, start = {}, 0
    for name, size in sizes.items():
        named[name], start = values[start : start + size], start + size
    assert start == len(values)
    return named


def test_removing_a_style_moves_the_later_ones_up() -> None:
    values = recorders._remover(1)(3, "a", "b", "c", None, 1.0, 2.0, 3.0, 4.0)
    shown = shown_by_name([None, *values])
    assert shown["styles"] == ["a", "c", None, None]
    assert shown["weights"] == [1.0, 3.0, 1.0, 1.0]
    assert shown["count"] == [2]


def test_weights_are_those_of_the_styles_that_there_are() -> None:
    assert recorders.style_weights(["a", "b", None, "d"], [2.0, 1.0, 9.0, None]) == (2.0, 1.0, 1.0)
    assert recorders.style_weights(["a", "b", None, None], [3.0] * 4) == ()
    assert recorders.style_weights(["a", None, None, None], [3.0, 1.0, 1.0, 1.0]) == ()


def test_weights_are_scaled_to_the_sliders() -> None:
    assert shown_by_name(recorders.show_weights((1000.0, 10.0)))["weights"] == [10.0, 0.1, 1.0, 1.0]
    assert shown_by_name(recorders.show_weights((0.01, 0.02)))["weights"] == pytest.approx([0.1, 0.2, 1.0, 1.0])
    assert shown_by_name(recorders.show_weights((2.0, 1.0, 5.0)))["count"] == [3]
    assert len(recorders.show_weights(())) == len(recorders.show_weights((1.0, 2.0)))
    assert shown_by_name(recorders.show_weights(()))["weights"] == [1.0] * MAX_STYLES
    with pytest.raises(SettingsError, match="at most 100 times as much"):
        recorders.show_weights((1000.0, 0.1))


def test_every_style_has_a_spectrogram_of_its_own(recording: Any) -> None:
    content, *styles = (recording(name, 1.0) for name in ("speech", "drums", "violin"))
    drawn = pictures.spectrograms([content, *styles], content, Settings())
    assert drawn.result.count("<img") == 1
    assert drawn.others.count("<img") == 3
    assert "Spectrogram of the style 2" in drawn.others


def test_the_examples_have_finished_results_of_their_own_settings() -> None:
    for example in examples.examples():
        assert example.settings == PRESETS[DEFAULT_PRESET], "make the results anew: python -m samples.make_results"
        drawn = examples.show(example.name)
        assert Path(drawn["result"]).stat().st_size <= 150_000
        assert example.name in drawn["progress"]
        assert drawn["spectrograms"].together().count("<img") == 3
        assert drawn["curves"].count("<svg") == 2


def test_what_the_examples_show_is_made_beforehand(tmp_path: Path) -> None:
    with closing(Server(folder=tmp_path)) as server:
        examples.prepare(server.files, threading.Event())
        there = set(server.files.folder.rglob("*.wav"))
        assert len(there) >= 3 * len(examples.examples())  # content, style and both together of each
        for example in examples.examples():
            examples.entry(server.files, example.name)
        assert set(server.files.folder.rglob("*.wav")) == there


def test_a_server_that_ends_while_its_examples_are_drawn_ends_in_peace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(folder=tmp_path)
    drawn: list[str] = []

    def draw(name: str) -> None:
        drawn.append(name)
        server.close()

    monkeypatch.setattr(examples, "show", draw)
    examples.prepare(server.files, server.closing)
    assert drawn == [examples.examples()[0].name]
    assert not server.files.folder.exists()


def test_the_examples_of_a_server_that_stays_do_not_fail_unheard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(examples, "show", fail)
    with closing(Server(folder=tmp_path)) as server, pytest.raises(FileNotFoundError):
        examples.prepare(server.files, server.closing)


def test_the_scripts_are_told_all_presets_and_can_read_it(tmp_path: Path) -> None:
    with closing(Server(folder=tmp_path)) as server:
        head = frontend.head(page.script_config(server, "a server") | {"odd": "</script>"}, "")
    written = re.search(r'id="st-config">(.*?)</script>', head)
    assert written
    config = json.loads(written[1])
    assert config["odd"] == "</script>"
    assert config["sharing"]["presets"].keys() == PRESETS.keys()
    assert set(config["sharing"]["presets"]["studio"]) >= set(config["sharing"]["names"])
