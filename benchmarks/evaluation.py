"""Times one evaluation of loss and gradient: `python -m benchmarks.evaluation --rounds 5`.

Content and style are 10 s of two samples at 44.1 kHz: 862 frames x 1025 frequencies, unpadded. The finite network has
4096 filters of 11 frames, the same ones in each of its three forms, whose losses and gradients must agree before
anything is timed. All contenders run in one process and take turns, so that a slow spell of the machine meets them all.
PyTorch takes part where it is installed (requirements-benchmarks.txt).
"""

from __future__ import annotations

import gc
import importlib
import importlib.metadata
import importlib.util
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click
import jax
import jax.numpy as jnp
import numpy as np

from styletransfer import audio, level, network, objective, spectrogram
from styletransfer.excerpts import Excerpts

SAMPLES = Path(__file__).parents[1] / "samples"
SECONDS = 10.0
N_FFT, HOP_LENGTH = 2048, 512
WIDTH, N_FILTERS, SEED = 11, 4096, 0
ALPHA, BETA = 0.1, 1.0
"""Weights of the content and the style loss."""
LOSS_TOLERANCE = 1e-4
GRADIENT_TOLERANCE = 3e-3
"""Largest relative differences between the three forms of the network. A response within rounding of 0 may fall on
either side of ReLU's bend: one such of 3.5 million changes the gradient by up to 1e-3, in the frames of its patch."""
TEXTBOOK = "textbook JAX"


class Inputs(NamedTuple):
    """What every contender gets: float32 arrays."""

    frames: np.ndarray
    """`(n_frames, n_freqs)`: where losses are taken, half way from content to style"""
    content: np.ndarray
    style: np.ndarray
    filters: np.ndarray
    """`(WIDTH, n_freqs, N_FILTERS)`"""


class Contender(NamedTuple):
    """One way to evaluate, ready to be called again and again; each call waits until its result is there."""

    name: str
    run: Callable[[], Any]


class Evaluation(NamedTuple):
    """Losses `(total, content, style)` and gradient `(n_frames, n_freqs)`."""

    losses: np.ndarray
    gradient: np.ndarray


def load() -> Inputs:
    """The samples, at the loudness at which the program compares recordings, and the filters."""
    content, style = (_log_magnitudes(SAMPLES / name) for name in ("piano.flac", "drumkit.flac"))
    n_frames = min(len(content), len(style))
    content, style = content[:n_frames], style[:n_frames]
    filters = np.asarray(network.random_filters(SEED, WIDTH, content.shape[1], N_FILTERS))
    return Inputs((content + style) / 2, content, style, filters)


def _log_magnitudes(path: Path) -> np.ndarray:
    sound = audio.at_loudness(audio.read(path, seconds=SECONDS), level.REFERENCE_LUFS).astype(np.float32)
    return np.asarray(spectrogram.log_magnitude_spectrogram(jnp.asarray(sound), N_FFT, HOP_LENGTH))


def own_network(inputs: Inputs) -> Contender:
    """The program's finite network: fast convolution, and products of patches in place of Gram matrices."""
    fast = network.fast_filters(jnp.asarray(inputs.filters))
    content, style = _excerpts(inputs)
    return _own("styletransfer, network", inputs, objective.network_target(content, style, fast, WIDTH))


def own_kernel(inputs: Inputs) -> Contender:
    """The program's infinitely wide network, with the raw losses that the finite one tends to."""
    content, style = _excerpts(inputs)
    target = objective.kernel_target(content, style, (WIDTH,), filters=N_FILTERS)
    return _own("styletransfer, kernel", inputs, target)


def _excerpts(inputs: Inputs) -> tuple[Excerpts, Excerpts]:
    content, style = (Excerpts(frames, (len(frames),), (1.0,)) for frames in (inputs.content, inputs.style))
    return content, style


def _own(name: str, inputs: Inputs, target: objective.Target) -> Contender:
    goal = objective.Goal(
        target=target,
        content_frames=jnp.asarray(inputs.content),
        n_frames=jnp.asarray(len(inputs.content)),
        alpha=jnp.asarray(ALPHA),
        beta=jnp.asarray(BETA),
        meter=None,
    )
    evaluate = jax.jit(jax.value_and_grad(objective.weighted_total, has_aux=True))
    frames = jnp.asarray(inputs.frames)
    return Contender(name, lambda: jax.block_until_ready(evaluate(frames, goal)))


def textbook_jax(inputs: Inputs) -> Contender:
    """Convolution, ReLU, Gram matrix and automatic differentiation, as one would write them down, in float32."""

    def features(frames: jax.Array, filters: jax.Array) -> jax.Array:
        dimensions = ("NWC", "WIO", "NWC")
        return jax.nn.relu(
            jax.lax.conv_general_dilated(frames[None], filters, (1,), "VALID", None, None, dimensions)[0]
        )

    def gram(f: jax.Array) -> jax.Array:
        return f.T @ f / f.shape[0]

    def loss(frames: jax.Array, filters: jax.Array, content: jax.Array, style_gram: jax.Array) -> Any:
        own = features(frames, filters)
        content_loss = jnp.sum((own - content) ** 2)
        style_loss = jnp.sum((gram(own) - style_gram) ** 2)
        return ALPHA * content_loss + BETA * style_loss, (content_loss, style_loss)

    arrays = [jnp.asarray(array) for array in inputs]
    frames, filters = arrays[0], arrays[3]
    content, style = (jax.jit(features)(array, filters) for array in arrays[1:3])
    style_gram = gram(style)
    evaluate = jax.jit(jax.value_and_grad(loss, has_aux=True))
    return Contender(TEXTBOOK, lambda: jax.block_until_ready(evaluate(frames, filters, content, style_gram)))


