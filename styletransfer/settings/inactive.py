"""Which settings change nothing in the sound, given the others."""

from __future__ import annotations

from styletransfer.settings.fields import FIELDS, MOSAIC, SOLVED, Settings


def inactive_settings(settings: Settings) -> dict[str, str]:
    """Find the settings that have no effect beside the others.

    By name, with a sentence for each that says why.
    """
    reasons = {name: field.inactive(settings) for name, field in FIELDS.items()}
    if settings.engine == MOSAIC:
        reasons |= dict.fromkeys(SOLVED, "A mosaic is put together at once; nothing is solved for.")
    return {name: reason for name, reason in reasons.items() if reason}
