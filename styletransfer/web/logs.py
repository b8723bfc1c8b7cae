"""The server's log: where others use the page, one line of JSON for each event, without a word on who they are.

No address, no file name, no session and no query ever gets into it. What the messages of other libraries say is left
out too, for they may name files.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

OURS = __name__.partition(".")[0]
TOLD = ("error", "duration_s", "status")
"""What an event may have, besides its name"""
DEEPEST = 12
"""Places of an error that are told, from where it was raised"""


class JsonLines(logging.Formatter):
    """Formats a record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        is_ours = record.name.partition(".")[0] == OURS
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.msg if is_ours else record.name,
        }
        line |= {name: getattr(record, name) for name in TOLD if hasattr(record, name)}
        if record.exc_info and record.exc_info[1]:
            line["kind"] = type(record.exc_info[1]).__name__
            frames = traceback.extract_tb(record.exc_info[2])[-DEEPEST:]
            line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line)


def write_lines(stream: TextIO = sys.stderr) -> logging.Handler:
    """Have all that is logged in this process written so, to be ended by `logging.getLogger().removeHandler`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    logging.getLogger(OURS).setLevel(logging.INFO)
    # It would write the address of every visitor.
    logging.getLogger("uvicorn.access").disabled = True
    return handler


def error(log: logging.Logger, event: str) -> str:
    """Log the error that is being handled, and return the name by which it is found again in the log."""
    identity = secrets.token_hex(3)
    log.exception(event, extra={"error": identity})
    return identity


def sorry(identity: str) -> str:
    """The sentence for a visitor whom an error met that was not foreseen."""
    return (
        f"Something went wrong on the server (error {identity}), and it has been noted there. Other recordings or "
        "settings may work."
    )
