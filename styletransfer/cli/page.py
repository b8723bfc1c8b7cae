"""`styletransfer page`, and app.py: opens the page in a browser's reach."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import click

from styletransfer.errors import StyleTransferError


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--host", help="Address to listen on; 0.0.0.0 opens the page to the network.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port.  [default: the first free one from 7860]")
@click.option("--share", is_flag=True, default=None, help="Also open a public link through Gradio's servers.")
@click.option("--root-path", help="Path under which a proxy serves the page, such as /transfer.")
@click.option("--mcp", is_flag=True, help="Also offer the transfer as a tool to language models (MCP).")
@click.option(
    "--max-seconds",
    type=click.FloatRange(min=1),
    help="Seconds of work after which a transfer is stopped with its best so far.  [default: no limit]",
)
@click.option(
    "--max-length",
    type=click.FloatRange(min=1),
    help="Seconds that a result may last at most.  [default: 900]",
)
@click.option(
    "--memory",
    type=click.FloatRange(min=0.5),
    help="Memory in GB that a transfer may take; what would take more is refused.  [default: what is free]",
)
@click.option(
    "--auth-file", type=click.Path(path_type=Path), help="File of user:password lines: who may open the page."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="STYLETRANSFER_DATA",
    help="Folder where blind listening tests and their answers are kept; without it none can be made.",
)
@click.option("--no-warmup", is_flag=True, help="Do not compile in the background for the examples after the start.")
def page(
    host: str | None,
    port: int | None,
    share: bool | None,
    root_path: str | None,
    mcp: bool,
    max_seconds: float | None,
    max_length: float | None,
    memory: float | None,
    auth_file: Path | None,
    data: Path | None,
    no_warmup: bool,
) -> None:
    """Open the page. Gradio's environment variables, such as GRADIO_SERVER_PORT, hold for what is not given."""
    if mcp and importlib.util.find_spec("mcp") is None:
        raise click.ClickException(
            "--mcp needs the package mcp, which is not installed: install requirements-mcp.txt, or leave --mcp out."
        )
    from styletransfer.web import launch
    from styletransfer.web.server import logins
    from styletransfer.web.server.server import Limits

    try:
        users = None if auth_file is None else logins.read(auth_file)
    except StyleTransferError as error:
        raise click.ClickException(str(error)) from error
    options = {"server_name": host, "server_port": port, "share": share, "root_path": root_path, "auth": users}
    options["mcp_server"] = mcp or None
    try:
        memory_bytes = None if memory is None else round(memory * 1e9)
        limits = Limits(max_seconds=max_seconds, max_length_s=max_length, memory_bytes=memory_bytes)
        end = launch.serve(limits, warm_up=not no_warmup, data=data, **options)
    except (OSError, StyleTransferError) as error:
        raise click.ClickException(str(error)) from error
    if not end.is_clean:
        # Python cannot end a thread that is in compiled code, and would crash on its way out.
        os._exit(end.status)
    sys.exit(end.status)
