"""The figures of one result: the paper's curves, and its spectrogram beside those of its recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from styletransfer.engine import loudness
from styletransfer.quality import figures, overview
from styletransfer.settings import SAMPLE_RATE_HZ, Settings

if TYPE_CHECKING:
    from styletransfer.engine.steps import Step


def drawings(
    sound: np.ndarray,
    recordings: Sequence[np.ndarray],
    names: Sequence[str],
    history: Sequence[Step],
    settings: Settings,
) -> dict[str, bytes]:
    """Draw PNG files, by name: `loss` and `correlation`, which a mosaic does not have, and `spectrograms`.

    `sound` is the result, `(n_samples,)` or `(n_samples, 2)`; `recordings` are the content and the styles as they were
    read. `names` are what they are called, and last the result. `history` is that of the result.
    """
    content, *styles = recordings
    content_name, *style_names, sound_name = names
    # The transfer brings all recordings to one loudness; drawn at their own levels they could not be compared.
    level_lufs = loudness.integrated_loudness(content)
    sounds = {f"Content: {content_name}": content}
    for name, style in zip(style_names, styles, strict=True):
        sounds[f"Style: {name}, at the content's loudness"] = loudness.at_loudness(style, level_lufs)
    sounds[f"Result: {sound_name}"] = sound
    every = overview.every(max(map(len, sounds.values())), settings.hop_length)
    logs = {
        title: overview.log_magnitudes(each, settings.n_fft, settings.hop_length, every)
        for title, each in sounds.items()
    }
    solve = [step for step in history if step.stage == "solve"]
    drawn = {"loss": figures.losses(solve), "correlation": figures.correlation(solve)} if solve else {}
    drawn["spectrograms"] = figures.spectrograms(logs, SAMPLE_RATE_HZ, settings.hop_length * every)
    return {name: figures.png(figure) for name, figure in drawn.items()}
