"""`styletransfer page`, and app.py: opens the page in a browser's reach."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import click

from styletransfer.cli.refusals import Refused, errors_as_sentences
from styletransfer.settings import FIELDS
from styletransfer.web import hosting
from styletransfer.web.hosting import MAX_SECONDS, WORKERS, Hosting


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--host", help="Address to listen on; 0.0.0.0 opens the page to the network.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port.  [default: the first free one from 7860]")
@click.option("--share", is_flag=True, default=None, help="Also open a public link through Gradio's servers.")
@click.option("--root-path", help="Path under which a proxy serves the page, such as /transfer.")
@click.option("--public", is_flag=True, help="Serve others through a proxy at this machine; any --host does, too.")
@click.option(
    "--trusted-proxy",
    "trusted_proxies",
    multiple=True,
    help="Address or network of a proxy whose X-Forwarded-For is believed.  [repeatable; default: none]",
)
@click.option(
    "--frame-ancestors",
    help="Addresses whose pages may show this one in a frame.  [default: none]",
)
@click.option("--mcp", is_flag=True, help="Also offer the transfer as a tool to language models (MCP).")
@click.option("--allow-urls", is_flag=True, help="Let recordings be addresses, which the server fetches.")
@click.option(
    "--max-seconds",
    type=click.FloatRange(min=1),
    help="Seconds of work after which a transfer is stopped with its best so far.  "
    f"[default: no limit; {MAX_SECONDS:g} when serving others]",
)
@click.option(
    "--max-length",
    type=click.FloatRange(min=1),
    help=f"Seconds that a result may last at most.  [default: {FIELDS['seconds'].maximum:g}]",
)
@click.option(
    "--memory",
    type=click.FloatRange(min=0.5),
    help="Memory in GB that a transfer may take; what would take more is refused.  [default: what is free]",
)
@click.option(
    "--auth-file",
    type=click.Path(path_type=Path),
    help="File of user:password lines, as htpasswd -B makes it: who may open the page.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="STYLETRANSFER_DATA",
    help="Folder where blind listening tests and their answers are kept; without it none can be made.",
)
@click.option(
    "--workers",
    type=click.IntRange(0, 16),
    help="Processes that make the results, so that a crash takes no visitor with it.  "
    f"[default: 0; {WORKERS} when serving others]",
)
@click.option("--no-warmup", is_flag=True, help="Do not compile in the background for the examples after the start.")
def page(
    host: str | None,
    port: int | None,
    share: bool | None,
    root_path: str | None,
    public: bool,
    trusted_proxies: tuple[str, ...],
    frame_ancestors: str | None,
    mcp: bool,
    allow_urls: bool,
    max_seconds: float | None,
    max_length: float | None,
    memory: float | None,
    auth_file: Path | None,
    data: Path | None,
    workers: int | None,
    no_warmup: bool,
) -> None:
    """Open the page. Gradio's environment variables, such as GRADIO_SERVER_PORT, hold for what is not given."""
    if mcp and importlib.util.find_spec("mcp") is None:
        raise Refused(
            "--mcp needs the package mcp, which is not installed: install requirements-mcp.txt, or leave --mcp out."
        )
    with errors_as_sentences():
        decided = hosting.decide(
            host=host,
            share=bool(share),
            root_path=root_path,
            public=public,
            trusted_proxies=trusted_proxies,
            allow_urls=allow_urls,
            mcp=mcp,
            frame_ancestors=frame_ancestors,
        )
        users = _users(auth_file, decided)
    for warning in hosting.warnings(root_path, trusted_proxies):
        click.echo(warning, err=True)
    options = {"server_name": host, "server_port": port, "share": share, "root_path": root_path, "auth": users}
    options |= {"mcp_server": decided.mcp, "hosting": decided}
    if decided.is_public:
        max_seconds, workers = max_seconds or MAX_SECONDS, WORKERS if workers is None else workers
    options["workers"] = workers or 0
    memory_bytes = None if memory is None else round(memory * 1e9)
    limits = {"max_seconds": max_seconds, "max_length_s": max_length, "memory_bytes": memory_bytes}
    _serve(limits, warm_up=not no_warmup, data=data, **options)


def _users(auth_file: Path | None, decided: Hosting) -> Any:
    """What Gradio asks whether somebody may open the page. Raises StyleTransferError."""
    from styletransfer.web.server import logins

    if auth_file is None:
        return None
    users = logins.read(auth_file)
    if users.has_plain_text:
        if decided.is_public:
            hosting.check_private(auth_file)
        click.echo(logins.how_to_hash(auth_file), err=True)
    return users.check


def _serve(limits: dict[str, Any], **options: Any) -> None:
    """Serve the page until the process is told to end, and end it."""
    from styletransfer.files import decoders
    from styletransfer.runtime import compile_cache
    from styletransfer.web import launch, logs
    from styletransfer.web.server.server import Limits

    try:
        with errors_as_sentences():
            if options["hosting"].is_public:
                hosting.check_programs(compile_cache.is_open_to_others())
                logs.write_lines()
                decoders.isolate()
            end = launch.serve(Limits(**limits), **options)
    except OSError as error:
        raise Refused(_not_served(error, **options)) from error
    if not end.is_clean:
        # Python cannot end a thread that is in compiled code, and would crash on its way out.
        os._exit(end.status)
    sys.exit(end.status)


def _not_served(error: OSError, *, server_name: str | None, server_port: int | None, **_: Any) -> str:
    """What keeps the page from being opened. Gradio's own sentence on ports names nothing that can be typed here."""
    if error.errno is not None:
        return f"The page cannot be opened: {error}."
    port = server_port or os.environ.get("GRADIO_SERVER_PORT")
    where = f"port {port}" if port else "any port from 7860"
    why = "it is in use" if server_name is None else f"it is in use, or {server_name} is no address of this machine"
    return f"The page cannot be opened at {where}: {why}. Give another --port{' or --host' if server_name else ''}."
