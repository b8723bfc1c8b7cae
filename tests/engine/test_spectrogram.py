"""Transforms against librosa, scipy.signal and a dense least-squares solution; round trips; edges at silence."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import librosa
import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from styletransfer.engine import spectrogram

pytestmark = pytest.mark.usefixtures("strict_types")

# n_samples, n_fft, hop_length: a power of two, a hop that does not divide the block or the length, half a block, and a
# sound shorter than one block.
SHAPES = [(9000, 512, 128), (7001, 400, 96), (5000, 256, 128), (300, 1024, 256), (2048, 2048, 512)]

stft = jax.jit(spectrogram.stft, static_argnums=(1, 2))
istft = jax.jit(spectrogram.istft, static_argnums=(1, 2))


@pytest.fixture(params=["compiled", "plain"])
def transform(request):
    return stft if request.param == "compiled" else spectrogram.stft


@pytest.mark.parametrize(("n_samples", "n_fft", "hop_length"), SHAPES)
def test_stft_is_librosas(recording, n_samples, n_fft, hop_length):
    sound = recording("guitar", 0.3)[:n_samples]
    ours = np.asarray(stft(jnp.asarray(sound), n_fft, hop_length))
    padded = np.pad(sound, n_fft // 2)  # by hand: librosa warns about sounds shorter than a block
    theirs = librosa.stft(padded, n_fft=n_fft, hop_length=hop_length, center=False).T
    assert ours.dtype == np.complex64
    assert ours.shape == theirs.shape == (spectrogram.frame_count(n_samples, hop_length), n_fft // 2 + 1)
    np.testing.assert_allclose(ours, theirs, atol=2e-6 * np.abs(theirs).max())


def test_centring_and_ends_are_librosas(recording, transform):
    sound = recording("piano", 0.3)
    ours = np.asarray(transform(jnp.asarray(sound), 512, 128))
    theirs = librosa.stft(sound, n_fft=512, hop_length=128, center=True, pad_mode="constant").T
    np.testing.assert_allclose(ours, theirs, atol=2e-6 * np.abs(theirs).max())


@pytest.mark.parametrize(("n_samples", "n_fft", "hop_length"), SHAPES)
def test_stft_is_scipys(recording, n_samples, n_fft, hop_length):
    sound = recording("violin", 0.3)[:n_samples]
    ours = np.asarray(stft(jnp.asarray(sound), n_fft, hop_length))
    window = scipy.signal.get_window("hann", n_fft)
    # SciPy's slice p is centred on p * hop too; it takes no sound shorter than half a block, so zeros follow.
    theirs = scipy.signal.ShortTimeFFT(window, hop_length, fs=1, phase_shift=None).stft(  # pyright: ignore
        np.pad(sound.astype(float), (0, n_fft)), p0=0, p1=spectrogram.frame_count(n_samples, hop_length)
    )
    np.testing.assert_allclose(ours, theirs.T, atol=2e-6 * np.abs(theirs).max())


def test_sine_peaks_at_a_quarter_of_the_block():
    n_fft, amplitude = 1024, 0.3
    sine = amplitude * np.sin(2 * np.pi * 40 * np.arange(8192) / n_fft)
    frames = spectrogram.log_magnitude_spectrogram(jnp.asarray(sine, jnp.float32), n_fft=n_fft, hop_length=256)
    middle = np.expm1(np.asarray(frames)[10])
    assert np.argmax(middle) == 40
    assert middle[40] == pytest.approx(amplitude * n_fft / 4, rel=1e-4)


def test_log_magnitudes_are_log_of_one_plus_librosas(recording):
    sound = recording("speech", 0.5, start_s=1.0)
    ours = np.asarray(spectrogram.log_magnitude_spectrogram(jnp.asarray(sound), n_fft=512, hop_length=128))
    theirs = np.log1p(np.abs(librosa.stft(sound, n_fft=512, hop_length=128, pad_mode="constant"))).T
    assert ours.dtype == np.float32
    assert ours.min() >= 0
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@given(
    n_samples=st.integers(1, 3000),
    n_fft=st.sampled_from([64, 200, 256]),
    hops_a_block=st.floats(2.0, 8.0),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=10, deadline=None)
def test_istft_of_stft_is_the_sound(n_samples, n_fft, hops_a_block, seed):
    hop_length = int(n_fft / hops_a_block)
    sound = np.random.default_rng(seed).uniform(-1, 1, n_samples).astype(np.float32)
    back = np.asarray(istft(stft(jnp.asarray(sound), n_fft, hop_length), n_samples, hop_length))
    assert back.shape == sound.shape
    assert back.dtype == np.float32
    # Where blocks of half overlap end, the last window is all but zero: there the sound may fade, but never explode.
    covered = _window_sum(n_samples, n_fft, hop_length) > 1e-3
    assert covered[: n_samples // hop_length * hop_length].all()
    np.testing.assert_allclose(back[covered], sound[covered], atol=2e-4)
    assert np.abs(back).max() < 1.01


def _window_sum(n_samples: int, n_fft: int, hop_length: int) -> np.ndarray:
    total = np.zeros(n_samples + 2 * n_fft + hop_length)
    for start in range(0, n_samples + 1, hop_length):
        total[start : start + n_fft] += scipy.signal.get_window("hann", n_fft) ** 2  # pyright: ignore
    return total[n_fft // 2 : n_fft // 2 + n_samples]


@pytest.mark.parametrize(("n_samples", "n_fft", "hop_length"), [(64, 16, 4), (61, 16, 5), (40, 32, 8)])
def test_istft_is_the_least_squares_solution(rng, n_samples, n_fft, hop_length):
    n_frames, n_freqs = 1 + n_samples // hop_length, n_fft // 2 + 1
    spectrum = rng.normal(size=(n_frames, n_freqs)) + 1j * rng.normal(size=(n_frames, n_freqs))
    spectrum[:, [0, -1]] = spectrum[:, [0, -1]].real  # as of any real sound
    columns = [
        librosa.stft(unit, n_fft=n_fft, hop_length=hop_length, center=False).T
        for unit in np.pad(np.eye(n_samples), ((0, 0), (n_fft // 2, n_fft // 2)))
    ]
    # Every bin but the first and last stands for two of the whole transform.
    weight = np.sqrt(np.where(np.isin(np.arange(n_freqs), [0, n_freqs - 1]), 1, 2))
    matrix = np.stack([np.concatenate([(c * weight).real.ravel(), (c * weight).imag.ravel()]) for c in columns], axis=1)  # pyright: ignore
    goal = np.concatenate([(spectrum * weight).real.ravel(), (spectrum * weight).imag.ravel()])
    best = np.linalg.lstsq(matrix, goal)[0]
    ours = np.asarray(istft(jnp.asarray(spectrum, jnp.complex64), n_samples, hop_length))
    np.testing.assert_allclose(ours, best, atol=1e-4 * np.abs(best).max())


def test_gradient_is_zero_at_silence_and_finite_beside_it(recording):
    def total(sound):
        return jnp.sum(spectrogram.log_magnitude_spectrogram(sound, n_fft=256, hop_length=64))

    gradient = jax.jit(jax.grad(total))
    silence = np.zeros(2048, np.float32)
    np.testing.assert_array_equal(gradient(silence), 0.0)
    half = np.concatenate([silence[:1024], recording("drums", 0.1)[:1024]])
    beside = np.asarray(gradient(half))
    assert np.isfinite(beside).all()
    assert np.abs(beside[1024:]).min() > 0
    np.testing.assert_array_equal(beside[: 1024 - 256], 0.0)


def test_magnitude_and_its_gradient():
    spectrum = jnp.asarray([3 + 4j, 0, -5j, 1e-12 + 0j], jnp.complex64)
    np.testing.assert_allclose(spectrogram.magnitude(spectrum), [5, 0, 5, 1e-12], rtol=1e-6)
    parts = jnp.asarray([[3.0, 4.0], [0.0, 0.0]])
    slope = jax.grad(lambda p: jnp.sum(spectrogram.magnitude(jax.lax.complex(p[:, 0], p[:, 1]))))(parts)
    np.testing.assert_allclose(slope, [[0.6, 0.8], [0, 0]], rtol=1e-6)


def test_magnitude_of_log_inverts_log1p_and_never_goes_below_zero(rng):
    magnitudes = rng.uniform(0, 400, (20, 9)).astype(np.float32)
    np.testing.assert_allclose(spectrogram.magnitude_of_log(jnp.log1p(magnitudes)), magnitudes, rtol=2e-6, atol=1e-6)
    np.testing.assert_array_equal(spectrogram.magnitude_of_log(jnp.asarray([-3.0, -1e-9, 0.0])), 0.0)
