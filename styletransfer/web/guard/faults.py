"""What a visitor is told of an error: its own sentence, or one that says whose fault it is, and where to look."""

from __future__ import annotations

import html
import logging
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from styletransfer.errors import StyleTransferError, WritingError
from styletransfer.web import logs
from styletransfer.web.server.private_files import FULL, is_about_full_disk

MISFIT = "What was sent is not what this function takes. See Use via API at the foot of the page for what it does."
NO_URLS = "This server fetches no recordings from other addresses. Upload the file instead."

log = logging.getLogger(__name__)


def sentence(error: Exception, *, about_inputs: bool = False) -> str:
    """What is told of an error that is being handled, as HTML; what was not foreseen goes to the log.

    `about_inputs` says that it was raised while what was sent was read."""
    # The page would render markup, and messages name files as the visitor called them.
    return html.escape(plain(error, about_inputs=about_inputs), quote=False)


def plain(error: Exception, *, about_inputs: bool = False) -> str:
    """`sentence` as plain text."""
    if isinstance(error, StyleTransferError) and not isinstance(error, WritingError):
        return str(error)
    if is_about_full_disk(error):
        return FULL
    return MISFIT if about_inputs else logs.sorry(logs.error(log, "an event failed"))


async def misfit(_request: Request, _error: Exception) -> JSONResponse:
    """What is answered to a body or an address of another shape: as FastAPI does, but without what was sent."""
    return JSONResponse({"detail": [{"type": "misfit", "loc": [], "msg": MISFIT}], "error": MISFIT}, status_code=422)


HANDLERS = {RequestValidationError: misfit}
"""For FastAPI, by the kind of error"""


def check_no_urls(sent: Any) -> None:
    """Raise StyleTransferError where a file among the inputs of a function is an address to be fetched."""
    left = [sent]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            path = value.get("path")
            if isinstance(path, str) and path.lower().startswith(("http:", "https:")):
                raise StyleTransferError(NO_URLS)
            left += value.values()
        elif isinstance(value, list | tuple):
            left += value
