"""Looks for bytes that no reader of headers is prepared for, led by what code they reach: `poe fuzz`, `poe fuzz 600`.

Needs atheris, which has no wheels for some of the Pythons that are supported, and so is in no lock file. What it finds
is written to the file that it names, and is to be put into tests/files/test_untrusted_headers.py.
"""

from __future__ import annotations

import importlib
import io
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

SAMPLES = Path(__file__).parents[1] / "samples"
FOLDER = Path(tempfile.gettempdir()) / "styletransfer-fuzz"
SECONDS = 60
LONGEST_BYTES = 8_192
MOST_S = 5
"""For one of them."""


def seeds(folder: Path) -> Path:
    """Beginnings of files of each kind, results with settings, and a zip."""
    import soundfile
    from support import hostile_files, hostile_kinds

    from styletransfer.files import audio

    sound, _ = soundfile.read(SAMPLES / "guitar.flac", frames=4_410, dtype="float32")
    wholes = hostile_files.whole_files(folder / "whole", sound)
    for ending in ("wav", "flac", "mp3"):
        wholes.append(folder / f"result.{ending}")
        audio.write(wholes[-1], sound, settings='{"preset": "quick"}')
    named = {path.name: path.read_bytes() for path in wholes}
    datas = [*named.values(), *(data for _, data in hostile_kinds.contents(named, np.random.default_rng(0)))]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "a" * 99)
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate([packed.getvalue(), *datas]):
        (corpus / str(number)).write_bytes(data[:LONGEST_BYTES])
    return corpus


def main(seconds: int) -> None:
    """Tries for so many seconds. Exits with an error at the first finding."""
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        sys.exit("This needs atheris, for a Python that it has a wheel for: pip install atheris")
    with atheris.instrument_imports(include=["styletransfer.files", "styletransfer.listening", "zipfile"]):
        from support.header_targets import try_all
    shutil.rmtree(FOLDER, ignore_errors=True)  # atheris ends the process as it stands: it stays from the run before
    FOLDER.mkdir()
    corpus, path = seeds(FOLDER), FOLDER / "tried.wav"

    def try_one(data: bytes) -> None:
        path.write_bytes(data)
        try_all(path)

    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST_BYTES}", f"-timeout={MOST_S}", "-seed=1"]
    options += ["-print_final_stats=1", "-verbosity=1", f"-artifact_prefix={FOLDER}/"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
