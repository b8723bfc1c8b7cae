"""Losses of the finite network against NumPy loops, their gradient against differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from support import oracles

from styletransfer.engine import padded_spectrograms
from styletransfer.engine.engines import network
from styletransfer.engine.losses import conv_network

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("x64", "strict_types")]
MORE = partial(pytest.param, marks=pytest.mark.thorough)

N_FREQS = 9
# Filters so few that the Gram matrices are smaller than the matrix of patches by patches, and so many that they are
# not.
GRAM_PATH, PATCHES_PATH = 6, 100

losses = jax.jit(lambda frames, target: target.losses(frames))


class Case(NamedTuple):
    """Spectrograms `(n_frames, N_FREQS)` without padding, and filters `(width, N_FREQS, n_filters)`."""

    frames: np.ndarray
    content: np.ndarray
    styles: tuple[np.ndarray, ...]
    filters: np.ndarray

    def losses(self, weights: Sequence[float] = (), *, relative: bool = False) -> tuple[float, float]:
        own = padded_spectrograms.join([self.content])
        target = network.network_target(
            own,
            padded_spectrograms.join(self.styles, weights),
            conv_network.fast_filters(self.filters),
            len(self.filters),
            relative=relative,
        )
        padding = len(own.frames) - len(self.frames)
        content, style = losses(jnp.asarray(np.pad(self.frames, ((0, padding), (0, 0)))), target)
        assert content.dtype == style.dtype == jnp.float64
        return float(content), float(style)

    def expected(self, weights: Sequence[float] = ()) -> tuple[float, float]:
        return (
            oracles.content_loss(self.frames, self.content, self.filters),
            oracles.style_loss(self.frames, self.styles, self.filters, weights),
        )


@pytest.fixture
def case(rng) -> Callable[..., Case]:
    def make(n_frames: int, style_frames: Sequence[int], width: int, n_filters: int) -> Case:
        def frames(n):
            return rng.gamma(1.0, 1.0, (n, N_FREQS)).astype(np.float32)

        filters = rng.normal(size=(width, N_FREQS, n_filters), scale=0.2).astype(np.float32)
        return Case(frames(n_frames), frames(n_frames), tuple(frames(n) for n in style_frames), filters)

    return make


@pytest.mark.parametrize("n_filters", [GRAM_PATH, PATCHES_PATH])
@pytest.mark.parametrize(
    ("n_frames", "style_frames", "width", "weights"),
    [
        MORE(32, (32,), 1, ()),
        (40, (25,), 4, ()),  # neither fills a bucket; the style is shorter
        MORE(20, (70,), 11, ()),
        MORE(37, (14, 50, 33), 5, ()),  # several styles: the mean of their Gram matrices
        (37, (14, 50, 33), 5, (1.0, 4.0, 0.5)),
        (12, (12, 80), 12, (3.0, 1.0)),  # one patch only
    ],
)
def test_losses_are_the_loops(case, n_frames, style_frames, width, weights, n_filters):
    problem = case(n_frames, style_frames, width, n_filters)
    assert problem.losses(weights) == pytest.approx(problem.expected(weights), rel=2e-5)


def test_losses_of_the_recordings_themselves_are_zero(case):
    problem = case(40, (60,), 5, PATCHES_PATH)
    content, _ = problem._replace(frames=problem.content).losses()
    _, style = problem._replace(frames=problem.styles[0][:40], styles=(problem.styles[0][:40],)).losses()
    _, reference = problem.expected()
    assert content == 0
    assert abs(style) < 1e-6 * reference


def test_relative_losses_are_parts_of_what_there_is_to_match(case):
    problem = case(40, (60, 20), 5, GRAM_PATH)
    nothing = problem._replace(frames=np.zeros_like(problem.frames))
    assert nothing.losses(relative=True) == pytest.approx((1.0, 1.0), rel=1e-5)
    energies = np.asarray(nothing.expected())
    assert problem.losses(relative=True) == pytest.approx(np.asarray(problem.expected()) / energies, rel=2e-5)


def test_both_paths_of_the_style_loss_agree(case):
    problem = case(50, (30, 64), 5, GRAM_PATH)
    silent = np.zeros((5, N_FREQS, PATCHES_PATH), np.float32)  # filters that never respond, but count
    many = problem._replace(filters=np.concatenate([problem.filters, silent], axis=2))
    assert many.losses() == pytest.approx(problem.losses(), rel=2e-5)


@pytest.mark.parametrize("n_filters", [GRAM_PATH, PATCHES_PATH])
def test_padding_counts_for_nothing(case, rng, n_filters):
    problem, width = case(40, (50,), 5, n_filters), 5
    filters = conv_network.fast_filters(problem.filters)

    def noisy(frames, end):
        noise = rng.uniform(0, 9, (end - len(frames), N_FREQS)).astype(np.float32)
        return padded_spectrograms.PaddedSpectrograms(np.concatenate([frames, noise]), (len(frames),), (1.0,))

    target = network.network_target(noisy(problem.content, 96), noisy(problem.styles[0], 128), filters, width)
    frames = jnp.asarray(noisy(problem.frames, 96).frames)
    assert [float(v) for v in losses(frames, target)] == pytest.approx(problem.expected(), rel=2e-5)
    slope = jax.jit(jax.grad(lambda x: sum(losses(x, target))))(frames)
    size = np.abs(np.asarray(slope))
    assert size[:40].min() > 0
    assert size[40:].max() < 1e-5 * size[:40].max()  # not 0: a tile's transform mixes its frames, to rounding


@pytest.mark.parametrize(("part", "n_filters"), [("content", GRAM_PATH), ("style", GRAM_PATH), ("style", PATCHES_PATH)])
def test_gradient_is_that_of_differences(case, rng, n_filters, part):
    problem = case(32, (20, 27), 4, n_filters)
    target = network.network_target(
        padded_spectrograms.join([problem.content]),
        padded_spectrograms.join(problem.styles),
        conv_network.fast_filters(problem.filters),
        4,
    )

    @jax.jit
    def loss(x):
        return target.losses(x)[part == "style"]

    # float64 all the way through the features, so that differences are exact enough to tell.
    frames = jnp.asarray(problem.frames, jnp.float64)
    with jax.numpy_dtype_promotion("standard"):
        gradient = np.asarray(jax.jit(jax.grad(loss))(frames))
        for _ in range(3):
            direction = rng.normal(size=frames.shape)
            step = 1e-6 * direction
            measured = (float(loss(frames + step)) - float(loss(frames - step))) / 2e-6
            assert float(np.sum(gradient * direction)) == pytest.approx(measured, rel=1e-5)
