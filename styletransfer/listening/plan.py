"""What a listening test is: its kind, its question, its sounds, and who may answer until when.

A plan is data. It is made once (making.py), written as `test.json` into the folder of the test beside its sounds, and
never changed after the first answer.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from styletransfer.errors import StyleTransferError
from styletransfer.listening import typed

SCHEMA = 1
"""Of test.json. A newer one is refused, an older one is brought up to it."""
ABX_TRIALS = (8, 16, 25, 30)
"""Numbers of trials that are offered: 10 is worse than 8, 20 no better than 16 (docs/listening.md)."""
DEFAULT_ABX_TRIALS = 16
MAX_ITEMS, MAX_CONDITIONS = 50, 8
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a key looks like, whoever made it"""
KEY_BYTES = 12
"""Of chance in the keys of a test"""
MAX_TEXT = 300
"""Characters of a title, a question or a label."""
RATERS = (2, 1_000_000)
"""The fewest and the most who can have rated what was published"""


class ListeningError(StyleTransferError):
    """A listening test cannot be made, taken or read as asked; the message is a sentence."""


class UnknownError(ListeningError):
    """There is no such test, session or listener: not only at the moment."""


class Kind(StrEnum):
    """What listeners are asked to do."""

    ABX = "abx"
    """say whether X is A or B"""
    PREFERENCE = "preference"
    """say which of two is better, or that neither is"""
    CLOSER = "closer"
    """say which of two is closer to X, the content or the style, or that both are as close"""
    RATING = "rating"
    """rate one sound at a time from 1 to 5, one question a pass"""
    SEVERAL = "several"
    """rate all sounds of an item beside one another from 0 to 100, hidden content and style among them"""


