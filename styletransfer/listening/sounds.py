"""Sounds of a test that differ in nothing but what is compared: one length, one loudness, one form of file.

Samples are float32 at SAMPLE_RATE_HZ, `(n_samples,)` or `(n_samples, 2)`, full scale at 1.
"""

from __future__ import annotations

import math
import wave
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from styletransfer.engine import looping, loudness
from styletransfer.files import audio
from styletransfer.listening.plan import ListeningError, Plan
from styletransfer.settings import SAMPLE_RATE_HZ

LOWEST_LUFS = -40.0
"""What all others are turned down to must not be quieter."""
LEAST_S, MOST_S = 0.5, 60.0
MOST_SAMPLES = round(MOST_S * SAMPLE_RATE_HZ)
FADE_S = 0.01
"""At both ends of every sound, so that none begins or loops with a click of its own."""

SAMPLE = np.dtype("<i2")
FORMS = [(SAMPLE_RATE_HZ, 16, channels) for channels in (1, 2)]
"""Rate, bits and channels of the files that are kept"""

Name = tuple[str, str]
"""An item, and one of its sounds"""


def read(path: Path, name: str) -> np.ndarray:
    """A recording as a test plays it, with both channels if it has two, its first MOST_S seconds. `name` is what
    messages call it. Raises AudioError."""
    return audio.read_recording(
        path, seconds=MOST_S, shortest_samples=round(LEAST_S * SAMPLE_RATE_HZ), name=name, stereo=True
    ).samples[:MOST_SAMPLES]


def matched(sounds: Mapping[Name, np.ndarray], references: Mapping[Name, np.ndarray]) -> dict[Name, np.ndarray]:
    """Bring all sounds of a test, and its references, to one loudness by turning them down to the quietest.

    All of an item get the length of its shortest sound, to which references are cut or repeated, and two channels if
    one of them has two. Where a peak would still be above the ceiling of files, all go down by as much. Raises
    ListeningError where the quietest is below LOWEST_LUFS.
    """
    lengths = {item: min(len(sound) for (of, _), sound in sounds.items() if of == item) for item, _ in sounds}
    everything = {**sounds, **references}
    wide = {item for (item, _), sound in everything.items() if sound.ndim == 2}
    shaped = {name: _shaped(sound, lengths[name[0]], name[0] in wide) for name, sound in everything.items()}
    levels = {name: loudness.integrated_loudness(sound) for name, sound in shaped.items()}
    quietest = min(levels, key=levels.__getitem__)
    if not levels[quietest] >= LOWEST_LUFS:
        told = f"{levels[quietest]:.0f} LUFS" if math.isfinite(levels[quietest]) else "silent"
        raise ListeningError(
            f"{' / '.join(quietest)} is too quiet to turn all others down to it ({told}). "
            f"Bring it to {LOWEST_LUFS:g} LUFS or more, or leave it out."
        )
    gains_db = {name: levels[quietest] - levels[name] for name in shaped}
    above_db = max(_peak_dbfs(sound) + gains_db[name] for name, sound in shaped.items()) - loudness.PEAK_CEILING_DBFS
    return {
        name: sound * np.float32(10 ** ((gains_db[name] - max(0.0, above_db)) / 20)) for name, sound in shaped.items()
    }


def _shaped(sound: np.ndarray, n_samples: int, is_wide: bool) -> np.ndarray:
    looped = np.array(looping.loop(sound, n_samples), np.float32)
    if is_wide and looped.ndim == 1:
        looped = np.repeat(looped[:, None], 2, axis=1)
    fade = np.linspace(0, 1, round(FADE_S * SAMPLE_RATE_HZ), endpoint=False, dtype=np.float32)
    fade = fade.reshape(-1, *[1] * (looped.ndim - 1))
    looped[: len(fade)] *= fade
    looped[-len(fade) :] *= fade[::-1]
    return looped


def _peak_dbfs(sound: np.ndarray) -> float:
    return 20 * math.log10(float(np.abs(sound).max()))


def kept(path: Path) -> np.ndarray:
    """The samples of a sound that a test keeps, int16 `(n_samples, n_channels)`.

    Raises ListeningError unless it is a whole WAV of 16 bits at SAMPLE_RATE_HZ, of one channel or two, and MOST_S long
    at most.
    """
    try:
        with wave.open(str(path)) as file:
            form = (file.getframerate(), 8 * file.getsampwidth(), file.getnchannels())
            n_samples = file.getnframes()
            data = file.readframes(min(n_samples, MOST_SAMPLES + 1))
    except (OSError, EOFError, wave.Error) as error:
        raise ListeningError(f"{path.name} cannot be played: it is damaged, or no WAV. Make the test again.") from error
    if form not in FORMS:
        told = f"{form[0]} Hz, {form[1]} bits, {form[2]} channels"
        raise ListeningError(f"{path.name} has {told}: it is to have 44100 Hz, 16 bits, and one or two channels.")
    if n_samples > MOST_SAMPLES:
        raise ListeningError(f"{path.name} lasts {n_samples / SAMPLE_RATE_HZ:,.0f} s: {MOST_S:g} s at most are played.")
    if not n_samples or len(data) != n_samples * form[2] * SAMPLE.itemsize:
        raise ListeningError(f"{path.name} cannot be played: it is damaged or empty. Make the test again.")
    return np.frombuffer(data, SAMPLE).reshape(n_samples, form[2])


def check(plan: Plan, files: Mapping[str, Path]) -> None:
    """Whether the sounds of a test can be played and give nothing away.

    `files` are those that the plan names. Raises ListeningError where one is none of `kept`, or those of an item
    differ in their numbers of samples, channels or bytes.
    """
    shapes = {name: (kept(path).shape, path.stat().st_size) for name, path in files.items()}
    for item in plan.items:
        if len({shapes[name] for name in (*item.sounds.values(), *item.references.values())}) > 1:
            raise ListeningError(f"The sounds of {item.label} differ in length or size, which tells them apart.")
