"""The mel scale against librosa's, and its inverse."""

from __future__ import annotations

import librosa
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from styletransfer.engine.mel import hz_of_mel, mel_of_hz

HZ = np.array([0.0, 60.0, 440.0, 1000.0, 22_050.0])


def test_mel_is_librosas() -> None:
    np.testing.assert_allclose(mel_of_hz(HZ), librosa.hz_to_mel(HZ, htk=True), rtol=1e-12)


@given(st.floats(0, 96_000))
def test_a_frequency_comes_back(hz: float) -> None:
    np.testing.assert_allclose(hz_of_mel(mel_of_hz(hz)), hz, rtol=1e-9, atol=1e-9)
