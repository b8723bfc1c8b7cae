"""Memory that is used again, in a process of its own: the setting cannot be taken back."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told"),
]

COUNT = """
import resource
import sys
import numpy as np
from styletransfer.runtime import malloc

assert sys.argv[1] == "as it is" or malloc.keep_freed()
np.ones(2**24).sum()  # 128 MB, given back at once
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(4):
    np.ones(2**24).sum()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


RESIDENT = """
import numpy as np
from styletransfer.runtime import malloc

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

assert malloc.keep_freed()
arrays = [np.ones(2**20) for _ in range(32)]  # 8 MB each
kept = np.ones(2**20)  # above them, so that the heap cannot shrink
before = resident()
del arrays
assert resident() > before - 2**20
assert malloc.trim()
print(before - resident())
"""


HEAPS = """
import ctypes, sys, threading
from styletransfer.runtime import malloc

assert sys.argv[1] == "as it is" or malloc.use_single_arena()
together = threading.Barrier(8)

def work():
    together.wait()
    for _ in range(10_000):
        ctypes.create_string_buffer(5_000)

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
c = ctypes.CDLL(None)
c.fopen.restype, c.fopen.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_char_p]
c.malloc_info.argtypes, c.fclose.argtypes = [ctypes.c_int, ctypes.c_void_p], [ctypes.c_void_p]
file = c.fopen(sys.argv[2].encode(), b"w")
c.malloc_info(0, file)
c.fclose(file)
"""


def heaps(how: str, report: Path) -> int:
    subprocess.run([sys.executable, "-c", HEAPS, how, str(report)], check=True)
    return report.read_text().count("<heap nr=")


def test_all_threads_share_one_heap(tmp_path: Path) -> None:
    assert heaps("as it is", tmp_path / "info.xml") > 1
    assert heaps("shared", tmp_path / "info.xml") == 1


def test_what_is_free_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", RESIDENT], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 200 * 2**20


def page_faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", COUNT, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_large_arrays_come_back_to_the_same_pages() -> None:
    assert page_faults("reused") < 0.1 * page_faults("as it is")
