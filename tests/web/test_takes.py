"""What is told of a recording beside its recorder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import soundfile
from support.page_server import PIANO

from styletransfer.web.parts import examples, takes
from styletransfer.web.parts.stretches import Stretches
from styletransfer.web.results.combinations import combinations
from styletransfer.web.results.recording_names import name_of
from styletransfer.web.server.private_files import PrivateFiles


def told(path: object) -> dict[str, Any]:
    return json.loads(takes.told("content", str(path)))


def test_name_length_and_waveform_are_told(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (96_000, 2))
    soundfile.write(tmp_path / "My take (2).wav", noise, 48_000)
    take = told(tmp_path / "My take (2).wav")
    assert (take["id"], take["name"], take["seconds"], take["whole"]) == ("content", "My take (2).wav", 2.0, True)
    assert take["url"].endswith("My%20take%20%282%29.wav")
    assert {round(peak / takes.HIGHEST, 1) for peak in take["peaks"]} == {0.5}
    assert (take["kind"], take["said"]) == ("", "")
    assert json.loads(takes.told("style", None)) == {"id": "style"}


def test_what_cannot_be_used_is_named_and_told(tmp_path: Path) -> None:
    (tmp_path / "notes.mp3").write_text("not a sound" * 99)
    take = told(tmp_path / "notes.mp3")
    assert (take["name"], take["kind"]) == ("notes.mp3", "fault")
    assert take["said"].startswith("This recording is not audio of a known format.")
    assert "peaks" not in take


def test_a_recording_is_judged_when_it_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said of most; what cannot be used is a fault; what sounds later than it looks can be used."""
    monkeypatch.setattr(takes, "JUDGED_S", 1.0)
    noise, silence = np.random.default_rng(0).uniform(-0.1, 0.1, 44_100), np.zeros(50_000)
    kinds = {
        "fine": noise,
        "late": np.concatenate([silence, noise]),
        "sparse": np.concatenate([noise, silence]),
        "opposite": np.stack([noise, -noise], axis=1),
        "silent": silence,
        "short": noise[:100],
    }
    said = {}
    for name, samples in kinds.items():
        soundfile.write(tmp_path / f"{name}.wav", samples, 44_100)
        take = told(tmp_path / f"{name}.wav")
        said[name] = take["kind"], take["said"]
    assert said["fine"] == ("", "")
    assert said["late"] == ("note", "It is silent for its first 1 s: begin later.")
    assert said["sparse"] == ("note", "1.0 s of 2.1 s sound; the rest is silent.")
    assert said["opposite"][0] == "note"
    assert said["opposite"][1].startswith("This recording: ")
    assert said["silent"][0] == said["short"][0] == "fault"
    assert said["silent"][1].startswith("This recording is silent")
    assert said["short"][1].startswith("This recording lasts 0.002 s")


def test_samples_are_called_after_what_is_heard_and_come_in_the_order_of_their_role() -> None:
    names = {role: [sample.name for sample in examples.samples(role)] for role in ("content", "style")}
    assert names["content"][:3] == ["Speech", "Piano", "Guitar"]
    assert names["style"][:4] == ["Hand drums", "Trumpet", "Drum kit", "Violin"]
    assert sorted(names["content"]) == sorted(names["style"])
    assert {Path(sample.path) for sample in examples.samples("style")} == set(examples.SAMPLES.glob("*.flac"))
    assert told(PIANO)["name"] == "Piano"


def test_recordings_have_one_name_wherever_they_are_told_of(tmp_path: Path) -> None:
    drums = str(examples.SAMPLES / "drums.flac")
    names = {drums: "Hand drums", str(tmp_path / "audio.wav"): "Microphone", str(tmp_path / "my v1.2.wav"): "my v1.2"}
    assert [name_of(path) for path in names] == list(names.values())
    combined = combinations(list(names), [drums])
    assert [(each.content_name, each.style_name) for each in combined] == [
        (name, "Hand drums") for name in names.values()
    ]


def test_a_sample_is_chosen_by_its_name_alone() -> None:
    chosen = gr.EventData(None, {"name": "Piano"})
    assert takes.sample_chosen(chosen) == str(PIANO)
    for odd in ({"name": "/etc/passwd"}, {"name": 3}, {}, None):
        assert takes.sample_chosen(gr.EventData(None, odd)) == gr.skip()


def test_a_stretch_is_written_for_browsers_that_cannot_play_it(files: PrivateFiles, tmp_path: Path) -> None:
    ramp = np.linspace(-0.5, 0.5, 3 * 44_100)
    soundfile.write(tmp_path / "ramp.w64", np.stack([ramp, -ramp], axis=1), 44_100, format="W64")
    before, stretches = takes.told("content", str(tmp_path / "ramp.w64")), Stretches(files)
    after = json.loads(takes.with_wav(stretches, str(tmp_path / "ramp.w64"), before, 1.0, 1.5))
    wav = after.pop("wav")
    assert after == json.loads(before)
    assert (wav["start"], wav["length"]) == (1.0, 1.5)
    (written,) = files.folder.rglob("stretch.wav")
    assert wav["url"].endswith(written.name)
    sound, _ = soundfile.read(written)
    np.testing.assert_allclose(sound[:, 0], ramp[44_100:][: round(1.5 * 44_100)], atol=1e-3)
    np.testing.assert_allclose(sound[:, 1], -sound[:, 0], atol=1e-3)
    beyond = json.loads(takes.with_wav(stretches, str(tmp_path / "ramp.w64"), before, 99.0, 1.5))
    assert beyond["wav"] is None
