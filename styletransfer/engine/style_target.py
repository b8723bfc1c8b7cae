"""What the styles alone say, taken once for any number of contents, or of stretches of one content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from styletransfer.engine import noise_gate, padded_spectrograms, spectral_loudness
from styletransfer.engine.padded_spectrograms import PaddedSpectrograms
from styletransfer.engine.recordings import Clip
from styletransfer.engine.shapes import HostFrames
from styletransfer.settings import Settings
from styletransfer.settings.blocks import Block, compared_blocks


class StyleBlock(NamedTuple):
    """The styles, analysed at one block length."""

    block: Block
    joined: PaddedSpectrograms
    leader: HostFrames
    """`(n_style_frames, n_freqs)`: of the style of the greatest weight, whose beat is followed"""
    loudest: float
    """power of the loudest frame, as spectral_loudness.py measures it"""


@dataclass(frozen=True)
class StyleTarget:
    """The styles, analysed at every block length that their settings compare."""

    blocks: tuple[StyleBlock, ...]
    clips: tuple[Clip, ...]

    @property
    def shares(self) -> tuple[float, ...]:
        """How much each style counts; they sum to 1."""
        return self.blocks[0].joined.weights

    def gate_powers(self) -> list[np.ndarray]:
        """Measure the power of each style as the noise gate does.

        One array `(n_frames,)` for each, see noise_gate.py.
        """
        return [noise_gate.power(clip.unpadded()) for clip in self.clips]


def style_target(clips: Sequence[Clip], settings: Settings) -> StyleTarget:
    """Analyse the styles, for any number of contents.

    Of the settings those count that say how a style is looked at: weights, blocks and hop.
    """
    frames = sum(clip.frame_count(settings.hop_length) for clip in clips)
    bucket = padded_spectrograms.bucket(frames)

    def style_block(block: Block) -> StyleBlock:
        logs = [clip.log_magnitudes(block)[: clip.frame_count(block.hop_length)] for clip in clips]
        # As many frames as any styles have at this block length that are in one bucket at the solve's own.
        joined = padded_spectrograms.join(
            logs, settings.style_weights, bucket * settings.hop_length // block.hop_length
        )
        leader = logs[int(np.argmax(joined.weights))]
        loudest = spectral_loudness.loudest_power(np.expm1(joined.frames), block.n_fft)
        return StyleBlock(block, joined, leader, loudest)

    return StyleTarget(tuple(style_block(block) for block in compared_blocks(settings)), tuple(clips))
