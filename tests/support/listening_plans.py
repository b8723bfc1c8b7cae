"""Plans of listening tests whose sounds nobody made."""

from __future__ import annotations

from typing import Any

from styletransfer.listening.plan import QUESTIONS, Condition, Item, Kind, Plan, Reference


def plan_of(kind: Kind, n_items: int = 5, n_conditions: int = 2, **options: Any) -> Plan:
    """A plan of a kind whose files nobody made."""
    keys = [f"condition-{i}" for i in range(1, n_conditions + 1)]
    items = [
        Item(
            key=f"item-{i}",
            label=f"item {i}",
            sounds={key: f"{i}-{key}.wav" for key in keys},
            references={reference: f"{i}-{reference}.wav" for reference in Reference},
        )
        for i in range(1, n_items + 1)
    ]
    fields = {"key": "key-of-test", "owner_key": "key-of-owner", "title": "A test", "seed": 1}
    fields |= {"kind": kind, "questions": QUESTIONS[kind], "items": tuple(items)}
    fields |= {"conditions": tuple(Condition(key=key, label=key.upper()) for key in keys)}
    return Plan(**(fields | options))
