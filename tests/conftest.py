"""What the tests share: a seeded generator, short real samples, and how JAX is set up and watched."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import jax
import numpy as np
import pytest
import soundfile
from jaxlib import xla_client

from styletransfer.runtime import compile_cache

pytest_plugins = ["support.page_visitors"]

SAMPLES = Path(__file__).parents[1] / "samples"
SAMPLE_RATE_HZ = 44_100

# The processes that tests start share what they compile, and leave the user's folder alone.
os.environ[compile_cache.VARIABLE] = tempfile.mkdtemp(prefix="styletransfer-tests-")
atexit.register(shutil.rmtree, os.environ[compile_cache.VARIABLE], ignore_errors=True)

# The tests compile much and compute little: without optimisations, and with XLA's older code generator, programs
# compile in a third of the time. Of this process only: those that tests start compile as users' do. XLA reads its
# flags once, when compile options are first made.
jax.config.update("jax_disable_most_optimizations", True)
_flags = os.environ.get("XLA_FLAGS")
os.environ["XLA_FLAGS"] = f"{_flags or ''} --xla_cpu_use_fusion_emitters=false"
xla_client.CompileOptions()
if _flags is None:
    del os.environ["XLA_FLAGS"]
else:
    os.environ["XLA_FLAGS"] = _flags

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
