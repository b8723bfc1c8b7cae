"""What of a recording sounds: its silence, room tone, offset and rumble count for nothing.

Sounds are `(n_samples,)`. docs/method.md tells what was measured.
"""

from __future__ import annotations

import functools
from typing import Literal

import numpy as np
import scipy.signal
from scipy.ndimage import binary_closing

from styletransfer.engine.shapes import HostSound, MonoOrStereo, Recording
from styletransfer.settings import SAMPLE_RATE_HZ

Beyond = Literal["even", "odd"]

RUMBLE_HZ = 20.0
"""Below this nothing is heard, and what a recording has there counts for nothing."""
WINDOW_S = 0.02
"""Of a level."""
SILENCE_DB = -40.0
"""Level below the loud parts of a recording under which a window is silent."""
LOUD_SHARE = 0.1
"""Part of the windows that are not silent beside the loudest: the softest of these is what loud parts have."""
PAUSE_S = 0.5
"""Silence of at least this length does not count; what is shorter belongs to how something is played."""
SHORTEST_STYLE_S = 2.0
"""A style that is shorter is repeated up to this length: see `style_sound`."""
ONE_SHOT_S, REPEATED_ONE_SHOT_S = 1.5, 4.0
"""A style shorter than the first is repeated up to the second."""
CROSSFADE_S = 0.05
"""Over which one stretch goes into the next, at most a quarter of either."""


def without_rumble(sound: MonoOrStereo, beyond: Beyond = "even") -> MonoOrStereo:
    """Take offset and whatever is below RUMBLE_HZ out of a sound.

    Float32, of the same shape and without a shift in time: a Butterworth filter of order 4, forward and backward.
    `beyond` tells how the sound goes on where it is cut: mirrored, or, "odd", mirrored upside down about its last
    sample, which the filter takes for an offset and answers with a thump.
    """
    sos = scipy.signal.butter(4, RUMBLE_HZ, "highpass", fs=SAMPLE_RATE_HZ, output="sos")
    padding = min(len(sound) - 1, SAMPLE_RATE_HZ // 4)
    samples = np.asarray(sound, np.float64)
    return scipy.signal.sosfiltfilt(sos, samples, axis=0, padtype=beyond, padlen=padding).astype(np.float32)


def is_sounding(powers: np.ndarray, shortest_pause: int) -> np.ndarray:
    """Tell where a recording sounds, of the powers of its windows or frames.

    `(n,)` bool of `(n,)`. Silence is what is SILENCE_DB below the loud parts for at least `shortest_pause` in a row, or
    up to either end.
    """
    silence = 10 ** (SILENCE_DB / 10)
    heard = powers[powers > silence * powers.max()]
    if not len(heard):
        return np.ones(len(powers), bool)
    margin = np.zeros(shortest_pause, bool)
    sounds = np.concatenate([margin, powers > silence * np.quantile(heard, 1 - LOUD_SHARE), margin])
    return binary_closing(sounds, np.ones(shortest_pause, bool))[shortest_pause:-shortest_pause]


def spans(sound: HostSound) -> list[slice]:
    """Find the stretches of a sound that are not silent, pauses shorter than PAUSE_S included.

    Returns stretches of samples in order, at least one: see `is_sounding`. Each has a window more before and after,
    where attacks begin and notes end.
    """
    window = round(WINDOW_S * SAMPLE_RATE_HZ)
    n_windows = -(-len(sound) // window)
    padded = np.pad(np.asarray(sound, np.float64), (0, n_windows * window - len(sound)))
    powers = np.mean(np.square(padded.reshape(n_windows, window)), axis=1)
    sounds = is_sounding(powers, round(PAUSE_S / WINDOW_S))
    sounds = np.convolve(sounds, np.ones(3), "same") > 0 if n_windows >= 3 else np.ones(n_windows, bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], sounds.astype(np.int8), [0]])))
    stretches = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [slice(begin * window, min(end * window, len(sound))) for begin, end in stretches]


def sounding_s(sound: HostSound) -> float:
    """Measure for how many seconds a sound is not silent."""
    return sum(span.stop - span.start for span in spans(sound)) / SAMPLE_RATE_HZ


def sounding_frames(sound: HostSound, hop_length: int) -> np.ndarray:
    """Tell which frames of a sound are within its `spans`.

    `(n_frames,)` bool, for frames `hop_length` samples apart.
    """
    found = np.zeros(1 + len(sound) // hop_length, bool)
    for span in spans(sound):
        found[-(-span.start // hop_length) : span.stop // hop_length + 1] = True
    return found


def style_sound(style: Recording, shortest_samples: int = 0) -> np.ndarray:
    """Make the sound that stands for a style: what of it sounds, repeated if that is short.

    Returns `(n_samples,)` float32: the stretches that are not silent one after another, over and over until they last
    SHORTEST_STYLE_S, or REPEATED_ONE_SHOT_S, and have `shortest_samples`, each faded into the next. The style itself
    where nothing of it is silent and it is long enough.
    """
    style = np.asarray(style, np.float32)
    sounding = functools.reduce(_crossfaded, (style[span] for span in spans(style)))
    is_one_shot = len(sounding) < ONE_SHOT_S * SAMPLE_RATE_HZ
    shortest_s = REPEATED_ONE_SHOT_S if is_one_shot else SHORTEST_STYLE_S
    shortest = max(round(shortest_s * SAMPLE_RATE_HZ), shortest_samples)
    repeated = sounding
    while len(repeated) < shortest:
        repeated = _crossfaded(repeated, sounding)
    return repeated if len(sounding) >= shortest else repeated[:shortest]


def _crossfaded(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One sound after the other, at constant power where they overlap."""
    length = min(round(CROSSFADE_S * SAMPLE_RATE_HZ), len(first) // 4, len(second) // 4)
    rise = np.sin(np.linspace(0, np.pi / 2, length, dtype=np.float32))
    between = first[len(first) - length :] * rise[::-1] + second[:length] * rise
    return np.concatenate([first[: len(first) - length], between, second[length:]])
