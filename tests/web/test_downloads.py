"""The files of a result that the page offers: their names, what other formats are made of, and what is said without."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import soundfile
from support.page_server import instant

from styletransfer.errors import AudioError
from styletransfer.files import settings_tags
from styletransfer.files.result_formats import FLAC, MP3, RESULT_FORMATS, WAV, WAV_24, ResultFormat
from styletransfer.settings import SAMPLE_RATE_HZ, Settings
from styletransfer.transfer import Result
from styletransfer.web.drawing import plots
from styletransfer.web.parts import downloads, strength_series
from styletransfer.web.parts.strength_series import StrengthDetails
from styletransfer.web.results import result_file
from styletransfer.web.server.private_files import PrivateFiles

UNCHANGED = (gr.skip(), gr.skip())
NAMES = ("My Piano", "violin", "rain")


@pytest.fixture
def made() -> Result:
    """Of two channels, one of them too quiet for 16 bits, the other louder than files may be."""
    tone = np.sin(2 * np.pi * 440 * np.arange(20_000) / SAMPLE_RATE_HZ)
    content = np.stack([5 * tone, 2.0**-18 * tone], axis=1).astype(np.float32)
    return instant(content, [content], Settings(strength=35), on_step=lambda _: None)


@pytest.mark.parametrize("format_", RESULT_FORMATS, ids=lambda each: each.label)
def test_every_format_has_the_sound_and_the_settings(files: PrivateFiles, made: Result, format_: ResultFormat) -> None:
    path = result_file.write_result(files, made, NAMES)
    asked = result_file.in_format(path, format_)
    assert asked == result_file.in_format(path, format_)
    assert asked.stem.removesuffix(format_.mark) == "my-piano-as-violin-and-rain-strength-35-balanced"
    assert asked.suffix == format_.ending
    assert settings_tags.settings_from(asked) == ("balanced", made.settings)
    read, _ = soundfile.read(asked)
    assert read.shape == made.sound.shape
    finest, _ = soundfile.read(result_file.in_format(path, WAV_24))
    assert np.corrcoef(finest[:, 1], made.sound[:, 1])[0, 1] > 0.99
    if format_ in (WAV_24, FLAC):
        np.testing.assert_array_equal(read, finest)


def test_of_mixtures_the_last_is_kept(files: PrivateFiles, made: Result) -> None:
    path = result_file.write_result(files, made, NAMES, made.sound)
    others = {each.name for each in path.parent.iterdir()}
    result_file.in_format(result_file.blended(path, 0.25), FLAC)
    last = result_file.blended(path, 0.75)
    assert last == result_file.blended(path, 0.75)
    kept = {each.name for each in path.parent.iterdir()} - others
    assert kept == {f"{last.stem}{format_.mark}.wav" for format_ in (WAV, WAV_24)}


def test_what_is_no_longer_kept_is_told_and_the_button_stays(
    files: PrivateFiles, made: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = result_file.write_result(files, made, NAMES)
    offered = downloads.Offered(path=str(path), format_=MP3)
    shutil.rmtree(path.parent)
    with pytest.raises(AudioError, match="Make it again"):
        result_file.in_format(path, MP3)
    said = []
    monkeypatch.setattr(gr, "Warning", lambda text, _: said.append(text))
    away, back = downloads._make(offered)
    assert said == [result_file.GONE]
    assert (away.interactive, back.interactive) == (False, True)


def test_what_cannot_be_made_names_no_folder_of_the_server(files: PrivateFiles, made: Result) -> None:
    path = result_file.write_result(files, made, NAMES)
    path.with_name(f"{path.stem}{WAV_24.mark}.wav").write_bytes(b"RIFF")
    with pytest.raises(AudioError) as refused:
        result_file.in_format(path, MP3)
    assert str(refused.value) == result_file.NOT_MADE


def test_a_script_that_asks_for_what_there_is_not_changes_nothing() -> None:
    for offered, label in ((None, "MP3"), (downloads.Offered(path="a.wav"), "../a")):
        assert downloads._in_format(offered, label) == UNCHANGED
    assert list(downloads._make(None)) == [gr.skip()]
    for odd in ({"share": "half", "kept": True}, {"kept": True}):
        asked = gr.EventData(None, {"detail": odd})
        for offered in (None, downloads.Offered(path="a.wav")):
            assert downloads._mixed(offered, asked) == UNCHANGED


def strengths(files: PrivateFiles, made: Result) -> list[StrengthDetails]:
    """Two results of one transfer."""
    blank = {"summary": "", "report": "", "curves": "", "spectrograms": plots.BLANK}
    results = [dataclasses.replace(made, settings=Settings(strength=strength)) for strength in (25, 75)]
    paths = [str(result_file.write_result(files, each, NAMES, each.sound)) for each in results]
    return [
        StrengthDetails(strength=each.settings.strength, path=path, **blank)
        for each, path in zip(results, paths, strict=True)
    ]


def file_name(button: gr.DownloadButton) -> str:
    assert isinstance(button.value, dict)
    return button.value["orig_name"]


def test_another_strength_is_offered_as_the_one_before_it(files: PrivateFiles, made: Result) -> None:
    kept = strengths(files, made)
    offered = strength_series.values(kept[0])["offered"]
    offered, _ = downloads._in_format(offered, "FLAC")
    offered, _ = downloads._mixed(offered, gr.EventData(None, {"detail": {"share": 0.5, "kept": True}}))
    shown = dict(zip(strength_series.SHOWN, strength_series.show_at(kept, 1, offered), strict=True))
    assert shown["offered"] == dataclasses.replace(offered, path=kept[1].path, name="strength 75")
    assert shown["format"] == gr.skip()
    assert not shown["download"].interactive, "the file of the one before could be had under this one's name"
    away, back = downloads._make(shown["offered"])
    assert (away.interactive, back.interactive) == (False, True)
    assert back.label == "Download strength 75 as FLAC, 50 % result"
    assert file_name(back).endswith("-strength-75-balanced-mixed-50-percent.flac")


def test_the_same_strength_once_more_leaves_its_file(files: PrivateFiles, made: Result) -> None:
    """As when the report cards come."""
    kept = strengths(files, made)
    offered, _ = downloads._in_format(strength_series.values(kept[0])["offered"], "FLAC")
    shown = dict(zip(strength_series.SHOWN, strength_series.show_at(kept, 0, offered), strict=True))
    assert [shown[name] for name in downloads.NAMES] == [gr.skip()] * 4


def test_a_wav_is_there_at_once(files: PrivateFiles, made: Result) -> None:
    kept = strengths(files, made)
    offered = strength_series.values(kept[0])["offered"]
    shown = dict(zip(strength_series.SHOWN, strength_series.show_at(kept, 1, offered), strict=True))
    assert shown["download"].interactive
    names = [file_name(each) for each in (shown["download"], *downloads._make(shown["offered"]))]
    assert names == [Path(kept[1].path).name] * 2
