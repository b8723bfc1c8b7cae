"""Optimisers behind one contract, `minimise`."""

from styletransfer.engine.optimisers.minimise import (
    CONVERGED,
    LIMIT,
    MIN_PROGRESS,
    STOPPED,
    WINDOW,
    OnIteration,
    Report,
    Solution,
    minimise,
)

__all__ = [
    "CONVERGED",
    "LIMIT",
    "MIN_PROGRESS",
    "STOPPED",
    "WINDOW",
    "OnIteration",
    "Report",
    "Solution",
    "minimise",
]
