"""What a transfer will take, told before it runs: memory in bytes, and work in a unit whose pace a machine has.

Both are worked out from settings and lengths, from the arrays that the engine forms; nothing is computed with sound.
Where the recordings decide (silence is cut from styles, a solve may converge early) it is the most that is told.
Factors of arrays were read off the compiled programs (`memory_analysis` of JAX 0.10), the three constants in bytes fit
what benchmarks/admission.py measures. An array is float32; `frames` are padded, as padded_spectrograms.py has them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from styletransfer.engine import content_target, padded_spectrograms, sounding, spectrogram, units, windows
from styletransfer.engine.blocks import compared_blocks
from styletransfer.engine.losses import conv_network
from styletransfer.eta import FINISHING_COST, MOSAIC_COST, PHASE_COST
from styletransfer.settings import MOSAIC, SAMPLE_RATE_HZ, Settings, series

ITEM_BYTES = 4
PROGRAMS_BYTES = 550e6
"""What compiling takes at once, and the programs that stay: of no length."""
SECOND_BYTES = 14e6
"""Of what is done to whole sounds, for each second of a window: spectra of 4096 samples for its notes, of 2048 for its
image, and the report card's of result, content and mix."""
WHOLE_SECOND_BYTES = 2e6
"""For each second of all that is made, in each channel: the sound, its copies, and what masters it."""
OPTIMISER_POINTS = {"lbfgs": 24, "adam": 6, "scipy": 60}
"""Arrays as large as what is moved that an optimiser holds: two for each of ten pairs and four more; of SciPy's as many
of float64 and some copies."""
EVALUATION_POINTS, SOUND_POINTS = 3.8, 6.9
"""Arrays of frames x frequencies while losses and gradient are taken, of a spectrogram and of a sound."""
DRAFT_POINTS = 14
"""The same while Griffin-Lim runs beside the solve, for a preview."""
CROSS_PRODUCTS, OWN_PRODUCTS, STYLE_PRODUCTS = 6.0, 3.1, 2.0
"""Arrays of content frames x style frames, content x content and, before the solve, style x style."""
MORE_WIDTHS, MORE_STYLE_WIDTHS, MORE_LAYERS = 0.8, 0.5, 0.7
"""What each further kernel width, and each further layer, adds to them: parts of what the first has."""
UNIT_ARRAYS = 7
"""Arrays of a block of frames x units while a mosaic is put together."""


class Lengths(NamedTuple):
    """What counts of the recordings, before they are cut to what the settings allow."""

    content_samples: int
    style_samples: tuple[int, ...]
    n_channels: int = 1
    """of the content"""


class _Analysed(NamedTuple):
    """One block length: content and styles as arrays."""

    frames: int
    style_frames: int
    freqs: int
    n_widths: int

    @property
    def points(self) -> int:
        """Entries of the content's spectrogram."""
        return self.frames * self.freqs

    @property
    def style_points(self) -> int:
        return self.style_frames * self.freqs


def memory_bytes(settings: Settings, lengths: Lengths, n_results: int = 1) -> int:
    """Estimate the most memory of a job, beside that of a process that has made none.

    The job makes a sketch, `n_results` of different strengths, and their report cards. On a graphics card most of this
    is the card's.
    """
    n_tracks = _track_count(settings, lengths)
    window_s, whole_s = (n / SAMPLE_RATE_HZ for n in (_window_samples(settings, lengths), _made(settings, lengths)))
    results = n_results * _spectrogram_points(settings, lengths)
    kept = PROGRAMS_BYTES + WHOLE_SECOND_BYTES * whole_s * n_tracks + ITEM_BYTES * results
    stages = [SECOND_BYTES * window_s * max(1, lengths.n_channels), ITEM_BYTES * UNIT_ARRAYS * _unit_costs(settings, lengths)]
    stages += [ITEM_BYTES * entries for entries in _solving(settings, lengths)]
    return round(kept + max(stages))


