"""The page as an MCP server: one tool, well described, that makes a WAV file. Needs requirements-mcp.txt."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click.testing
import pytest
import soundfile
from support.page_server import DRUMS, PIANO, free_port, wait_until

import app

ROOT = Path(__file__).parents[2]
IS_INSTALLED = importlib.util.find_spec("mcp") is not None
needs_mcp = pytest.mark.skipif(not IS_INSTALLED, reason="the package mcp is not installed (requirements-mcp.txt)")


def test_a_missing_package_is_named_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    done = click.testing.CliRunner().invoke(app.page, ["--mcp"])
    assert done.exit_code == 2
    assert re.fullmatch(r"Error: --mcp needs the package mcp.*requirements-mcp\.txt.*\.\n", done.output)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `app.py --mcp`, in a process of its own: the package's warnings are not ours."""
    port = free_port()
    folder = tmp_path_factory.mktemp("mcp")
    environment = os.environ | {"GRADIO_TEMP_DIR": str(folder / "private")}
    command = [sys.executable, str(ROOT / "app.py"), "--mcp", "--no-warmup", "--port", str(port)]
    process = subprocess.Popen(command, cwd=folder, env=environment)
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_until(lambda: process.poll() is not None or is_answering(url))
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def is_answering(url: str) -> bool:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.mark.thorough
@needs_mcp
@pytest.mark.filterwarnings("ignore")
def test_the_one_tool_is_described_and_makes_a_sound(program: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor() as elsewhere:  # in this thread there may be Playwright's event loop
        tools, texts = elsewhere.submit(lambda: asyncio.run(asked(program))).result()
    (tool,) = tools
    assert tool.name == "stylize"
    assert tool.description.startswith("Play one recording in the sound of another")
    properties = tool.inputSchema["properties"]
    assert list(properties) == ["content", "style", "preset", "strength", "rhythm", "seconds", "seed"]
    assert all(len(properties[name]["description"]) > 10 for name in properties)
    assert tool.inputSchema["required"] == ["content", "style"]
    (address,) = texts
    assert address.startswith(program)
    with urllib.request.urlopen(address) as answer:
        (tmp_path / "result.wav").write_bytes(answer.read())
    assert soundfile.info(tmp_path / "result.wav").frames == 44_100


async def asked(server: str) -> tuple[list[Any], list[str]]:
    """The server's tools, and the texts that come back from a call of the tool with recordings on the server."""
    from mcp import ClientSession  # pyright: ignore
    from mcp.client.streamable_http import streamablehttp_client  # pyright: ignore

    async with (
        streamablehttp_client(f"{server}gradio_api/mcp/") as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        tools = await session.list_tools()
        given = {"content": inline(PIANO), "style": inline(DRUMS), "preset": "instant", "seconds": 1}
        answer = await session.call_tool("stylize", given)
        assert not answer.isError, answer.content
        return tools.tools, [part.text for part in answer.content if part.type == "text"]


def inline(path: Path) -> str:
    """A recording as a data URL. Gradio would fetch a web address too, but not one on this machine."""
    return f"data:audio/flac;base64,{base64.b64encode(path.read_bytes()).decode()}"
