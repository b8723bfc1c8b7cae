"""The paper's method as one would write it down with the libraries as they come: what the program is compared with.

Log magnitudes of a short-time Fourier transform, a convolution with random filters, ReLU, Gram matrices and automatic
differentiation (in JAX or PyTorch), SciPy's L-BFGS-B, then Griffin-Lim from random phase. Nothing of the program is
used here, and nothing is made slow on purpose: float32, all cores, compiled where the library compiles.

Sounds are `(n_samples,)`, spectrograms `(n_frames, n_freqs)`, filters `(width, n_freqs, n_filters)`, all float32.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.fft
import scipy.optimize

from benchmarks import machine

N_FFT, HOP_LENGTH = 2048, 512

Evaluate = Callable[[np.ndarray], Any]
"""Frames to `(total, (content loss, style loss)), gradient`; returns when the result is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What a whole transfer depends on; the defaults are the paper's, and its filters as many as the program's."""

    library: str = "jax"
    alpha: float = 0.1
    start: str = "content"
    evaluations: int = 300
    griffin_lim: int = 500
    filters: int = 4096
    width: int = 11
    seed: int = 0

    def describe(self) -> str:
        """One sentence."""
        return (
            f"Textbook: {machine.LIBRARY_NAMES[self.library]}, {self.filters} filters of {self.width} frames, "
            f"alpha {self.alpha:g}, {self.evaluations} evaluations from {self.start}, "
            f"{self.griffin_lim} iterations of Griffin-Lim."
        )


class Transferred(NamedTuple):
    """A sound, and what it took."""

    sound: np.ndarray
    evaluations: int
    """of loss and gradient: a line search can end a little after the count asked for, or before, at a minimum"""


def transfer(content: np.ndarray, style: np.ndarray, method: Method) -> Transferred:
    """The content in the texture of the style: `(n_samples,)`, as long as the content."""
    content_frames, style_frames = log_magnitudes(content), log_magnitudes(style)
    n_freqs = content_frames.shape[1]
    filters = glorot_filters(method.seed, method.width, n_freqs, method.filters)
    evaluate = LIBRARIES[method.library](content_frames, style_frames, filters, method.alpha, 1.0)
    solution, evaluations = _solve(evaluate, _start(content_frames, method), method.evaluations)
    magnitudes = np.expm1(np.maximum(solution, 0))
    return Transferred(griffin_lim(magnitudes, len(content), method.griffin_lim, method.seed), evaluations)


def warm_up(content: np.ndarray, style: np.ndarray, method: Method) -> None:
    """Compiles all that `transfer` of these recordings uses, by as little of it as there is."""
    transfer(content, style, dataclasses.replace(method, evaluations=1, griffin_lim=1))


def _start(content_frames: np.ndarray, method: Method) -> np.ndarray:
    if method.start == "content":
        return content_frames
    return np.abs(np.random.default_rng(method.seed).standard_normal(content_frames.shape, np.float32))


def _solve(evaluate: Evaluate, start: np.ndarray, evaluations: int) -> tuple[np.ndarray, int]:
    def function(x: np.ndarray) -> tuple[float, np.ndarray]:
        (total, _), gradient = evaluate(x.reshape(start.shape).astype(np.float32))
        return float(total), np.asarray(gradient, np.float64).ravel()

    options = {"maxfun": evaluations, "maxiter": evaluations, "gtol": 0, "ftol": 0}
    found = scipy.optimize.minimize(function, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return found.x.reshape(start.shape).astype(np.float32), found.nfev


def glorot_filters(seed: int, width: int, n_freqs: int, n_filters: int) -> np.ndarray:
    """Normal, with the variance of Glorot & Bengio (2010)."""
    deviation = np.sqrt(2 / (width * (n_freqs + n_filters)))
    return np.random.default_rng(seed).standard_normal((width, n_freqs, n_filters), np.float32) * np.float32(deviation)


def in_jax(content: np.ndarray, style: np.ndarray, filters: np.ndarray, alpha: float, beta: float) -> Evaluate:
    """Losses against a content and a style, in JAX. Compiles once for frames and filters of one shape."""
    filters_there = jnp.asarray(filters)
    content_features = _features(jnp.asarray(content), filters_there)
    style_gram = _gram(_features(jnp.asarray(style), filters_there))
    weights = jnp.asarray([alpha, beta], jnp.float32)
    return lambda frames: jax.block_until_ready(_evaluate(frames, filters_there, content_features, style_gram, weights))


@jax.jit
def _features(frames: jax.Array, filters: jax.Array) -> jax.Array:
    dimensions = ("NWC", "WIO", "NWC")
    return jax.nn.relu(jax.lax.conv_general_dilated(frames[None], filters, (1,), "VALID", None, None, dimensions)[0])


def _gram(features: jax.Array) -> jax.Array:
    return features.T @ features / features.shape[0]


def _loss(
    frames: jax.Array, filters: jax.Array, content: jax.Array, style_gram: jax.Array, weights: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    own = _features(frames, filters)
    content_loss = jnp.sum((own - content) ** 2)
    style_loss = jnp.sum((_gram(own) - style_gram) ** 2)
    return weights[0] * content_loss + weights[1] * style_loss, (content_loss, style_loss)


_evaluate = jax.jit(jax.value_and_grad(_loss, has_aux=True))


def in_torch(content: np.ndarray, style: np.ndarray, filters: np.ndarray, alpha: float, beta: float) -> Evaluate:
    """The same in PyTorch, on as many threads as there are cores. Raises ImportError where it is not installed."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(machine.cores())
    filters_there = torch.tensor(filters.transpose(2, 1, 0).copy())

    def features(frames: Any) -> Any:
        return torch.relu(torch.nn.functional.conv1d(frames, filters_there)[0])

    def gram(f: Any) -> Any:
        return f @ f.T / f.shape[1]

    with torch.no_grad():
        content_features, style_gram = (
            features(torch.tensor(content.T[None].copy())),
            gram(features(torch.tensor(style.T[None].copy()))),
        )

    def evaluate(frames: np.ndarray) -> Any:
        x = torch.tensor(frames.T[None].copy(), requires_grad=True)
        own = features(x)
        content_loss = ((own - content_features) ** 2).sum()
        style_loss = ((gram(own) - style_gram) ** 2).sum()
        total = alpha * content_loss + beta * style_loss
        total.backward()
        return (total.item(), (content_loss.item(), style_loss.item())), x.grad[0].T.numpy()

    return evaluate


