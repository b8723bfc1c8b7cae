"""What a process does once before its first transfer."""

from __future__ import annotations

import jax

from styletransfer.errors import DeviceError
from styletransfer.runtime import compile_cache, malloc


def prepare() -> None:
    """Have compiled programs kept between starts and memory used again, and see that there is a device.

    To be called before the first program is compiled and before there are threads: see compile_cache.py and malloc.py.
    Raises DeviceError.
    """
    compile_cache.enable()
    malloc.keep_freed()
    malloc.use_single_arena()
    check_device()


def check_device() -> None:
    """Raise DeviceError if there is no device of the kind that JAX_PLATFORMS names."""
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:
        asked = jax.config.jax_platforms  # pyright: ignore[reportAttributeAccessIssue]
        raise DeviceError(
            f"There is no device of the kind that JAX_PLATFORMS asks for ({asked}). Unset it, or set it to cpu."
        ) from error
