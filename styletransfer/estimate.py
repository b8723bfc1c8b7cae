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

import numpy as np

from styletransfer.engine import content_target, padded_spectrograms, sounding, spectrogram, units, windows
from styletransfer.engine.losses import conv_network
from styletransfer.eta import FINISHING_COST, MOSAIC_COST, PHASE_COST, REFINE_BEGINS, REFINE_COSTS
from styletransfer.settings import MOSAIC, SAMPLE_RATE_HZ, Settings, series
from styletransfer.settings.blocks import compared_blocks, shortest_samples
from styletransfer.transfer import sketch_settings

ITEM_BYTES = 4
PROGRAMS_BYTES, BLOCK_PROGRAMS_BYTES = 270e6, 140e6
"""What compiling takes at once, and the programs that stay, whatever the lengths: of a mosaic, and of each block length
that is compared besides."""
SECOND_BYTES = 14e6
"""Of what is done to whole sounds, for each second of a window: spectra of 4096 samples for its notes, of 2048 for its
image, and the report card's of result, content and mix."""
WHOLE_SECOND_BYTES = 2e6
"""For each second of all that is made, in each channel: the sound, its copies, and what masters it."""
WHOLE_S = windows.WHOLE_S
"""Longest content that is made at once. What is just no longer takes more memory than what is made in windows."""
OPTIMISER_POINTS = {"lbfgs": 24, "adam": 6, "scipy": 60}
"""Arrays as large as what is moved that an optimiser holds: two for each of ten pairs and four more; of SciPy's as many
of float64 and some copies."""
EVALUATION_POINTS, SOUND_POINTS = 3.8, 6.9
"""Arrays of frames x frequencies while losses and gradient are taken, of a spectrogram and of a sound."""
DRAFT_POINTS = 14
"""The same while Griffin-Lim runs beside the solve, for a preview."""
CROSS_PRODUCTS, OWN_PRODUCTS = 6.0, 3.1
"""Arrays of content frames x style frames, and of content x content."""
STYLE_PRODUCTS, START_PRODUCTS = 2.0, 2.0
"""Arrays of style x style, and of content x style, when the styles and the starts are measured. Where these were
the optimiser's fit, but not the products of the solve where they are larger."""
MORE_WIDTHS, MORE_STYLE_WIDTHS, MORE_LAYERS = 0.8, 0.5, 0.9
"""What each further kernel width, and each further layer, adds to them: parts of what the first has."""
DRAWN_COPIES = 5
"""Arrays as large as the filters while they are drawn and transformed: themselves, random bits, and copies."""
UNIT_ARRAYS = 14
"""Arrays of a block of frames x units while a mosaic is put together."""


REFERENCE = Settings()
MEASURE_COST = 25.0
"""What the report card of a result of its length takes, in iterations of its solve: as the costs in eta.py."""
ENTRY_OPERATIONS = 1_800
"""What an entry of content frames x style frames takes, in operations of a matrix product."""
NETWORK_SLOWNESS = 2.0
"""What an operation of the finite network takes: its matrices are too large for a processor's cache."""


class Lengths(NamedTuple):
    """What counts of the recordings, before they are cut to what the settings allow."""

    content_samples: int
    style_samples: tuple[int, ...]
    n_channels: int = 1
    """of the content"""

    @staticmethod
    def of(content: np.ndarray, styles: Sequence[np.ndarray]) -> Lengths:
        """Take them from recordings: a content `(n_samples,)` or `(n_samples, 2)`, and styles `(n_samples,)`."""
        return Lengths(len(content), tuple(map(len, styles)), 1 if content.ndim == 1 else content.shape[1])


REFERENCE_LENGTHS = Lengths(
    round(REFERENCE.seconds * SAMPLE_RATE_HZ), (round(REFERENCE.style_seconds * SAMPLE_RATE_HZ),)
)


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
    results = n_results * _spectrogram_points(settings, lengths) + _points_left(settings, lengths, n_results)
    kept = programs_bytes(settings) + WHOLE_SECOND_BYTES * whole_s * n_tracks + ITEM_BYTES * results
    stages = [
        SECOND_BYTES * window_s * max(1, lengths.n_channels),
        ITEM_BYTES * UNIT_ARRAYS * _unit_costs(settings, lengths),
    ]
    stages += [ITEM_BYTES * entries for entries in _solving(settings, lengths)]
    return round(kept + max(stages))


def programs_bytes(settings: Settings) -> float:
    """Estimate the part of the memory that does not hang on any length."""
    solved = 0 if settings.engine == MOSAIC else len(compared_blocks(settings))
    return PROGRAMS_BYTES + BLOCK_PROGRAMS_BYTES * solved


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
        if not is_network:
            left = before[0] + START_PRODUCTS * first.frames * first.style_frames
            compared += min(max(0.0, own[0] - left), max(0.0, left - state))
        yield held + state + EVALUATION_POINTS * first.points + compared
        yield held + state + DRAFT_POINTS * first.points
    if settings.refines:
        samples = first.frames * settings.hop_length
        yield held + OPTIMISER_POINTS["lbfgs"] * samples + sum(own) + SOUND_POINTS * sum(each.points for each in blocks)


def _network_held(settings: Settings, block: _Analysed) -> float:
    """Entries of the transformed filters, and of the features that are compared with."""
    style = min(block.style_frames, 2 * settings.filters) * settings.filters  # above that the Gram matrix is kept
    products = conv_network.product_count(settings.kernel_width)
    return products * block.freqs * settings.filters + block.frames * settings.filters + style


