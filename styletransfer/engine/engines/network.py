"""The engine `network`: the paper's finite network of random filters; grainier than the limit, new with each seed.

With features `F` `(n_patches, n_filters)`, content loss is `sum (F - F_content)^2` and style loss `sum (G - G_style)^2`
over Gram matrices `G = F^T F / n_patches` (Gatys, Ecker & Bethge 2015); relative losses are divided by
`sum F_content^2` and `sum G_style^2`. docs/method.md explains more.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from styletransfer.engine.losses import conv_network
from styletransfer.engine.losses.products import energy, symmetric_product
from styletransfer.engine.padded_spectrograms import PaddedSpectrograms
from styletransfer.engine.shapes import Frames
from styletransfer.settings import Settings

CHUNK = 1
"""See `engines.Engine`."""


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

    def losses(self, frames: Frames) -> tuple[jax.Array, jax.Array]:
        """Measure content and style loss of log magnitudes `(n_frames, n_freqs)`.

        Both are float64 scalars: see `engines.Target`.
        """
        features = conv_network.features(frames, self.filters)
        difference = (features - self.content_features) * self.content_patches[:, None]
        weighted = features * jnp.sqrt(self.patch_weights)[:, None]
        if self.style_features is not None:
            own = energy(symmetric_product(weighted))
            style = own - 2 * energy(weighted @ self.style_features.T) + self.style_energy
        else:
            style = energy(symmetric_product(weighted.T) - self.style_gram)
        return energy(difference) * self.content_scale, style * self.style_scale

    def relative(self) -> NetworkTarget:
        """Return the same target with relative losses."""
        content_energy = energy(self.content_features)
        return self._replace(content_scale=1 / content_energy, style_scale=1 / self.style_energy)


def target(
    content: PaddedSpectrograms, styles: PaddedSpectrograms, widths: tuple[int, ...], settings: Settings
) -> NetworkTarget:
    """Draw the filters and analyse content and styles into a target of the finite network.

    See `engines.Engine`. Of the widths the first is used; `settings` give the number of filters and the seed.
    """
    width, n_freqs = widths[0], content.frames.shape[1]
    filters = conv_network.random_filters(settings.seed, width, n_freqs, settings.filters)
    relative = settings.loss_scaling == "relative"
    return network_target(content, styles, conv_network.fast_filters(filters), width, relative=relative)


def network_target(
    content: PaddedSpectrograms,
    styles: PaddedSpectrograms,
    filters: conv_network.FastFilters,
    width: int,
    *,
    relative: bool = False,
) -> NetworkTarget:
    """Analyse content and styles under given filters into a target of the finite network.

    `width` is that of the filters, in frames. Losses are raw unless `relative`. Raises ValueError where no recording
    holds a patch.
    """
    patch_weights, content_patches = jax.device_put((content.patch_weights(width), content.inside(width)))
    style_weights = jax.device_put(styles.patch_weights(width))
    compared = _network_compared(content.frames, content_patches, styles.frames, style_weights, filters, relative)
    return NetworkTarget(filters=filters, patch_weights=patch_weights, **compared)


@jax.jit
def _network_compared(
    content: jax.Array,
    content_patches: jax.Array,
    styles: jax.Array,
    style_weights: jax.Array,
    filters: conv_network.FastFilters,
    relative: jax.Array,
) -> dict[str, jax.Array | None]:
    """All but the filters, which a compiled function would copy."""
    content_patches = content_patches.astype(jnp.float32)
    content_features = conv_network.features(content, filters) * content_patches[:, None]
    style_features = conv_network.features(styles, filters) * jnp.sqrt(style_weights)[:, None]
    style_gram = None
    # |G_x - G_s|^2 = |K_xx|^2 - 2 |K_xs|^2 + |K_ss|^2 with K_ab = F_a F_b^T: patches x patches instead of
    # filters x filters, which is cheaper while there are fewer patches than filters.
    n_patches, (n_style_patches, n_filters) = content_patches.shape[0], style_features.shape
    if n_patches + n_style_patches >= 2 * n_filters:
        style_gram = symmetric_product(style_features.T)
    style_energy = energy(symmetric_product(style_features) if style_gram is None else style_gram)
    return {
        "content_features": content_features,
        "content_patches": content_patches,
        "style_features": style_features if style_gram is None else None,
        "style_gram": style_gram,
        "style_energy": style_energy,
        "content_scale": jnp.where(relative, 1 / energy(content_features), 1.0),
        "style_scale": jnp.where(relative, 1 / style_energy, 1.0),
    }
