"""Products and sums that both engines are made of."""

from __future__ import annotations

import jax
import jax.numpy as jnp


@jax.custom_vjp
def symmetric_product(x: jax.Array) -> jax.Array:
    """`x x^T`, with a gradient of one matrix product where autograd takes two. What is computed from the product must
    be symmetric in it, as sums of squares are: its gradient is taken to be a symmetric matrix."""
    return x @ x.T


symmetric_product.defvjp(lambda x: (x @ x.T, x), lambda x, gradient: (2 * gradient @ x,))


def energy(x: jax.Array) -> jax.Array:
    """The sum of squares, a float64 scalar."""
    return jnp.sum(x * x, dtype=jnp.float64)