class Reference(StrEnum):
    """A sound of an item that no condition made."""

    CONTENT = "content"
    STYLE = "style"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of a sound, and beside what it is heard."""

    key: str
    text: str
    low: str = ""
    """what the lowest answer means"""
    high: str = ""
    beside: Reference | None = None
    """the reference that listeners may hear with it, under its name"""


QUESTIONS = {
    Kind.ABX: (Question(key="same", text="Is X the same as A, or the same as B?"),),
    Kind.PREFERENCE: (Question(key="preference", text="Which of the two do you like better?"),),
    Kind.CLOSER: (Question(key="closer", text="Which of the two is closer to X?", beside=Reference.STYLE),),
    Kind.RATING: (
        Question(key="pleasant", text="How pleasant is it to listen to?", low="not at all", high="very"),
        Question(
            key="content",
            text="How well does it keep what the content plays?",
            low="not at all",
            high="fully",
            beside=Reference.CONTENT,
        ),
        Question(
            key="style",
            text="How much does it sound like the style?",
            low="not at all",
            high="fully",
            beside=Reference.STYLE,
        ),
    ),
    Kind.SEVERAL: (Question(key="good", text="How good is each of these?", low="bad", high="excellent"),),
}
"""What is asked unless a plan says otherwise."""


WAYS_COMPARED = {
    Kind.ABX: (2, 2),
    Kind.PREFERENCE: (2, MAX_CONDITIONS),
    Kind.CLOSER: (2, MAX_CONDITIONS),
    Kind.RATING: (1, MAX_CONDITIONS),
    Kind.SEVERAL: (1, MAX_CONDITIONS),
}
"""The least and the most conditions of each kind"""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One of the ways of making sounds that a test compares."""

    key: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """One content and style, as every condition made it; files are names in the folder of the test.

    All files of an item have one number of samples and one loudness.
    """

    key: str
    label: str
    sounds: Mapping[str, str]
    """the file of each condition, by its key"""
    references: Mapping[Reference, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Published:
    """What others found: a mean for each item, of so many raters."""

    source: str
    raters: int
    means: Mapping[str, float]
    """by the label of the item"""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A listening test."""

    key: str
    """in its link; nobody can guess it"""
    owner_key: str
    """in the link to its results"""
    title: str
    kind: Kind
    questions: tuple[Question, ...]
    items: tuple[Item, ...]
    conditions: tuple[Condition, ...]
    seed: int
    trials: int = DEFAULT_ABX_TRIALS
    """of ABX; the other kinds have as many as their items make"""
    items_each: int = 0
    """how many of the items a listener gets; 0 for all"""
    code: str = ""
    """that listeners have to know; "" where the link is enough"""
    closes: str = ""
    """the moment after which nobody answers any more, as ISO 8601 with a time zone; "" for never"""
    peeks: bool = False
    """whether the owner may see more than counts before it is closed"""
    restarts: bool = False
    """whether a switch goes back to the beginning of the loop"""
    published: Published | None = None
    created: str = ""
    schema: int = SCHEMA

    @property
    def address(self) -> str:
        """Of the page for listeners, relative to the main page."""
        return f"listen/{self.key}"

    @property
    def results_address(self) -> str:
        """Of the page for the owner, likewise; nobody else may know it."""
        return f"{self.address}/results/{self.owner_key}"

    def is_open(self, now: datetime | None = None) -> bool:
        """Whether listeners may still answer."""
        return not self.closes or (now or datetime.now(UTC)) < datetime.fromisoformat(self.closes)

    def item(self, key: str) -> Item:
        """The item of a key. Raises KeyError."""
        return {item.key: item for item in self.items}[key]

    def to_json(self) -> str:
        """The text of test.json."""
        return json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False) + "\n"


def from_json(text: str | bytes) -> Plan:
    """The plan of a test.json, checked. Raises ListeningError."""
    try:
        given = json.loads(text)
        schema = int(given["schema"])
        plan = _plan(given) if schema <= SCHEMA else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ListeningError("This is no listening test: its test.json is damaged or not one of ours.") from error
    if plan is None:
        raise ListeningError(f"This test was made by a newer version (schema {schema}, here {SCHEMA}). Update first.")
    check(plan)
    return plan


def _plan(given: dict[str, Any]) -> Plan:
    published = given.get("published")
    made = given | {
        "kind": Kind(given["kind"]),
        "questions": tuple(_question(each) for each in given["questions"]),
        "items": tuple(_item(each) for each in given["items"]),
        "conditions": tuple(typed.made(Condition, each) for each in given["conditions"]),
        "published": typed.made(Published, published) if published else None,
    }
    return typed.made(Plan, made)


def _question(given: dict[str, Any]) -> Question:
    return typed.made(Question, given | {"beside": Reference(given["beside"]) if given.get("beside") else None})


def _item(given: dict[str, Any]) -> Item:
    references = {Reference(name): file for name, file in given.get("references", {}).items()}
    return typed.made(Item, given | {"references": references})


def check(plan: Plan) -> None:
    """Whether a test can be taken as it is planned. Raises ListeningError with what to change."""
    if not 1 <= len(plan.items) <= MAX_ITEMS:
        raise ListeningError(f"A test has 1 to {MAX_ITEMS} items, not {len(plan.items)}. Give it as many.")
    least, most = WAYS_COMPARED[plan.kind]
    if not least <= len(plan.conditions) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise ListeningError(f"A test of this kind compares {wanted} ways, not {len(plan.conditions)}. Choose as many.")
    if plan.kind is Kind.ABX and plan.trials not in ABX_TRIALS:
        offered = ", ".join(map(str, ABX_TRIALS))
        raise ListeningError(f"ABX has {offered} trials, not {plan.trials}. Choose one of these.")
    if not 0 <= plan.items_each <= len(plan.items):
        raise ListeningError(f"A listener cannot get {plan.items_each} of {len(plan.items)} items. Ask for fewer.")
    if plan.published and not RATERS[0] <= plan.published.raters <= RATERS[1]:
        raise ListeningError(f"{RATERS[0]:,} to {RATERS[1]:,} may have rated before, not {plan.published.raters:,}.")
    for text in filter(None, (plan.created, plan.closes)):
        if moment(text).tzinfo is None:
            raise ListeningError(f"{text} names no time zone. End it in Z or in +00:00.")
    _check_keys(plan)
    _check_sounds(plan)
    _check_texts(plan)


def moment(text: str) -> datetime:
    """The moment that a text names. Raises ListeningError."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ListeningError(f"{text} is no date and time. Write it like 2030-12-31T18:00:00Z.") from error


def played(kind: Kind, questions: Iterable[Question]) -> set[Reference]:
    """The references that a test with these questions plays."""
    return set(Reference) if kind is Kind.SEVERAL else {each.beside for each in questions if each.beside}


def _check_keys(plan: Plan) -> None:
    for things in (plan.items, plan.conditions, plan.questions):
        keys = [each.key for each in things]
        if len(set(keys)) < len(keys):
            raise ListeningError("Two items, two ways or two questions have one name. Rename one of them.")
        if not all(map(KEY.fullmatch, keys)):
            raise ListeningError("A key in a test is of letters, digits, - and _, at most 64. Give it another.")


def _check_sounds(plan: Plan) -> None:
    keys = {condition.key for condition in plan.conditions}
    needed = played(plan.kind, plan.questions)
    for item in plan.items:
        if item.sounds.keys() != keys:
            raise ListeningError(f"{item.label} has no sound of some of the ways. Give each item one of each.")
        if not needed <= item.references.keys():
            missing = ", ".join(sorted(needed - item.references.keys()))
            raise ListeningError(f"{item.label} lacks its {missing}, which this test plays. Add it.")


def _check_texts(plan: Plan) -> None:
    texts = [plan.title, plan.code]
    texts += [text for question in plan.questions for text in (question.text, question.low, question.high)]
    texts += [each.label for each in (*plan.items, *plan.conditions)]
    texts += [plan.published.source, *plan.published.means] if plan.published else []
    if (longest := max(map(len, texts))) > MAX_TEXT:
        raise ListeningError(f"A text of {longest} characters is too long: {MAX_TEXT} at most. Shorten it.")
    if not plan.title.strip() or not plan.questions or not all(question.text.strip() for question in plan.questions):
        raise ListeningError("A test needs a title and a question. Write them.")
