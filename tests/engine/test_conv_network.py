"""Convolution against NumPy loops and against JAX's own; the draw of the filters."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from support import oracles

from styletransfer.engine import spectrogram
from styletransfer.engine.losses import conv_network

pytestmark = pytest.mark.usefixtures("strict_types")
MORE = partial(pytest.param, marks=pytest.mark.thorough)


@jax.jit
def fast(frames, filters):
    return conv_network.features(frames, conv_network.fast_filters(filters))


@jax.jit
def direct(frames, filters):
    out = jax.lax.conv_general_dilated(
        frames[None], filters, (1,), "VALID", dimension_numbers=("NWC", "WIO", "NWC"), precision="highest"
    )
    return jax.nn.relu(out[0])


def _close(ours, theirs):
    theirs = np.asarray(theirs)
    assert ours.dtype == jnp.float32
    np.testing.assert_allclose(ours, theirs, atol=3e-6 * np.abs(theirs).max())


def _tile_outputs(width):
    return conv_network.fast_filters(jnp.zeros((width, 1, 1))).synthesis.shape[0]


@pytest.mark.parametrize("width", [1, MORE(2), MORE(3), MORE(8), 11, MORE(12), MORE(13), 32])
def test_features_are_the_loops(rng, width):
    filters = rng.normal(size=(width, 7, 5)).astype(np.float32)
    frames = rng.normal(size=(width + 40, 7)).astype(np.float32)
    _close(fast(frames, filters), oracles.features(frames, filters))


@pytest.mark.parametrize("width", [MORE(2), 11, MORE(25)])
@pytest.mark.parametrize("tiles", [1, 3])
@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_features_at_the_edges_of_tiles(rng, width, tiles, beyond):
    n_frames = tiles * _tile_outputs(width) + beyond + width - 1
    filters = rng.normal(size=(width, 6, 4)).astype(np.float32)
    frames = rng.normal(size=(n_frames, 6)).astype(np.float32)
    _close(fast(frames, filters), oracles.features(frames, filters))


@pytest.mark.parametrize("width", [1, 11, MORE(20)])
@pytest.mark.parametrize("extra", [0, 1])
def test_features_of_the_shortest_inputs(rng, width, extra):
    filters = rng.normal(size=(width, 6, 4)).astype(np.float32)
    frames = rng.normal(size=(width + extra, 6)).astype(np.float32)
    ours = fast(frames, filters)
    assert ours.shape == (1 + extra, 4)
    _close(ours, oracles.features(frames, filters))


@pytest.mark.parametrize(("name", "width"), [("speech", 11), MORE("violin", 40)])
def test_features_of_a_recording_are_jaxs_convolution(recording, name, width):
    frames = spectrogram.log_magnitude_spectrogram(jnp.asarray(recording(name, 1.0)), n_fft=1024, hop_length=512)
    filters = conv_network.random_filters(3, width, frames.shape[1], 48)
    ours = fast(frames, filters)
    _close(ours, direct(frames, filters))
    silent = np.mean(np.asarray(ours) == 0)
    assert 0.2 < silent < 0.8  # of random filters, about half stay below 0


def test_gradient_is_jaxs_convolutions(rng):
    filters = rng.normal(size=(5, 6, 4)).astype(np.float32)
    frames = rng.normal(size=(50, 6)).astype(np.float32)
    slopes = [jax.jit(jax.grad(lambda x, f=f: jnp.sum(f(x, filters) ** 2)))(frames) for f in (fast, direct)]
    np.testing.assert_allclose(*slopes, atol=1e-5 * np.abs(slopes[1]).max())


@pytest.mark.parametrize(("width", "n_freqs", "n_filters"), [(11, 129, 64), (3, 513, 128)])
def test_filters_are_glorot_normal(width, n_freqs, n_filters):
    filters = np.asarray(conv_network.random_filters(0, width, n_freqs, n_filters))
    assert filters.shape == (width, n_freqs, n_filters)
    assert filters.dtype == np.float32
    deviation = np.sqrt(2 / (width * n_freqs + width * n_filters))
    assert filters.std() == pytest.approx(deviation, rel=0.01)
    assert abs(filters.mean()) < 0.02 * deviation
    # A normal cut at twice its deviation keeps 0.8796 of it; dividing by that restores the deviation asked for.
    bound = 2 * deviation / 0.87962566
    assert 0.99 * bound < np.abs(filters).max() <= bound * (1 + 1e-6)
    assert np.mean(np.abs(filters) < bound / 2) == pytest.approx(0.6827 / 0.9545, abs=0.01)


def test_filters_follow_the_seed():
    first, again, other = (np.asarray(conv_network.random_filters(seed, 11, 33, 8)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.1
