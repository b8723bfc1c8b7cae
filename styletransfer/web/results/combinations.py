"""Several contents with several styles: which results they make, and what each is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from styletransfer.web.results.recording_names import name_of

MAX_OF_A_KIND = 4
"""Contents, and styles"""
MAX_RESULTS = 12
"""That are made in one go"""
MAX_SHOWN_CHARACTERS = 24
"""Of a recording's name within a title"""


class Combination(NamedTuple):
    """A content and a style that a result is made of: their paths, and what the visitor calls them."""

    content: str
    style: str
    content_name: str
    style_name: str

    @property
    def title(self) -> str:
        """What is heard: `piano as drums`."""
        return f"{_short(self.content_name)} as {_short(self.style_name)}"


def combinations(contents: Sequence[str], styles: Sequence[str]) -> list[Combination]:
    """Each content with each style, by their paths, content by content. No two have the same title."""
    pairs = [
        Combination(content, style, content_name, style_name)
        for content, content_name in zip(contents, _names(contents), strict=True)
        for style, style_name in zip(styles, _names(styles), strict=True)
    ]
    titles = Counter(each.title for each in pairs)
    if max(titles.values(), default=1) == 1:
        return pairs
    numbered = [dict(zip(paths, range(1, 1 + len(paths)), strict=True)) for paths in (contents, styles)]
    return [
        each._replace(
            content_name=f"{numbered[0][each.content]} {each.content_name}",
            style_name=f"{numbered[1][each.style]} {each.style_name}",
        )
        for each in pairs
    ]


def _names(paths: Sequence[str]) -> list[str]:
    """What recordings are called; where several are the same, the later are numbered."""
    names: list[str] = []
    for path in paths:
        first = name_of(path)
        name, number = first, 2
        while name in names:
            name, number = f"{first} ({number})", number + 1
        names.append(name)
    return names


def _short(name: str) -> str:
    return name if len(name) <= MAX_SHOWN_CHARACTERS else f"{name[: MAX_SHOWN_CHARACTERS - 1]}…"
