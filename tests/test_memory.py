"""Memory that is used again, in a process of its own: the setting cannot be taken back."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")

COUNT = """
import resource
import sys
import numpy as np
from styletransfer import memory

assert sys.argv[1] == "as it is" or memory.reuse()
np.ones(2**24).sum()  # 128 MB, given back at once
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(4):
    np.ones(2**24).sum()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


RESIDENT = """
import numpy as np
from styletransfer import memory

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

assert memory.reuse()
arrays = [np.ones(2**20) for _ in range(32)]  # 8 MB each
kept = np.ones(2**20)  # above them, so that the heap cannot shrink
before = resident()
del arrays
assert resident() > before - 2**20
assert memory.give_back()
print(before - resident())
"""


def test_what_is_free_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", RESIDENT], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 200 * 2**20


def page_faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", COUNT, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_large_arrays_come_back_to_the_same_pages() -> None:
    assert page_faults("reused") < 0.1 * page_faults("as it is")
