"""The figures show what they are given: curves point by point, levels in dB on one scale, axes in s and kHz."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from styletransfer.quality import figures, graphics
from styletransfer.transfer import Step


def steps(count: int) -> list[Step]:
    return [
        Step(
            "solve", i, count, total=100 / i, content_loss=10 / i, style_loss=99 / i, correlation=i / count, elapsed_s=i
        )
        for i in range(1, count + 1)
    ]


def test_losses_stand_against_the_epoch_on_a_log_scale() -> None:
    (axes,) = figures.losses(steps(4)).axes
    drawn = {str(line.get_label()): np.asarray(line.get_xydata()) for line in axes.lines}
    assert axes.get_yscale() == "log"
    assert drawn.keys() == {"total", "content", "style"}
    np.testing.assert_allclose(drawn["total"], [(1, 100), (2, 50), (3, 100 / 3), (4, 25)])
    np.testing.assert_allclose(drawn["content"][:, 1], [10, 5, 10 / 3, 2.5])


def test_correlation_stands_against_the_epoch() -> None:
    (axes,) = figures.correlation(steps(2)).axes
    np.testing.assert_allclose(np.asarray(axes.lines[0].get_xydata()), [(1, 0.5), (2, 1)])


def test_spectrograms_share_one_scale_of_levels_in_db() -> None:
    """A tenth of the magnitude is 20 dB less, in whichever panel; what is too quiet is drawn at the bottom."""
    quiet, loud = np.zeros((3, 5)), np.zeros((6, 5))
    loud[1, 2], quiet[1, 2] = np.log1p(1000.0), np.log1p(100.0)
    figure = figures.spectrograms({"a": quiet, "b": loud}, sample_rate_hz=8000, hop_length=400)
    images = [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]
    assert [image.shape for image in images] == [(5, 3), (5, 6)]
    assert images[0][2, 1] == pytest.approx(-20)
    assert images[1][2, 1] == pytest.approx(0)
    assert images[0][0, 0] == pytest.approx(-graphics.RANGE_DB)
    assert {axes.images[0].get_clim() for axes in figure.axes if axes.images} == {(-graphics.RANGE_DB, 0)}


def test_axes_are_in_seconds_and_kilohertz() -> None:
    """Frame 2 of 50 ms hops is centred on 0.1 s, channel 1 of 4 up to 4 kHz on 1 kHz."""
    axes = figures.spectrograms({"a": np.ones((3, 5))}, sample_rate_hz=8000, hop_length=400).axes[0]
    left, right, bottom, top = axes.images[0].get_extent()
    assert left + 2.5 * (right - left) / 3 == pytest.approx(0.1)
    assert bottom + 1.5 * (top - bottom) / 5 == pytest.approx(1.0)
    assert (axes.get_ylim(), axes.get_xlabel(), axes.get_ylabel()) == ((0, 4), "time (s)", "frequency (kHz)")


@pytest.mark.parametrize("title", ["Content: $a_b{.wav", "Content: 100 %.wav"])
def test_any_file_name_can_be_a_title(title: str) -> None:
    png = figures.png(figures.spectrograms({title: np.zeros((2, 3))}, 8000, 400))
    assert Image.open(io.BytesIO(png)).size[0] > 500


def test_one_epoch_is_a_figure_too() -> None:
    image = Image.open(io.BytesIO(figures.png(figures.losses(steps(1)))))
    assert (image.format, image.size) == ("PNG", (840, 480))
