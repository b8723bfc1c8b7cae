"""What is admitted, and what is said where it is not: the value, the limit, and a change that passes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.page_server import instant, replace_engine

from styletransfer import estimate
from styletransfer.errors import SettingsError
from styletransfer.estimate import Lengths
from styletransfer.runtime import memory
from styletransfer.settings import FIELDS, PRESETS, SAMPLE_RATE_HZ, STRENGTH_SERIES, Settings, preset
from styletransfer.settings.blocks import shortest_samples
from styletransfer.web.parts import admission_note, controls
from styletransfer.web.server.admission import Admission, AdmissionError
from styletransfer.web.server.device_queue import Visitor
from styletransfer.web.server.server import Limits, Server

GB = 10**9


def lengths(content_s: float = 60, *styles_s: float, n_channels: int = 1) -> Lengths:
    return Lengths(
        round(content_s * SAMPLE_RATE_HZ),
        tuple(round(s * SAMPLE_RATE_HZ) for s in styles_s or (60,)),
        n_channels,
    )


def admission(gigabytes: float | None, max_seconds: float | None = None, unit_s: float | None = 0.1) -> Admission:
    limit = None if gigabytes is None else round(gigabytes * GB)
    return Admission(memory_bytes=limit, max_seconds=max_seconds, unit_seconds=lambda: unit_s, is_given=True)


def taken_gb(settings: Settings, **given: Any) -> float:
    return estimate.memory_bytes(settings, lengths(**given)) / GB


WORST = preset("quick", seconds=30, n_fft=128, hop_length=32)


def test_what_fits_is_admitted() -> None:
    admission(4).check(preset("balanced"), lengths())
    admission(None).check(WORST, lengths())
    assert admission(None).refusal(WORST, lengths()) is None


def test_memory_is_refused_with_value_limit_and_what_would_pass() -> None:
    with pytest.raises(AdmissionError) as refused:
        admission(6).check(WORST, lengths())
    words = str(refused.value)
    value = float(words.removeprefix("This would take ").partition(" GB")[0])
    assert value == pytest.approx(taken_gb(WORST), abs=0.1)
    assert words.partition(" GB")[2].startswith(
        " of memory; this server gives a transfer 6.0 GB. Use a hop of at least "
    )
    assert words.endswith(".")
    assert isinstance(refused.value, SettingsError)


def test_time_is_refused_where_the_estimate_leaves_no_doubt_and_advice_fits_the_limit_itself() -> None:
    settings = preset("balanced")
    seconds = 0.1 * estimate.work(settings, lengths())
    for share, is_refused in ((1.05, False), (0.6, False), (0.45, True)):
        refusal = admission(None, share * seconds).refusal(settings, lengths())
        assert (refusal is not None) == is_refused, share
    tight = admission(None, 0.45 * seconds)
    change = tight.least_change(settings, lengths())
    assert change is not None
    assert 0.1 * estimate.work(change.settings, lengths()) <= 0.45 * seconds


def test_memory_that_nobody_gave_is_what_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 5 * GB)
    local = Admission.on_this_machine(None, None, lambda: None)
    assert "; this machine has for it 4.0 GB." in str(local.refusal(WORST, lengths()))
    given = Admission.on_this_machine(3 * GB, None, lambda: None)
    assert "; this server gives a transfer 3.0 GB." in str(given.refusal(WORST, lengths()))
    shared = Admission.on_this_machine(None, None, lambda: None, at_once=2)
    assert "; this machine has for it 2.0 GB." in str(shared.refusal(WORST, lengths()))
    monkeypatch.setattr(memory, "free_bytes", lambda: None)
    assert Admission.on_this_machine(None, None, lambda: None).refusal(WORST, lengths()) is None


def test_time_is_refused_likewise() -> None:
    settings, given = preset("balanced", seconds=300), lengths(300, 20)
    seconds = 0.1 * estimate.work(settings, given)
    refusal = str(admission(None, 60).refusal(settings, given))
    assert refusal.startswith(
        f"This would take about {np.ceil(seconds / 60):.0f} min; this server gives a transfer 60 s. Use "
    )
    assert admission(None, 60, unit_s=None).refusal(settings, given) is None, "before anything was measured"
    assert admission(None, seconds + 1).refusal(settings, given) is None


@pytest.mark.parametrize(("limit_s", "words"), [(90, "90 s"), (120, "2 min"), (150, "2.5 min"), (900, "15 min")])
def test_limits_of_time_in_words(limit_s: float, words: str) -> None:
    refusal = str(admission(None, limit_s, unit_s=1.0).refusal(PRESETS["paper"], lengths()))
    assert f"gives a transfer {words}. Use " in refusal


def test_five_strengths_are_told_apart_from_one() -> None:
    settings = preset("quick", seconds=30)
    just = estimate.memory_bytes(settings, lengths()) / GB
    assert admission(just + 0.001).refusal(settings, lengths()) is None
    refusal = str(admission(just + 0.001).refusal(settings, lengths(), STRENGTH_SERIES))
    assert refusal.startswith("Five strengths would take ")


def test_the_smallest_change_of_a_kind_is_advised() -> None:
    """A little too much asks for a little less."""
    settings = preset("quick", seconds=30, n_fft=256, hop_length=128)
    found = admission(0.9 * taken_gb(settings)).least_change(settings, lengths())
    assert found
    changed = {name for name in FIELDS if getattr(found.settings, name) != getattr(settings, name)}
    assert len(changed) == 1
    assert found.cost <= 1.5


def test_another_preset_where_no_setting_alone_will_do() -> None:
    refusal = str(admission(taken_gb(preset("quick", seconds=2)), 1e9).refusal(preset("studio", layers=3), lengths()))
    assert " Use the preset " in refusal


def test_a_limit_below_everything_says_so() -> None:
    assert str(admission(0.1).refusal(PRESETS["balanced"], lengths())).endswith("No transfer is as small as that.")


@pytest.mark.thorough
@hypothesis_settings(deadline=None)
@given(
    st.sampled_from(sorted(PRESETS)),
    st.floats(0.3, 12),
    st.sampled_from([None, 20.0, 300.0]),
    st.floats(1, 900),
    st.lists(st.floats(1, 60), min_size=1, max_size=4),
    st.sampled_from([64, 256, 1024]),
    st.booleans(),
)
def test_what_is_advised_passes(
    name: str,
    gigabytes: float,
    max_seconds: float | None,
    content_s: float,
    styles_s: list[float],
    hop_length: int,
    is_series: bool,
) -> None:
    settings = preset(name, seconds=900, style_seconds=60, hop_length=hop_length, n_fft=2048)
    given, strengths = lengths(content_s, *styles_s), STRENGTH_SERIES if is_series else ()
    here = admission(gigabytes, max_seconds)
    change, refusal = here.least_change(settings, given, strengths), here.refusal(settings, given, strengths)
    if change is None:
        return
    here.check(change.settings, given, change.strengths)
    assert refusal is None or refusal.endswith(f"Use {change.words}.")
    assert min(given.content_samples, *given.style_samples) >= shortest_samples(change.settings)


@hypothesis_settings(deadline=None)
@given(st.floats(0.8, 8), st.floats(1, 900))
def test_all_that_is_shorter_than_advised_passes(gigabytes: float, content_s: float) -> None:
    settings, given, here = preset("balanced", seconds=900, hop_length=128), lengths(content_s), admission(gigabytes)
    words = str(here.refusal(settings, given))
    if " a length of at most " in words:
        most = float(words.partition(" a length of at most ")[2].partition(" s")[0])
        for seconds in np.linspace(1.5, most, 20):
            changed = dataclasses.replace(settings, seconds=float(seconds))
            if "preset" not in words:
                assert here.refusal(changed, given) is None


def ends(name: str) -> list[Any]:
    """The values of a setting at both ends of its range."""
    field = FIELDS[name]
    return list(field.choices) if field.choices else [field.minimum, field.maximum]


COUNTING = [name for name in FIELDS if name not in ("seed", "style_weights", "content_start_s", "style_start_s")]


@pytest.mark.parametrize("name", COUNTING)
@pytest.mark.parametrize("preset_name", ["balanced", "instant", "paper"])
def test_no_setting_at_an_end_of_its_range_takes_more_than_the_limit(name: str, preset_name: str) -> None:
    """An hour of content and four styles of a minute, both channels: admitted and below the limit, or refused."""
    here, given = admission(4), lengths(3600, 60, 60, 60, 60, n_channels=2)
    for value in ends(name):
        kind = int if FIELDS[name].kind == "whole number" else (lambda each: each)
        try:
            settings = preset(preset_name, **({"seconds": 900.0, "style_seconds": 60.0} | {name: kind(value)}))
        except SettingsError:
            continue
        for strengths in ((), STRENGTH_SERIES):
            refusal = here.refusal(settings, given, strengths)
            taken = estimate.memory_bytes(settings, given, max(1, len(strengths)))
            assert (refusal is None) == (taken <= 4 * GB)
            assert refusal is None or " GB of memory; this server gives a transfer 4.0 GB. Use " in refusal


def test_the_server_refuses_before_a_job_joins_the_queue(tmp_path: Path) -> None:
    asked = []
    server = Server(limits=Limits(memory_bytes=GB), folder=tmp_path)
    replace_engine(server, stylize=lambda *_, **__: asked.append(1))
    try:
        sound = np.zeros(30 * SAMPLE_RATE_HZ, np.float32)
        with pytest.raises(AdmissionError, match=r"this server gives a transfer 1\.0 GB"):
            next(server.run(Visitor("a visitor"), sound, [sound], WORST))
        assert server.queue.length() == 0
        assert not asked
        replace_engine(server, stylize=instant)
        updates = list(server.run(Visitor("a visitor"), sound, [sound], preset("instant", seconds=2)))
        assert updates[-1].result is not None
    finally:
        server.close()


def values(settings: Settings) -> dict[str, Any]:
    """What the controls hold."""
    return {name: getattr(settings, name) for name in admission_note.COUNTING}


def told(seconds: float | None) -> str:
    return json.dumps({"id": "content"} if seconds is None else {"id": "content", "seconds": seconds})


def test_the_page_tells_beside_transfer() -> None:
    here, takes = admission(4), (told(60), told(60), told(None), told(None))
    note = admission_note.sentence(here, None, takes, values(WORST))
    assert "This would take" in note
    assert "4.0 GB" in note
    assert admission_note.sentence(here, None, takes, values(PRESETS["balanced"])) == ""


@pytest.mark.parametrize(
    ("takes", "changes"),
    [
        ((told(None), told(60)), {}),
        ((told(60), told(None)), {}),
        ((told(60), ""), {}),
        ((told(60), told(60)), {"hop_length": None}),
        ((told(60), told(60)), {"hop_length": 512}),
        ((told(60), told(60)), {"content_start_s": 60.0}),
        ((told(1), told(4)), {}),
    ],
)
def test_the_page_says_nothing_where_there_is_no_transfer_to_refuse(
    takes: tuple[str, ...], changes: dict[str, Any]
) -> None:
    """No recording, a control that is empty, controls that do not go together, nothing left of a recording, or so
    little that it fits."""
    assert admission_note.sentence(admission(4), None, takes, values(WORST) | changes) == ""


def test_the_page_tells_of_five_strengths_where_one_passes() -> None:
    settings = preset("quick", seconds=30)
    just = estimate.memory_bytes(settings, lengths()) / GB
    note = admission_note.sentence(admission(just + 0.001), None, (told(60), told(60)), values(settings))
    assert "Five strengths would take" in note


def test_every_setting_that_counts_has_its_control() -> None:
    assert set(admission_note.COUNTING) <= set(controls.NAMES)
