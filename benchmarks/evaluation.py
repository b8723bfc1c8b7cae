"""Times one evaluation of loss and gradient: `python -m benchmarks.evaluation --rounds 5`.

Content and style are 10 s of two samples at 44.1 kHz: 862 frames x 1025 frequencies, unpadded. The finite network has
4096 filters of 11 frames, the same ones in each of its three forms, whose losses and gradients must agree before
anything is timed. All contenders run in one process and take turns, so that a slow spell of the machine meets them all.
PyTorch takes part where it is installed (requirements-benchmarks.txt).
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import click
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import machine, recordings, textbook
from styletransfer.engine import engines, spectrogram
from styletransfer.engine.engines import kernel, network
from styletransfer.engine.losses import conv_network, objective
from styletransfer.engine.padded_spectrograms import PaddedSpectrograms
from styletransfer.runtime import malloc

SECONDS = 10.0
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
    content, style = (_log_magnitudes(name) for name in ("piano.flac", "drumkit.flac"))
    n_frames = min(len(content), len(style))
    content, style = content[:n_frames], style[:n_frames]
    filters = np.asarray(conv_network.random_filters(SEED, WIDTH, content.shape[1], N_FILTERS))
    return Inputs((content + style) / 2, content, style, filters)


def _log_magnitudes(name: str) -> np.ndarray:
    sound = jnp.asarray(recordings.read(name, SECONDS))
    return np.asarray(spectrogram.log_magnitude_spectrogram(sound, textbook.N_FFT, textbook.HOP_LENGTH))


def own_network(inputs: Inputs) -> Contender:
    """The program's finite network: fast convolution, and products of patches in place of Gram matrices."""
    fast = conv_network.fast_filters(jnp.asarray(inputs.filters))
    content, style = _excerpts(inputs)
    return _own("styletransfer, network", inputs, network.network_target(content, style, fast, WIDTH))


def own_kernel(inputs: Inputs) -> Contender:
    """The program's infinitely wide network, with the raw losses that the finite one tends to."""
    content, style = _excerpts(inputs)
    target = kernel.kernel_target(content, style, (WIDTH,), filters=N_FILTERS)
    return _own("styletransfer, kernel", inputs, target)


def _excerpts(inputs: Inputs) -> tuple[PaddedSpectrograms, PaddedSpectrograms]:
    content, style = (PaddedSpectrograms(frames, (len(frames),), (1.0,)) for frames in (inputs.content, inputs.style))
    return content, style


def _own(name: str, inputs: Inputs, target: engines.Target) -> Contender:
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


def textbooks(inputs: Inputs) -> list[Contender]:
    """The textbook's evaluations, in JAX and, where it is installed, in PyTorch: see textbook.py."""
    makers = {TEXTBOOK: textbook.in_jax} | ({"PyTorch": textbook.in_torch} if machine.has_torch() else {})
    return [_textbook(name, make, inputs) for name, make in makers.items()]


def _textbook(name: str, make: textbook.Make, inputs: Inputs) -> Contender:
    evaluate = make(inputs.content, inputs.style, inputs.filters, ALPHA, BETA)
    return Contender(name, lambda: evaluate(inputs.frames))


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


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="times each one is timed")
def main(rounds: int) -> None:
    """Time one evaluation of loss and gradient, 10 s at 44.1 kHz, against textbook implementations."""
    malloc.keep_freed()
    for line in machine.describe():
        click.echo(line)
    inputs = load()
    n_frames, n_freqs = inputs.frames.shape
    click.echo(f"{n_frames} frames x {n_freqs} frequencies, {N_FILTERS} filters of {WIDTH} frames, {rounds} rounds")
    if not machine.has_torch():
        click.echo("PyTorch is not installed, and left out: pip install -r requirements-benchmarks.txt")
    others = textbooks(inputs)
    with jax.enable_x64(True):
        networks = [own_network(inputs), *others]
        for line in check_agreement(networks):
            click.echo(line)
        contenders = [*networks, own_kernel(inputs), kernel_products(inputs)]
        for line in ["", *table(contenders, measure(contenders, rounds))]:
            click.echo(line)


if __name__ == "__main__":
    main()
