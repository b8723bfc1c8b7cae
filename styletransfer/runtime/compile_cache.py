"""Compiled programs: keeps them from one start to the next, and a process from keeping too many in memory.

JAX's persistent compilation cache holds machine code, which runs when it is found again: it stays in a folder that
nobody but this user can write to, apart for each processor and version of jaxlib. `prepare.prepare` calls `enable`; the
library itself does not.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
from pathlib import Path

import jax
import jaxlib.version
import platformdirs

VARIABLE = "STYLETRANSFER_CACHE"
"""Environment variable that names another folder; if empty, nothing is kept."""
MAX_BYTES = 512 * 2**20
"""Programs that were not used for longest are removed beyond this."""
MIN_COMPILE_S = 0.2
"""Programs that compile sooner are not worth a file."""


def enable() -> Path | None:
    """Keep compiled programs in a folder from here on.

    To be called before the first is compiled. Returns the folder, and None where there is none to trust or none is
    wanted; a folder that was set through JAX's own settings is left as it is.
    """
    if jax.config.jax_compilation_cache_dir:  # pyright: ignore
        return Path(jax.config.jax_compilation_cache_dir)  # pyright: ignore
    folder = _folder()
    if folder is None or not _is_private(folder):
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_compilation_cache_max_size", MAX_BYTES)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", MIN_COMPILE_S)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return folder


def is_open_to_others() -> bool:
    """Whether other users could put programs into the folder. `enable` keeps none there; who serves others should know
    it before."""
    folder = _folder()
    if folder is None or not folder.exists():
        return False
    return not _is_ours_alone(folder.lstat())


class CompiledPrograms:
    """A count of the programs that this process holds in memory.

    It counts what is compiled or found in the folder from here on. JAX keeps all of it in memory, which would grow
    without end where visitors bring recordings of ever other lengths.
    """

    MAX = 200
    """They take 5 MB each on average. The page compiles a hundred in advance; recordings of other lengths need some
    twenty more."""

    def __init__(self, maximum: int = MAX) -> None:
        self.count, self.maximum = 0, maximum
        jax.monitoring.register_event_duration_secs_listener(self._listen)  # pyright: ignore

    def clear_if_full(self) -> bool:
        """Have JAX let go of all programs where there are more than `maximum`.

        What is needed again comes from the folder within seconds, or is compiled anew where nothing is kept. Returns
        whether it did. To be called when nothing runs.
        """
        if self.count <= self.maximum:
            return False
        jax.clear_caches()
        self.count = 0
        return True

    def _listen(self, event: str, _duration_s: float, **_: str | int) -> None:
        self.count += event == "/jax/core/compile/backend_compile_duration"


def _folder() -> Path | None:
    given = os.environ.get(VARIABLE)
    if given == "":
        return None
    try:
        folder = Path(given) if given else platformdirs.user_cache_path("styletransfer")
    except RuntimeError:  # a user without a home
        return None
    return folder / _machine()


def _machine() -> str:
    """Differs where a program compiled here might not run: JAX's own key leaves out the processor's features."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else [platform.node()]
    features = {line for line in lines if line.startswith(("flags", "Features", "model name"))} or set(lines[:1])
    text = "\n".join([platform.machine(), jaxlib.version.__version__, *sorted(features)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _is_private(folder: Path) -> bool:
    """Whether the folder is there, or could be made, and is this user's alone."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and _is_ours_alone(found) and os.access(folder, os.W_OK)


def _is_ours_alone(found: os.stat_result) -> bool:
    ours = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return ours and (os.name == "nt" or not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
