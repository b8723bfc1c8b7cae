"""Which settings change nothing in the sound, given the others."""

from __future__ import annotations

from styletransfer.settings import Settings


def unused(settings: Settings) -> dict[str, str]:
    """The settings that have no effect beside the others, and why: a sentence for each."""
    reasons = {}
    if settings.losses == "raw":
        reasons["strength"] = "Raw losses are balanced by alpha and beta alone."
    if settings.engine == "kernel" and settings.losses == "relative":
        reasons["filters"] = "The engine kernel stands for infinitely many filters."
    if settings.engine == "network" and not settings.refinement_iterations:
        reasons["layers"] = "The engine network has one layer."
        reasons["detail"] = "The engine network compares one kernel width, and nothing is refined."
    if settings.engine == "kernel" and settings.detail == "rich":
        reasons["kernel_width"] = "Rich detail has widths of its own."
    if settings.optimizer != "adam":
        reasons["learning_rate"] = "Only the optimiser adam has steps of a set size."
    if not settings.griffin_lim_iterations:
        reasons["griffin_lim_momentum"] = "There are no Griffin-Lim iterations."
    if settings.engine == "kernel" and settings.init != "noise" and settings.phase_init != "random":
        reasons["seed"] = "Nothing here is left to chance: every run gives the same result."
    return reasons
