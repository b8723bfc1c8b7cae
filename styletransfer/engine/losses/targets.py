"""What spectrograms are compared with, and the content and style losses against it, over either engine.

With features `F` `(n_patches, n_filters)` of patches, content loss is `sum (F - F_content)^2`, and style loss
`sum (G - G_style)^2` over Gram matrices `G = F^T F / n_patches` (Gatys et al. 2016; the paper's, with the division that
keeps recordings of different lengths comparable). Losses are raw sums, as in the paper, or relative: divided by the
energy of their targets, `sum F_content^2` and `sum G_style^2`, so that alpha means the same for every recording.

Targets are pytrees of arrays, arguments of jitted functions. Sums that cancel are accumulated in float64: call these
functions inside `jax.enable_x64(True)`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from styletransfer.engine.losses import arc_cosine, conv_network
from styletransfer.engine.padded_spectrograms import PaddedSpectrograms


class NetworkTarget(NamedTuple):
    """What the finite network compares with."""

    filters: conv_network.FastFilters
    content_features: jax.Array
    """`(n_patches, n_filters)`"""
    content_patches: jax.Array
    """`(n_patches,)`: 1 where a patch counts, 0 where it touches padding"""
    patch_weights: jax.Array
    """`(n_patches,)`: weights of the result's own patches in its Gram matrix, sum 1"""
    style_features: jax.Array | None
    """`(n_style_patches, n_filters)`: features times the root of their weight; None where the Gram matrix is cheaper"""
    style_gram: jax.Array | None
    """`(n_filters, n_filters)`, where it is"""
    style_energy: jax.Array
    """`sum G_style^2`"""
    content_scale: jax.Array
    style_scale: jax.Array


class KernelWidth(NamedTuple):
    """What the infinitely wide network compares with, for one kernel width."""

    patch_weights: jax.Array
    """`(n_patches,)`"""
    style_weights: jax.Array
    """`(n_style_patches,)`"""
    style_energy: jax.Array
    content_scale: jax.Array
    style_scale: jax.Array


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class KernelTarget:
    """What the infinitely wide network compares with, for one or more kernel widths; losses add over widths."""

    content: jax.Array
    """`(n_frames, n_freqs)`"""
    styles: jax.Array
    """`(n_style_frames, n_freqs)`"""
    widths: tuple[KernelWidth, ...]
    layers: int = field(metadata={"static": True})


Target = NetworkTarget | KernelTarget


def losses(frames: jax.Array, target: Target) -> tuple[jax.Array, jax.Array]:
    """Content and style loss of log-magnitude frames `(n_frames, n_freqs)`, float64 scalars."""
    if isinstance(target, NetworkTarget):
        return _network_losses(frames, target)
    return _kernel_losses(frames, target)


def network_target(
    content: PaddedSpectrograms,
    styles: PaddedSpectrograms,
    filters: conv_network.FastFilters,
    width: int,
    *,
    relative: bool = False,
) -> NetworkTarget:
    """Features, Gram matrix and scales of the recordings under `filters` of `width` frames."""
    patch_weights = jax.device_put(content.patch_weights(width))
    style_weights = jax.device_put(styles.patch_weights(width))
    compared = _network_compared(content.frames, patch_weights, styles.frames, style_weights, filters, relative)
    return NetworkTarget(filters=filters, patch_weights=patch_weights, **compared)


@jax.jit
def _network_compared(
    content: jax.Array,
    patch_weights: jax.Array,
    styles: jax.Array,
    style_weights: jax.Array,
    filters: conv_network.FastFilters,
    relative: jax.Array,
) -> dict[str, jax.Array | None]:
    """All but the filters, which a compiled function would copy."""
    content_patches = (patch_weights > 0).astype(jnp.float32)
    content_features = conv_network.features(content, filters) * content_patches[:, None]
    style_features = conv_network.features(styles, filters) * jnp.sqrt(style_weights)[:, None]
    style_gram = None
    # |G_x - G_s|^2 = |K_xx|^2 - 2 |K_xs|^2 + |K_ss|^2 with K_ab = F_a F_b^T: patches x patches instead of
    # filters x filters, which is cheaper while there are fewer patches than filters.
    n_patches, (n_style_patches, n_filters) = patch_weights.shape[0], style_features.shape
    if n_patches + n_style_patches >= 2 * n_filters:
        style_gram = symmetric_product(style_features.T)
    style_energy = _energy(symmetric_product(style_features) if style_gram is None else style_gram)
    return {
        "content_features": content_features,
        "content_patches": content_patches,
        "style_features": style_features if style_gram is None else None,
        "style_gram": style_gram,
        "style_energy": style_energy,
        "content_scale": jnp.where(relative, 1 / _energy(content_features), 1.0),
        "style_scale": jnp.where(relative, 1 / style_energy, 1.0),
    }


