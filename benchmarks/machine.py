"""What figures were measured on, in lines of text."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
from pathlib import Path

LIBRARY_NAMES = {"jax": "JAX", "torch": "PyTorch"}


def describe() -> list[str]:
    """The processor, the device of JAX, and the versions of what computes."""
    import jax  # here, because a process that has loaded it is large: see lengths.py

    device = jax.devices()[0]
    packages = {"NumPy": "numpy", "SciPy": "scipy", "JAX": "jax", "jaxlib": "jaxlib"}
    if has_torch():
        packages["PyTorch"] = "torch"
    versions = [f"{name} {importlib.metadata.version(package)}" for name, package in packages.items()]
    return [
        f"{_processor()}, {cores()} cores, {platform.system()}; JAX on {device.platform} ({device.device_kind})",
        ", ".join([f"Python {platform.python_version()}", *versions]),
    ]


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def has_torch() -> bool:
    """Whether PyTorch is installed."""
    return importlib.util.find_spec("torch") is not None


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
