"""Report card: what a transfer did to a sound, in figures that mean the same for every pair of recordings.

Sounds are mono `(n_samples,)` at SAMPLE_RATE_HZ, of any level: they are compared at one loudness. Beside each figure of
the result stand those of the untouched content and of a plain mix of content and styles: what doing nothing, and next
to nothing, would score.

Every figure is finite for every sound. Likeness to what has nothing to be like (silence, noise without pitch, a sound
too short for a beat) is 0, a loss relative to silence 1; levels end at MIN_DB.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import jax
import numpy as np

from styletransfer.engine import loudness, noise_gate, padded_spectrograms, spectral_loudness
from styletransfer.engine.engines import network
from styletransfer.engine.losses import conv_network, objective
from styletransfer.quality import notes, seams, similarity
from styletransfer.quality.similarity import AudioFeatures

HELD_OUT_SEED = 2**31
"""Beyond the seeds that settings allow, so that no solve has met these filters."""
HELD_OUT_FILTERS, HELD_OUT_WIDTH = 512, similarity.MIN_FRAMES
MIN_TIMBRE_DB = 1.0
"""Distance below which two recordings have one timbre."""
MIN_DB = -120.0

LossesOf = Callable[[np.ndarray], tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The figures of one sound against a content and its styles."""

    content_loss: float
    """relative: 0 is the content, 1 as far from it as silence is"""
    style_loss: float
    """relative: 0 is the style"""
    heldout_content_loss: float
    """the same on filters that no solve has met"""
    heldout_style_loss: float
    content_correlation: float
    """Pearson's, of log magnitudes: -1 to 1"""
    chroma_similarity: float
    """to the content, of the twelve pitch classes from moment to moment: 1 the same, 0 unrelated"""
    notes_kept: float
    """likeness of the pitches heard to the content's, from moment to moment: 1 the same notes, 0 none of them"""
    timbre_distance: float
    """to the styles: 0 is theirs, 1 no nearer than the content"""
    rhythm_like_style: float
    """to the style of the greatest weight: 1 the same beat, 0 unrelated"""
    rhythm_like_content: float
    onsets_like_content: float
    """Pearson's correlation of the attacks: 1 where the content has them, 0 unrelated"""
    copy: float
    """largest normalised cross-correlation of a second of the sound with any place in a style, all frequencies equally
    strong: 1 is a copy"""
    noise_floor_db: float
    """level above the louder of content and styles (looped), where both are quiet: noise_gate.floor_db"""
    seams_db: float
    """how far the worst click or cut stands out above what content and styles have: seams.excess_db"""
    seams_in_10_s: float
    """how many clicks and cuts there are in 10 s"""
    peak_dbfs: float
    loudness_lufs: float


@dataclass(frozen=True, slots=True)
class ReportCard:
    """The figures of a result, between those of the untouched content and of a plain mix."""

    result: Measures
    content: Measures
    mix: Measures

    def as_dict(self) -> dict[str, dict[str, float]]:
        """Return all figures as nested dicts, ready for JSON."""
        return dataclasses.asdict(self)


def report_card(
    sound: np.ndarray,
    content: np.ndarray,
    styles: Sequence[np.ndarray],
    style_weights: Sequence[float] = (),
    *,
    losses: LossesOf | None = None,
) -> ReportCard:
    """Measure what a transfer did to a sound.

    The sound `(n_samples,)` was made from a content of the same length and one or more styles of any length, equally
    weighted unless `style_weights` says otherwise. `losses` gives relative content and style loss of a sound; without
    it, those on held-out filters stand for them. Raises ValueError where sound and content differ in length.
    """
    if len(sound) != len(content):
        raise ValueError(f"the sound has {len(sound)} samples and the content {len(content)}; they must be as long")
    shares = np.asarray(style_weights if len(style_weights) else np.ones(len(styles)), float)
    own, heard_styles = similarity.analyse(content), [similarity.analyse(style) for style in styles]
    reference = _Reference(own, heard_styles, shares / shares.sum())
    samples = [each.samples for each in heard_styles]
    mix = _plain_mix(own.samples, samples, reference.shares, loudness.integrated_loudness(content))
    columns = (sound, content, mix)
    heard = (similarity.analyse(sound), own, similarity.analyse(mix))
    flat, flat_styles = ([similarity.flat(each.samples) for each in sounds] for sounds in (heard, heard_styles))
    copies = np.max([similarity.largest_copies(flat, style) for style in flat_styles], axis=0)
    held_out = _held_out(heard, reference)
    given = held_out if losses is None else [losses(column) for column in columns]
    return ReportCard(*map(reference.measure, columns, heard, given, held_out, copies.tolist()))


def together(cards: Sequence[ReportCard], sound: np.ndarray, content: np.ndarray) -> ReportCard:
    """Average the report cards of windows of one sound and its content, each `(n_samples,)`.

    Of copies, seams and peaks the greatest counts; loudness is that of the whole.
    """
    columns = zip(*((card.result, card.content, card.mix) for card in cards), strict=True)
    result, untouched, mix = map(_together, columns)
    # A mix is as loud as the content, but where its peaks would clip.
    own_lufs = _lufs(content)
    mix_lufs = own_lufs + mix.loudness_lufs - untouched.loudness_lufs
    return ReportCard(
        dataclasses.replace(result, loudness_lufs=_lufs(sound)),
        dataclasses.replace(untouched, loudness_lufs=own_lufs),
        dataclasses.replace(mix, loudness_lufs=mix_lufs),
    )


