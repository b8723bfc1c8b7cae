"""Grid folders as a driver leaves them, without a transfer: real sounds, and reports made up to tell runs apart."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from styletransfer import __version__
from styletransfer.files import audio, report_json
from styletransfer.grid import folder as grid_folder
from styletransfer.quality.report_card import ReportCard
from styletransfer.settings import PRESETS
from styletransfer.settings import text as settings_text
from support.page_server import measures

RATE_HZ = 44_100
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fea735816b"
    "0000000049454e44ae426082"
)
"""A picture of one pixel."""


class GridFolder:
    """A grid's folder that runs are added to."""

    def __init__(self, folder: Path, title: str = "A grid") -> None:
        self.folder, self.title = folder, title
        self.asked: list[dict[str, Any]] = []
        self.unusable: list[dict[str, str]] = []
        for name in (grid_folder.RUNS, grid_folder.RECORDINGS, grid_folder.FAILURES):
            (folder / name).mkdir(parents=True)
        self.save()

    def save(self) -> None:
        """Writes grid.json, as it was asked for by now."""
        told = {"styletransfer": __version__, "title": self.title, "runs": self.asked, "unusable": self.unusable}
        (self.folder / "grid.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")

    def recording(self, name: str, samples: np.ndarray) -> dict[str, str]:
        """Keeps a recording; what a report tells of it."""
        digest = hashlib.sha256(samples.tobytes()).hexdigest()[:12]
        file = f"recordings/{name.replace('/', '-')}-{digest}.flac"
        audio.write(self.folder / file, samples)
        return {"name": name, "path": f"/music/{name}.wav", "file": file}

    def run(
        self,
        content: dict[str, str],
        styles: Sequence[dict[str, str]],
        sound: np.ndarray | None,
        *,
        preset: str = "quick",
        notes: Sequence[str] = (),
        figures: dict[str, float] | None = None,
        pictures: dict[str, bytes] | None = None,
        version: str = __version__,
        failure: str = "",
        ending: str = ".wav",
        **settings: Any,
    ) -> str:
        """Asks for a run, and has it done where there is a sound; its id."""
        chosen = dataclasses.replace(PRESETS[preset], **settings)
        values = dataclasses.asdict(chosen)
        recordings = [content["file"], *(style["file"] for style in styles)]
        told = json.dumps([recordings, values, preset, version])
        key = hashlib.sha256(told.encode()).hexdigest()[:12]
        name = f"run-{len(self.asked) + 1}-strength-{chosen.strength:g}"
        self.asked.append({"id": key, "name": name, "preset": preset})
        self.save()
        if failure:
            told = json.dumps({"run": name, "kind": "error", "sentence": failure, "details": ""})
            (self.folder / grid_folder.FAILURES / f"{key}-1.json").write_text(told, encoding="utf-8")
        if sound is None:
            return key
        folder = self.folder / "runs" / f"{name}-{key}"
        folder.mkdir(parents=True)
        sound_path = folder / f"{name}{ending}"
        audio.write(sound_path, sound, settings=settings_text.as_file(preset, chosen))
        told_of_it = {
            "output": sound_path.name,
            "settings": values,
            "history": [],
            "delivered": {"total": 0.5, "content": 0.25, "style": 0.125},
            "seconds_by_stage": {"solve": 1.25, "finish": 0.5},
            "versions": {"styletransfer": version},
            "notes": list(notes),
            "report_card": card(**(figures or {})).as_dict(),
            "grid": {
                "id": key,
                "name": name,
                "preset": preset,
                "content": content,
                "styles": list(styles),
                "sound": {"file": sound_path.name, "bytes": sound_path.stat().st_size},
            },
        }
        (folder / "report.json").write_text(report_json.report_json(told_of_it), encoding="utf-8")
        for picture, data in (pictures or dict.fromkeys(("loss", "correlation", "spectrograms"), PNG)).items():
            (folder / f"{picture}.png").write_bytes(data)
        return key


def card(**figures: float) -> ReportCard:
    """A report card whose result has these measures."""
    content = measures(style_loss=0.8, chroma_similarity=1.0)
    return ReportCard(measures(**{"style_loss": 0.4} | figures), content, measures(style_loss=0.6))
