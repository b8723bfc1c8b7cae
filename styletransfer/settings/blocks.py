"""The block lengths at which recordings are compared."""

from __future__ import annotations

from typing import NamedTuple

from styletransfer.settings.fields import Settings

RICH_WIDTHS = (2, 8, 32, 96)
SHORT_BLOCK_WIDTHS = (4, 16)


class Block(NamedTuple):
    """One resolution of the short-time Fourier transform, and the kernel widths that are compared at it."""

    n_fft: int
    hop_length: int
    widths: tuple[int, ...]


def compared_blocks(settings: Settings) -> tuple[Block, ...]:
    """Find the block lengths that a transfer compares.

    The spectrogram is solved for the first of them; the others are compared on the sound itself, where it is refined.
    """
    widths = RICH_WIDTHS if settings.has_rich_widths else (settings.kernel_width,)
    first = Block(settings.n_fft, settings.hop_length, widths)
    short = Block(settings.n_fft // 4, settings.n_fft // 8, SHORT_BLOCK_WIDTHS)
    return (first, short) if settings.refines and settings.detail != "plain" else (first,)


def shortest_samples(settings: Settings) -> int:
    """Count the samples that every recording must have at least.

    As many as one patch of the deepest layer covers at every block length.
    """
    layers = 1 if settings.is_network_alone else settings.layers
    blocks = compared_blocks(settings)
    widths = (max(settings.kernel_width, min(blocks[0].widths)), *(min(block.widths) for block in blocks[1:]))
    return max(
        layers * (width - 1) * block.hop_length + block.n_fft for width, block in zip(widths, blocks, strict=True)
    )