def textbook_torch(inputs: Inputs) -> Contender:
    """The same in PyTorch, on as many threads as there are cores."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(_cores())
    frames, content, style = (torch.tensor(array.T[None].copy()) for array in inputs[:3])
    filters = torch.tensor(inputs.filters.transpose(2, 1, 0).copy())

    def features(x: Any) -> Any:
        return torch.relu(torch.nn.functional.conv1d(x, filters)[0])

    def gram(f: Any) -> Any:
        return f @ f.T / f.shape[1]

    with torch.no_grad():
        content_features, style_gram = features(content), gram(features(style))

    def run() -> Any:
        x = frames.clone().requires_grad_()
        own = features(x)
        content_loss = ((own - content_features) ** 2).sum()
        style_loss = ((gram(own) - style_gram) ** 2).sum()
        total = ALPHA * content_loss + BETA * style_loss
        total.backward()
        return (total.item(), (content_loss.item(), style_loss.item())), x.grad[0].T.numpy()

    return Contender("PyTorch", run)


def kernel_products(inputs: Inputs) -> Contender:
    """The matrix products of the kernel's evaluation alone, two forward and two backward: its lower limit."""
    frames, style = jnp.asarray(inputs.frames), jnp.asarray(inputs.style)
    own, cross = frames @ frames.T, frames @ style.T
    products = jax.jit(lambda x, s, a, b: (x @ x.T, x @ s.T, a @ x, b @ s))
    return Contender(
        "kernel's four matrix products", lambda: jax.block_until_ready(products(frames, style, own, cross))
    )


def check_agreement(contenders: list[Contender]) -> list[str]:
    """Lines that say how far losses and gradients are from the first contender's.

    Raises click.ClickException where they do not agree.
    """
    first, *others = [_evaluation(contender.run()) for contender in contenders]
    lines = []
    for contender, other in zip(contenders[1:], others, strict=True):
        loss = float(np.max(np.abs(other.losses / first.losses - 1)))
        gradient = float(np.linalg.norm(other.gradient - first.gradient) / np.linalg.norm(first.gradient))
        lines.append(f"{contender.name}: losses agree to {loss:.1e}, gradients to {gradient:.1e}")
        if not (loss <= LOSS_TOLERANCE and gradient <= GRADIENT_TOLERANCE):
            raise click.ClickException(f"{contenders[0].name} and {lines[-1]}; nothing was timed.")
    return lines


def _evaluation(result: Any) -> Evaluation:
    (total, terms), gradient = result
    return Evaluation(np.array([total, terms[0], terms[1]], np.float64), np.asarray(gradient, np.float64))


def measure(contenders: list[Contender], rounds: int) -> list[list[float]]:
    """Seconds of each contender in each round, `[contender][round]`; a round runs them one after another."""
    for contender in contenders:
        contender.run()
    seconds: list[list[float]] = [[] for _ in contenders]
    for _ in range(rounds):
        for contender, taken in zip(contenders, seconds, strict=True):
            gc.collect()
            start = time.perf_counter()
            contender.run()
            taken.append(time.perf_counter() - start)
    return seconds


def table(contenders: list[Contender], seconds: list[list[float]]) -> list[str]:
    """Lines of Markdown. Ratios are medians over rounds of the textbook's time divided by the contender's."""
    textbook = seconds[[contender.name for contender in contenders].index(TEXTBOOK)]
    lines = [f"| one evaluation | median s | fastest s | slowest s | {TEXTBOOK} takes |", "|---|--:|--:|--:|--:|"]
    for contender, taken in zip(contenders, seconds, strict=True):
        ratio = statistics.median(other / own for other, own in zip(textbook, taken, strict=True))
        times = " | ".join(f"{s:.3f}" for s in (statistics.median(taken), min(taken), max(taken)))
        lines.append(f"| {contender.name} | {times} | {ratio:.1f} x |")
    return lines


def machine() -> list[str]:
    """Lines that say what the numbers were measured on."""
    versions = [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    versions += [f"JAX {jax.__version__}", f"jaxlib {importlib.metadata.version('jaxlib')}"]
    if _has_torch():
        versions.append(f"PyTorch {importlib.import_module('torch').__version__}")
    device = jax.devices()[0]
    return [
        f"{_processor()}, {_cores()} cores, {platform.system()}; JAX on {device.platform} ({device.device_kind})",
        ", ".join(versions),
    ]


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _has_torch() -> bool:
    return importlib.util.find_spec("torch") is not None


@click.command(help="Time one evaluation of loss and gradient, 10 s at 44.1 kHz, against textbook implementations.")
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="times each one is timed")
def main(rounds: int) -> None:
    for line in machine():
        click.echo(line)
    inputs = load()
    n_frames, n_freqs = inputs.frames.shape
    click.echo(f"{n_frames} frames x {n_freqs} frequencies, {N_FILTERS} filters of {WIDTH} frames, {rounds} rounds")
    textbooks = [textbook_jax(inputs)]
    if _has_torch():
        textbooks.append(textbook_torch(inputs))
    else:
        click.echo("PyTorch is not installed, and left out: pip install -r requirements-benchmarks.txt")
    with jax.enable_x64(True):
        networks = [own_network(inputs), *textbooks]
        for line in check_agreement(networks):
            click.echo(line)
        contenders = [*networks, own_kernel(inputs), kernel_products(inputs)]
        for line in ["", *table(contenders, measure(contenders, rounds))]:
            click.echo(line)


if __name__ == "__main__":
    main()
