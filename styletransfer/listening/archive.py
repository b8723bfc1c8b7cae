"""A test as one zip, its definition and sounds without any answers, to be taken on another machine."""

from __future__ import annotations

import dataclasses
import re
import secrets
import tempfile
from pathlib import Path

from styletransfer.errors import AudioError
from styletransfer.files import decoders, file_headers, formats
from styletransfer.listening import definitions, zips
from styletransfer.listening import plan as plans
from styletransfer.listening.definitions import Definitions
from styletransfer.listening.plan import ListeningError, Plan
from styletransfer.settings import SAMPLE_RATE_HZ

MAX_BYTES = 4 * 2**30
"""Of a test, unpacked"""
MAX_DEFINITION_BYTES = 2**20
_NAMES = re.compile(rf"{re.escape(definitions.DEFINITION)}|{definitions.SOUND_NAME.pattern}")


def export_test(tests: Definitions, key: str, path: Path) -> None:
    """Write a test into a zip, which appears whole or not at all.

    The key to its results is not in it. Raises ListeningError where there is no such test, or it cannot be written.
    """
    plan = dataclasses.replace(tests.plan(key), owner_key="")
    with zips.writing(path) as archive:
        archive.writestr(definitions.DEFINITION, plan.to_json())
        for name in sorted(definitions.sound_names(plan)):
            archive.write(tests.sound_path(key, name), name)


def import_test(tests: Definitions, path: Path) -> Plan:
    """Keep the test of a zip that `export_test` made, under its own key, and with a new key to its results.

    Raises ListeningError where the zip is none, is too large, lacks a sound or has one too many, the sounds of an item
    are not of one length and size, or its test is there already.
    """
    with zips.reading(path, _NAMES, MAX_BYTES) as archive, tempfile.TemporaryDirectory() as folder:
        names = archive.namelist()
        if definitions.DEFINITION not in names:
            raise ListeningError(f"{path.name} is no listening test: there is no {definitions.DEFINITION} in it.")
        if archive.getinfo(definitions.DEFINITION).file_size > MAX_DEFINITION_BYTES:
            raise ListeningError(f"The {definitions.DEFINITION} of {path.name} is too large: 1 MB at most.")
        plan = plans.from_json(archive.read(definitions.DEFINITION))
        plan = dataclasses.replace(plan, owner_key=secrets.token_hex(16))
        sounds = {name: Path(folder) / name for name in names if name != definitions.DEFINITION}
        for name, sound in sounds.items():
            zips.unpack(archive, name, sound)
        check_sounds(plan, sounds)
        tests.add(plan, sounds)
    return plan


def check_sounds(plan: Plan, sounds: dict[str, Path]) -> None:
    """Whether the sounds of a test can be played and give nothing away: WAV at 44100 Hz in one or two channels, those
    of an item of one number of samples and of bytes. Raises ListeningError."""
    if missing := definitions.sound_names(plan) - sounds.keys():
        raise ListeningError(f"{min(missing)}, which the test plays, is not in it. Export the test again.")
    lengths = {name: _length(path, name) for name, path in sounds.items()}
    for item in plan.items:
        names = (*item.sounds.values(), *item.references.values())
        if len({(lengths[name], sounds[name].stat().st_size) for name in names}) > 1:
            raise ListeningError(f"The sounds of {item.label} differ in length or size, which tells them apart.")


def _length(path: Path, name: str) -> int:
    """Samples of a sound. Raises ListeningError."""
    try:
        header = file_headers.check_file(path, name)
        if header.format is not formats.WAV or header.sample_rate_hz != SAMPLE_RATE_HZ or header.channels not in (1, 2):
            raise ListeningError(f"{name} is no WAV at {SAMPLE_RATE_HZ} Hz of one or two channels. Convert it.")
        with decoders.decoding(path, header) as stream:
            n_samples = sum(len(block) for block in stream.blocks)
    except (AudioError, decoders.DecodingError, decoders.NoSoundError) as error:
        raise ListeningError(f"{name} cannot be played: {error or 'it is damaged'}. Export the test again.") from error
    if stream.is_broken or not n_samples:
        raise ListeningError(f"{name} cannot be played: it is damaged or empty. Export the test again.")
    return n_samples
