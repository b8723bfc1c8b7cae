"""The page: one file a tab. Only this package and app.py import Gradio.

Importing the package gives this process its private folder for visitors' files; that must come before Gradio is
imported, which reads the folder's name once.
"""

import os

from styletransfer.web.server import private_files

private_files.claim()
# No request leaves this machine unless whoever runs the page asks for it.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
