"""Whether a result stands where its content stands, and what that takes: `python -m benchmarks.stereo`.

Contents of two channels are made of the samples: two players on either side, one player that reaches one ear later, and
one in a room. By ERB band, the level and phase of the left channel beside the right and their coherence are compared
with the content's; the mono sum with that of the same transfer of one channel.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import time
from typing import NamedTuple

import click
import numpy as np
import scipy.signal

from benchmarks import machine, recordings
from styletransfer.engine import loudness
from styletransfer.files import downmix
from styletransfer.runtime import compile_cache
from styletransfer.settings import SAMPLE_RATE_HZ, Settings, preset
from styletransfer.transfer import stylize

MODES = ("mono", "image", "joint")
MOST_TIMES = {"image": 1.2, "joint": 2.2}
"""Times that a transfer of one channel takes."""
BANDS = 24
MIN_HZ, MAX_HZ = 80.0, 12_000.0
ROOM_S = 0.15
"""Time in which the room's echo falls to 1 / e."""


class Image(NamedTuple):
    """What two channels have between them, by band."""

    level_db: np.ndarray
    phase: np.ndarray
    coherence: np.ndarray
    energy: np.ndarray


def contents(seconds: float) -> dict[str, np.ndarray]:
    """Contents `(n_samples, 2)` by name."""
    guitar, piano = (recordings.read(f"{name}.flac", seconds) for name in ("guitar", "piano"))
    piano = np.resize(piano, len(guitar))
    rng = np.random.default_rng(0)
    decay = np.exp(-np.arange(round(4 * ROOM_S * SAMPLE_RATE_HZ)) / (ROOM_S * SAMPLE_RATE_HZ))
    echoes = [
        guitar + 0.02 * scipy.signal.fftconvolve(guitar, rng.standard_normal(len(decay)) * decay)[: len(guitar)]
        for _ in range(2)
    ]
    return {
        "two players": np.stack([guitar + 0.3 * piano, piano + 0.3 * guitar], axis=1),
        "one ear later": np.stack([guitar, np.roll(guitar, 12)], axis=1),
        "a room": np.stack(echoes, axis=1),
    }


def image_of(sound: np.ndarray) -> Image:
    """Measure the image of a sound `(n_samples, 2)` (Glasberg & Moore 1990 for the bands)."""
    hz, _, spectra = scipy.signal.stft(sound.T, SAMPLE_RATE_HZ, nperseg=2048)
    low, high = (21.4 * np.log10(1 + 0.00437 * hz) for hz in (MIN_HZ, MAX_HZ))
    edges_hz = (10 ** (np.linspace(low, high, BANDS + 1) / 21.4) - 1) / 0.00437
    found = []
    for low_hz, high_hz in itertools.pairwise(edges_hz):
        left, right = spectra[:, (hz >= low_hz) & (hz < high_hz)]
        powers = [float(np.sum(np.abs(each) ** 2)) + 1e-12 for each in (left, right)]
        product = np.sum(left * np.conj(right))
        coherence = abs(product) / np.sqrt(powers[0] * powers[1])
        found.append((10 * np.log10(powers[0] / powers[1]), np.angle(product), coherence, sum(powers)))
    return Image(*np.array(found).T)


def difference(result: Image, content: Image) -> tuple[float, float, float]:
    """Mean differences over bands, in dB, in radians (where the content is coherent) and of coherence."""
    turned = np.abs(np.angle(np.exp(1j * (result.phase - content.phase))))
    return (
        float(np.mean(np.abs(result.level_db - content.level_db))),
        float(np.average(turned, weights=content.coherence)),
        float(np.mean(np.abs(result.coherence - content.coherence))),
    )


def timed(content: np.ndarray, style: np.ndarray, settings: Settings, times: int) -> tuple[np.ndarray, float]:
    """A result, and the median of what it took."""
    sound, taken = None, []
    for _ in range(times + 1):
        start = time.perf_counter()
        sound = stylize(content, [style], settings).sound
        taken.append(time.perf_counter() - start)
    assert sound is not None
    return sound, float(np.median(taken[1:]))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--style", default="violin.flac")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    compile_cache.enable()
    style = recordings.read(arguments.style, 15)
    click.echo(f"| {arguments.preset} | stereo | level (dB) | phase (rad) | coherence | mono sum (dB) | time |")
    click.echo("|---|---|--:|--:|--:|--:|--:|")
    for name, content in contents(arguments.seconds).items():
        settings = preset(arguments.preset, seconds=arguments.seconds)
        alone_s, mono_lufs = 0.0, 0.0
        for mode in MODES:
            sound, taken_s = timed(content, style, dataclasses.replace(settings, stereo=mode), arguments.times)
            if mode == "mono":
                alone_s, mono_lufs = taken_s, loudness.integrated_loudness(sound)
                continue
            figures = difference(image_of(sound), image_of(content))
            heard = loudness.at_loudness(sound, loudness.integrated_loudness(content))
            sum_db = loudness.integrated_loudness(downmix.mono(heard)) - mono_lufs
            most = MOST_TIMES[mode]
            share = taken_s / alone_s
            cells = [*(f"{value:.2f}" for value in figures), f"{sum_db:+.1f}"]
            holds = "yes" if share <= most else "no"
            click.echo(f"| {name} | {mode} | {' | '.join(cells)} | {share:.2f} x, at most {most:g}: {holds} |")
    for line in machine.describe():
        click.echo(line)


if __name__ == "__main__":
    main()
