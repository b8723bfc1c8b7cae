"""An engine as a module, for the actors of Ray: the real one, but for transfers that tell where they are made."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from styletransfer import transfer
from styletransfer.settings import Settings, preset
from styletransfer.transfer import OnStep, Result
from support.page_looks import seen

STEPS = 4321
TOLD = preset("quick", iterations=STEPS)
"""Settings of those."""

sketch, stylize_strengths, measure = transfer.sketch, transfer.stylize_strengths, transfer.measure


def stylize(content: np.ndarray, styles: Sequence[np.ndarray], settings: Settings, *, on_step: OnStep) -> Result | Any:
    """A result; with TOLD one that comes when it is asked to stop, and says on which node and with which environment it
    was made."""
    if settings.iterations != STEPS:
        return transfer.stylize(content, styles, settings, on_step=on_step)
    import ray  # late, for it reads the environment when it is imported

    for number in range(STEPS):
        if on_step(seen(number)):
            break
        time.sleep(0.02)
    return ray.get_runtime_context().get_node_id(), dict(os.environ)
