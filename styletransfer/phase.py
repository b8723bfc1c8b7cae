"""A sound for a magnitude spectrogram: fast Griffin-Lim, compiled as one loop.

Perraudin, Balazs & Sondergaard, "A fast Griffin-Lim algorithm" (2013). With momentum 0 it is Griffin & Lim's (1984).
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from styletransfer import spectrogram


def random_phase(seed: int, shape: tuple[int, ...]) -> jax.Array:
    """Unit complex numbers `(n_frames, n_freqs)` of uniformly random angle."""
    return _unit(jax.random.normal(jax.random.key(seed), shape, jnp.complex64))


@partial(jax.jit, static_argnames=("hop_length", "padded_samples"))
def griffin_lim(
    magnitudes: jax.Array,
    phase: jax.Array,
    n_samples: int,
    *,
    hop_length: int,
    padded_samples: int,
    iterations: int,
    momentum: float,
) -> jax.Array:
    """The sound `(padded_samples,)` float32 that fast Griffin-Lim finds for `magnitudes` `(n_frames, n_freqs)`.

    `phase` is where it starts from: complex, of any modulus, same shape. The sound is 0 from `n_samples` on, in every
    iteration, so that frames beyond the end of a recording pull on nothing that will be heard. `iterations` and
    `n_samples` are not static: changing them recompiles nothing.
    """
    n_fft = 2 * (magnitudes.shape[1] - 1)
    inside = jnp.arange(padded_samples) < n_samples

    def sound_of(direction: jax.Array) -> jax.Array:
        return spectrogram.istft(magnitudes * _unit(direction), padded_samples, hop_length) * inside

    def body(_: int, state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        accelerated, previous = state
        consistent = spectrogram.stft(sound_of(accelerated), n_fft, hop_length)
        return consistent + momentum * (consistent - previous), consistent

    start = _unit(phase) * magnitudes
    accelerated, _ = jax.lax.fori_loop(0, iterations, body, (start, start))
    return sound_of(accelerated)


def _unit(z: jax.Array) -> jax.Array:
    """`z / |z|`, and 1 where z is 0."""
    modulus = spectrogram.magnitude(z)
    return jnp.where(modulus > 0, z / jnp.where(modulus > 0, modulus, 1.0), 1.0)
