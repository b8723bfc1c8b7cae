"""Whom the page is served to, and what is refused at the start."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click.testing
import pytest

import app
from styletransfer.runtime import compile_cache
from styletransfer.web import hosting, launch, logs
from styletransfer.web.hosting import HostingError


@pytest.mark.parametrize(
    ("options", "environment", "is_public"),
    [
        ({}, {}, False),
        ({"host": "127.0.0.1"}, {}, False),
        ({"host": "localhost"}, {"GRADIO_SERVER_PORT": "8000"}, False),
        ({"host": "0.0.0.0"}, {}, True),
        ({"host": "192.168.1.2"}, {}, True),
        ({"share": True}, {}, True),
        ({"root_path": "/st"}, {}, True),
        ({"public": True}, {}, True),
        ({}, {"SPACE_ID": "somebody/something"}, True),
        ({}, {"GRADIO_SERVER_NAME": "0.0.0.0"}, True),
        ({}, {"GRADIO_SHARE": "True"}, True),
        ({}, {"GRADIO_SHARE": "false"}, False),
        ({}, {"GRADIO_ROOT_PATH": "/st"}, True),
    ],
)
def test_whether_others_are_served(options: dict[str, Any], environment: dict[str, str], is_public: bool) -> None:
    assert hosting.decide(**options, environment=environment).is_public is is_public


def test_on_a_space_its_own_proxy_names_the_host_and_nobodys_address() -> None:
    space = hosting.decide(environment={"SPACE_ID": "a/b", "GRADIO_SSR_MODE": "True"})
    assert space.relays == hosting.EVERYBODY
    assert space.frame_ancestors == "https://huggingface.co"
    known = hosting.decide(trusted_proxies=["10.0.0.0/8"], environment={"SPACE_ID": "a/b"})
    assert (known.relays, known.trusted_proxies) == ((), (ipaddress.ip_network("10.0.0.0/8"),))


def test_a_shared_link_comes_through_a_tunnel_of_this_machine() -> None:
    assert hosting.decide(share=True, environment={}).relays == hosting.LOOPBACK
    assert hosting.decide(public=True, environment={}).relays == ()


def test_addresses_are_fetched_where_that_was_said() -> None:
    assert not hosting.decide(environment={}).allow_urls
    assert hosting.decide(mcp=True, environment={}).allow_urls
    assert hosting.decide(environment={"GRADIO_MCP_SERVER": "True"}).mcp
    assert hosting.decide(public=True, mcp=True, allow_urls=True, environment={}).allow_urls


@pytest.mark.parametrize(
    ("options", "environment", "part"),
    [
        ({"public": True}, {"GRADIO_ALLOWED_PATHS": "/"}, "GRADIO_ALLOWED_PATHS is set, which opens more"),
        ({"public": True}, {"GRADIO_NUM_WORKERS": "4"}, "GRADIO_NUM_WORKERS is set"),
        ({}, {"SPACE_ID": "a/b", "GRADIO_DEBUG": "1"}, "GRADIO_DEBUG is set"),
        ({"public": True, "mcp": True}, {}, "Add --allow-urls if it may, or leave --mcp out"),
        ({"trusted_proxies": ["nginx"]}, {}, "--trusted-proxy is nginx; give an address or a network"),
        ({"frame_ancestors": "*; script-src *"}, {}, "--frame-ancestors is .*; give addresses such as"),
    ],
)
def test_what_is_unsafe_is_refused(options: dict[str, Any], environment: dict[str, str], part: str) -> None:
    with pytest.raises(HostingError, match=part):
        hosting.decide(**options, environment=environment)


def test_at_this_machine_alone_the_environment_may_be_as_it_is() -> None:
    hosting.decide(environment=dict.fromkeys((*hosting.WEAKENING, *hosting.OVERRULED), "1"))


def test_a_path_without_a_trusted_proxy_is_warned_of() -> None:
    assert "--trusted-proxy 127.0.0.1" in hosting.warnings("/st", ())[0]
    assert hosting.warnings("/st", ["127.0.0.1"]) == hosting.warnings(None, ()) == []


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[..., click.testing.Result]:
    """Runs the program's command with nothing served."""
    monkeypatch.setattr(launch, "serve", lambda *_, **__: launch.End(0, True))
    monkeypatch.setattr(logs, "write_lines", lambda: None)
    return lambda *arguments: click.testing.CliRunner().invoke(app.page, arguments)


def test_passwords_that_others_can_read_are_not_served_with(start: Callable[..., Any], tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text("ann:secret\n")
    users.chmod(0o644)
    done = start("--public", "--auth-file", str(users))
    assert done.exit_code == 2
    assert "other users of this machine can read it" in done.output
    assert "secret" not in done.output
    users.chmod(0o600)
    done = start("--public", "--auth-file", str(users))
    assert done.exit_code == 0
    assert "htpasswd -B" in done.output


def test_a_cache_that_others_can_write_to_is_not_served_with(
    start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    assert start("--public").exit_code == 0  # there is no such folder yet
    folder = compile_cache._folder()
    assert folder is not None
    folder.mkdir()
    folder.chmod(0o777)
    done = start("--public")
    assert done.exit_code == 2
    assert "Other users of this machine can write to the folder of compiled programs." in done.output
    assert str(tmp_path) not in done.output
    assert start().exit_code == 0
    folder.chmod(0o700)
    assert start("--public").exit_code == 0


def test_a_variable_that_opens_files_ends_the_start(
    start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_ALLOWED_PATHS", str(tmp_path))
    done = start("--host", "0.0.0.0")
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert done.output.startswith("Error: GRADIO_ALLOWED_PATHS is set")
