"""The paper's network: one convolution along time with untrained random filters, then ReLU.

A spectrogram `(n_frames, n_freqs)` is convolved with filters `(kernel_width, n_freqs, n_filters)`, without padding
(VALID), to features `(n_frames - kernel_width + 1, n_filters)`, float32 throughout.

The convolution is computed tile by tile in the frequency domain, as the bilinear form `C ((B x) * (G w))` of a fast
convolution, with three small constant matrices; docs/method.md tells how. The result is the direct convolution's to
rounding, at about a fifth of its products.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from styletransfer.engine.shapes import Features, Frames

# Frames a tile. Larger tiles need fewer products but more memory for the transformed filters, which each evaluation
# reads whole.
TILE = 32


class FastFilters(NamedTuple):
    """Filters made ready for `features`.

    A pytree, so that jitted functions take it as an argument.
    """

    transformed: tuple[jax.Array, ...]
    """of each product, `(n_freqs, n_filters)`"""
    analysis: jax.Array
    """`(n_products, tile)`: the matrix B"""
    synthesis: jax.Array
    """`(tile - kernel_width + 1, n_products)`: the matrix C"""


def random_filters(seed: int, kernel_width: int, n_freqs: int, n_filters: int) -> jax.Array:
    """Draw the filters of an untrained network.

    `(kernel_width, n_freqs, n_filters)` float32 from a truncated normal distribution with standard deviation
    `sqrt(2 / (fan_in + fan_out))` (Glorot & Bengio 2010), fans counting `kernel_width` taps a channel. The same seed
    gives the same filters.
    """
    shape = (kernel_width, n_freqs, n_filters)
    return jax.nn.initializers.glorot_normal()(jax.random.key(seed), shape, jnp.float32)


def tile_length(kernel_width: int) -> int:
    """Return the frames of a tile for filters of this width."""
    return max(TILE, 2 * kernel_width)


def product_count(kernel_width: int) -> int:
    """Count the products that a tile takes: three for each complex bin of its transform, one for each real one."""
    return 3 * (tile_length(kernel_width) // 2 - 1) + 2


def fast_filters(filters: jax.Array | np.ndarray) -> FastFilters:
    """Transform filters `(kernel_width, n_freqs, n_filters)` once, for many calls of `features`."""
    width = filters.shape[0]
    analysis, kernel, synthesis = _bilinear(tile_length(width), width)
    transformed = tuple(jnp.tensordot(row, filters, 1) for row in kernel)
    return FastFilters(transformed, jnp.asarray(analysis), jnp.asarray(synthesis))


def features(frames: Frames, filters: FastFilters) -> Features:
    """Compute what the network says of a spectrogram: the convolution with its filters, then ReLU.

    `(n_frames, n_freqs)` to `(n_frames - kernel_width + 1, n_filters)`, at least 0.
    """
    n_outputs = filters.synthesis.shape[0]
    tile = filters.analysis.shape[1]
    width = tile - n_outputs + 1
    n_features = frames.shape[0] - width + 1
    n_tiles = -(-n_features // n_outputs)
    padded = jnp.pad(frames, ((0, (n_tiles - 1) * n_outputs + tile - frames.shape[0]), (0, 0)))
    starts = n_outputs * np.arange(n_tiles)[:, None] + np.arange(tile)
    spectra = jnp.einsum("pk,tkc->ptc", filters.analysis, padded[starts])
    # As one batched product they take a third longer on a CPU.
    products = jnp.stack([spectrum @ filter_ for spectrum, filter_ in zip(spectra, filters.transformed, strict=True)])
    outputs = jnp.einsum("op,ptf->tof", filters.synthesis, products)
    return jax.nn.relu(outputs.reshape(n_tiles * n_outputs, -1)[:n_features])


@cache
def _bilinear(tile: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matrices B `(p, tile)`, G `(p, width)`, C `(tile - width + 1, p)` with `C @ ((B @ x) * (G @ w))` the
    correlation of `x` with `w`, VALID. Computed in float64, returned as float32."""
    bins = tile // 2 + 1
    angles = 2 * np.pi * np.outer(np.arange(bins), np.arange(tile)) / tile
    re, im = np.cos(angles), -np.sin(angles)
    # Circular correlation: the conjugate of the filter's transform multiplies that of the frames.
    filter_re, filter_im = re[:, :width], -im[:, :width]
    real_only = [0, tile // 2] if tile % 2 == 0 else [0]
    both = [b for b in range(bins) if b not in real_only]
    # Gauss: (a + bi)(c + di) = (p1 - p3) + (p1 + p2)i, with p1 = c(a + b), p2 = a(d - c), p3 = b(c + d).
    analysis = [re[real_only], re[both] + im[both], re[both], im[both]]
    kernel = [
        filter_re[real_only],
        filter_re[both],
        filter_im[both] - filter_re[both],
        filter_re[both] + filter_im[both],
    ]
    # Inverse real transform at the first tile - width + 1 places, where the circular wrap does not reach.
    to_re, to_im = 2 * re[:, : tile - width + 1].T / tile, 2 * im[:, : tile - width + 1].T / tile
    synthesis = [to_re[:, real_only] / 2, to_re[:, both] + to_im[:, both], to_im[:, both], -to_re[:, both]]
    as_float32 = lambda parts, axis: np.concatenate(parts, axis=axis).astype(np.float32)  # noqa: E731
    return as_float32(analysis, 0), as_float32(kernel, 0), as_float32(synthesis, 1)
