"""The documents and recordings that come with the program, wherever it stands.

In a checkout, and so in an editable install, they lie beside the package; a wheel carries them inside it.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
DATA = PACKAGE / "_data"
"""Where pyproject.toml has the wheel put them."""


def folder() -> Path:
    """Find the folder that holds README.md and samples/."""
    return DATA if DATA.is_dir() else PACKAGE.parent


README = folder() / "README.md"
SAMPLES = folder() / "samples"
SCRIPTS = PACKAGE / "web" / "frontend"
"""The page's scripts and stylesheets, of which the player is in other pages too."""
