"""The files of a result that the page offers: their names, what other formats are made of, and what is said without."""

from __future__ import annotations

import shutil

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
from styletransfer.web.parts import downloads
from styletransfer.web.results import result_file
from styletransfer.web.server.private_files import PrivateFiles

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
    offered = downloads.Offered(path=str(path))
    shutil.rmtree(path.parent)
    with pytest.raises(AudioError, match="Make it again"):
        result_file.in_format(path, MP3)
    said = []
    monkeypatch.setattr(gr, "Warning", lambda text, _: said.append(text))
    away, back = downloads._convert(offered, "MP3")
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
        assert list(downloads._convert(offered, label)) == [gr.skip()]