def _together(columns: Sequence[Measures]) -> Measures:
    values = {f.name: [getattr(column, f.name) for column in columns] for f in dataclasses.fields(Measures)}
    worst = {name: max(values[name]) for name in ("copy", "seams_db", "peak_dbfs")}
    return Measures(**{name: float(np.mean(each)) for name, each in values.items()} | worst)


class _Reference(NamedTuple):
    """What a sound is measured against."""

    content: AudioFeatures
    styles: list[AudioFeatures]
    shares: np.ndarray
    """`(n_styles,)`, sum 1"""

    def measure(
        self,
        sound: np.ndarray,
        heard: AudioFeatures,
        losses: Sequence[float],
        held_out: tuple[float, float, float],
        copy: float,
    ) -> Measures:
        """Those of a sound `(n_samples,)`, from what was heard of it, its losses, and how near it is to a copy."""
        leader, excess_db = self.styles[int(np.argmax(self.shares))], self._excess_db(heard)
        return Measures(
            content_loss=_loss(losses[0]),
            style_loss=_loss(losses[1]),
            heldout_content_loss=_loss(held_out[0]),
            heldout_style_loss=_loss(held_out[1]),
            content_correlation=held_out[2],
            chroma_similarity=similarity.chroma_similarity(heard, self.content),
            notes_kept=notes.likeness(heard.salience, self.content.salience),
            timbre_distance=self._timbre_distance(heard),
            rhythm_like_style=similarity.rhythm_similarity(heard, leader),
            rhythm_like_content=similarity.rhythm_similarity(heard, self.content),
            onsets_like_content=similarity.onset_similarity(heard, self.content),
            copy=copy,
            noise_floor_db=noise_gate.floor_db(heard.power, self._allowed_power()),
            seams_db=float(excess_db.max(initial=0.0)),
            seams_in_10_s=seams.count_in_10_s(excess_db),
            peak_dbfs=max(MIN_DB, 20 * math.log10(max(1e-30, float(np.abs(sound).max(initial=0.0))))),
            loudness_lufs=_lufs(sound),
        )

    def _timbre_distance(self, heard: AudioFeatures) -> float:
        wanted = similarity.timbre(self.styles, self.shares)
        own, untouched = (float(np.linalg.norm(similarity.timbre([s]) - wanted)) for s in (heard, self.content))
        return own / max(MIN_TIMBRE_DB, untouched)

    def _excess_db(self, heard: AudioFeatures) -> np.ndarray:
        of_styles = [style.outstanding_db for style in self.styles]
        return seams.excess_db(heard.outstanding_db, self.content.outstanding_db, of_styles)

    def _allowed_power(self) -> np.ndarray:
        return noise_gate.allowed_power(self.content.power, [style.power for style in self.styles], self.shares)


def both_together(recordings: Sequence[np.ndarray], style_weights: Sequence[float] = ()) -> np.ndarray:
    """Play a content and styles at once.

    All are `(n_samples,)` or `(n_samples, 2)`; the sum is as long and as loud as the content, which comes first, and
    has two channels where one of them has. It is what the report card calls the mix.
    """
    if any(each.ndim == 2 for each in recordings):
        recordings = [each if each.ndim == 2 else np.stack([each, each], axis=1) for each in recordings]
    content, *styles = recordings
    level_lufs = loudness.integrated_loudness(content)
    levelled = loudness.at_loudness(content, spectral_loudness.REFERENCE_LUFS)
    return _plain_mix(levelled, styles, style_weights or np.ones(len(styles)), level_lufs)


def _plain_mix(
    content: np.ndarray, styles: Sequence[np.ndarray], shares: Sequence[float] | np.ndarray, level_lufs: float
) -> np.ndarray:
    """Play both together.

    Content `(n_samples,)` or `(n_samples, 2)`, at spectral_loudness.REFERENCE_LUFS, and styles of as many channels,
    looped or cut to its length and weighted by `shares`, are equally loud; the sum is at a loudness, as results are.
    """
    looped = [np.resize(style, content.shape) for style in styles]
    backing = loudness.at_loudness(np.average(looped, axis=0, weights=shares), spectral_loudness.REFERENCE_LUFS)
    return loudness.limit_peak(loudness.at_loudness(content + backing, level_lufs))


def _held_out(sounds: Sequence[AudioFeatures], reference: _Reference) -> list[tuple[float, float, float]]:
    """Relative content and style loss on the held-out filters, and correlation with the content, of each sound."""
    n_frames = len(reference.content.power)
    content = padded_spectrograms.PaddedSpectrograms(reference.content.frames, (n_frames,), (1.0,))
    styles = padded_spectrograms.join(
        [style.frames[: len(style.power)] for style in reference.styles], reference.shares.tolist()
    )
    with jax.enable_x64(True):
        target = network.network_target(content, styles, _held_out_filters(), HELD_OUT_WIDTH, relative=True)
        found = [_compared(sound.frames, target, content.frames, n_frames) for sound in sounds]
        return [(float(content_loss), float(style_loss), float(like)) for content_loss, style_loss, like in found]


@cache
def _held_out_filters() -> conv_network.FastFilters:
    filters = conv_network.random_filters(HELD_OUT_SEED, HELD_OUT_WIDTH, similarity.N_FFT // 2 + 1, HELD_OUT_FILTERS)
    return conv_network.fast_filters(filters)


@jax.jit
def _compared(frames: jax.Array, target: network.NetworkTarget, content: jax.Array, n_frames: jax.Array) -> Any:
    return *target.losses(frames), objective.correlation(frames, content, n_frames)


def _lufs(sound: np.ndarray) -> float:
    return max(MIN_DB, loudness.integrated_loudness(sound))


def _loss(value: float) -> float:
    return max(0.0, float(value)) if math.isfinite(value) else 1.0  # rounding can leave less than none
