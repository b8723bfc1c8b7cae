"""What a process does once before its first transfer."""

from __future__ import annotations

from styletransfer.runtime import compile_cache, malloc


def prepare() -> None:
    """Have compiled programs kept between starts and memory used again.

    To be called before the first program is compiled and before there are threads: see compile_cache.py and malloc.py.
    """
    compile_cache.enable()
    malloc.keep_freed()
    malloc.use_single_arena()
