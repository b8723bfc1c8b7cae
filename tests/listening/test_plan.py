"""What a listening test is, as a file and as it is checked."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.listening_plans import plan_of

from styletransfer.listening import plan as plans
from styletransfer.listening.plan import Kind, ListeningError, Published


@pytest.mark.parametrize("kind", Kind)
def test_a_plan_comes_back_from_its_file(kind: Kind) -> None:
    published = Published(source="others", raters=8, means={"item 1": 2.5})
    plan = plan_of(kind, code="open sesame é", published=published)
    assert plans.from_json(plan.to_json()) == plan


def test_a_newer_or_a_damaged_file_is_refused() -> None:
    given = json.loads(plan_of(Kind.ABX).to_json())
    with pytest.raises(ListeningError, match=r"newer version \(schema 2, here 1\)"):
        plans.from_json(json.dumps(given | {"schema": 2}))
    for damaged in ("", "{}", "[]", "null", json.dumps(given | {"kind": "duel"}), json.dumps(given | {"items": [1]})):
        with pytest.raises(ListeningError, match="no listening test"):
            plans.from_json(damaged)


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        (Kind.ABX, {"trials": 10}, "8, 16, 25, 30 trials, not 10"),
        (Kind.ABX, {"n_conditions": 3}, "compares 2 ways, not 3"),
        (Kind.PREFERENCE, {"n_conditions": 1}, "compares 2 to 8 ways, not 1"),
        (Kind.RATING, {"n_items": 51}, "1 to 50 items, not 51"),
        (Kind.RATING, {"items_each": 6}, "cannot get 6 of 5 items"),
        (Kind.RATING, {"title": " "}, "needs a title"),
        (Kind.RATING, {"title": "a" * 301}, "301 characters is too long: 300"),
        (Kind.RATING, {"closes": "2030-01-01T00:00:00"}, "names no time zone"),
    ],
)
def test_what_cannot_be_taken_is_refused(kind: Kind, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ListeningError, match=said):
        plans.check(plan_of(kind, **changes))


def test_a_test_without_the_moment_of_its_making_is_read_too() -> None:
    given = json.loads(plan_of(Kind.RATING).to_json())
    del given["created"], given["published"]
    assert plans.from_json(json.dumps(given)) == plan_of(Kind.RATING)


def test_sounds_that_are_played_must_be_there() -> None:
    plan = plan_of(Kind.RATING)
    bare = tuple(dataclasses.replace(item, references={}) for item in plan.items)
    with pytest.raises(ListeningError, match="item 1 lacks its content, style"):
        plans.check(dataclasses.replace(plan, items=bare))
    fewer = (dataclasses.replace(plan.items[0], sounds={}), *plan.items[1:])
    with pytest.raises(ListeningError, match="item 1 has no sound of some of the ways"):
        plans.check(dataclasses.replace(plan, items=fewer))


def test_a_test_is_open_until_it_closes() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    plan = plan_of(Kind.ABX, closes=(now + timedelta(hours=1)).isoformat())
    assert plan.is_open(now)
    assert not plan.is_open(now + timedelta(hours=1))
    assert plan_of(Kind.ABX).is_open(now)
