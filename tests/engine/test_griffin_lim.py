"""Griffin-Lim: how near the sound's own magnitudes come to those asked for."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from styletransfer.engine import griffin_lim, padded_spectrograms, spectrogram

N_FFT, HOP_LENGTH = 512, 128

stft = jax.jit(spectrogram.stft, static_argnums=(1, 2))


@pytest.fixture
def sound(recording):
    """Half a second of piano, then nothing until a bucket of frames is full, and the samples that are its own."""
    own = recording("piano", 0.5, start_s=1.0)
    padded = padded_spectrograms.bucket(spectrogram.frame_count(len(own), HOP_LENGTH)) * HOP_LENGTH - 1
    assert padded > len(own) + N_FFT
    return np.pad(own, (0, padded - len(own))), len(own)


def _spectrum(sound):
    return stft(jnp.asarray(sound), N_FFT, HOP_LENGTH)


def _found(magnitudes, start, n_samples, *, iterations, momentum=0.99):
    padded = (magnitudes.shape[0]) * HOP_LENGTH - 1
    found = griffin_lim.griffin_lim(
        magnitudes,
        start,
        n_samples,
        hop_length=HOP_LENGTH,
        padded_samples=padded,
        iterations=iterations,
        momentum=momentum,
    )
    assert found.shape == (padded,)
    assert found.dtype == jnp.float32
    return np.asarray(found)


def _inconsistency(found, magnitudes):
    """Spectral convergence: how far the magnitudes of a sound are from those asked for, as a part of these."""
    magnitudes = np.asarray(magnitudes)
    return np.linalg.norm(np.abs(np.asarray(_spectrum(found))) - magnitudes) / np.linalg.norm(magnitudes)


@pytest.mark.parametrize("momentum", [0.0, 0.99])
@pytest.mark.parametrize("seed", [0, 1])
def test_consistency_improves_with_iterations(sound, momentum, seed):
    samples, n_samples = sound
    magnitudes = jnp.abs(_spectrum(samples))
    start = griffin_lim.random_phase(seed, magnitudes.shape)
    errors = [
        _inconsistency(_found(magnitudes, start, n_samples, iterations=n, momentum=momentum), magnitudes)
        for n in (0, 2, 8, 32, 100)
    ]
    assert (np.diff(errors) < 0).all(), errors
    assert errors[-1] < 0.4 * errors[0]


@pytest.mark.parametrize("name", ["piano", "speech", "drums"])
def test_momentum_beats_none(recording, name):
    samples = recording(name, 0.5, start_s=1.0)[: 96 * HOP_LENGTH - 1]
    magnitudes = jnp.abs(_spectrum(samples))
    start = griffin_lim.random_phase(0, magnitudes.shape)
    without, with_momentum = (
        _inconsistency(_found(magnitudes, start, len(samples), iterations=60, momentum=momentum), magnitudes)
        for momentum in (0.0, 0.99)
    )
    assert with_momentum < 0.85 * without


@pytest.mark.parametrize("iterations", [0, 1, 30])
def test_a_sounds_own_phase_gives_the_sound_back(sound, iterations):
    samples, n_samples = sound
    spectrum = _spectrum(samples)
    found = _found(jnp.abs(spectrum), 7 * spectrum, n_samples, iterations=iterations)  # any modulus will do
    np.testing.assert_allclose(found, samples, atol=1e-4 * np.abs(samples).max())


@pytest.mark.parametrize("iterations", [0, 5])
def test_nothing_sounds_after_the_end(sound, iterations):
    samples, n_samples = sound
    magnitudes = jnp.abs(_spectrum(samples)) + 0.1  # asked for everywhere, beyond the end too
    found = _found(magnitudes, griffin_lim.random_phase(0, magnitudes.shape), n_samples, iterations=iterations)
    assert (found[n_samples:] == 0).all()
    assert (found[n_samples - 100 : n_samples] != 0).all()


def test_silence_stays_silence():
    magnitudes = jnp.zeros((32, 257))
    found = _found(magnitudes, griffin_lim.random_phase(0, magnitudes.shape), 4000, iterations=5)
    np.testing.assert_array_equal(found, 0.0)
    found = _found(magnitudes, jnp.zeros_like(magnitudes, jnp.complex64), 4000, iterations=5)
    np.testing.assert_array_equal(found, 0.0)


def test_a_start_without_phase_counts_as_phase_zero(sound):
    samples, n_samples = sound
    magnitudes = jnp.abs(_spectrum(samples))
    none = _found(magnitudes, jnp.zeros_like(magnitudes, jnp.complex64), n_samples, iterations=0)
    zero = _found(magnitudes, jnp.ones_like(magnitudes, jnp.complex64), n_samples, iterations=0)
    assert np.abs(none).max() > 0
    np.testing.assert_allclose(none, zero, atol=1e-6)


def test_other_counts_and_lengths_compile_nothing(sound, traces):
    samples, n_samples = sound
    magnitudes = jnp.abs(_spectrum(samples))[:64]  # a shape of its own
    start = griffin_lim.random_phase(0, magnitudes.shape)
    _found(magnitudes, start, n_samples // 3, iterations=1)
    assert "_advance" in traces
    traces.clear()
    _found(magnitudes, start, n_samples // 4, iterations=2, momentum=0.5)
    assert traces == []


def test_random_phase_is_uniform_and_follows_the_seed():
    first, again, other = (np.asarray(griffin_lim.random_phase(seed, (200, 129))) for seed in (0, 0, 1))
    np.testing.assert_allclose(np.abs(first), 1, rtol=1e-5)
    np.testing.assert_array_equal(first, again)
    assert abs(np.mean(first * other.conj())) < 0.03
    counts, _ = np.histogram(np.angle(first), bins=8, range=(-np.pi, np.pi))
    np.testing.assert_allclose(counts / first.size, 1 / 8, atol=0.01)
