"""Where a solve starts from: near the style already, which costs fewer iterations, and ends lower, than the content.

Spectrograms are `(n_frames, n_freqs)` of `log(1 + m)`, float32.
"""

from __future__ import annotations

import numpy as np

from styletransfer.engine.shapes import HostFrames, HostStyleFrames, HostStyleWeights


def match_histogram(content: HostFrames, styles: HostStyleFrames, frame_weights: HostStyleWeights) -> HostFrames:
    """Give each frequency channel of the content the levels that it has in the style.

    The frames of a channel keep their order from quietest to loudest, and take the values that stand at the same place
    in that order among the style's (histogram matching, the optimal transport in one dimension). `content` is
    `(n_frames, n_freqs)`, `styles` `(n_style_frames, n_freqs)`; `frame_weights` `(n_style_frames,)`, at least 0, say
    how much each frame of the styles counts. Returns `(n_frames, n_freqs)` of the content's type.
    """
    n_frames = len(content)
    places = (np.arange(n_frames) + 0.5) / n_frames
    order = np.argsort(styles, axis=0, kind="stable")
    shares = frame_weights[order] / frame_weights.sum()
    middles = np.cumsum(shares, axis=0) - shares / 2
    sorted_styles = np.take_along_axis(styles, order, axis=0)
    result = np.empty_like(content)
    for channel, (theirs, at) in enumerate(zip(sorted_styles.T, middles.T, strict=True)):
        counted = shares[:, channel] > 0
        rows = np.argsort(content[:, channel], kind="stable")
        result[rows, channel] = np.interp(places, at[counted], theirs[counted])
    return result
