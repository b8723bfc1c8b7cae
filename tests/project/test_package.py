"""The package: one version, its data in a checkout and in a wheel, and locks that agree with its ranges."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import styletransfer
from styletransfer.files import resources
from tools import lock

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
ASKED_FOR: dict[str, list[str]] = {
    "requirements.txt": [],
    "requirements-mcp.txt": EXTRAS["mcp"],
    "requirements-ray.txt": EXTRAS["ray"],
    "requirements-cuda.txt": EXTRAS["cuda"],
    "requirements-dev.txt": EXTRAS["mcp"] + EXTRAS["ray"] + PROJECT["dependency-groups"]["dev"],
}


def test_the_version_stands_in_one_place() -> None:
    assert "version" in PROJECT["project"]["dynamic"]
    quoted = re.compile(rf"[\"']{re.escape(styletransfer.__version__)}[\"']")
    files = [ROOT / "app.py", ROOT / "pyproject.toml", *(ROOT / "styletransfer").rglob("*.py")]
    holding = [path.relative_to(ROOT).as_posix() for path in files if quoted.search(path.read_text(encoding="utf-8"))]
    assert holding == ["styletransfer/__init__.py"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    section = "Unreleased" if ".dev" in styletransfer.__version__ else f"{styletransfer.__version__}] - "
    assert f"\n## [{section}" in changelog


def test_in_a_checkout_the_documents_and_samples_lie_beside_the_package() -> None:
    assert (resources.README, resources.SAMPLES) == (ROOT / "README.md", ROOT / "samples")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def files(folder: Path) -> set[str]:
    """Paths of all files below a folder, but for what Python makes there."""
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {path for path in paths if "__pycache__" not in path}


def test_the_wheel_holds_the_package_and_nothing_beside_it(wheel: Path) -> None:
    information = f"styletransfer-{styletransfer.__version__}.dist-info"
    assert {path.name for path in wheel.iterdir()} == {"styletransfer", information}
    package = {path for path in files(wheel / "styletransfer") if not path.startswith("_data/")}
    assert package == files(ROOT / "styletransfer")
    assert {"py.typed", "web/frontend/player.js", "web/frontend/how/how.html"} <= package


def test_the_wheel_carries_the_readme_and_all_samples(wheel: Path) -> None:
    carried = wheel / "styletransfer" / "_data"
    samples = {f"samples/{path}" for path in files(ROOT / "samples") if not path.endswith(".py")}
    assert files(carried) == samples | {"README.md"}
    assert all((carried / path).read_bytes() == (ROOT / path).read_bytes() for path in files(carried))


def test_the_wheel_finds_what_it_carries(wheel: Path) -> None:
    code = "from styletransfer.files import resources; print(resources.README, resources.SAMPLES, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], cwd=wheel, capture_output=True, text=True, check=True)
    carried = wheel / "styletransfer" / "_data"
    assert done.stdout.split("\n")[:2] == [str(carried / "README.md"), str(carried / "samples")]


def test_the_wheel_tells_its_version_and_its_command(wheel: Path) -> None:
    (information,) = wheel.glob("*.dist-info")
    metadata = Parser().parsestr((information / "METADATA").read_text(encoding="utf-8"))
    assert (metadata["Version"], metadata["Requires-Python"]) == (styletransfer.__version__, ">=3.11")
    assert set(metadata.get_all("Provides-Extra") or []) == set(EXTRAS)
    assert "styletransfer = styletransfer.cli:main" in (information / "entry_points.txt").read_text(encoding="utf-8")


def test_each_lock_is_tried() -> None:
    assert set(ASKED_FOR) == set(lock.LOCKS)


@pytest.mark.parametrize("name", ASKED_FOR)
def test_a_lock_holds_what_the_ranges_ask_for(name: str) -> None:
    """`python -m tools.lock --check` asks the registry too; this does not."""
    locked = [Requirement(pin) for pin in lock.pins((ROOT / name).read_text(encoding="utf-8"))]
    versions = {canonicalize_name(each.name): str(each.specifier).removeprefix("==") for each in locked}
    for text in PROJECT["project"]["dependencies"] + ASKED_FOR[name]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(versions[canonicalize_name(wanted.name)]), f"run python -m tools.lock: {text}"


@pytest.mark.parametrize("name", ASKED_FOR)
def test_a_lock_has_hashes_of_everything_and_no_trace_of_the_machine(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(entries) == len(lock.pins(text)) > 50
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|file:|-url|(^|\s)/|\w:\\", text)


def test_locks_hold_the_same_versions() -> None:
    """What is tested is what is installed."""
    tested, program, mcp = (
        {(each.name, each.specifier) for each in map(Requirement, lock.pins((ROOT / name).read_text(encoding="utf-8")))}
        for name in ("requirements-dev.txt", "requirements.txt", "requirements-mcp.txt")
    )
    assert program | mcp <= tested


def test_extras_are_pinned() -> None:
    """The pip of Python 3.11 finds no hash for `name[extra]` where the lock has `name` alone and a newer one is out."""
    pins = map(Requirement, lock.pins((ROOT / "requirements-dev.txt").read_text(encoding="utf-8")))
    here = [each for each in pins if each.marker is None or each.marker.evaluate()]
    pinned = {canonicalize_name(each.name): each.extras for each in here}
    asked = [Requirement(text) for name in pinned for text in (requires(name) or [])]
    needed = [each for each in asked if each.extras and (each.marker is None or each.marker.evaluate({"extra": ""}))]
    assert [f"{each}" for each in needed if not each.extras <= pinned[canonicalize_name(each.name)]] == []
    assert "coverage" in {each.name for each in needed}


def test_pins_are_read_without_hashes_and_comments() -> None:
    text = "# made\nb==2 ; sys_platform == 'win32' \\\n    --hash=sha256:0 \\\n    --hash=sha256:1\n    # via a\na==1\n"
    assert lock.pins(text) == {"b==2 ; sys_platform == 'win32'", "a==1"}
