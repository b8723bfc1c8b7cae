"""Products and sums that both engines are made of."""

from __future__ import annotations

import jax
import jax.numpy as jnp


@jax.custom_vjp
def symmetric_product(x: jax.Array) -> jax.Array:
    """Multiply a matrix `(m, n)` by its transpose: `x x^T`, `(m, m)`.

    Its gradient takes one matrix product, where automatic differentiation takes two. What is computed from the product
    must be symmetric in it, as sums of squares are: its gradient is taken to be a symmetric matrix.
    """
    return x @ x.T


symmetric_product.defvjp(lambda x: (x @ x.T, x), lambda x, gradient: (2 * gradient @ x,))


def energy(x: jax.Array) -> jax.Array:
    """Sum the squares of an array, in float64."""
    return jnp.sum(x * x, dtype=jnp.float64)
