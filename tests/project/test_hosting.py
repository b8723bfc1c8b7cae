"""What hosts are told is so: the README's head for Spaces, the nginx file in the document, the Dockerfile, licences."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from support.listening_tests import served

from tools import check_wheels, dockerfile, licences, lock
from tools.dockerfile import Ignored, Step

ROOT = Path(__file__).parents[2]
STEPS = dockerfile.steps((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def rest(instruction: str) -> list[str]:
    return [step.rest for step in STEPS if step.instruction == instruction]


def test_the_head_of_the_readme_is_what_the_lock_says() -> None:
    head = yaml.safe_load((ROOT / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    (gradio,) = (pin for pin in lock.read_pins(ROOT)["requirements.txt"] if pin.startswith("gradio=="))
    assert head["sdk"] == "gradio"
    assert head["sdk_version"] == gradio.removeprefix("gradio==")
    assert head["python_version"] in check_wheels.PYTHONS
    assert (ROOT / head["app_file"]).exists()
    assert head["disable_embedding"] is True
    assert head["license"] == "mit"


def test_the_document_has_the_file_that_is_tried() -> None:
    text = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- template: hosting/nginx.conf -->\n```nginx\n(.*?)```", text, re.DOTALL)
    assert found
    assert found[1] == (ROOT / "hosting" / "nginx.conf").read_text(encoding="utf-8")


def test_the_container_writes_to_its_volume_alone() -> None:
    (environment,) = map(dockerfile.pairs, rest("ENV"))
    (volume,) = rest("VOLUME")
    folders = [environment[name] for name in ("XDG_CACHE_HOME", "STYLETRANSFER_DATA", "GRADIO_TEMP_DIR")]
    assert {str(Path(folder).parent) for folder in folders} == {volume}
    assert rest("USER") == ["1000:1000"]
    assert any("--require-hashes" in step and f"chown 1000:1000 {volume}" not in step for step in rest("RUN"))
    assert dockerfile.words(rest("ENTRYPOINT")[0])[:2] == ["python", "app.py"]


def test_the_image_gets_the_program_and_nothing_beside_it() -> None:
    files = {path.as_posix() for path in dockerfile.context()}
    needed = {"app.py", "README.md", "styletransfer/web/frontend/main.js", "samples/pairings.json", "hosting/health.py"}
    assert needed <= files
    assert not [name for name in files if "__pycache__" in name or name.startswith((".", "tests", "tools"))]


def test_a_dockerignore_is_read_as_docker_reads_it() -> None:
    ignored = Ignored("*\n# kept\n!a\n!b/c.txt\n**/cache\n")
    kept = ["a", "a/x", "a/x/y.py", "b/c.txt"]
    assert [
        name for name in ["d", "d/a", "b/d.txt", "a/cache", "a/x/cache/y", *kept] if not ignored(Path(name))
    ] == kept


def test_a_dockerfile_is_read_line_by_line() -> None:
    text = '# head\nFROM a AS b\nENV X=1 \\\n    Y=\'2 3\'\n# within\nCMD ["c", "d"]\n'
    made = dockerfile.steps(text)
    assert made[0] == Step("FROM", "a AS b")
    assert dockerfile.pairs(made[1].rest) == {"X": "1", "Y": "2 3"}
    assert dockerfile.words(made[2].rest) == ["c", "d"]
    with pytest.raises(ValueError, match="ADD, which this check does not know"):
        dockerfile.steps("ADD a b\n")


@pytest.mark.process
@pytest.mark.parametrize(("code", "status"), [(200, 0), (503, 1), (None, 1)])
def test_health_is_what_the_page_says(code: int | None, status: int) -> None:
    """And nobody is not well."""
    page = Starlette(routes=[Route("/healthz", lambda _: PlainTextResponse("so", code or 500))])
    with served(page) as url:
        port = url.rpartition(":")[2]
        if code is not None:
            assert health(port) == status
    if code is None:
        assert health(port) == status


def health(port: str) -> int:
    command = [sys.executable, str(ROOT / "hosting" / "health.py")]
    done = subprocess.run(command, env=os.environ | {"GRADIO_SERVER_PORT": port}, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    return done.returncode


def test_the_list_of_licences_is_that_of_the_locks() -> None:
    text = licences.DOCUMENT.read_text(encoding="utf-8")
    assert text.startswith(licences.HEAD), "run python -m tools.licences"
    rows = [re.split(r" *\| *", line)[1:4] for line in text.removeprefix(licences.HEAD).splitlines()]
    assert {name: version for name, version, _ in rows} == licences.locked(), "run python -m tools.licences"
    assert [name for name, _, licence in rows if not licence or licence.lower() in ("unknown", "none")] == []


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"License-Expression": "MIT", "License": "other"}, "MIT"),
        ({"License": "BSD"}, "BSD"),
        ({"License": "Copyright\nof many", "Classifier": "License :: OSI Approved :: MIT License"}, "MIT License"),
        ({"License": "x" * 200}, None),
        ({}, None),
    ],
)
def test_a_licence_is_read_from_what_a_package_says(metadata: dict[str, str], said: str | None) -> None:
    about = licences.Message()
    for name, value in metadata.items():
        about[name] = value
    assert licences.licence(about) == said
