"""Has the memory of large arrays used again, where the C library is glibc.

glibc gives what is larger than 32 MB back to the system as soon as it is free, and has it mapped and cleared anew, page
by page, for the next one. The finite network's evaluation, with temporary arrays of hundreds of MB, spends three tenths
of its time on that. And each thread keeps what it has freed to itself. Importing the package calls none of these;
`prepare.prepare` calls `keep_freed` and `use_single_arena`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
"""Options of mallopt(3)."""
MAX_INT = 2**31 - 1
"""Their values are C ints."""


def keep_freed() -> bool:
    """Keep freed memory for what comes next, from here on.

    Returns whether the C library can do that.
    """
    return _set({M_MMAP_MAX: 0, M_TRIM_THRESHOLD: MAX_INT})


def use_single_arena() -> bool:
    """Have all threads that begin from here on take what they need from one place.

    Returns whether the C library can do that. To be called before there are threads: what they have to themselves by
    then they keep.
    """
    return _set({M_ARENA_MAX: 1})


def trim() -> bool:
    """Give the system what is free now, such as when nothing is expected for a while.

    Returns whether there was any.
    """
    trim = _function("malloc_trim")
    return bool(trim and trim(0))


def _set(options: dict[int, int]) -> bool:
    set_option = _function("mallopt")
    return bool(set_option and all(set_option(*option) for option in options.items()))


def _function(name: str) -> Callable[..., int] | None:
    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None
