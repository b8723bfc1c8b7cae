"""Shapes and types of arrays, as annotations that the tests check (jaxtyping, beartype).

Axes of one name have one length within a call. `Host` arrays are NumPy's, the others JAX's.
"""

from __future__ import annotations

import jax
import numpy as np
from jaxtyping import Bool, Complex, Float, Float32

HostSound = Float[np.ndarray, " n_samples"]
"""Mono samples, full scale at 1."""
Recording = Float[np.ndarray, "_"]
"""Mono samples; several recordings in one call may differ in length."""
HostChannels = Float[np.ndarray, "n_samples 2"]
"""Left and right, full scale at 1."""
MonoOrStereo = HostSound | HostChannels
Part = Float[np.ndarray, "_"] | Float[np.ndarray, "_ 2"]
"""A part of a sound; several in one call may differ in length."""
Sound = Float[jax.Array, " n_samples"]
PaddedSound = Float32[jax.Array, " n_padded_samples"]
"""Mono samples, silent from the end of the recording to the end of its bucket."""
HostFrames = Float[np.ndarray, "n_frames n_freqs"]
Frames = Float[jax.Array, "n_frames n_freqs"]
"""A spectrogram; log magnitudes `log(1 + m)` unless its function says otherwise."""
HostStyleFrames = Float[np.ndarray, "n_style_frames n_freqs"]
HostStyleWeights = Float[np.ndarray, " n_style_frames"]
"""How much each frame of the styles counts."""
Features = Float[jax.Array, "n_patches n_filters"]
Spectrum = Complex[jax.Array, "n_frames n_freqs"]
Patches = Bool[jax.Array, " n_patches"]
"""Which patches of frames count."""
Point = Float[jax.Array, "..."]
"""What a solver moves: `(n_frames, n_freqs)`, or the samples of a sound."""
Scalar = Float[jax.Array, ""]
