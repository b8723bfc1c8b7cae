"""Opens the page: `python app.py`. A hosted demo finds it here too, as `demo`."""

import importlib.util
import os
import signal
import sys
from pathlib import Path

import click

from styletransfer.web import page
from styletransfer.web.server import jobs, logins, private_files

demo = page.build()


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
    "--auth-file", type=click.Path(path_type=Path), help="File of user:password lines: who may open the page."
)
@click.option("--no-warmup", is_flag=True, help="Do not compile in the background for the examples after the start.")
def main(
    host: str | None,
    port: int | None,
    share: bool | None,
    root_path: str | None,
    max_seconds: float | None,
    auth_file: Path | None,
    no_warmup: bool,
    mcp: bool,
) -> None:
    """Open the page. Gradio's environment variables, such as GRADIO_SERVER_PORT, hold for what is not given."""
    if mcp and importlib.util.find_spec("mcp") is None:
        raise click.ClickException(
            "--mcp needs the package mcp, which is not installed: install requirements-mcp.txt, or leave --mcp out."
        )
    try:
        users = None if auth_file is None else logins.read(auth_file)
    except logins.LoginsError as error:
        raise click.ClickException(str(error)) from error
    # Leave by the front door, so that visitors' files are removed.
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    jobs.limit(max_seconds)
    options = {"server_name": host, "server_port": port, "share": share, "root_path": root_path, "auth": users}
    status: int | str | None = 0
    try:
        page.serve(demo, warm_up=not no_warmup, mcp_server=mcp or None, **options)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    except SystemExit as end:
        status = end.code
    if not jobs.abandon_all():
        # Python cannot end a thread that is in compiled code, and would crash on its way out.
        private_files.remove_own()
        os._exit(status if isinstance(status, int) else 1)
    sys.exit(status)


if __name__ == "__main__":
    main()
