"""Which settings change nothing in the sound, given the others."""

from __future__ import annotations

from styletransfer.settings.fields import FIELDS, Settings


def inactive_settings(settings: Settings) -> dict[str, str]:
    """Find the settings that have no effect beside the others.

    By name, with a sentence for each that says why.
    """
    reasons = {name: field.inactive(settings) for name, field in FIELDS.items()}
    return {name: reason for name, reason in reasons.items() if reason}
