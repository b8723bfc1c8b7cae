"""Whom the page is served to, and what follows of it: decided once, at the start, and refused where it is unsafe."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from styletransfer.errors import StyleTransferError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))
EVERYBODY: tuple[Network, ...] = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
HERE = ("localhost", "127.0.0.1", "::1", "[::1]")
"""Names and addresses that this machine alone can open"""

SPACE = "SPACE_ID"
"""The environment variable that a Space of Hugging Face has"""
SPACE_FRAMES = "https://huggingface.co"
NO_FRAMES = "'none'"
SOURCE = re.compile(r"'self'|https?://[A-Za-z0-9.*-]+(:[0-9]+)?")

MAX_SECONDS = 300.0
"""Of work, after which a transfer is stopped where others wait for the device, unless something else is asked for"""
WORKERS = 1
"""Processes that make results, where others than whoever started the page would be hit by a crash"""

WEAKENING = (
    "GRADIO_ALLOWED_PATHS",
    "GRADIO_DEBUG",
    "GRADIO_HOT_RELOAD",
    "GRADIO_IS_E2E_TEST",
    "GRADIO_LOCAL_DEV_MODE",
    "GRADIO_PROFILING",
    "GRADIO_VIBE_MODE",
    "GRADIO_WATCH_DIRS",
)
"""Gradio's variables that open files, doors or processes beside those that this program knows of (Gradio 6.31)"""
OVERRULED = ("GRADIO_NUM_WORKERS", "GRADIO_SSR_MODE")
"""Those that this program sets otherwise all the same; a Space sets them itself"""
OFF = ("", "0", "false")


class HostingError(StyleTransferError):
    """The page is not served so; the message says what to set."""


@dataclass(frozen=True, kw_only=True)
class Hosting:
    """How the page is served."""

    is_public: bool = False
    """whether others than the people at this machine can open it"""
    trusted_proxies: tuple[Network, ...] = ()
    """whose word on a visitor's address counts"""
    relays: tuple[Network, ...] = ()
    """whose word on scheme and host counts, and behind which many share an address"""
    allow_urls: bool = False
    """whether a recording may be an address that this server fetches"""
    mcp: bool = False
    """whether the page is a server for language models, too"""
    frame_ancestors: str = NO_FRAMES
    """who may show the page in a frame, as a Content-Security-Policy names them"""


LOCAL = Hosting()
"""For the people at this machine"""


def decide(
    *,
    host: str | None = None,
    share: bool = False,
    root_path: str | None = None,
    public: bool = False,
    trusted_proxies: Sequence[str] = (),
    allow_urls: bool = False,
    mcp: bool = False,
    frame_ancestors: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Hosting:
    """How the page is to be served, by the options of the command and the environment. Raises HostingError where that
    is unsafe, or cannot be."""
    host = host or environment.get("GRADIO_SERVER_NAME") or HERE[0]
    root_path = root_path or environment.get("GRADIO_ROOT_PATH")
    share = share or _is_on(environment, "GRADIO_SHARE")
    mcp = mcp or _is_on(environment, "GRADIO_MCP_SERVER")
    on_space = bool(environment.get(SPACE))
    is_public = public or share or on_space or bool(root_path) or host not in HERE
    proxies = tuple(_network(each) for each in trusted_proxies)
    if is_public:
        _check_environment(environment, WEAKENING if on_space else (*WEAKENING, *OVERRULED))
        if mcp and not allow_urls:
            raise HostingError(
                "--mcp serves programs that give recordings as addresses, which this server would fetch from anywhere. "
                "Add --allow-urls if it may, or leave --mcp out."
            )
    frames = frame_ancestors or (SPACE_FRAMES if on_space else NO_FRAMES)
    if not all(SOURCE.fullmatch(each) for each in frames.split()) and frames != NO_FRAMES:
        raise HostingError(f"--frame-ancestors is {frames}; give addresses such as {SPACE_FRAMES}, or 'self'.")
    return Hosting(
        is_public=is_public,
        trusted_proxies=proxies,
        relays=EVERYBODY if on_space and not proxies else LOOPBACK if share else (),
        allow_urls=allow_urls or mcp,
        mcp=mcp,
        frame_ancestors=frames,
    )


def warnings(root_path: str | None, trusted_proxies: Sequence[str]) -> list[str]:
    """What whoever starts the page should know, though it is served so.

    A page under a path works without a trusted proxy: then all visitors have the proxy's address, limits by address
    would be limits for all together, and so there are none."""
    if root_path and not trusted_proxies:
        return [
            "--root-path without --trusted-proxy: all visitors seem to come from the proxy. Give its address, such as "
            "--trusted-proxy 127.0.0.1, so that limits hold for each."
        ]
    return []


def check_private(path: Path) -> None:
    """Raises HostingError where other users of this machine can read a file."""
    if os.name != "nt" and path.stat().st_mode & 0o077:
        raise HostingError(
            f"{path} holds passwords in plain text, and other users of this machine can read it. Hash them (htpasswd "
            f"-B), or take the others' rights away: chmod 600 {path}."
        )


def check_programs(is_open_to_others: bool) -> None:
    """Raises HostingError where other users of this machine can change the programs that are kept between starts."""
    if is_open_to_others:
        raise HostingError(
            "Other users of this machine can write to the folder of compiled programs. Take their rights away, or name "
            "another folder in STYLETRANSFER_CACHE; left empty, it keeps none."
        )


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise HostingError(
            f"--trusted-proxy is {text}; give an address or a network, such as 127.0.0.1 or 10.0.0.0/8."
        ) from error


def _is_on(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").strip().lower() not in OFF


def _check_environment(environment: Mapping[str, str], names: Sequence[str]) -> None:
    for name in names:
        if _is_on(environment, name):
            raise HostingError(
                f"{name} is set, which opens more than this page needs to everybody who can reach it. Unset it to "
                "serve others."
            )
