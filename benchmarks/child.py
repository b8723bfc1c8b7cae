"""One transfer, twice, in a process of its own: `python -m benchmarks.child PRESET SECONDS ITERATIONS` writes JSON.

lengths.py starts it: what a process takes of memory, and how long the first transfer compiles, can only be measured
in a fresh one. ITERATIONS is the most that the solve may take.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time

from benchmarks import recordings
from styletransfer import stylize
from styletransfer.runtime import malloc
from styletransfer.settings import Settings, preset

CONTENT, STYLE = "piano.flac", "drumkit.flac"


def settings_of(preset_name: str, seconds: float, iterations: int) -> Settings:
    """A preset for a length, with no more iterations than asked for, in the solve."""
    settings = preset(preset_name, seconds=seconds)
    return dataclasses.replace(settings, iterations=min(iterations, settings.iterations))


def seconds_taken(settings: Settings, times: int) -> list[float]:
    """Of the same transfer again and again; the style is as long as the content, where the settings allow that."""
    content = recordings.read(CONTENT, settings.seconds)
    style = recordings.read(STYLE, min(settings.seconds, settings.style_seconds))
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        stylize(content, [style], settings)
        taken.append(time.perf_counter() - start)
    return taken


def peak_bytes() -> int:
    """The most memory that this process has had resident."""
    import resource  # there is none on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    """Makes the transfer that the command line names, twice, and prints times and memory as JSON."""
    preset_name, seconds, iterations = sys.argv[1:]
    malloc.keep_freed()
    settings = settings_of(preset_name, float(seconds), int(iterations))
    cold, warm = seconds_taken(settings, 2)
    print(json.dumps({"cold_s": cold, "warm_s": warm, "peak_bytes": peak_bytes()}))


if __name__ == "__main__":
    main()
