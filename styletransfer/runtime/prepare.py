"""What a process does once before its first transfer."""

from __future__ import annotations

import jax

from styletransfer.errors import DeviceError
from styletransfer.runtime import compile_cache, malloc


def prepare(*, computes: bool = True) -> None:
    """Have compiled programs kept between starts and memory used again, and see that there is a device.

    One that only serves, and has others compute, leaves graphics cards to them. To be called before the first program
    is compiled and before there are threads: see compile_cache.py and malloc.py. Raises DeviceError.
    """
    compile_cache.enable()
    malloc.use_single_arena()
    if computes:
        malloc.keep_freed()
        check_device()
    else:
        jax.config.update("jax_platforms", "cpu")


def check_device() -> None:
    """Raise DeviceError if there is no device of the kind that JAX_PLATFORMS names."""
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:
        asked = jax.config.jax_platforms  # pyright: ignore[reportAttributeAccessIssue]
        raise DeviceError(
            f"There is no device of the kind that JAX_PLATFORMS asks for ({asked}). Unset it, or set it to cpu."
        ) from error


def is_on_cpu() -> bool:
    """Whether JAX computes on the processor, not on a graphics card."""
    return jax.default_backend() == "cpu"
