"""Debian's nginx with hosting/nginx.conf, the file that people copy, as a process of the test.

It runs in a folder of its own, on a free port, without root's rights or files of the system.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from support.page_server import free_port, wait_until

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "hosting" / "nginx.conf"
SERVER, BACKEND, PATH = "listen 80;", "proxy_pass http://127.0.0.1:7860;", "/transfer"
"""What the template says and the test changes, and the path that it has the page under."""
AT_THE_ROOT = {"/manifest.json", "/favicon.ico"}
"""Gradio, and browsers, ask for these at the server's root, whatever the path is."""

AROUND = """
daemon off;
pid nginx.pid;
{user}
worker_processes 1;
error_log stderr warn;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    log_not_found off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    scgi_temp_path scgi;
    uwsgi_temp_path uwsgi;
    include page.conf;
}}
"""


def program() -> str:
    """Where nginx is. Where it is missing the test is skipped, but not in continuous integration."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        reason = "nginx is not installed (Debian's package is nginx-light), so the page is not tested behind a proxy"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def in_front_of(url: str, folder: Path, *, strips: bool) -> Iterator[str]:
    """The address, under PATH, of what is served at `url`; nginx takes the path away if it `strips`. At the end nginx
    has had nothing to complain of."""
    nginx, port = program(), free_port()
    text = TEMPLATE.read_text(encoding="utf-8")
    behind = f"proxy_pass http://{urlsplit(url).netloc}{'/' if strips else ''};"
    for told, here in ((SERVER, f"listen 127.0.0.1:{port};"), (BACKEND, behind)):
        assert text.count(told) == 1, told
        text = text.replace(told, here)
    # As root nginx would give its work to somebody who may not enter the test's folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "page.conf").write_text(text, encoding="utf-8")
    (folder / "nginx.conf").write_text(AROUND.format(user=user), encoding="utf-8")
    command = [nginx, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
    with (folder / "complaints").open("w+") as complaints, subprocess.Popen(command, stderr=complaints) as process:
        try:
            wait_until(lambda: process.poll() is not None or answers(port))
            yield f"http://127.0.0.1:{port}{PATH}/"
        finally:
            process.terminate()
            process.wait(timeout=20)
        complaints.seek(0)
        assert complaints.read() == ""


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
