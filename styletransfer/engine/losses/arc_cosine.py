"""The same losses with infinitely many filters: no filter and no feature is ever formed.

The mean product of the responses of random filters to patches `p`, `q` of `width` frames, `t` the angle between them,
is the arc-cosine kernel of order 1 (Cho & Saul 2009),

    k(p, q) = E[relu(w.p) relu(w.q)] = |p| |q| (sin t + (pi - t) cos t) / 2 pi.

docs/method.md derives the losses, diagonal sums, gradients and several layers from it. The losses of a network of `n`
filters of standard deviation `s` tend to `n s^2` times this content loss and `(n s^2)^2` times this style loss.

Frames are `(n_frames, n_freqs)` float32; weights of patches are those of `PaddedSpectrograms.patch_weights`. Losses are
float64 scalars; call these functions inside `jax.enable_x64(True)`, for the sums cancel.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from styletransfer.engine.shapes import Frames, Patches, Scalar

TINY = 1e-12
"""Squared norms below this belong to silent patches, whose kernel is 0 and whose gradients are finite."""

# Abramowitz & Stegun 4.4.46: arccos(x) = sqrt(1 - x) * polynomial(x), 0 <= x <= 1, to 2e-8. XLA's own arccos is ten
# times slower on a CPU.
ARCCOS = (
    *(1.5707963050, -0.2145988016, 0.0889789874, -0.0501743046),
    *(0.0308918810, -0.0170881256, 0.0066700901, -0.0012624911),
)
UNROLLED = 12
"""Longest diagonal sum that is compiled as one loop; a longer one is made of sums of STRIDE entries."""
STRIDE = 8


def content_loss(frames: Frames, content: Frames, patches: Patches, layers: int = 1) -> Scalar:
    """Measure how far the features of frames are from the content's.

    `frames` and `content` are `(n_frames, n_freqs)`; `patches` `(n_patches,)` tell which patches count, and by their
    number how many layers of which width there are. Returns `sum |F - F_content|^2` over these, per filter of unit
    variance, a float64 scalar, at least 0 but for rounding.
    """
    energy = jnp.sum(content**2, axis=1)
    own_energy = jnp.sum(frames**2, axis=1)
    distance = jnp.sum((frames - content) ** 2, axis=1)
    width = _width(frames.shape[0], patches.shape[0], layers)
    for _ in range(layers):
        energy, own_energy, distance = (_window_sum(x, width) for x in (energy, own_energy, distance))
        distance = _kernel_distance(own_energy, energy, distance)
        energy, own_energy = energy / 2, own_energy / 2
    return jnp.sum(jnp.where(patches, distance, 0.0), dtype=jnp.float64)


def content_energy(content: Frames, patches: Patches, layers: int = 1) -> Scalar:
    """Measure the energy of the content's features, which makes its loss relative.

    Returns `sum |F_content|^2` over the patches that count, per filter of unit variance: the content loss of silence.
    Shapes are those of `content_loss`.
    """
    return content_loss(jnp.zeros_like(content), content, patches, layers)


def gram_product(
    products: jax.Array,
    norms: tuple[jax.Array, jax.Array],
    weights: tuple[jax.Array, jax.Array],
    layers: int = 1,
) -> jax.Array:
    """Take the inner product of the Gram matrices of two recordings.

    `products` `(m, n)` are those of the frames of one recording with those of another, `norms` `(m,)` and `(n,)` the
    frames' squared norms, and `weights` `(m_patches,)` and `(n_patches,)` those of the patches, each of sum 1. Returns
    `sum_ij a_i b_j k(p_i, q_j)^2` with these weights `a`, `b`, a float64 scalar: per filter of unit variance, squared.
    """
    width = _width(products.shape[0], weights[0].shape[0], layers)
    kernel, (a, b) = products, norms
    for layer in range(layers):
        a, b = _window_sum(a, width), _window_sum(b, width)
        kernel = diagonal_sum(kernel, width)
        if layer < layers - 1:
            kernel = arc_cosine_kernel(kernel, a, b)
            a, b = a / 2, b / 2
    return _weighted_square(kernel, a, b, *weights)


@jax.custom_vjp
def _weighted_square(products: jax.Array, a: jax.Array, b: jax.Array, u: jax.Array, v: jax.Array) -> jax.Array:
    """Sum the squares of the arc-cosine kernel with weights: `sum_ij u_i v_j k(p_i, q_j)^2`.

    The kernel is that of `products` `(m, n)` and squared norms `a`, `b`; `u` `(m,)` and `v` `(n,)` are the weights. The
    gradient is made with the value: what both need is computed once, and one array is kept for it, not three.
    """
    return _sum_of_squares(arc_cosine_kernel(products, a, b), u, v)


def _weighted_square_forward(
    products: jax.Array, a: jax.Array, b: jax.Array, u: jax.Array, v: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, jax.Array, jax.Array]]:
    polar = _polar(products, a, b)
    kernel = _kernel_of(*polar)
    return _sum_of_squares(kernel, u, v), _gradients(2 * kernel * u[:, None] * v, polar, a, b)


def _weighted_square_backward(gradients: tuple[jax.Array, ...], gradient: jax.Array) -> tuple[jax.Array | None, ...]:
    return *(part * gradient.astype(part.dtype) for part in gradients), None, None


def _sum_of_squares(kernel: jax.Array, u: jax.Array, v: jax.Array) -> jax.Array:
    by_row = kernel**2 @ v
    return jnp.sum(by_row.astype(jnp.float64) * u)


_weighted_square.defvjp(_weighted_square_forward, _weighted_square_backward)


@jax.custom_vjp
def arc_cosine_kernel(products: jax.Array, a: jax.Array, b: jax.Array) -> jax.Array:
    """Compute the arc-cosine kernel of order 1 of all pairs of patches (Cho & Saul 2009).

    Takes inner products `(m, n)` and squared norms `a` `(m,)`, `b` `(n,)`; returns `k(p_i, q_j)` `(m, n)`, at least 0.
    Its gradient is written by hand and finite where patches are equal or silent.
    """
    return _kernel_of(*_polar(products, a, b))


def _kernel_forward(products: jax.Array, a: jax.Array, b: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    return arc_cosine_kernel(products, a, b), (products, a, b)


def _kernel_backward(inputs: tuple[jax.Array, ...], gradient: jax.Array) -> tuple[jax.Array, ...]:
    products, a, b = inputs
    return _gradients(gradient, _polar(products, a, b), a, b)


def _kernel_of(modulus: jax.Array, cosine: jax.Array, angle: jax.Array) -> jax.Array:
    return modulus * (jnp.sqrt(1 - cosine**2) + (np.float32(np.pi) - angle) * cosine) * np.float32(0.5 / np.pi)


def _gradients(
    gradient: jax.Array, polar: tuple[jax.Array, jax.Array, jax.Array], a: jax.Array, b: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """By inner products and squared norms, from the gradient by the kernel.

    dk/d(p.q) = (pi - t) / 2 pi;  dk/d|p|^2 = sin(t) |q| / (4 pi |p|), and likewise for q."""
    modulus, cosine, angle = polar
    by_product = gradient * (np.float32(np.pi) - angle) * np.float32(0.5 / np.pi)
    sines = gradient * jnp.sqrt(1 - cosine**2) * modulus * np.float32(0.25 / np.pi)
    return by_product, jnp.sum(sines, axis=1) / jnp.maximum(a, TINY), jnp.sum(sines, axis=0) / jnp.maximum(b, TINY)


arc_cosine_kernel.defvjp(_kernel_forward, _kernel_backward)


def _polar(products: jax.Array, a: jax.Array, b: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """`|p_i| |q_j|`, cosine and angle, each `(m, n)`; the angle with a silent patch is a right one."""
    modulus = jnp.sqrt(a)[:, None] * jnp.sqrt(b)
    cosine = jnp.clip(products / jnp.maximum(modulus, TINY), -1.0, 1.0)
    return modulus, cosine, _arccos(cosine)


def _kernel_distance(a: jax.Array, b: jax.Array, distance: jax.Array) -> jax.Array:
    """`k(p, p) - 2 k(p, q) + k(q, q)` `(n,)` from squared norms and the squared distance of `p` and `q`, arranged so
    that nothing cancels where they are close."""
    modulus = jnp.sqrt(jnp.maximum(a, TINY)) * jnp.sqrt(jnp.maximum(b, TINY))
    cosine = jnp.clip((a + b - distance) / (2 * modulus), -1.0, 1.0)
    return distance / 2 - modulus * _sine_excess(cosine) / np.float32(np.pi)


@jax.custom_jvp
def _sine_excess(cosine: jax.Array) -> jax.Array:
    """`sin t - t cos t`, whose derivative by `cos t` is `-t`."""
    return jnp.sqrt(1 - cosine**2) - _arccos(cosine) * cosine


@_sine_excess.defjvp
def _sine_excess_jvp(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    return _sine_excess(*primals), -_arccos(primals[0]) * tangents[0]


def _arccos(cosine: jax.Array) -> jax.Array:
    x = jnp.abs(cosine)
    angle = jnp.sqrt(1 - x) * jnp.polyval(jnp.asarray(ARCCOS[::-1], jnp.float32), x, unroll=len(ARCCOS))
    return jnp.where(cosine < 0, np.float32(np.pi) - angle, angle)


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def diagonal_sum(x: jax.Array, width: int) -> jax.Array:
    """Sum a matrix along its diagonals, over windows of `width` entries.

    `y[i, j] = sum of x[i + d, j + d] for d < width`: `(m, n)` to `(m - width + 1, n - width + 1)`. Turns inner products
    of frames into those of patches. `width` is at most m and n.
    """
    m, n = (size - width + 1 for size in x.shape)
    if width <= UNROLLED:
        return _sum_all(x[d : d + m, d : d + n] for d in range(width))
    # The barrier keeps XLA from inlining the short sums into the long one.
    short = jax.lax.optimization_barrier(diagonal_sum(x, STRIDE))
    whole, rest = divmod(width, STRIDE)
    strided = [short[d : d + m, d : d + n] for d in range(0, whole * STRIDE, STRIDE)]
    return _sum_all([*strided, *(x[d : d + m, d : d + n] for d in range(width - rest, width))])


def _sum_all(parts: Iterable[jax.Array]) -> jax.Array:
    return functools.reduce(jnp.add, parts)


def _diagonal_sum_backward(width: int, _: None, gradient: jax.Array) -> tuple[jax.Array]:
    return (diagonal_sum(jnp.pad(gradient, width - 1), width),)


diagonal_sum.defvjp(lambda x, width: (diagonal_sum(x, width), None), _diagonal_sum_backward)


def _window_sum(x: jax.Array, width: int) -> jax.Array:
    return jax.lax.reduce_window(x, np.float32(0), jax.lax.add, (width,), (1,), "VALID")


def _width(n_frames: int, n_patches: int, layers: int) -> int:
    """The kernel width that leaves `n_patches` of `n_frames` after `layers` layers."""
    return (n_frames - n_patches) // layers + 1
