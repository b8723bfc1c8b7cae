"""Has the memory of large arrays used again, where the C library is glibc.

glibc gives what is larger than 32 MB back to the system as soon as it is free, and has it mapped and cleared anew, page
by page, for the next one. The finite network's evaluation, with temporary arrays of hundreds of MB, spends three tenths
of its time on that. The command line, the page and the benchmarks call `reuse`; the library itself does not.
"""

from __future__ import annotations

import ctypes

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Options of mallopt(3)."""
LARGEST_INT = 2**31 - 1


def reuse() -> bool:
    """Have freed memory kept for what comes next, from here on. Whether the C library can do that."""
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(set_option(M_MMAP_MAX, 0) and set_option(M_TRIM_THRESHOLD, LARGEST_INT))
