"""What is kept of the people who take a test: sessions and answers, under keys that nobody can guess.

No names, addresses or cookies are among it. A listener is a random key that a browser keeps.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from styletransfer.listening import trials
from styletransfer.listening.plan import KEY, ListeningError
from styletransfer.listening.trials import Trial

SCHEMA = 1
"""Of what `to_json` writes. A newer one is refused."""
OUTPUTS = ("headphones", "loudspeakers", "")
MAX_COMMENT = 2_000
"""Characters"""
MAX_SECONDS = 1e9
"""No page stays open for thirty years."""
MAX_SWITCHES, MAX_SLOTS = 1_000_000, 16


class NewerError(ListeningError):
    """A newer version wrote what is to be read."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One listener's run through a test."""

    key: str
    test: str
    listener: str
    items: tuple[str, ...]
    trials: tuple[Trial, ...]
    output: str
    """headphones, loudspeakers, or "" where it was not said"""
    begun: str
    """ISO 8601, UTC"""
    finished: str = ""
    """likewise; "" until then"""
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one listener said to one trial."""

    key: str
    """made in the browser, the same each time it is sent"""
    session: str
    trial: int
    """index"""
    value: Mapping[str, Any]
    """as `trials.checked_answer` gives it"""
    heard: Mapping[str, float]
    """seconds that each slot was heard"""
    switches: int
    seconds: float
    """from the trial's appearance to the answer"""
    at: str
    """ISO 8601 with a time zone, of the server's clock"""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """That a listener is through with a session."""

    session: str
    at: str
    comment: str


Event = Session | Answer | Finished
"""What happens, each once. A session as an event is one that begins: neither finished nor commented."""
_NAMES = {Session: "begun", Answer: "answer", Finished: "finished"}
_KINDS = {name: kind for kind, name in _NAMES.items()}


def to_json(event: Event) -> str:
    """An event as one line of text, ASCII alone."""
    return json.dumps({"schema": SCHEMA, "event": _NAMES[type(event)], **dataclasses.asdict(event)})


def from_json(text: str | bytes) -> Event:
    """The event of `to_json`.

    Raises NewerError where a newer version wrote it, and ValueError where nobody did.
    """
    try:
        given = json.loads(text)
        if (schema := int(given.pop("schema"))) > SCHEMA:
            raise NewerError(
                f"These answers were kept by a newer version (schema {schema}, here {SCHEMA}). Update this one."
            )
        kind = _KINDS[given.pop("event")]
        if kind is Session:
            given |= {"items": tuple(given["items"]), "trials": tuple(map(trials.from_dict, given["trials"]))}
        return kind(**given)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no event") from error


def is_key(text: object) -> bool:
    """Whether something can be a key: letters, digits, "-" and "_", at most 64."""
    return isinstance(text, str) and KEY.fullmatch(text) is not None


def check_answer(answer: Answer) -> None:
    """Whether an answer can be kept, apart from its value, which `trials.checked_answer` looks at.

    Raises ListeningError.
    """
    try:
        is_whole = _is_whole(answer)
    except (TypeError, ValueError, AttributeError):
        is_whole = False
    if not is_whole:
        raise ListeningError("This answer is not as the page sends it. Load the page again.")


def _is_whole(answer: Answer) -> bool:
    seconds = (answer.seconds, *answer.heard.values())
    return (
        is_key(answer.key)
        and is_key(answer.session)
        and all(map(is_key, answer.heard))
        and len(answer.heard) <= MAX_SLOTS
        and all(math.isfinite(each) and 0 <= each <= MAX_SECONDS for each in seconds)
        and {type(answer.switches), type(answer.trial)} == {int}
        and 0 <= answer.switches <= MAX_SWITCHES
        and datetime.fromisoformat(answer.at).tzinfo is not None
    )
