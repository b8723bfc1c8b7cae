"""The listener's page: plain Starlette routes, HTML and scripts. Nothing here tells a browser which condition plays.

    /listen/KEY                               the page of a test
    /listen/KEY/begin, answer, finish         what its scripts post, as JSON
    /listen/KEY/sound/SESSION/TRIAL/SLOT      a sound of a trial
    /listen/static-VERSION/FILE               its scripts and stylesheet

All addresses in the page are relative: it may live under a path.
"""

from styletransfer.listening.pages.listener import routes

__all__ = ["routes"]
