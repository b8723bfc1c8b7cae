"""Exports: as typed, no formula for a spreadsheet, no key for anybody, and plots that can be read."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import matplotlib as mpl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from support.listening_people import BEGAN, CLOSED, LATER, Taken, hears, listens, nonsense, taken_by
from support.listening_plans import plan_of

from styletransfer.listening import export, plots
from styletransfer.listening.plan import Condition, Kind, ListeningError
from styletransfer.listening.results import Results, results
from styletransfer.listening.results.blocks import Plot
from styletransfer.listening.results.report import report

TYPED = "a & b, 100 % +1\n=cmd|' /C calc'!A0; \"quoted\", \u00fcml\u00e4ut\u00df"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def taken(kind: Kind, n_listeners: int = 3, **options: Any) -> Taken:
    plan = plan_of(kind, n_items=8, closes=CLOSED, **options)
    test = taken_by(plan, n_listeners, lambda: hears(0.8) if kind is Kind.ABX else listens())
    test.take(nonsense(kind))
    return test


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(st.text(st.characters(codec="utf-8"), max_size=40))
@example(TYPED)
@example("=cmd")
@example("@SUM(1)")
@example("\t=1")
@example("'=1")
@example("-1\r\n+2")
def test_a_comment_comes_back_as_typed_and_is_no_formula(comment: str) -> None:
    test = Taken(plan_of(Kind.ABX, trials=8, closes=CLOSED))
    test.take(hears(1.0), comment=comment)
    (row,) = rows(export.listeners_csv(*test.all, now=LATER))
    assert not row["comment"].startswith(FORMULA)
    assert row["comment"].removeprefix("'" if comment.startswith((*FORMULA, "\n")) else "") == comment
    assert json.loads(export.as_json(*test.all, now=LATER))["listeners"][0]["comment"] == comment


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
@example("=1+1")
def test_labels_are_no_formulas_either(label: str) -> None:
    test = Taken(plan_of(Kind.PREFERENCE, 1, closes=CLOSED))
    conditions = (Condition(key="condition-1", label=label), *test.plan.conditions[1:])
    test.plan = dataclasses.replace(test.plan, conditions=conditions)
    test.take(lambda trial, _: {"choice": "a"})
    (row,) = rows(export.csv(*test.all, now=LATER))
    assert not any(cell.startswith(FORMULA) for cell in row.values())
    assert label in (row["a"], row["b"], row["a"].removeprefix("'"), row["b"].removeprefix("'"))


@pytest.mark.parametrize("kind", list(Kind))
def test_each_answer_is_a_line(kind: Kind) -> None:
    test = taken(kind)
    lines = rows(export.csv(*test.all, now=LATER))
    assert len(lines) == len(test.answers)
    answers = iter(test.answers)
    for line in lines:
        answer = next(answers)
        session = next(each for each in test.sessions if each.key == answer.session)
        trial = session.trials[answer.trial]
        assert int(line["listener"]) == test.sessions.index(session) + 1
        assert (int(line["trial"]), line["check"]) == (answer.trial + 1, trial.check)
        assert float(line["seconds"]) == answer.seconds
        for slot, sound in trial.slots.items():
            assert line[slot].casefold() in (sound, f"the {sound.removeprefix('reference:')} itself")
            assert float(line[f"{slot}_seconds"]) == answer.heard[slot]
            if kind is Kind.SEVERAL:
                assert int(line[f"{slot}_value"]) == answer.value["scores"][slot]
        if "choice" in answer.value:
            assert line["chosen"].casefold() == (line.get(answer.value["choice"]) or "none").casefold()
        assert (line["right"] == "yes") == (
            kind is Kind.ABX and trial.slots[answer.value["choice"]] == trial.slots["x"]
        )


def every_export(test: Taken, now: datetime) -> list[str]:
    plan, sessions, answers = test.all
    with zipfile.ZipFile(io.BytesIO(export.zipped(plan, sessions, answers, now=now))) as archive:
        texts = [archive.read(name).decode("utf-8") for name in archive.namelist() if not name.endswith(".png")]
    found = results(plan, sessions, answers, now=now)
    return [
        *texts,
        export.csv(plan, sessions, answers, now=now),
        export.listeners_csv(plan, sessions, answers, now=now),
        export.as_json(plan, sessions, answers, now=now),
        export.markdown(found),
        json.dumps(dataclasses.asdict(found)),
    ]


@pytest.mark.parametrize("kind", [Kind.ABX, Kind.CLOSER, Kind.SEVERAL])
def test_no_export_has_a_key_or_the_code(kind: Kind) -> None:
    test = taken(kind, code="the-secret-code")
    secrets = ["key-of-test", "key-of-owner", "the-secret-code", *(session.key for session in test.sessions)]
    secrets += [session.listener for session in test.sessions] + [answer.key for answer in test.answers]
    exports = every_export(test, LATER)
    assert len(exports) >= 11
    for text in exports:
        assert not [secret for secret in secrets if secret in text]


@pytest.mark.parametrize("what", [export.csv, export.listeners_csv, export.zipped])
def test_before_it_closes_no_answer_is_exported(what: Callable[..., object]) -> None:
    test = taken(Kind.RATING)
    with pytest.raises(ListeningError, match="Close it first"):
        what(*test.all, now=BEGAN)
    assert what(*test.all, now=LATER)


def test_before_it_closes_json_and_markdown_have_counts_alone() -> None:
    plan = plan_of(Kind.RATING, closes=CLOSED)
    tests = [taken_by(plan, 3, lambda rating=rating: lambda *_: {"rating": rating}) for rating in (1, 5)]
    one, other = ([export.as_json(*test.all, now=now) for now in (BEGAN, LATER)] for test in tests)
    assert one[0] == other[0]
    assert one[1] != other[1]
    told = export.markdown(results(*tests[0].all, now=BEGAN))
    assert "3 listeners began, 3 finished" in told
    assert "Everybody" not in told


def test_every_export_says_that_the_owner_peeks() -> None:
    test = taken(Kind.ABX, peeks=True)
    assert {line["owner_peeks"] for line in rows(export.csv(*test.all, now=BEGAN))} == {"yes"}
    assert {line["owner_peeks"] for line in rows(export.listeners_csv(*test.all, now=LATER))} == {"yes"}
    assert json.loads(export.as_json(*test.all, now=LATER))["results"]["peeks"] is True
    assert "Peeking" in export.markdown(results(*test.all, now=LATER))
    assert {line["owner_peeks"] for line in rows(export.csv(*taken(Kind.ABX).all, now=LATER))} == {"no"}


def test_who_peeks_into_abx_does_not_see_unfinished_scores() -> None:
    test = Taken(plan_of(Kind.ABX, closes=CLOSED, peeks=True))
    test.take(hears(1.0), n_answers=15)
    test.take(hears(1.0))
    assert {line["listener"] for line in rows(export.csv(*test.all, now=BEGAN))} == {"2"}
    assert [each["number"] for each in json.loads(export.as_json(*test.all, now=BEGAN))["listeners"]] == [2]
    assert {line["listener"] for line in rows(export.csv(*test.all, now=LATER))} == {"1", "2"}


def test_markdown_shows_labels_as_they_are() -> None:
    plan = plan_of(Kind.RATING, 1, closes=CLOSED, title="a *b* | <i>c</i>\n# d &lt; e")
    plan = dataclasses.replace(plan, conditions=(Condition(key="condition-1", label="x | y"), *plan.conditions[1:]))
    told = export.markdown(results(*taken_by(plan, 2, listens).all, now=LATER))
    assert told.startswith("# a \\*b\\* \\| \\<i\\>c\\</i\\> \\# d \\&lt; e\n")
    tables = [line for line in told.splitlines() if line.startswith("|")]
    assert any(line.startswith("| x \\| y |") for line in tables)
    assert "![" not in told


@pytest.mark.parametrize("kind", list(Kind))
def test_the_report_mentions_the_plots_that_there_are(kind: Kind) -> None:
    found = results(*taken(kind).all, now=LATER)
    mentioned = [block.name for block in report(found) if isinstance(block, Plot)]
    assert mentioned == plots.names(found)
    assert {name.split("-")[0] for name in mentioned} == {"everybody", "screened"}
    assert plots.names(results(*taken(kind).all, now=BEGAN)) == []
    with pytest.raises(KeyError):
        plots.one(found, "everybody-9")


@pytest.mark.parametrize("kind", list(Kind))
def test_plots_are_pictures_with_texts(kind: Kind) -> None:
    conditions = (Condition(key="condition-1", label="costs $5 & $6 <b>"), *plan_of(kind).conditions[1:])
    test = taken(kind, conditions=conditions)
    before = dict(mpl.rcParams)
    figure = plots.one(results(*test.all, now=LATER), "everybody-1")
    drawn = plots.svg(figure)
    assert dict(mpl.rcParams) == before
    root = ET.fromstring(drawn)
    texts = [(element.text or "").strip() for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any("$5 & $6" in text for text in texts), texts
    assert not re.search(rb'(href|src)="https?:', drawn), "asks no other host"
    picture = Image.open(io.BytesIO(plots.png(figure)))
    assert picture.width == 840
    assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)


def test_the_abx_plot_has_the_needed_line() -> None:
    drawn = plots.svg(plots.one(results(*taken(Kind.ABX).all, now=LATER), "everybody-1"))
    assert b"needed: 12" in drawn


def test_results_are_computed_once_for_all_files(monkeypatch: pytest.MonkeyPatch) -> None:
    test = taken(Kind.ABX)
    found, computed = results(*test.all, now=LATER), []

    def counted(*given_: Any, **options: Any) -> Results:
        computed.append(given_)
        return results(*given_, **options)

    monkeypatch.setattr(export, "results", counted)
    export.zipped(*test.all, now=LATER)
    assert len(computed) == 1
    packed = export.zipped(*test.all, found=found, now=LATER)
    assert len(computed) == 1
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.read("results.md").decode("utf-8") == export.markdown(found, "plots")
        assert json.loads(archive.read("results.json"))["results"]["at"] == found.at


def test_the_zip_has_all() -> None:
    test = taken(Kind.PREFERENCE)
    with zipfile.ZipFile(io.BytesIO(export.zipped(*test.all, now=LATER))) as archive:
        names = set(archive.namelist())
        told = archive.read("results.md").decode("utf-8")
        lines = rows(archive.read("answers.csv").decode("utf-8-sig"))
    assert names == {
        "answers.csv", "listeners.csv", "results.json", "results.md",
        "plots/everybody-1.svg", "plots/everybody-1.png", "plots/screened-1.svg", "plots/screened-1.png",
    }  # fmt: skip
    assert set(re.findall(r"\((plots/[^)]+)\)", told)) == {"plots/everybody-1.svg", "plots/screened-1.svg"}
    assert len(lines) == len(test.answers)
