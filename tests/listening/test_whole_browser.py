"""Whole tests of every kind in three browsers at once: made, taken, read, exported, and restored elsewhere."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.listening_visitors import COMMENT, PHONE, Site, begin, expect_step, hear_all, listeners

from styletransfer.listening import backup, export
from styletransfer.listening.plan import Kind
from styletransfer.listening.store import Store


def answer(page: Page, kind: Kind, number: int) -> None:
    """Gives an answer that differs from trial to trial."""
    hear_all(page)
    if kind is Kind.SEVERAL:
        for i, slider in enumerate(page.get_by_role("slider").all()):
            slider.fill(str((37 * (number + i) + 5) % 101))
    else:
        choices = page.get_by_role("radio")
        choices.nth(number % choices.count()).check(force=True)
    page.get_by_role("button", name="Submit").click()


@pytest.mark.thorough
@pytest.mark.parametrize("kind", Kind)
def test_three_browsers_at_once(kind: Kind, browser: Browser, tmp_path: Path) -> None:
    with Store(tmp_path / "data") as store:
        site = Site(store)
        site.start()
        plan = site.add(kind, tmp_path / "sounds", peeks=True)
        with listeners(browser, site) as visit:
            pages = [visit(plan, **PHONE), visit(plan), visit(plan)]
            for page in pages:
                begin(page)
                answer(page, kind, 0)  # the practice
            reloaded = pages[1]
            n_trials = len(store.sessions(plan.key)[0].trials)
            for number in range(n_trials):
                for page in pages:  # each in turn, so that all are under way
                    expect(page.locator("#count")).to_have_text(f"{number + 1} of {n_trials}")
                    answer(page, kind, 0 if page is pages[2] else number)
                if number == n_trials // 2 - 1:
                    expect(reloaded.locator("#count")).to_have_text(f"{number + 2} of {n_trials}")
                    reloaded.reload()
                    reloaded.get_by_role("button", name="Go on").click()
            for page in pages:
                expect_step(page, "Anything to add?")
                page.get_by_label("Comment").fill(COMMENT)
                page.get_by_role("button", name="Finish").click()
                expect_step(page, "Thank you")
            owner = visit(plan)
            owner.goto(f"{site.url}/{plan.results_address}")
            expect(owner.locator("main")).to_contain_text("3 listeners began, 3 finished")
        answers = store.answers(plan.key)
        assert len(answers) == 3 * n_trials
        zipped = export.zipped(plan, store.sessions(plan.key), answers, now=datetime.now(UTC))
        store.backup(tmp_path / "backup.zip")
        site.stop()
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".json")]
        told = archive.read(name).decode("utf-8")
        assert json.loads(told)
        assert not [secret for secret in (plan.owner_key, answers[0].session) if secret in told]
    backup.restore(tmp_path / "backup.zip", tmp_path / "elsewhere")
    with Store(tmp_path / "elsewhere") as restored:
        assert restored.answers(plan.key) == answers
        assert {session.comment for session in restored.sessions(plan.key)} == {COMMENT}
