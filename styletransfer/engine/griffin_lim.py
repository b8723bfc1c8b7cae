"""A sound for a magnitude spectrogram: fast Griffin-Lim, compiled as one loop that runs in chunks.

Perraudin, Balazs & Sondergaard, "A fast Griffin-Lim algorithm" (2013). With momentum 0 it is Griffin & Lim's (1984).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp

from styletransfer.engine import spectrogram

CHUNK = 16
"""Iterations between two looks at what the caller wants: a third of a second or so for 10 s of sound."""

OnChunk = Callable[[int, jax.Array], bool | None]

_State = tuple[jax.Array, jax.Array]
"""The accelerated spectrum, from whose phase the next iteration starts, and the one before acceleration"""


def random_phase(seed: int, shape: tuple[int, ...]) -> jax.Array:
    """Draw a phase of uniformly random angles.

    Returns complex numbers of modulus 1 and of this shape, complex64; the same for the same seed.
    """
    return _unit(jax.random.normal(jax.random.key(seed), shape, jnp.complex64))


def griffin_lim(
    magnitudes: jax.Array,
    phase: jax.Array,
    n_samples: int,
    *,
    hop_length: int,
    padded_samples: int,
    iterations: int,
    momentum: float,
    on_chunk: OnChunk | None = None,
) -> jax.Array:
    """Find a sound for a magnitude spectrogram by fast Griffin-Lim.

    `magnitudes` are `(n_frames, n_freqs)`; the sound is `(padded_samples,)` float32. `phase` is where it starts from:
    complex, of any modulus, same shape. The sound is 0 from `n_samples` on, in every iteration, so that frames beyond
    the end of a recording pull on nothing that will be heard. Another `iterations`, `momentum` (from 0 to less than 1)
    or `n_samples` recompiles nothing. After every CHUNK iterations `on_chunk` gets their count and the sound so far; if
    it returns True, that is what comes back.
    """
    state, done = _begin(magnitudes, phase), 0
    while True:
        count = min(CHUNK, iterations - done)
        state, sound = _advance(
            state, magnitudes, n_samples, count, momentum, hop_length=hop_length, padded_samples=padded_samples
        )
        done += count
        if (on_chunk and on_chunk(done, sound)) or done >= iterations:
            return sound


@jax.jit
def _begin(magnitudes: jax.Array, phase: jax.Array) -> _State:
    start = _unit(phase) * magnitudes
    return start, start


@partial(jax.jit, static_argnames=("hop_length", "padded_samples"))
def _advance(
    state: _State,
    magnitudes: jax.Array,
    n_samples: int | jax.Array,
    iterations: int | jax.Array,
    momentum: float | jax.Array,
    *,
    hop_length: int,
    padded_samples: int,
) -> tuple[_State, jax.Array]:
    """So many iterations further, and the sound that is found there."""
    n_fft = 2 * (magnitudes.shape[1] - 1)
    inside = jnp.arange(padded_samples) < n_samples

    def sound_of(direction: jax.Array) -> jax.Array:
        return spectrogram.istft(magnitudes * _unit(direction), padded_samples, hop_length) * inside

    def body(_: jax.Array, state: _State) -> _State:
        accelerated, previous = state
        consistent = spectrogram.stft(sound_of(accelerated), n_fft, hop_length)
        return consistent + momentum * (consistent - previous), consistent

    state = jax.lax.fori_loop(0, iterations, body, state)
    return state, sound_of(state[0])


def _unit(z: jax.Array) -> jax.Array:
    """`z / |z|`, and 1 where z is 0."""
    modulus = spectrogram.magnitude(z)
    return jnp.where(modulus > 0, z / jnp.where(modulus > 0, modulus, 1.0), 1.0)
