"""The report card in words: what is said for given measures, and that what is no number is no markup either."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest
from support.page_server import measures, report_card

from styletransfer.quality import card_words
from styletransfer.quality.report_card import Measures, ReportCard
from styletransfer.web.parts import examples
from styletransfer.web.results import report_card_table


def cells(html: str, row: str) -> list[str]:
    """What the table says in a row: of the result, the content and the plain mix."""
    found = re.search(rf'<tr data-row="{row}">(.*?)</tr>', html)
    assert found
    return [re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<td.*?</td>", found[1])]


def test_each_figure_stands_between_its_floors() -> None:
    drawn = report_card_table.table(report_card())
    assert cells(drawn, "style") == ["90 %", "0 %", "40 %"]
    assert cells(drawn, "style_unmet") == ["75 %", "0 %", "0 %"]
    assert cells(drawn, "timbre") == ["75 %", "0 %", "0 %"]
    assert cells(drawn, "melody") == ["60 %", "100 %", "80 %"]
    assert cells(drawn, "style_beat") == ["0 %", "0 %", "0 %"], "less than nothing alike is not alike"
    assert cells(drawn, "notes") == ["40 %", "100 %", "100 %"]
    assert cells(drawn, "attacks") == ["100 %"] * 3
    assert cells(drawn, "seams") == ["1.5", "0.0", "0.0"]
    assert cells(drawn, "seams_in_10_s") == ["3.0", "0.0", "0.0"]
    assert cells(drawn, "noise") == ["-2.0", "-2.0", "-2.0"]
    assert cells(drawn, "peak") == ["-6.0"] * 3
    assert [re.sub("<.*", "", head) for head in drawn.split('<th scope="col">')[1:]] == list(card_words.COLUMNS)


def test_every_row_is_a_question_and_shares_are_drawn() -> None:
    drawn = report_card_table.table(report_card())
    assert len(re.findall(r'<th scope="row">[A-Z][^<]{10,80}</th>', drawn)) == len(card_words.ROWS) >= 11
    assert len(re.findall(r'scope="rowgroup">(Of|The) ', drawn)) == 3
    assert 'style="--share:90%"' in drawn


def test_the_sentences_have_floors_too() -> None:
    assert report_card_table.sentences(report_card()) == (
        "It took on 90 % of the style's sound, where both played together have 40 %. "
        "60 % of the melody and the chords is left, where both together keep 80 %."
    )


def test_a_content_that_is_the_style_leaves_no_way_to_go() -> None:
    same = measures(style_loss=0.0, heldout_style_loss=0.0, timbre_distance=0.0)
    card = ReportCard(same, same, same)
    drawn = report_card_table.table(card)
    assert cells(drawn, "style") == cells(drawn, "timbre") == ["n/a"] * 3
    assert "has the style&#x27;s sound already" in report_card_table.summary(card)


@pytest.mark.parametrize(
    ("value", "words"), [(0.994, "99 %"), (0.9985, "99 %"), (0.99999, "100 %"), (1.2, "100 %"), (-3.0, "0 %")]
)
def test_a_share_is_never_whole_where_a_part_is_missing(value: float, words: str) -> None:
    assert card_words.ROWS["copy"].words(measures(copy=value), measures()) == words


def test_a_noise_that_came_in_has_a_plus() -> None:
    row = card_words.ROWS["noise"]
    assert row.figure_words(measures(noise_floor_db=2.34), measures()) == "+2.3 dB"
    assert row.words(measures(noise_floor_db=-0.04), measures()) == "0.0"


def test_figures_for_a_list_are_few_and_plain() -> None:
    assert report_card_table.figures(report_card()) == (
        ("style's sound", "90 %"),
        ("copy of the style", "12 %"),
        ("melody left", "60 %"),
        ("content's beat", "100 %"),
        ("hiss in the pauses", "-2.0 dB"),
    )
    assert report_card_table.figures(None) == ()


def test_without_a_card_the_page_says_so() -> None:
    assert "could not be measured" in report_card_table.summary(None)
    assert report_card_table.table(None) == ""
    assert "on its way" in report_card_table.pending()
    assert "<b>" not in report_card_table.table(report_card(), "<b>")


def test_a_card_comes_back_from_json() -> None:
    made = report_card()
    values = json.loads(json.dumps(made.as_dict()))
    values["result"]["no longer measured"] = 1.0
    assert card_words.from_dict(values) == made
    assert {field.name for field in dataclasses.fields(Measures)} == set(made.as_dict()["mix"])


def test_what_was_not_measured_yet_is_told() -> None:
    values = report_card().as_dict()
    for measured in values.values():
        del measured["notes_kept"], measured["seams_db"]
    drawn = report_card_table.table(card_words.from_dict(values))
    assert cells(drawn, "notes") == cells(drawn, "seams") == [card_words.UNKNOWN] * 3
    assert cells(drawn, "melody") == ["60 %", "100 %", "80 %"]
    assert "nan" not in drawn


@pytest.mark.parametrize("example", examples.examples(), ids=lambda example: example.name)
def test_every_example_has_its_card(example: examples.Example) -> None:
    drawn = report_card_table.table(card_words.from_dict(example.report["report_card"]))
    result, content, mix = (int(cell.removesuffix(" %")) for cell in cells(drawn, "style"))
    assert result > mix > content == 0
    assert cells(drawn, "melody")[1] == "100 %"
