"""Audio style transfer: one recording played in the texture of another.

The public names are `stylize`, `Settings`, `Step` and `Result`. They are imported on first use (PEP 562): JAX takes a
second to load, and neither the command line's help nor the reading of settings needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from styletransfer.settings import Settings
    from styletransfer.transfer import Result, Step, stylize

__version__ = "0.1.0"

__all__ = ["Result", "Settings", "Step", "stylize"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "settings" if name == "Settings" else "transfer"
    return getattr(import_module(f"{__name__}.{home}"), name)
