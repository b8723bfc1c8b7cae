"""Whether the page in this container is well: `python hosting/health.py`, exit status 0 if it is.

Asks the page itself, at the port that GRADIO_SERVER_PORT names.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request

PATIENCE_S = 8


def main() -> None:
    """Prints what the page says of itself; ends with 1 where it says that it is not well, or nothing."""
    address = f"http://127.0.0.1:{os.environ.get('GRADIO_SERVER_PORT', '7860')}/healthz"
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:
            print(answer.read().decode())
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        sys.exit(f"The page is not well: {error}")


if __name__ == "__main__":
    main()
