"""What the tests share: a seeded generator, short real samples, how JAX is set up and watched, and markers."""

from __future__ import annotations

import os

# Read once, when NumPy and JAX are imported, and by whatever the tests start as processes. The workers share the
# processor's cores: NumPy's own threads, of which each worker would have as many as there are cores, wait for one
# another. And the tests compile much and compute little: without optimisations, and with XLA's older code generator,
# programs compile in a third of the time.
FLAGS = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_use_fusion_emitters=false".strip()
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1", "XLA_FLAGS": FLAGS}

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import jax
import numpy as np
import pytest
import soundfile
from jaxtyping import install_import_hook
from support import shape_checks

# Before the first module of the engine is imported: shapes and types of its arrays are checked at every call.
install_import_hook("styletransfer.engine", f"{shape_checks.__name__}.check")

from styletransfer.runtime import compile_cache

pytest_plugins = ["support.page_visitors", "support.taking_turns"]

SAMPLES = Path(__file__).parents[1] / "samples"
SAMPLE_RATE_HZ = 44_100
MAX_BYTES = 2**30
"""Of the programs that the tests compile, between two runs."""

# One folder for all workers: the process that starts them makes it, and they find it in their environment. What tests
# start as processes share there what they compile, and leave the user's folder alone.
if "PYTEST_XDIST_WORKER" not in os.environ:
    _folder = tempfile.mkdtemp(prefix="styletransfer-tests-")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    os.environ[compile_cache.VARIABLE] = str(Path(_folder, "programs"))


def pytest_configure(config: pytest.Config) -> None:
    if config.cache is not None:
        keep_programs(config.cache)


def keep_programs(kept: pytest.Cache) -> None:
    """Keeps programs from one run of the tests to the next and for all workers: in pytest's own folder, apart for each
    processor, version of jaxlib and choice of flags, which JAX leaves out of its key."""
    folder = kept.mkdir("programs")
    is_first = "PYTEST_XDIST_WORKER" not in os.environ
    if is_first and sum(path.stat().st_size for path in folder.rglob("*-cache")) > MAX_BYTES:
        shutil.rmtree(folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(compile_cache.VARIABLE, str(folder / hashlib.sha256(FLAGS.encode()).hexdigest()[:16]))
        compile_cache.enable()
    # Small ones too, and without a limit: to keep one, JAX would lock the folder and look at all files in it.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
    jax.config.update("jax_compilation_cache_max_size", -1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Markers that follow from what a test uses. See pyproject.toml for what they mean."""
    for item in items:
        fixtures = {*getattr(item, "fixturenames", ())}
        for fixture, marker in MARKED.items():
            if fixture in fixtures:
                item.add_marker(marker)
        if not any(item.get_closest_marker(name) for name in ("browser", "process", "slow", "timing")):
            item.add_marker("fast")


MARKED = {
    "profile": "browser",
    "browser": "browser",
    "process": "process",
    "program": "process",
    "url": "slow",
    "site": "slow",
}

Traces = list[str]


@pytest.fixture(scope="module")
def strict_types() -> Iterator[None]:
    """No silent float32 to float64."""
    with jax.numpy_dtype_promotion("strict"):
        yield


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_240_601)


@pytest.fixture
def x64() -> Iterator[None]:
    """float64 where it is asked for, as inside `stylize`."""
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="session")
def recording() -> Callable[..., np.ndarray]:
    """`recording("speech", 0.5, start_s=1.0)`: a stretch of a sample, `(n_samples,)` float32, not to be written to."""

    @cache
    def read(name: str, seconds: float, start_s: float = 0.0) -> np.ndarray:
        path = SAMPLES / f"{name}.flac"
        frames, start = round(seconds * SAMPLE_RATE_HZ), round(start_s * SAMPLE_RATE_HZ)
        samples, rate_hz = soundfile.read(path, frames=frames, start=start, dtype="float32")
        assert rate_hz == SAMPLE_RATE_HZ
        assert samples.shape == (frames,)
        samples.flags.writeable = False
        return samples

    return read


@pytest.fixture
def traces() -> Iterator[Traces]:
    """Names of the functions that JAX has traced since the list was last cleared."""
    names: Traces = []

    def listen(event: str, _duration_s: float, **details: str | int) -> None:
        if event == "/jax/core/compile/jaxpr_trace_duration":
            names.append(str(details["fun_name"]))

    jax.monitoring.register_event_duration_secs_listener(listen)  # pyright: ignore
    yield names
    jax.monitoring.unregister_event_duration_listener(listen)  # pyright: ignore
