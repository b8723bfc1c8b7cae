"""What cannot be done as asked: a sentence, and exit status 2."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click

from styletransfer.errors import StyleTransferError


class Refused(click.ClickException):
    """What was asked for cannot be done; the message is a sentence."""

    exit_code = 2


@contextlib.contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Turns the errors that a user can do something about into Refused, whose message is all that is shown."""
    try:
        yield
    except StyleTransferError as error:
        raise Refused(str(error)) from error
