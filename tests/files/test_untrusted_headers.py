"""Bytes of strangers through what looks at files without decoding them: a refusal in a sentence, or what is true.

`poe fuzz` looks for more of them, led by what code they reach.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import hostile_files, hostile_kinds
from support.header_targets import try_all

HEAD_BYTES = 4_096
MAGIC = [b"RIFF", b"RIFX", b"RF64", b"riff", b"fLaC", b"OggS", b"ID3\3", b"ID3\4", b"FORM", b"caff", b".snd"]
MAGIC += [
    b"\x1a\x45\xdf\xa3",
    b"\x30\x26\xb2\x75",
    b"wvpk",
    b"#!AMR",
    b"PK\3\4",
    b"PK\5\6",
    b"PK\1\2",
    b"\xff\xfb\x90\0",
]
MAGIC += [b"WAVE", b"fmt ", b"data", b"styl", b"TXXX", b"SSND", b"ftyp", b"moov"]
NUMBERS = [*hostile_files.LENGTHS, bytes(2), b"\xff\xff", b"\1\0\0\0", b"\0\0\0\1"]
PIECES = st.lists(st.one_of(st.sampled_from(MAGIC), st.sampled_from(NUMBERS), st.binary(max_size=40)), max_size=30)
EDITS = st.lists(st.tuples(st.integers(0, HEAD_BYTES), st.one_of(st.sampled_from(NUMBERS), st.binary(max_size=8))))
OFTEN = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory, recording: Callable[..., np.ndarray]) -> list[bytes]:
    """Beginnings of true files and of hostile ones."""
    wholes = hostile_files.whole_files(tmp_path_factory.mktemp("whole"), recording("guitar", 0.1))
    named = {path.name: path.read_bytes() for path in wholes}
    hostile = [data for _, data in hostile_kinds.contents(named, np.random.default_rng(0))]
    return [data[:HEAD_BYTES] for data in [*named.values(), *hostile]]


@OFTEN
@given(pieces=PIECES)
def test_bytes_of_any_kind(tmp_path: Path, pieces: list[bytes]) -> None:
    (tmp_path / "tried.wav").write_bytes(b"".join(pieces))
    try_all(tmp_path / "tried.wav")


@pytest.mark.thorough
@OFTEN
@given(which=st.integers(0, 10_000), edits=EDITS, end=st.integers(0, HEAD_BYTES))
def test_headers_with_other_bytes_in_them(
    heads: list[bytes], tmp_path: Path, which: int, edits: list[tuple[int, bytes]], end: int
) -> None:
    data = bytearray(heads[which % len(heads)])
    for place, bytes_ in edits:
        data[place : place + len(bytes_)] = bytes_
    (tmp_path / "tried.mp3").write_bytes(data[: end or None])
    try_all(tmp_path / "tried.mp3")
