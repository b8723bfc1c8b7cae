"""The engine `kernel`: the paper's losses with infinitely many filters; cleaner, and much sooner done.

No filter and no feature is formed: docs/method.md has the mathematics, losses/arc_cosine.py its parts. Losses add over
several kernel widths. Frames are `(n_frames, n_freqs)` float32.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from styletransfer.engine.losses import arc_cosine
from styletransfer.engine.losses.products import symmetric_product
from styletransfer.engine.padded_spectrograms import PaddedSpectrograms
from styletransfer.engine.shapes import Frames
from styletransfer.settings import Settings

CHUNK = 4
"""See `engines.Engine`."""


class KernelWidth(NamedTuple):
    """What the infinitely wide network compares with at one kernel width."""

    patch_weights: jax.Array
    """`(n_patches,)`: of the result's own patches in its Gram matrix, sum 1"""
    content_patches: jax.Array
    """`(n_patches,)` bool: those that are compared with the content's, silent ones too"""
    style_weights: jax.Array
    """`(n_style_patches,)`"""
    style_energy: jax.Array
    content_scale: jax.Array
    style_scale: jax.Array


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class KernelTarget:
    """What the infinitely wide network compares with at one or more kernel widths.

    Losses add over widths.
    """

    content: jax.Array
    """`(n_frames, n_freqs)`"""
    styles: jax.Array
    """`(n_style_frames, n_freqs)`"""
    widths: tuple[KernelWidth, ...]
    layers: int = field(metadata={"static": True})

    def losses(self, frames: Frames) -> tuple[jax.Array, jax.Array]:
        """Measure content and style loss of log magnitudes `(n_frames, n_freqs)`.

        Both are float64 scalars: see `engines.Target`.
        """
        layers, own = self.layers, symmetric_product(frames)
        norms, style_norms = jnp.sum(frames**2, axis=1), jnp.sum(self.styles**2, axis=1)
        content, style = jnp.zeros((), jnp.float64), jnp.zeros((), jnp.float64)
        for width in self.widths:
            weights = width.patch_weights
            content += width.content_scale * arc_cosine.content_loss(
                frames, self.content, width.content_patches, layers
            )
            own_gram = arc_cosine.gram_product(own, (norms, norms), (weights, weights), layers)
            style += width.style_scale * (own_gram + width.style_energy)
        # XLA would work on both products at once. One after the other they need a quarter less memory, which for 10 s
        # stays below the size from which the system maps it anew for each evaluation.
        norms = norms + (0 * style).astype(norms.dtype)
        cross = frames @ self.styles.T
        for width in self.widths:
            weights = width.patch_weights, width.style_weights
            style -= width.style_scale * 2 * arc_cosine.gram_product(cross, (norms, style_norms), weights, layers)
        return content, style

    def relative(self) -> KernelTarget:
        """Return the same target with relative losses, which are the mean over widths."""
        return _relative(self)


def target(
    content: PaddedSpectrograms, styles: PaddedSpectrograms, widths: tuple[int, ...], settings: Settings
) -> KernelTarget:
    """Analyse content and styles into a target of the infinitely wide network.

    See `engines.Engine`. Raw losses are those that `settings.filters` filters tend to.
    """
    filters = settings.filters if settings.loss_scaling == "raw" else None
    return kernel_target(content, styles, widths, layers=settings.layers, filters=filters)


def kernel_target(
    content: PaddedSpectrograms,
    styles: PaddedSpectrograms,
    widths: tuple[int, ...],
    *,
    layers: int = 1,
    filters: int | None = None,
) -> KernelTarget:
    """Analyse content and styles into a target of the infinitely wide network.

    `widths` are in frames. Losses are relative, the mean over widths; with `filters` they are the raw sums that a
    Glorot network of that many filters tends to, summed over widths. Raises ValueError where no recording holds a
    patch.
    """
    depths = [layers * (width - 1) + 1 for width in widths]
    weights = tuple((content.patch_weights(d), content.inside(d), styles.patch_weights(d)) for d in depths)
    raw = [None if filters is None else _gain(width, content.frames.shape[1], filters, layers) for width in widths]
    return _kernel_target(content.frames, styles.frames, weights, raw, layers)


@jax.jit
def _relative(target: KernelTarget) -> KernelTarget:
    widths = []
    for width in target.widths:
        content_energy = arc_cosine.content_energy(target.content, width.content_patches, target.layers)
        content_scale, style_scale = (
            1 / energy / len(target.widths) for energy in (content_energy, width.style_energy)
        )
        widths.append(width._replace(content_scale=content_scale, style_scale=style_scale))
    return dataclasses.replace(target, widths=tuple(widths))


@partial(jax.jit, static_argnames="layers")
def _kernel_target(
    content: jax.Array, styles: jax.Array, weights: tuple, raw: Sequence[float | jax.Array | None], layers: int
) -> KernelTarget:
    norms = jnp.sum(styles**2, axis=1)
    products = symmetric_product(styles)
    widths = []
    for (own, inside, others), gain in zip(weights, raw, strict=True):
        style_energy = arc_cosine.gram_product(products, (norms, norms), (others, others), layers)
        if gain is None:
            content_scale = 1 / arc_cosine.content_energy(content, inside, layers) / len(weights)
            style_scale = 1 / style_energy / len(weights)
        else:
            content_scale, style_scale = jnp.asarray(gain), jnp.asarray(gain) ** 2
        widths.append(KernelWidth(own, inside, others, style_energy, content_scale, style_scale))
    return KernelTarget(content, styles, tuple(widths), layers)


def _gain(width: int, n_freqs: int, filters: int, layers: int) -> float:
    """Filters times their variance under Glorot's rule, layer after layer of as many filters."""
    return 2 * filters / (width * (n_freqs + filters)) * (1 / width) ** (layers - 1)
