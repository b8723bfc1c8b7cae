"""The infinitely wide network: losses by their definition and as a limit, gradient by differences and autograd."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from styletransfer.engine import padded_spectrograms
from styletransfer.engine.engines import kernel, network
from styletransfer.engine.losses import arc_cosine, conv_network

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("x64")]
MORE = partial(pytest.param, marks=pytest.mark.thorough)

losses = jax.jit(lambda frames, target: target.losses(frames))


def kernel_by_loops(x, y, width):
    """The arc-cosine kernel of every two patches, by its definition."""
    result = np.zeros((len(x) - width + 1, len(y) - width + 1))
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            p, q = x[i : i + width].ravel().astype(float), y[j : j + width].ravel().astype(float)
            norms = np.linalg.norm(p) * np.linalg.norm(q)
            angle = np.arccos(np.clip(p @ q / norms, -1, 1))
            result[i, j] = norms * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)
    return result


@pytest.mark.parametrize("width", [1, MORE(3), 13, MORE(20)])
def test_kernel_losses_are_those_of_the_definition(width):
    rng = np.random.default_rng(width)
    content, style, frames = (rng.random((n, 7)).astype(np.float32) * 2 for n in (32, 64, 32))
    target = kernel.kernel_target(padded_spectrograms.join([content]), padded_spectrograms.join([style]), (width,))
    own, cross, theirs = (kernel_by_loops(a, b, width) for a, b in ((frames, frames), (frames, style), (style, style)))
    mean = [np.mean(k**2) for k in (own, cross, theirs)]
    kept, energy = kernel_by_loops(frames, content, width), kernel_by_loops(content, content, width)
    expected = (
        np.sum(np.diag(own) + np.diag(energy) - 2 * np.diag(kept)) / np.sum(np.diag(energy)),
        (mean[0] - 2 * mean[1] + mean[2]) / mean[2],
    )
    measured = [float(v) for v in losses(jnp.asarray(frames), target)]
    assert measured == pytest.approx(expected, rel=2e-4)


def test_kernel_losses_are_the_limit_of_the_finite_network():
    rng = np.random.default_rng(0)
    content, style, frames = (rng.random((32, 9)).astype(np.float32) * 2 for _ in range(3))
    own, others = padded_spectrograms.join([content]), padded_spectrograms.join([style**3])
    errors = []
    for n_filters in (256, 16_384):
        limit = np.array(losses(jnp.asarray(frames), kernel.kernel_target(own, others, (5,), filters=n_filters)))
        finite = []
        for seed in range(6):
            filters = conv_network.fast_filters(conv_network.random_filters(seed, 5, 9, n_filters))
            finite.append(losses(jnp.asarray(frames), network.network_target(own, others, filters, 5)))
        errors.append(np.sqrt(np.mean((np.array(finite) / limit - 1) ** 2)))
    assert errors[1] < errors[0] / 3  # eight times, but for chance


def two_layer_losses(frames, content, style, width, seed, n_filters):
    """Relative losses of a finite network of two layers, by their definition, in NumPy. Filters are ~ N(0, 1); the
    first layer's responses are divided by the root of their number, so that the second's do not grow with it."""
    rng = np.random.default_rng(seed)
    first = rng.standard_normal((width * frames.shape[1], n_filters))
    second = rng.standard_normal((width, n_filters, n_filters)) / np.sqrt(n_filters)

    def features(x):
        patches = np.lib.stride_tricks.sliding_window_view(x, width, axis=0).swapaxes(1, 2)
        hidden = np.maximum(patches.reshape(len(patches), -1) @ first, 0)
        n_patches = len(hidden) - width + 1
        return np.maximum(sum(hidden[d : d + n_patches] @ second[d] for d in range(width)), 0)

    own, kept, theirs = map(features, (frames, content, style))
    grams = [f.T @ f / len(f) for f in (own, theirs)]
    return np.sum((own - kept) ** 2) / np.sum(kept**2), np.sum((grams[0] - grams[1]) ** 2) / np.sum(grams[1] ** 2)


def test_two_layers_are_the_limit_of_a_wide_network_of_two_layers():
    rng = np.random.default_rng(3)
    content, style, frames = (rng.random((32, 9)) ** power * 2 for power in (1, 4, 2))
    own, others = (padded_spectrograms.join([x.astype(np.float32)]) for x in (content, style))
    target = kernel.kernel_target(own, others, (4,), layers=2)
    limit = np.array([float(v) for v in losses(jnp.asarray(frames, jnp.float32), target)])
    errors = []
    for n_filters in (64, 1024):
        finite = [two_layer_losses(frames, content, style, 4, seed, n_filters) for seed in range(6)]
        errors.append(np.sqrt(np.mean((np.array(finite) / limit - 1) ** 2)))
    assert errors[1] < errors[0] / 2  # four times, but for chance
    assert errors[1] < 0.1


@pytest.mark.parametrize("layers", [MORE(1), 2])
def test_kernel_gradient_is_that_of_finite_differences(layers):
    rng = np.random.default_rng(layers)
    content, style, frames = (rng.random((32, 9)).astype(np.float32) * 2 for _ in range(3))
    target = kernel.kernel_target(
        padded_spectrograms.join([content]), padded_spectrograms.join([style]), (3, 5), layers=layers
    )
    total = jax.jit(lambda x: sum(target.losses(x)))
    slope = jax.grad(total)(jnp.asarray(frames))
    for _ in range(3):
        direction = rng.standard_normal(frames.shape).astype(np.float32)
        measured = (float(total(frames + 0.01 * direction)) - float(total(frames - 0.01 * direction))) / 0.02
        assert float(jnp.vdot(slope, direction)) == pytest.approx(measured, rel=2e-2, abs=2e-4)


@pytest.mark.parametrize("layers", [1, MORE(2)])
def test_kernel_gradient_is_that_of_automatic_differentiation(layers):
    rng = np.random.default_rng(10 + layers)
    content, style, frames = (rng.random((32, 9)) * 2 for _ in range(3))
    target = kernel.kernel_target(
        padded_spectrograms.join([content]), padded_spectrograms.join([style]), (3,), layers=layers
    )

    def plain_kernel(products):
        norms = [jnp.sqrt(jnp.diagonal(products[i][i])) for i in range(2)]
        found: list[list[Any]] = [[None, None], [None, None]]
        for i, j in itertools.product(range(2), repeat=2):
            modulus = norms[i][:, None] * norms[j]
            # Just inside of 1, where the derivative of the textbook's formula is infinite.
            cosine = jnp.clip(products[i][j] / modulus, -1, 1 - 1e-12)
            found[i][j] = modulus * (jnp.sqrt(1 - cosine**2) + (np.pi - jnp.arccos(cosine)) * cosine) / (2 * np.pi)
        return found

    def patches(products):
        m, n = (size - 2 for size in products.shape)
        return sum(products[d : d + m, d : d + n] for d in range(3))

    def plain(x):
        """The definition in float64, by JAX's own functions."""
        both = [x, jnp.asarray(content)], [x, jnp.asarray(style)]
        grams = []
        for pair in both:
            found = [[a @ b.T for b in pair] for a in pair]
            for _ in range(layers):
                found = plain_kernel([[patches(block) for block in row] for row in found])
            grams.append(found)
        (own, cross), (_, theirs) = grams[0]
        distance = jnp.diagonal(own) - 2 * jnp.diagonal(cross) + jnp.diagonal(theirs)
        squares = [[jnp.mean(block**2) for block in row] for row in grams[1]]
        style_loss = squares[0][0] - 2 * squares[0][1] + squares[1][1]
        return jnp.sum(distance) / jnp.sum(jnp.diagonal(theirs)) + style_loss / squares[1][1]

    expected = jax.jit(jax.grad(plain))(jnp.asarray(frames))
    found = jax.jit(jax.grad(lambda x: sum(target.losses(x))))(jnp.asarray(frames, jnp.float32))
    assert float(jnp.linalg.norm(found - expected) / jnp.linalg.norm(expected)) < 1e-3


def test_kernel_gradient_is_finite_in_silence():
    silence = np.zeros((32, 9), np.float32)
    content = np.concatenate([silence[:16], np.ones((16, 9), np.float32)])
    target = kernel.kernel_target(padded_spectrograms.join([content]), padded_spectrograms.join([content]), (3,))
    for frames in (silence, content):
        slope = jax.jit(jax.grad(lambda x: sum(target.losses(x))))(jnp.asarray(frames))
        assert bool(jnp.isfinite(slope).all())


def test_diagonal_sum_is_a_loop():
    x = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    for width in (1, 11, 29):
        expected = sum(x[d : d + 41 - width, d : d + 51 - width] for d in range(width))
        np.testing.assert_allclose(arc_cosine.diagonal_sum(jnp.asarray(x), width), expected, rtol=1e-5)