def _network_drawn(settings: Settings, block: _Analysed) -> float:
    """Entries of the filters as they are drawn, and of the styles' features."""
    drawn = DRAWN_COPIES * settings.kernel_width * block.freqs * settings.filters
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


def _points_left(settings: Settings, lengths: Lengths, n_results: int) -> int:
    """Entries of what several windows leave at one strength for the next: those of the middle one, of the one before,
    and of the one that is made."""
    count = _window_count(settings, lengths)
    if n_results == 1 or count == 1 or settings.engine == MOSAIC:
        return 0
    entries = _analysed(settings, lengths)[0].points + _window_samples(settings, lengths)
    return min(n_results, 3) * count * _track_count(settings, lengths) * entries


def _analysed(settings: Settings, lengths: Lengths) -> list[_Analysed]:
    """The block lengths that are compared, the solve's first."""
    hop, styles = settings.hop_length, _style_samples(settings, lengths)
    padded = padded_spectrograms.bucket_samples(_window_samples(settings, lengths), hop)
    bucket = padded_spectrograms.bucket(sum(spectrogram.frame_count(n, hop) for n in styles))
    found = []
    for block in compared_blocks(settings):
        own = sum(spectrogram.frame_count(n, block.hop_length) for n in styles)
        found.append(
            _Analysed(
                spectrogram.frame_count(padded, block.hop_length),
                padded_spectrograms.bucket(max(own, bucket * hop // block.hop_length)),
                1 + block.n_fft // 2,
                len(block.widths),
            )
        )
    return found


def _style_samples(settings: Settings, lengths: Lengths) -> list[int]:
    """What is used of each style at most: short ones are repeated."""
    most, repeated = (round(s * SAMPLE_RATE_HZ) for s in (settings.style_seconds, sounding.REPEATED_ONE_SHOT_S))
    least = max(repeated, shortest_samples(settings))
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


def work(settings: Settings, lengths: Lengths, strengths: Sequence[float] = ()) -> float:
    """Estimate the work of a job, in iterations of the solve of `REFERENCE`.

    Seconds are this times what one of those takes on a machine; iterations count as many as there are at most. The
    job is that of `memory_bytes`, of one result or of one for each of `strengths`.
    """
    runs = series.series_settings(settings, strengths) if strengths else (settings,)
    length_s = _made(settings, lengths) / SAMPLE_RATE_HZ
    made = sum(transfer_work(run, lengths) for run in runs)
    measured = MEASURE_COST * length_s / REFERENCE.seconds * len(runs)
    sketch = sketch_settings(settings)
    sketched = 0.0 if sketch is None else transfer_work(sketch, lengths)
    return sketched + made + measured


def transfer_work(settings: Settings, lengths: Lengths) -> float:
    """Estimate the work of one transfer alone, without sketch and report card: see `work`."""
    window_s = _window_samples(settings, lengths) / SAMPLE_RATE_HZ
    each = _mosaic_work(settings, lengths) if settings.engine == MOSAIC else _solve_work(settings, lengths)
    finished = FINISHING_COST * window_s / REFERENCE.seconds
    return (each + finished) * _window_count(settings, lengths) * _track_count(settings, lengths)


def _solve_work(settings: Settings, lengths: Lengths) -> float:
    """Of one window."""
    blocks, reference = _analysed(settings, lengths), _analysed(REFERENCE, REFERENCE_LENGTHS)
    alike = _analysed(dataclasses.replace(REFERENCE, detail=settings.detail), REFERENCE_LENGTHS)
    unit = _evaluation(REFERENCE, reference[0])
    each = _evaluation(settings, blocks[0], by_network=settings.engine == "network") / unit
    done = (
        settings.iterations * each
        + settings.griffin_lim_iterations * PHASE_COST * blocks[0].points / reference[0].points
    )
    if settings.refines:
        # What eta.py knows is beside an iteration of the solve with the same detail.
        known = REFINE_COSTS[settings.detail] * _evaluation(REFERENCE, alike[0]) / unit
        scale = sum(_evaluation(settings, block) for block in blocks) / sum(
            _evaluation(REFERENCE, block) for block in alike
        )
        done += (settings.refinement_iterations + REFINE_BEGINS) * known * scale
    return done


def _evaluation(settings: Settings, block: _Analysed, *, by_network: bool = False) -> float:
    """Operations of one evaluation of losses and gradient: products of frames, and what is done to each entry."""
    pairs = block.frames**2 + block.frames * block.style_frames
    if by_network:
        products = _network_features(settings, block.frames) * block.freqs
        return NETWORK_SLOWNESS * (2 * products + 4 * min(pairs, settings.filters * block.frames) * settings.filters)
    return 4 * pairs * block.freqs + ENTRY_OPERATIONS * pairs * block.n_widths * settings.layers


def _mosaic_work(settings: Settings, lengths: Lengths) -> float:
    """Of one window: a path through all units."""
    frames, reference = (
        spectrogram.frame_count(_window_samples(*each), units.HOP_LENGTH) * _unit_count(*each)
        for each in ((settings, lengths), (REFERENCE, REFERENCE_LENGTHS))
    )
    passes = units.PASSES if len(lengths.style_samples) == 1 else units.PASSES_OF_SEVERAL
    return MOSAIC_COST * frames / reference * passes / units.PASSES
