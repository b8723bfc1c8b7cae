"""The weighted total and its parts, what a solver moves, and the correlation against NumPy's."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from styletransfer.engine import padded_spectrograms, spectral_loudness
from styletransfer.engine.engines import kernel
from styletransfer.engine.losses import objective
from styletransfer.engine.losses.objective import Goal

pytestmark = pytest.mark.usefixtures("x64")


def test_weighted_total_is_the_sum_and_reports_its_parts(rng):
    frames, content, style = (rng.uniform(0, 2, (32, 9)).astype(np.float32) for _ in range(3))
    target = kernel.kernel_target(padded_spectrograms.join([content]), padded_spectrograms.join([style]), (4,))
    goal = Goal(target, jnp.asarray(content), jnp.asarray(32), jnp.asarray(0.3), jnp.asarray(7.0), meter=None)
    total, (*parts, correlation) = jax.jit(objective.weighted_total)(jnp.asarray(frames), goal)
    content_loss, style_loss = (float(part) for part in parts)
    assert (content_loss, style_loss) == pytest.approx([float(v) for v in target.losses(jnp.asarray(frames))], rel=1e-5)
    assert float(total) == pytest.approx(0.3 * content_loss + 7 * style_loss)
    assert float(correlation) == pytest.approx(np.corrcoef(frames.ravel(), content.ravel())[0, 1])


@pytest.mark.parametrize("n_frames", [1, 20, 64])
def test_correlation_is_numpys(rng, n_frames):
    a = rng.normal(2.0, 1.0, (64, 5)).astype(np.float32)
    b = (0.5 * a + rng.normal(size=a.shape)).astype(np.float32)
    ours = float(objective.correlation(jnp.asarray(a), jnp.asarray(b), jnp.asarray(n_frames)))
    assert ours == pytest.approx(np.corrcoef(a[:n_frames].ravel(), b[:n_frames].ravel())[0, 1], abs=1e-5)


def test_correlation_at_its_ends(rng):
    a = jnp.asarray(rng.uniform(0, 5, (32, 5)).astype(np.float32))
    all_frames = jnp.asarray(32)
    assert float(objective.correlation(a, 3 * a + 1, all_frames)) == pytest.approx(1)
    assert float(objective.correlation(a, -a, all_frames)) == pytest.approx(-1)
    for constant in (0.0, 0.5, 4.0):
        assert float(objective.correlation(a, jnp.full_like(a, constant), all_frames)) == 0
        assert float(objective.correlation(jnp.full_like(a, constant), a, all_frames)) == 0


def test_a_frame_that_is_too_loud_costs():
    rng = np.random.default_rng(0)
    frames = rng.uniform(0, 1, (64, 1025)).astype(np.float32)
    own = padded_spectrograms.join([frames])
    target = kernel.kernel_target(own, own, (4,), layers=1)
    meter = spectral_loudness.meter(2048, 512, spectral_loudness.loudest_power(np.expm1(frames), 2048))
    gain = spectral_loudness.gain(jnp.asarray(np.expm1(frames)), meter, jnp.ones(64, jnp.float32))
    meter = spectral_loudness.meter(2048, 512, spectral_loudness.loudest_power(np.expm1(frames) * float(gain), 2048))
    one = jnp.asarray(1.0)
    goal = Goal(target, jnp.asarray(frames), jnp.asarray(64), one, one, meter)
    thump = frames + np.where(np.arange(64) == 20, 2.0, 0.0).astype(np.float32)[:, None]
    for of, costs in (frames, False), (thump, True):
        point = objective.point_of(jnp.asarray(of), goal)
        frames_at = objective.frames_of(point, goal)
        cost = objective.weighted_total_of_point(point, goal)[0] - objective.weighted_total(frames_at, goal)[0]
        assert bool(cost > 1e-4) == costs


def test_a_point_is_its_frames_at_the_level_of_the_losses():
    rng = np.random.default_rng(0)
    frames = rng.uniform(0.1, 1, (64, 1025)).astype(np.float32)
    own = padded_spectrograms.join([frames])
    target, one = kernel.kernel_target(own, own, (4,), layers=1), jnp.asarray(1.0)
    goal = Goal(target, jnp.asarray(frames), jnp.asarray(64), one, one, meter=None)
    np.testing.assert_array_equal(objective.frames_of(objective.point_of(jnp.asarray(frames), goal), goal), frames)
    goal = goal._replace(
        meter=spectral_loudness.meter(2048, 512, spectral_loudness.loudest_power(np.expm1(frames), 2048))
    )
    for scale in (1.0, 3.0):
        louder = jnp.asarray(np.log1p(scale * np.expm1(frames)))
        found = objective.frames_of(objective.point_of(louder, goal), goal)
        np.testing.assert_allclose(found, objective.level_frames(louder, goal), atol=1e-5)
