"""The command line."""

from styletransfer.cli.transfer import main

__all__ = ["main"]
