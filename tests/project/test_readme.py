"""What the README tells people to run runs, and what the page shows of it is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from support.page_server import instant, replace_engine, report_card

from styletransfer.web.parts import documents
from styletransfer.web.server.server import Server
from styletransfer.web.tabs import how_tab

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.process
def test_the_api_example_makes_a_sound(tmp_path: Path, url: str, server: Server) -> None:
    """As it stands, but for the address, from the project's folder. The engine is not what it is about."""
    found = re.search(r"<!-- API example -->\n```python\n(.*?)```", README, re.DOTALL)
    assert found
    assert found[1].count("http://127.0.0.1:7860") == 1
    replace_engine(server, stylize=instant, measure=lambda *_: report_card())
    example = found[1].replace("http://127.0.0.1:7860", url)
    # Its client saves the result where temporary files go.
    environment = {"GRADIO_TEMP_DIR": str(tmp_path), "TMPDIR": str(tmp_path), "PATH": ""}
    command = [sys.executable, "-c", example]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.strip().splitlines()[-1])
    assert path.is_relative_to(tmp_path)
    assert soundfile.info(path).frames == 3 * 44_100


def test_the_picture_is_there_and_light() -> None:
    names = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert names == ["docs/page.png"]
    assert 20_000 < (ROOT / names[0]).stat().st_size < 300_000


def test_departures_and_papers_are_found() -> None:
    departures = documents.section(documents.README, "What differs from the paper")
    assert departures.count("\n- ") >= 5
    assert "\n#" not in departures
    assert "Cho & Saul" in documents.section(documents.README, "Papers")
    with pytest.raises(LookupError, match=r'README\.md has no heading "Nothing"'):
        documents.section(documents.README, "Nothing")


def test_a_section_ends_at_the_next_heading_of_its_level(tmp_path: Path) -> None:
    text = tmp_path / "text.md"
    text.write_text("# A\n\n## B\none\n\n### C\ntwo\n\n## D\nthree\n")
    assert documents.section(text, "B") == "one\n\n### C\ntwo"
    assert documents.section(text, "D") == "three"
    assert (
        documents.below("# A\n[MIT](#mit) and [CC](https://a.b)\n## C", 2) == "### A\nMIT and [CC](https://a.b)\n#### C"
    )


def test_the_article_has_its_pictures() -> None:
    article = how_tab.article()
    assert article.count("data:image/webp;base64,") == len(how_tab.NAMES) == article.count("<img")
    assert len(article) < 200_000, "the page would open slowly"
    assert not re.search(r"\{\w+\}", article)