Make = Callable[[np.ndarray, np.ndarray, np.ndarray, float, float], Evaluate]
LIBRARIES: dict[str, Make] = {"jax": in_jax, "torch": in_torch}


def log_magnitudes(sound: np.ndarray) -> np.ndarray:
    """`log(1 + |stft|)` of a sound."""
    return np.log1p(np.abs(stft(sound)))


def stft(sound: np.ndarray) -> np.ndarray:
    """Frame `t` is centred on sample `t * HOP_LENGTH`, with silence beyond both ends; Hann windows."""
    padded = np.pad(sound.astype(np.float32), N_FFT // 2)
    blocks = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP_LENGTH]
    return scipy.fft.rfft(blocks * _window(), workers=machine.cores())  # pyright: ignore[reportReturnType]


def istft(spectrum: np.ndarray, n_samples: int) -> np.ndarray:
    """Windowed blocks added up, divided by the sum of the squared windows."""
    window = _window()
    blocks: Any = scipy.fft.irfft(spectrum, N_FFT, workers=machine.cores())
    summed, squares = _overlap_add(blocks * window), _overlap_add(np.broadcast_to(window**2, blocks.shape))
    sound = (summed / np.maximum(squares, 1e-6))[N_FFT // 2 :][:n_samples]
    return np.pad(sound, (0, n_samples - len(sound)))


def griffin_lim(magnitudes: np.ndarray, n_samples: int, iterations: int, seed: int) -> np.ndarray:
    """A sound of these magnitudes, as nearly as the algorithm of Griffin & Lim (1984) comes from random phase."""
    angles = np.random.default_rng(seed).random(magnitudes.shape, np.float32) * np.float32(2 * np.pi)
    phase = np.exp(1j * angles)
    for _ in range(iterations):
        spectrum = stft(istft(magnitudes * phase, n_samples))
        phase = spectrum / np.maximum(np.abs(spectrum), np.float32(1e-12))
    return istft(magnitudes * phase, n_samples)


def _window() -> np.ndarray:
    return np.hanning(N_FFT + 1)[:-1].astype(np.float32)


def _overlap_add(blocks: np.ndarray) -> np.ndarray:
    hops = N_FFT // HOP_LENGTH
    parts = blocks.reshape(len(blocks), hops, HOP_LENGTH)
    summed = np.zeros((len(blocks) + hops - 1, HOP_LENGTH), np.float32)
    for hop in range(hops):
        summed[hop : hop + len(blocks)] += parts[:, hop]
    return summed.ravel()
