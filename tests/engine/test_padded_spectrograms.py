"""Weights of patches against a loop over patches."""

from __future__ import annotations

import numpy as np
import pytest

from styletransfer.engine import padded_spectrograms


def _spectrograms(rng, *lengths):
    return [rng.uniform(0, 5, (length, 3)).astype(np.float32) for length in lengths]


def _looped(lengths, weights, width, n_patches):
    """Each recording's weight, shared out among the patches that lie in it whole."""
    owner = [i for i, length in enumerate(lengths) for _ in range(length)]
    owner += [None] * (n_patches + width - 1 - len(owner))
    inside = [set(owner[p : p + width]) for p in range(n_patches)]
    counts = np.zeros(n_patches)
    for i, weight in enumerate(weights):
        own = [p for p in range(n_patches) if inside[p] == {i}]
        for p in own:
            counts[p] = weight / len(own)
    return counts / counts.sum()


@pytest.mark.parametrize("width", [1, 4, 11])
@pytest.mark.parametrize(
    ("lengths", "weights"),
    [
        ((32,), ()),
        ((20,), (7.0,)),
        ((40, 13), ()),
        ((11, 64, 30), (1.0, 2.0, 5.0)),
        ((11, 12, 13, 14), (0.1, 100.0, 1.0, 3.0)),
    ],
)
def test_patch_weights_are_the_loops(rng, lengths, weights, width):
    joined = padded_spectrograms.join(_spectrograms(rng, *lengths), weights)
    ours = joined.patch_weights(width)
    assert ours.dtype == np.float32
    assert ours.shape == (len(joined.frames) - width + 1,)
    expected = _looped(lengths, weights or [1.0] * len(lengths), width, len(ours))
    np.testing.assert_allclose(ours, expected, rtol=1e-6)
    assert ours.sum() == pytest.approx(1, rel=1e-6)


def test_no_patch_straddles_recordings_or_touches_padding(rng):
    weights = padded_spectrograms.join(_spectrograms(rng, 20, 15)).patch_weights(6)
    counted = np.flatnonzero(weights)
    assert counted.tolist() == [*range(15), *range(20, 30)]


def test_a_recording_shorter_than_a_patch_hands_its_weight_on(rng):
    joined = padded_spectrograms.join(_spectrograms(rng, 4, 20), (3.0, 1.0))
    weights = joined.patch_weights(8)
    assert np.flatnonzero(weights).tolist() == list(range(4, 17))
    assert weights.sum() == pytest.approx(1)


def test_no_recording_as_long_as_a_patch_is_an_error(rng):
    with pytest.raises(ValueError, match="patch of 21 frames"):
        padded_spectrograms.join(_spectrograms(rng, 12, 20)).patch_weights(21)


def test_join_lays_recordings_end_to_end_and_fills_a_bucket(rng):
    first, second = _spectrograms(rng, 20, 25)
    joined = padded_spectrograms.join([first, second], (1.0, 3.0))
    assert joined.lengths == (20, 25)
    assert joined.weights == pytest.approx((0.25, 0.75))
    assert joined.frames.dtype == np.float32
    np.testing.assert_array_equal(joined.frames[:45], np.concatenate([first, second]))
    assert len(joined.frames) == padded_spectrograms.bucket(45)
    np.testing.assert_array_equal(joined.frames[45:], 0)


def test_buckets_hold_what_they_are_asked_for():
    size = padded_spectrograms.BUCKET_FRAMES
    assert [padded_spectrograms.bucket(n) for n in (1, size, size + 1, 3 * size)] == [size, size, 2 * size, 3 * size]