def _solving(settings: Settings, lengths: Lengths) -> Iterator[float]:
    """Entries of the arrays in each stage of a window."""
    blocks = _analysed(settings, lengths)
    first, is_solved = blocks[0], settings.engine != MOSAIC
    is_network = content_target.measured_by(settings) == "network"
    wide = blocks if settings.refines or not is_network else []
    held = sum(3 * each.points + 3 * each.style_points for each in blocks)
    filters = _network_held(settings, first) if is_network else 0.0
    held += filters
    layers = 1 + MORE_LAYERS * (settings.layers - 1)
    own = [
        (CROSS_PRODUCTS * each.frames * each.style_frames + OWN_PRODUCTS * each.frames**2)
        * (1 + MORE_WIDTHS * (each.n_widths - 1)) * layers
        for each in wide
    ]  # fmt: skip
    before = [STYLE_PRODUCTS * each.style_frames**2 * (1 + MORE_STYLE_WIDTHS * (each.n_widths - 1)) for each in wide]
    yield held + max([0.0, *before])
    if is_network:
        yield held + _network_drawn(settings, first)
    if is_solved:
        state = OPTIMISER_POINTS[settings.optimizer] * first.points
        compared = _network_compared(settings, first) if is_network else own[0]
        yield held + state + EVALUATION_POINTS * first.points + compared
        yield held + state + DRAFT_POINTS * first.points
    if settings.refines:
        samples = first.frames * settings.hop_length
        yield held + OPTIMISER_POINTS["lbfgs"] * samples + sum(own) + SOUND_POINTS * sum(each.points for each in blocks)


def _network_held(settings: Settings, block: _Analysed) -> float:
    """Entries of the transformed filters, and of the features that are compared with."""
    gram = settings.filters**2 if block.style_frames + block.frames >= 2 * settings.filters else 0
    style = gram or block.style_frames * settings.filters
    products = conv_network.product_count(settings.kernel_width)
    return products * block.freqs * settings.filters + block.frames * settings.filters + style


def _network_drawn(settings: Settings, block: _Analysed) -> float:
    """Entries of the filters as they are drawn, and of the styles' features."""
    drawn = settings.kernel_width * block.freqs * settings.filters
    return drawn + _network_features(settings, block.style_frames)


def _network_compared(settings: Settings, block: _Analysed) -> float:
    """Entries in an evaluation of its losses."""
    return _network_features(settings, block.frames)


def _network_features(settings: Settings, frames: int) -> float:
    """Entries while features are computed: the products of all tiles, twice, and what is made of them."""
    outputs = conv_network.tile_length(settings.kernel_width) - settings.kernel_width + 1
    products = conv_network.product_count(settings.kernel_width) * -(-frames // outputs)
    return (2 * products + 1.5 * frames) * settings.filters


def _unit_costs(settings: Settings, lengths: Lengths) -> int:
    """Entries of a block of what each unit of the styles costs at each frame of a mosaic."""
    frames = spectrogram.frame_count(_window_samples(settings, lengths), units.HOP_LENGTH)
    return min(frames, units.BLOCK) * _unit_count(settings, lengths)


def _unit_count(settings: Settings, lengths: Lengths) -> int:
    frames = sum(spectrogram.frame_count(n, units.HOP_LENGTH) for n in _style_samples(settings, lengths))
    return len(units.SEMITONES) * frames


def _spectrogram_points(settings: Settings, lengths: Lengths) -> int:
    """Entries of the spectrogram of a result."""
    first = _analysed(settings, lengths)[0]
    return (2 if _window_count(settings, lengths) == 1 else 1) * first.points


def _analysed(settings: Settings, lengths: Lengths) -> list[_Analysed]:
    """The block lengths that are compared, the solve's first."""
    hop, content = settings.hop_length, _window_samples(settings, lengths)
    padded = padded_spectrograms.bucket_samples(content, hop)
    style_frames = sum(spectrogram.frame_count(n, hop) for n in _style_samples(settings, lengths))
    found = []
    for block in compared_blocks(settings):
        frames = spectrogram.frame_count(padded, block.hop_length)
        style = padded_spectrograms.bucket(style_frames) * hop // block.hop_length
        found.append(_Analysed(frames, style, 1 + block.n_fft // 2, len(block.widths)))
    return found


def _style_samples(settings: Settings, lengths: Lengths) -> list[int]:
    """What is used of each style at most: short ones are repeated."""
    most, least = (round(s * SAMPLE_RATE_HZ) for s in (settings.style_seconds, sounding.REPEATED_ONE_SHOT_S))
    return [max(least, min(most, n)) for n in lengths.style_samples]


def _made(settings: Settings, lengths: Lengths) -> int:
    """Samples of the result."""
    return min(round(settings.seconds * SAMPLE_RATE_HZ), lengths.content_samples)


def _window_samples(settings: Settings, lengths: Lengths) -> int:
    """Samples of the longest window."""
    return max(span.stop - span.start for span in windows.spans(_made(settings, lengths)))


def _window_count(settings: Settings, lengths: Lengths) -> int:
    return len(windows.spans(_made(settings, lengths)))


def _track_count(settings: Settings, lengths: Lengths) -> int:
    """Sounds that are solved for one after the other."""
    return lengths.n_channels if settings.stereo == "joint" else 1
