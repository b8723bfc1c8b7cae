"""Opens the page: `python app.py`. A hosted demo finds it here too, as `demo`."""

import importlib.util
import signal
import sys

import click

from styletransfer.web import page

demo = page.build()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--host", help="Address to listen on; 0.0.0.0 opens the page to the network.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port.  [default: the first free one from 7860]")
@click.option("--share", is_flag=True, default=None, help="Also open a public link through Gradio's servers.")
@click.option("--root-path", help="Path under which a proxy serves the page, such as /transfer.")
@click.option("--mcp", is_flag=True, help="Also offer the transfer as a tool to language models (MCP).")
def main(host: str | None, port: int | None, share: bool | None, root_path: str | None, mcp: bool) -> None:
    """Open the page. Gradio's environment variables, such as GRADIO_SERVER_PORT, hold for what is not given."""
    if mcp and importlib.util.find_spec("mcp") is None:
        raise click.ClickException(
            "--mcp needs the package mcp, which is not installed: install requirements-mcp.txt, or leave --mcp out."
        )
    # Leave by the front door, so that visitors' files are removed.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        options = {"server_name": host, "server_port": port, "share": share, "root_path": root_path}
        page.launch(demo, mcp_server=mcp or None, **options)
    except OSError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