def _network_losses(frames: jax.Array, target: NetworkTarget) -> tuple[jax.Array, jax.Array]:
    features = conv_network.features(frames, target.filters)
    difference = (features - target.content_features) * target.content_patches[:, None]
    weighted = features * jnp.sqrt(target.patch_weights)[:, None]
    if target.style_features is not None:
        own = _energy(symmetric_product(weighted))
        style = own - 2 * _energy(weighted @ target.style_features.T) + target.style_energy
    else:
        style = _energy(symmetric_product(weighted.T) - target.style_gram)
    return _energy(difference) * target.content_scale, style * target.style_scale


def kernel_target(
    content: PaddedSpectrograms,
    styles: PaddedSpectrograms,
    widths: tuple[int, ...],
    *,
    layers: int = 1,
    filters: int | None = None,
) -> KernelTarget:
    """Targets of the infinitely wide network. Losses are relative, the mean over widths; with `filters` they are the
    raw sums that a Glorot network of that many filters tends to."""
    depths = [layers * (width - 1) + 1 for width in widths]
    weights = tuple((content.patch_weights(d), styles.patch_weights(d)) for d in depths)
    raw = [None if filters is None else _gain(width, content.frames.shape[1], filters, layers) for width in widths]
    return _kernel_target(content.frames, styles.frames, weights, raw, layers)


def relative(target: Target) -> Target:
    """The same target with relative losses."""
    if isinstance(target, NetworkTarget):
        content_energy = _energy(target.content_features)
        return target._replace(content_scale=1 / content_energy, style_scale=1 / target.style_energy)
    return _relative_kernel(target)


@jax.jit
def _relative_kernel(target: KernelTarget) -> KernelTarget:
    widths = []
    for width in target.widths:
        content_energy = arc_cosine.content_energy(target.content, width.patch_weights, target.layers)
        content_scale, style_scale = (
            1 / energy / len(target.widths) for energy in (content_energy, width.style_energy)
        )
        widths.append(width._replace(content_scale=content_scale, style_scale=style_scale))
    return dataclasses.replace(target, widths=tuple(widths))


@partial(jax.jit, static_argnames="layers")
def _kernel_target(
    content: jax.Array, styles: jax.Array, weights: tuple, raw: list[float | None], layers: int
) -> KernelTarget:
    norms = jnp.sum(styles**2, axis=1)
    products = symmetric_product(styles)
    widths = []
    for (own, others), gain in zip(weights, raw, strict=True):
        style_energy = arc_cosine.gram_product(products, (norms, norms), (others, others), layers)
        if gain is None:
            content_scale = 1 / arc_cosine.content_energy(content, own, layers) / len(weights)
            style_scale = 1 / style_energy / len(weights)
        else:
            content_scale, style_scale = jnp.asarray(gain), jnp.asarray(gain) ** 2
        widths.append(KernelWidth(own, others, style_energy, content_scale, style_scale))
    return KernelTarget(content, styles, tuple(widths), layers)


def _gain(width: int, n_freqs: int, filters: int, layers: int) -> float:
    """Filters times their variance under Glorot's rule, layer after layer of as many filters."""
    return 2 * filters / (width * (n_freqs + filters)) * (1 / width) ** (layers - 1)


def _kernel_losses(frames: jax.Array, target: KernelTarget) -> tuple[jax.Array, jax.Array]:
    layers, own = target.layers, symmetric_product(frames)
    norms, style_norms = jnp.sum(frames**2, axis=1), jnp.sum(target.styles**2, axis=1)
    content, style = jnp.zeros((), jnp.float64), jnp.zeros((), jnp.float64)
    for width in target.widths:
        weights = width.patch_weights
        content += width.content_scale * arc_cosine.content_loss(frames, target.content, weights, layers)
        own_gram = arc_cosine.gram_product(own, (norms, norms), (weights, weights), layers)
        style += width.style_scale * (own_gram + width.style_energy)
    # XLA would work on both products at once. One after the other they need a quarter less memory, which for 10 s stays
    # below the size from which the system maps it anew for each evaluation.
    norms = norms + (0 * style).astype(norms.dtype)
    cross = frames @ target.styles.T
    for width in target.widths:
        weights = width.patch_weights, width.style_weights
        style -= width.style_scale * 2 * arc_cosine.gram_product(cross, (norms, style_norms), weights, layers)
    return content, style


@jax.custom_vjp
def symmetric_product(x: jax.Array) -> jax.Array:
    """`x x^T`, with a gradient of one matrix product where autograd takes two. What is computed from the product must
    be symmetric in it, as sums of squares are: its gradient is taken to be a symmetric matrix."""
    return x @ x.T


symmetric_product.defvjp(lambda x: (x @ x.T, x), lambda x, gradient: (2 * gradient @ x,))


def _energy(x: jax.Array) -> jax.Array:
    return jnp.sum(x * x, dtype=jnp.float64)
