"""Makes the pictures of the tab "How it works" from two samples and the transfer of one to the other.

    .venv/bin/python -m tools.pictures

Spectrograms of content, style and result show what goes in and comes out; the kernel of the moments of one recording
with those of another shows what the style loss compares. All are WebP without text: the page writes the words, in its
own type and colours, so that they read in light and in dark and on a phone.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

from styletransfer.engine import loudness
from styletransfer.engine.mel import hz_of_mel, mel_of_hz
from styletransfer.engine.spectrogram import log_magnitude_spectrogram
from styletransfer.files import audio
from styletransfer.settings import SAMPLE_RATE_HZ, preset
from styletransfer.transfer import stylize
from styletransfer.web.tabs.how_tab import PICTURES

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
CONTENT, STYLE = "piano.flac", "drumkit.flac"
SETTINGS = preset("balanced", seconds=6, style_seconds=6, rhythm=60, seed=1)

LOUDNESS_LUFS = -23.0
MAX_HZ = 11_025
SPECTROGRAM_SIZE = 560, 200
KERNEL_SIZE = 240, 240
RANGE_DB = 70
WIDTH = 11
"""Frames of a moment, as in the paper's preset"""


def main() -> None:
    """Computes all pictures anew and says what they weigh."""
    content, style = (audio.read(SAMPLES / name, seconds=SETTINGS.seconds) for name in (CONTENT, STYLE))
    result = stylize(content, [style], SETTINGS).sound
    sounds = {"content": content, "style": style, "result": result}
    logs = {
        name: np.asarray(
            log_magnitude_spectrogram(loudness.at_loudness(sound, LOUDNESS_LUFS), SETTINGS.n_fft, SETTINGS.hop_length)
        )
        for name, sound in sounds.items()
    }
    levels = {name: decibels(log) for name, log in logs.items()}
    loudest_db = max(level.max() for level in levels.values())
    for name, level in levels.items():
        save(name, 1 + (level - loudest_db) / RANGE_DB, SPECTROGRAM_SIZE)
    patches = {name: moments(log) for name, log in logs.items()}
    kernels = {name: kernel(patch, patches["style"]) for name, patch in patches.items()}
    least = min(values.min() for values in kernels.values())
    for name, values in kernels.items():
        save(f"kernel_{name}", (values - least) / (1 - least), KERNEL_SIZE)


def decibels(log_magnitudes: np.ndarray) -> np.ndarray:
    """Levels `(n_rows, n_frames)` in dB up to MAX_HZ, on the mel scale, the lowest frequency in row 0."""
    magnitudes = np.expm1(log_magnitudes)
    mels = np.linspace(0, mel_of_hz(MAX_HZ), SPECTROGRAM_SIZE[1] + 1)
    edges = hz_of_mel(mels) / (SAMPLE_RATE_HZ / 2) * (magnitudes.shape[1] - 1)
    rows = [magnitudes[:, int(a) : int(b) + 1].max(axis=1) for a, b in itertools.pairwise(edges)]
    return 20 * np.log10(np.maximum(rows, 1e-9))


def moments(log_magnitudes: np.ndarray) -> np.ndarray:
    """Patches of WIDTH frames, `(n_patches, WIDTH * n_freqs)`."""
    return np.stack([log_magnitudes[i : i + WIDTH].ravel() for i in range(len(log_magnitudes) - WIDTH + 1)])


def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The arc-cosine kernel of order 1 of all pairs of moments, `(n, m)`, 1 where two are the same but for level."""
    a, b = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9) for x in (a, b))
    cosine = np.clip(a @ b.T, -1, 1)
    return (np.sqrt(1 - cosine**2) + (np.pi - np.arccos(cosine)) * cosine) / np.pi


def save(name: str, shares: np.ndarray, size: tuple[int, int]) -> None:
    """Writes values `(n_rows, n_columns)` from 0 to 1 as a picture, row 0 at the bottom."""
    colours = matplotlib.colormaps["magma"](np.clip(shares[::-1], 0, 1), bytes=True)[..., :3]
    picture = Image.fromarray(np.ascontiguousarray(colours)).resize(size, Image.Resampling.LANCZOS)
    path = PICTURES / f"{name}.webp"
    picture.save(path, quality=60, method=6)
    print(f"{path.name}: {path.stat().st_size / 1000:.1f} kB")


if __name__ == "__main__":
    main()
