"""What looks at strangers' files without decoding them, as targets for random bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from styletransfer.errors import StyleTransferError
from styletransfer.files import file_headers, settings_tags
from styletransfer.listening import zips

MOST_BYTES = 2**20


def header(path: Path) -> None:
    """Of a recording: what passes is of a format, and has a shape, that is read."""
    found = file_headers.check_file(path, "It")
    file_headers.check_shape("It", found.sample_rate_hz, found.channels)
    assert found.offset >= 0
    if found.overlay:
        assert 0 <= found.overlay.position < path.stat().st_size


def settings(path: Path) -> None:
    """What a file says of itself is a text, or nothing."""
    text = settings_tags.settings_in(path)
    assert text is None or len(text.encode()) <= settings_tags.MAX_BYTES
    settings_tags.settings_from(path)


def archive(path: Path) -> None:
    """A zip that passes has no more in it than it may."""
    with zips.reading(path, re.compile(r"[a-z]{1,9}\.[a-z]{3}"), MOST_BYTES) as opened:
        assert sum(len(opened.read(name)) for name in opened.namelist()) <= MOST_BYTES


TARGETS: tuple[Callable[[Path], None], ...] = (header, settings, archive)


def try_all(path: Path) -> None:
    """Have each look at the file. Raises what is no refusal, and AssertionError for one that is no sentence."""
    for target in TARGETS:
        try:
            target(path)
        except StyleTransferError as error:
            said = str(error)
            assert said.endswith((".", "?")), said
            assert "Traceback" not in said
