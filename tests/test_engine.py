"""The kernel engine, the optimisers and the whole pipeline, on small problems with independent answers."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from styletransfer import audio, excerpts, kernel, level, network, objective, optimise
from styletransfer.problem import Problem
from styletransfer.settings import Settings, SettingsError
from styletransfer.transfer import fader, fader_order, stylize


@pytest.fixture(autouse=True)
def _float64():
    with jax.enable_x64(True):
        yield


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


@pytest.mark.parametrize("width", [1, 3, 13, 20])
def test_kernel_losses_are_those_of_the_definition(width):
    rng = np.random.default_rng(width)
    content, style, frames = (rng.random((n, 7)).astype(np.float32) * 2 for n in (32, 64, 32))
    target = objective.kernel_target(excerpts.join([content]), excerpts.join([style]), (width,))
    own, cross, theirs = (kernel_by_loops(a, b, width) for a, b in ((frames, frames), (frames, style), (style, style)))
    mean = [np.mean(k**2) for k in (own, cross, theirs)]
    kept, energy = kernel_by_loops(frames, content, width), kernel_by_loops(content, content, width)
    expected = (
        np.sum(np.diag(own) + np.diag(energy) - 2 * np.diag(kept)) / np.sum(np.diag(energy)),
        (mean[0] - 2 * mean[1] + mean[2]) / mean[2],
    )
    measured = [float(v) for v in objective.losses(jnp.asarray(frames), target)]
    assert measured == pytest.approx(expected, rel=2e-4)


def test_kernel_losses_are_the_limit_of_the_finite_network():
    rng = np.random.default_rng(0)
    content, style, frames = (rng.random((32, 9)).astype(np.float32) * 2 for _ in range(3))
    own, others = excerpts.join([content]), excerpts.join([style**3])
    errors = []
    for n_filters in (256, 16_384):
        limit = np.array(
            objective.losses(jnp.asarray(frames), objective.kernel_target(own, others, (5,), filters=n_filters))
        )
        finite = []
        for seed in range(6):
            filters = network.fast_filters(network.random_filters(seed, 5, 9, n_filters))
            finite.append(objective.losses(jnp.asarray(frames), objective.network_target(own, others, filters, 5)))
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
    own, others = (excerpts.join([x.astype(np.float32)]) for x in (content, style))
    target = objective.kernel_target(own, others, (4,), layers=2)
    limit = np.array([float(v) for v in objective.losses(jnp.asarray(frames, jnp.float32), target)])
    errors = []
    for n_filters in (64, 1024):
        losses = [two_layer_losses(frames, content, style, 4, seed, n_filters) for seed in range(6)]
        errors.append(np.sqrt(np.mean((np.array(losses) / limit - 1) ** 2)))
    assert errors[1] < errors[0] / 2  # four times, but for chance
    assert errors[1] < 0.1


@pytest.mark.parametrize("layers", [1, 2])
def test_kernel_gradient_is_that_of_finite_differences(layers):
    rng = np.random.default_rng(layers)
    content, style, frames = (rng.random((32, 9)).astype(np.float32) * 2 for _ in range(3))
    target = objective.kernel_target(excerpts.join([content]), excerpts.join([style]), (3, 5), layers=layers)
    total = jax.jit(lambda x: sum(objective.losses(x, target)))
    slope = jax.grad(total)(jnp.asarray(frames))
    for _ in range(3):
        direction = rng.standard_normal(frames.shape).astype(np.float32)
        measured = (float(total(frames + 0.01 * direction)) - float(total(frames - 0.01 * direction))) / 0.02
        assert float(jnp.vdot(slope, direction)) == pytest.approx(measured, rel=2e-2, abs=2e-4)


@pytest.mark.parametrize("layers", [1, 2])
def test_kernel_gradient_is_that_of_automatic_differentiation(layers):
    rng = np.random.default_rng(10 + layers)
    content, style, frames = (rng.random((32, 9)) * 2 for _ in range(3))
    target = objective.kernel_target(excerpts.join([content]), excerpts.join([style]), (3,), layers=layers)

    def kernel(products):
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
                found = kernel([[patches(block) for block in row] for row in found])
            grams.append(found)
        (own, cross), (_, theirs) = grams[0]
        distance = jnp.diagonal(own) - 2 * jnp.diagonal(cross) + jnp.diagonal(theirs)
        squares = [[jnp.mean(block**2) for block in row] for row in grams[1]]
        style_loss = squares[0][0] - 2 * squares[0][1] + squares[1][1]
        return jnp.sum(distance) / jnp.sum(jnp.diagonal(theirs)) + style_loss / squares[1][1]

    expected = jax.grad(plain)(jnp.asarray(frames))
    found = jax.grad(lambda x: sum(objective.losses(x, target)))(jnp.asarray(frames, jnp.float32))
    assert float(jnp.linalg.norm(found - expected) / jnp.linalg.norm(expected)) < 1e-3


def test_kernel_gradient_is_finite_in_silence():
    silence = np.zeros((32, 9), np.float32)
    content = np.concatenate([silence[:16], np.ones((16, 9), np.float32)])
    target = objective.kernel_target(excerpts.join([content]), excerpts.join([content]), (3,))
    for frames in (silence, content):
        assert bool(jnp.isfinite(jax.grad(lambda x: sum(objective.losses(x, target)))(jnp.asarray(frames))).all())


def test_a_frame_that_is_too_loud_costs():
    rng = np.random.default_rng(0)
    frames = rng.uniform(0, 1, (64, 1025)).astype(np.float32)
    own = excerpts.join([frames])
    target = objective.kernel_target(own, own, (4,), layers=1)
    meter = level.meter(2048, 512, [np.expm1(frames)])
    gain = level.gain(jnp.asarray(np.expm1(frames)), meter, jnp.ones(64, jnp.float32))
    meter = level.meter(2048, 512, [np.expm1(frames) * float(gain)])
    one = jnp.asarray(1.0)
    goal = objective.Goal(target, jnp.asarray(frames), jnp.asarray(64), one, one, meter)
    thump = frames + np.where(np.arange(64) == 20, 2.0, 0.0).astype(np.float32)[:, None]
    for of, costs in (frames, False), (thump, True):
        point = objective.point_of(jnp.asarray(of), goal)
        frames_at = objective.frames_of(point, goal)
        cost = objective.weighted_total_of_point(point, goal)[0] - objective.weighted_total(frames_at, goal)[0]
        assert bool(cost > 1e-4) == costs


def test_diagonal_sum_is_a_loop():
    x = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    for width in (1, 11, 29):
        expected = sum(x[d : d + 41 - width, d : d + 51 - width] for d in range(width))
        np.testing.assert_allclose(kernel.diagonal_sum(jnp.asarray(x), width), expected, rtol=1e-5)


def bowl(x, goal):
    return jnp.sum(goal * (x - 1) ** 2, dtype=jnp.float64), (jnp.asarray(0.0),)


def valley(x, goal):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2, dtype=jnp.float64) * goal, (jnp.asarray(0.0),)


@pytest.mark.parametrize(
    ("objective_", "goal", "method", "rate"),
    [
        (bowl, np.geomspace(1, 100, 30), "scipy", 0),
        (bowl, np.geomspace(1, 100, 30), "lbfgs", 0),
        (bowl, np.geomspace(1, 100, 30), "adam", 0.05),
        (bowl, np.full(30, 1e-7), "scipy", 0),
        (bowl, np.full(30, 1e-7), "lbfgs", 0),
        (valley, np.array(1.0), "scipy", 0),
        (valley, np.array(1.0), "lbfgs", 0),
    ],
)
def test_minimum_is_found(objective_, goal, method, rate):
    reports = []
    solution = optimise.minimise(
        objective_,
        jnp.zeros(30, jnp.float32),
        jnp.asarray(goal, jnp.float32),
        method=method,
        iterations=400,
        learning_rate=rate,
        on_iteration=reports.append,
    )
    np.testing.assert_allclose(solution.x, 1, atol=2e-2)
    assert [r.iteration for r in reports] == list(range(1, solution.iterations + 1))
    assert solution.value <= min(r.value for r in reports) * (1 + 1e-6)


@pytest.mark.parametrize("method", ["scipy", "lbfgs", "adam"])
def test_a_stop_is_obeyed_at_once(method):
    solution = optimise.minimise(
        bowl,
        jnp.zeros(30, jnp.float32),
        jnp.geomspace(1, 100, 30, dtype=jnp.float32),
        method=method,
        iterations=50,
        on_iteration=lambda report: report.iteration == 2,
    )
    assert (solution.iterations, solution.stop_reason) == (2, optimise.STOPPED)


SMALL: dict[str, Any] = {
    "seconds": 2,
    "filters": 64,
    "iterations": 12,
    "griffin_lim_iterations": 8,
    "refinement_iterations": 6,
}


@pytest.fixture(scope="module")
def recordings():
    return audio.read("samples/piano.flac", seconds=2), audio.read("samples/drumkit.flac", seconds=3)


@pytest.mark.parametrize("engine", ["kernel", "network"])
def test_transfer_end_to_end(recordings, engine):
    content, style = recordings
    settings = Settings(engine=engine, detail="plain", **SMALL)
    result = stylize(content, [style], settings)
    solve = [step.total for step in result.history if step.stage == "solve"]
    assert solve[-1] < solve[0]
    assert result.sound.shape == content.shape
    assert np.isfinite(result.sound).all()
    assert 0.01 < np.abs(result.sound).max() <= 10 ** (-1 / 20)
    assert np.array_equal(result.sound, stylize(content, [style], settings).sound)
    assert result.delivered.style < 0.5


def test_gain_of_the_recordings_changes_nothing_but_the_level(recordings):
    content, style = recordings
    settings = Settings(detail="plain", **SMALL)
    plain, louder = stylize(content, [style], settings), stylize(content / 4, [style / 2], settings)
    for name in ("total", "content", "style"):
        assert getattr(louder.delivered, name) == pytest.approx(getattr(plain.delivered, name), rel=0.05)


@pytest.mark.parametrize(("detail", "layers"), [("fine", 1), ("rich", 1), ("plain", 3), ("rich", 3)])
def test_the_shortest_recordings_pass(recordings, detail, layers):
    settings = Settings(detail=detail, layers=layers, **SMALL)
    content, style = (sound[44_100 : 44_100 + settings.shortest_samples] for sound in recordings)
    result = stylize(content, [style], settings)
    assert result.sound.shape == content.shape
    assert np.isfinite(result.delivered.total)


def test_strength_trades_content_for_style(recordings):
    content, style = recordings
    settings = Settings(detail="plain", **SMALL)
    light, middle, strong = sorted(
        fader(content, [style], settings, strengths=(90, 10, 50)), key=lambda result: result.settings.strength
    )
    assert light.delivered.style > middle.delivered.style
    assert light.delivered.content < strong.delivered.content
    assert light.delivered.style > strong.delivered.style


def test_strengths_come_in_the_order_that_is_told(recordings):
    content, style = recordings
    settings = Settings(detail="plain", iterations=1, griffin_lim_iterations=1, refinement_iterations=0)
    strengths = (0, 100, 60, 25)
    made = [each.settings.strength for each in fader(content, [style], settings, strengths=strengths)]
    assert made == [60, 100, 25, 0]
    assert fader_order(strengths) == tuple(made)


def test_strengths_are_checked_before_the_first_result(recordings):
    with pytest.raises(SettingsError, match="strength is 150"):
        next(fader(recordings[0], [recordings[1]], Settings(), strengths=(50, 150)))


def test_the_untouched_content_is_no_distance_from_itself_whatever_the_rhythm(recordings):
    content, style = recordings
    result = stylize(content, [style], Settings(detail="plain", rhythm=100, **SMALL))
    assert result.report_card.content.content_loss == pytest.approx(0, abs=1e-5)
    assert result.report_card.result.content_loss > 0.05


def test_line_searches_are_short_from_the_first_on(recording):
    settings, evaluations = Settings(detail="plain", iterations=10), []
    for content, style in ("speech", "drums"), ("piano", "trumpet"), ("piano", "drumkit"), ("guitar", "violin"):
        solution = Problem(recording(content, 2.0), [recording(style, 2.0)], settings).solve(lambda report: None)
        assert solution.iterations == 10
        evaluations.append(solution.evaluations)
    assert np.mean(evaluations) <= 13


def test_a_restart_gains_next_to_nothing(recording):
    problem = Problem(recording("piano", 2.0), [recording("trumpet", 2.0)], Settings(detail="plain"))
    found = problem.solve(lambda report: None).x
    again = problem.solve(lambda report: None, found).x
    assert problem.losses(again).total > 0.98 * problem.losses(found).total


def test_a_solve_leaves_digital_silence(recording):
    """A root of 0 has no slope: without a little at the start, what is silent in the content would stay so."""
    content = recording("speech", 1.0).copy()
    content[22_050:] = 0
    settings = Settings(detail="plain", init="content", strength=100, iterations=20)
    problem = Problem(content, [recording("drums", 1.0)], settings)
    start, found = np.asarray(problem.goal.content_frames), np.asarray(problem.solve(lambda report: None).x)
    silent = slice(50, problem.n_frames)
    assert start[silent].max() == 0
    assert found[silent].max() > 0.1


def test_a_point_is_its_frames_at_the_level_of_the_losses():
    rng = np.random.default_rng(0)
    frames = rng.uniform(0.1, 1, (64, 1025)).astype(np.float32)
    own = excerpts.join([frames])
    target, one = objective.kernel_target(own, own, (4,), layers=1), jnp.asarray(1.0)
    goal = objective.Goal(target, jnp.asarray(frames), jnp.asarray(64), one, one, meter=None)
    np.testing.assert_array_equal(objective.frames_of(objective.point_of(jnp.asarray(frames), goal), goal), frames)
    goal = goal._replace(meter=level.meter(2048, 512, [np.expm1(frames)]))
    for scale in (1.0, 3.0):
        louder = jnp.asarray(np.log1p(scale * np.expm1(frames)))
        found = objective.frames_of(objective.point_of(louder, goal), goal)
        np.testing.assert_allclose(found, objective.levelled(louder, goal), atol=1e-5)


def test_what_cannot_be_is_refused(recordings):
    content, style = recordings
    with pytest.raises(SettingsError, match="1 to 4"):
        stylize(content, [])
    with pytest.raises(SettingsError, match="weights"):
        stylize(content, [style], Settings(style_weights=(1.0, 2.0)))
    with pytest.raises(audio.AudioError):
        stylize(np.zeros(44_100), [style])
    with pytest.raises(audio.AudioError, match="at least"):
        stylize(content[:1000], [style])


def test_layers_do_not_count_where_the_network_alone_is_asked():
    """The finite network has one layer, so a sound need not hold the patches of two."""
    rng = np.random.default_rng(0)
    content, style = (rng.standard_normal(8_820) for _ in range(2))  # 18 frames; two layers would need 21
    settings = Settings(
        engine="network", layers=2, filters=8, iterations=2, refinement_iterations=0, griffin_lim_iterations=2
    )
    assert np.isfinite(stylize(content, [style], settings).sound).all()
