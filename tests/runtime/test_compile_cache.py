"""Compiled programs: who may write to their folder, that a second process compiles nothing anew, how many are kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import pytest

from styletransfer.runtime import compile_cache

ROOT = Path(__file__).parents[2]
RUN = """
import jax, sys
from styletransfer.runtime import compile_cache
assert str(compile_cache.enable()).startswith(sys.argv[1])
misses = []
jax.monitoring.register_event_listener(lambda event, **_: misses.append(event))
import numpy as np
from styletransfer import Settings, stylize
noise = np.random.default_rng(0).standard_normal((2, 22050)).astype(np.float32)
result = stylize(noise[0], [noise[1]], Settings(detail="plain", iterations=2, refinement_iterations=2))
print(misses.count("/jax/compilation_cache/cache_hits"), result.delivered.total)
"""


@pytest.fixture
def updates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, object]]:
    """What is set in JAX, which this process keeps as it is."""
    found: dict[str, object] = {}
    before, update = jax.config.jax_compilation_cache_dir, jax.config.update  # pyright: ignore
    update("jax_compilation_cache_dir", None)
    with monkeypatch.context() as patch:
        patch.setattr(jax.config, "update", found.__setitem__)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path))
        patch.delenv(compile_cache.VARIABLE, raising=False)
        yield found
    update("jax_compilation_cache_dir", before)


@pytest.mark.thorough
@pytest.mark.process
def test_a_second_process_finds_the_programs_of_the_first(tmp_path: Path) -> None:
    environment = os.environ | {compile_cache.VARIABLE: str(tmp_path)}
    line = [sys.executable, "-c", RUN, str(tmp_path)]
    first, second = (
        subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout.split()
        for _ in range(2)
    )
    assert int(first[0]) == 0 < int(second[0])
    assert first[1] == second[1]


FORGET = """
import jax
from styletransfer.runtime import compile_cache
programs, traced = compile_cache.CompiledPrograms(), []
double = jax.jit(lambda x: traced.append(x.shape) or 2 * x)
for length in (1, 2, 3, 3):
    double(jax.numpy.zeros(length))
assert programs.count >= 3 == len(traced)
assert not programs.clear_if_full()
double(jax.numpy.zeros(3))
assert len(traced) == 3
programs.maximum = 2
assert programs.clear_if_full()
assert programs.count == 0
double(jax.numpy.zeros(3))
assert len(traced) == 4
"""


@pytest.mark.process
def test_too_many_programs_are_forgotten() -> None:
    """In a process of its own: this one's tests go on with what they have."""
    subprocess.run([sys.executable, "-c", FORGET], cwd=ROOT, check=True)


def test_the_folder_is_made_for_this_user_alone(updates: dict[str, object], tmp_path: Path) -> None:
    folder = compile_cache.enable()
    assert folder
    assert folder.parent == tmp_path / "styletransfer"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert updates["jax_compilation_cache_dir"] == str(folder)


def test_an_empty_variable_keeps_nothing(updates: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compile_cache.VARIABLE, "")
    assert compile_cache.enable() is None
    assert not updates


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_a_folder_that_others_can_write_to_is_not_used(updates: dict[str, object], tmp_path: Path) -> None:
    folder = compile_cache.enable()
    assert folder
    updates.clear()
    folder.chmod(0o777)
    assert compile_cache.enable() is None
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    assert compile_cache.enable() is None
    assert not updates
