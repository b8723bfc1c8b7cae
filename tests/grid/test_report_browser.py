"""The results page of a grid in a real browser, opened from a disk: no server runs."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Locator, Page, expect
from support.grid_folders import GridFolder
from support.page_visitors import findings, take_picture

from styletransfer.grid import report
from styletransfer.listening import making
from styletransfer.listening.plan import Kind

SECONDS = 1.5
RATE_HZ = 44_100
NAMES = {"piano": "ピアノ 100% #1", "guitar": 'guitar "live" <b>&amp;'}
STRENGTHS = (30.0, 60.0, 100.0)
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 720}}
SCREENS = [(1280, 720), (1366, 650), (1920, 1080), (844, 390), (390, 844)]
NOTE = "The result is 1.2 dB quieter than the content."
PATIENCE_MS = 20_000

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory, recording: Callable[..., np.ndarray]) -> GridFolder:
    """Two contents in one style, and one of them in two styles, at three strengths; its page was copied elsewhere."""
    made = GridFolder(tmp_path_factory.mktemp("folders") / "grid #1 ü%20", "A & B <i>")
    drums, trumpet = (made.recording(name, recording(name, SECONDS)) for name in ("drums", "trumpet"))
    for name, called in NAMES.items():
        content = made.recording(called.replace("/", ""), recording(name, SECONDS))
        for styles in ([drums], [drums, trumpet])[: 2 if name == "piano" else 1]:
            for strength in STRENGTHS:
                share = strength / 100
                sound = 0.4 * ((1 - share) * recording(name, SECONDS) + share * recording("drums", SECONDS))
                figures = {"style_loss": 0.8 * (1 - share), "copy": 0.01 * strength}
                made.run(content, styles, sound, strength=strength, figures=figures, notes=[NOTE] if share == 1 else [])
    made.run(trumpet, [drums], None, failure="The worker ended at this run three times.")
    made.unusable = [{"path": "/music/<x>.wav", "sentence": "/music/<x>.wav is silent."}]
    made.save()
    return made


@pytest.fixture(scope="module")
def address(grid: GridFolder, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of the page, in a copy of its folder that lies alone."""
    page = report.write(grid.folder)
    copied = tmp_path_factory.mktemp("copied") / "a report"
    shutil.copytree(page.parent, copied)
    return (copied / page.name).as_uri()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Opens the page in a browser of its own. Nothing is asked for but files, and no console complains."""
    with ExitStack() as stack:
        complaints: list[str] = []
        asked: list[str] = []

        def open_it(at: str = "", to: str = address, **options: Any) -> Page:
            context = browser.new_context(**(WIDE | options))
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("request", lambda request: asked.append(request.url))
            page.goto(to + at)
            expect(page.locator("h1")).to_be_visible()
            return page

        yield open_it
        assert complaints == []
        assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


def cells(page: Page, label: str) -> list[str]:
    """What stands in a column of the table, from above."""
    heads = page.locator("table.all thead th").all_inner_texts()
    place = [re.sub(r"\s*[▲▼]", "", head).strip() for head in heads].index(label)
    return [row.locator("td").nth(place).inner_text() for row in page.locator("table.all tbody tr").all()]


def head(page: Page, label: str) -> Locator:
    return page.locator("table.all thead th").filter(has=page.get_by_role("button", name=label, exact=True))


def listen(page: Page, cell: int = 0) -> Locator:
    """Opens a pairing; its player, with all sounds loaded."""
    page.locator(".matrix a").nth(cell).click()
    page.locator("st-player .play:enabled").wait_for()
    return page.locator("st-player")


def state(page: Page, expression: str) -> Any:
    script = f"(() => {{ const {{ transport }} = document.querySelector('st-player'); return {expression} }})()"
    return page.evaluate(script)


def choose(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("checkbox", name=f"Choose {name}", exact=True).check()


def test_nothing_is_loaded_before_it_is_opened(open_page: Open) -> None:
    page = open_page()
    assert (
        page.evaluate("performance.getEntriesByType('resource').filter(e => /sounds|pictures/.test(e.name)).length")
        == 0
    )
    expect(page.locator("st-player")).to_have_count(0)
    expect(page.locator(".state")).to_contain_text("9 of 10 runs are done. 1 failed.")
    expect(page.locator("h1")).to_have_text("A & B <i>")
    expect(page.locator(".lacking").first).to_contain_text("The worker ended at this run three times.")
    expect(page.locator(".lacking").last).to_contain_text("/music/<x>.wav is silent.")


@pytest.mark.thorough
def test_a_pairing_plays_in_step_and_switches_where_it_is(open_page: Open, grid: GridFolder) -> None:
    page = open_page()
    listen(page)
    names = page.locator("st-player .source span").all_inner_texts()
    assert [name.split("\n")[0] for name in names] == [
        "Content",
        "Style",
        *(f"strength {each:g}" for each in STRENGTHS),
    ]
    expect(page.locator("st-player .source").nth(2)).to_have_attribute("aria-pressed", "true")
    heard = state(page, "transport.buffers.map(({ length }) => length)")
    assert heard == [round(SECONDS * RATE_HZ)] * 5
    page.get_by_role("checkbox", name="Loop").check()
    page.locator("st-player .play").click()
    page.evaluate(
        """() => {
            const { transport } = document.querySelector("st-player");
            const { context } = transport.output;
            const analyser = new AnalyserNode(context, { fftSize: 2048 });
            transport.output.connect(analyser);
            window.level = () => {
                const samples = new Float32Array(2048);
                analyser.getFloatTimeDomainData(samples);
                return Math.max(...samples.map(Math.abs));
            };
        }"""
    )
    page.wait_for_function("window.level() > 0.01")
    page.evaluate("window.mixer = document.querySelector('st-player').transport.mixer")
    for key, lane in (("5", 4), ("1", 0), ("3", 2)):
        page.keyboard.press(key)
        page.wait_for_function(
            "lane => window.mixer.gains.every(({ value }, i) => value > 0 === (i === lane))", arg=lane
        )
        page.wait_for_function("window.level() > 0.01")
        assert state(page, "transport.mixer === window.mixer"), "nothing was started anew"
        assert state(page, "transport.playing")
    levels = state(page, "transport.levels")
    assert min(levels) < 0.9 < max(levels) <= 1.0, "all at the loudness of the quietest"
    page.keyboard.press(" ")
    assert not state(page, "transport.playing")
    at = state(page, "transport.now")
    page.keyboard.press("4")
    assert state(page, "transport.now") == at
    page.locator("st-player").get_by_role("slider", name="Position").press("Home")
    assert state(page, "transport.now") == 0


def test_what_is_decoded_is_what_the_run_made(open_page: Open, grid: GridFolder) -> None:
    page = open_page()
    listen(page)
    title = page.locator(".panel h2").inner_text()
    assert title == 'guitar "live" <b>&amp; as drums', "sorted by name"
    found = [*grid.folder.glob("runs/run-7-*/run-7-*.wav")]
    original, _ = soundfile.read(found[0], dtype="float32")
    decoded = np.array(state(page, "[...transport.buffers[2].getChannelData(0).slice(0, 20000)]"), np.float32)
    assert np.abs(decoded - original[: len(decoded)]).max() < 1e-6


def test_rows_are_sorted_by_click_and_by_keyboard(open_page: Open) -> None:
    page = open_page()
    assert cells(page, "Strength") == ["30", "60", "100"] * 3
    head(page, "Style's sound").get_by_role("button").click()
    expect(head(page, "Style's sound")).to_have_attribute("aria-sort", "descending")
    assert cells(page, "Style's sound") == ["100 %"] * 3 + ["60 %"] * 3 + ["30 %"] * 3
    head(page, "Style's sound").get_by_role("button").press("Enter")
    expect(head(page, "Style's sound")).to_have_attribute("aria-sort", "ascending")
    assert cells(page, "Style's sound")[0] == "30 %"
    head(page, "Content").get_by_role("button").press(" ")
    expect(head(page, "Content")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("[aria-sort]")).to_have_count(1)
    assert page.locator("td.number").first.evaluate("cell => getComputedStyle(cell).textAlign") == "end"


def test_rows_are_found_and_narrowed_down(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("combobox", name="Strength", exact=True).select_option("60")
    assert cells(page, "Strength") == ["60"] * 3
    expect(page.get_by_text("3 of 9 results")).to_be_visible()
    page.get_by_role("combobox", name="Style", exact=True).select_option("drums + trumpet")
    assert cells(page, "Content") == [NAMES["piano"]]
    page.get_by_role("combobox", name="Strength", exact=True).select_option("")
    page.get_by_role("combobox", name="Style", exact=True).select_option("")
    page.get_by_role("searchbox", name="Find").fill("QUIETER live")
    assert cells(page, "Content") == [NAMES["guitar"]]
    assert cells(page, "Notes") == [NOTE]


def test_other_figures_are_columns_when_they_are_wanted(open_page: Open) -> None:
    page = open_page()
    label = "Notes kept, each when it sounds"
    expect(head(page, label)).to_be_hidden()
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name=label).check()
    expect(head(page, label)).to_be_visible()
    page.get_by_role("checkbox", name="Preset", exact=True).uncheck()
    expect(head(page, "Preset")).to_be_hidden()


def test_the_matrix_shows_any_figure(open_page: Open) -> None:
    page = open_page()
    assert page.locator(".matrix a").all_inner_texts() == ["3", "3", "3"]
    page.get_by_label("In the cells").select_option(label="Style's sound")
    assert page.locator(".matrix a").all_inner_texts() == ["30 % to 100 %"] * 3
    listen(page, 1)
    expect(page.locator(".matrix [aria-current]")).to_have_count(1)
    expect(page.locator(".panel h2")).to_be_focused()


def test_a_run_opens_with_all_that_is_known_of_it(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("link", name=f"Listen to {NAMES['piano']}, drums, trumpet, strength 100").click()
    page.locator("st-player .play:enabled").wait_for()
    expect(page.locator("st-player .source").nth(5)).to_have_attribute("aria-pressed", "true")
    run = page.locator(".runs > details[open]")
    expect(run).to_have_count(1)
    expect(run.locator(".note")).to_have_text(NOTE)
    expect(run.get_by_role("table")).to_contain_text("How much of the style's sound it took on")
    expect(run.locator("img")).to_have_count(3)
    run.locator("img").first.scroll_into_view_if_needed()
    page.wait_for_function("[...document.querySelectorAll('.runs img')].some((each) => each.naturalWidth > 0)")
    expect(run.get_by_text("Optimizer")).to_be_hidden()
    run.get_by_text("All settings").click()
    expect(run.locator("dl").last).to_contain_text("Seed")
    with page.expect_download() as saving:
        run.get_by_role("button", name="Download as FLAC").click()
    assert saving.value.suggested_filename.endswith("-strength-100.flac")
    assert soundfile.info(io.BytesIO(Path(saving.value.path()).read_bytes())).frames == round(SECONDS * RATE_HZ)


def test_a_row_is_heard_and_saved(open_page: Open) -> None:
    page = open_page()
    title = f"{NAMES['piano']}, drums, strength 60"
    for _ in range(2):
        page.get_by_role("link", name=f"Listen to {title}", exact=True).click()
        expect(page.locator(".panel h2")).to_be_focused()
        page.get_by_role("searchbox", name="Find").focus()
    with page.expect_download() as saving:
        page.get_by_role("button", name=f"Save {title} as FLAC").click()
    assert soundfile.info(io.BytesIO(Path(saving.value.path()).read_bytes())).format == "FLAC"


def test_a_pairing_without_any_sound_says_so(open_page: Open, tmp_path: Path) -> None:
    made = GridFolder(tmp_path / "grid")
    silent = np.zeros(30_000, np.float32)
    content = made.recording("silence", silent)
    made.run(content, [content], silent)
    page = open_page(to=report.write(made.folder).as_uri())
    page.locator(".matrix a").click()
    expect(page.locator(".panel")).to_contain_text("No sound of this pairing could be read")
    expect(page.locator(".notes")).to_contain_text("silent")


def test_an_address_with_a_run_opens_it_and_back_goes_back(open_page: Open, grid: GridFolder) -> None:
    page = open_page(f"#run-{grid.asked[0]['id']}")
    expect(page.locator(".panel h2")).to_have_text(f"{NAMES['piano']} as drums")
    page.get_by_role("link", name=re.compile("Next pairing")).click()
    expect(page.locator(".panel h2")).to_have_text(f"{NAMES['piano']} as drums + trumpet")
    page.go_back()
    expect(page.locator(".panel h2")).to_have_text(f"{NAMES['piano']} as drums")


@pytest.fixture
def tests_folder(open_page: Open, tmp_path: Path) -> Callable[..., tuple[Page, Path]]:
    """Chooses runs, has a test made of them and unpacks it."""

    def make(*names: str) -> tuple[Page, Path]:
        page = open_page()
        choose(page, *names)
        with page.expect_download() as saving:
            page.get_by_role("button", name="Make a blind test of these").click()
        assert saving.value.suggested_filename == "blind-test.zip"
        with zipfile.ZipFile(saving.value.path()) as packed:
            assert packed.testzip() is None
            packed.extractall(tmp_path / "blind-test")
        return page, tmp_path / "blind-test"

    return make


def test_a_blind_test_of_what_is_chosen_is_taken(
    tests_folder: Callable[..., tuple[Page, Path]], tmp_path: Path
) -> None:
    pairings = [f"{NAMES['piano']}, drums", f"{NAMES['guitar']}, drums"]
    page, folder = tests_folder(*(f"{name}, strength {each}" for name in pairings for each in (30, 100)))
    sources = making.sources_in(folder)
    assert [each.label for each in sources] == ["guitar -live- -b-&amp; as drums", "ピアノ 100% #1 as drums"]
    assert {*sources[0].sounds} == {*sources[1].sounds} == {"strength 30", "strength 100"}
    assert all(len(each.references) == 2 for each in sources)
    (tmp_path / "sounds").mkdir()
    made = making.make(Kind.PREFERENCE, "Which?", sources, tmp_path / "sounds")
    assert (len(made.plan.items), len(made.plan.conditions)) == (2, 2)
    commands = page.locator(".maker pre").inner_text().split("\n")
    assert commands == [
        "styletransfer listen create blind-test --data listening",
        "styletransfer page --data listening",
    ]


def test_one_way_alone_is_rated(tests_folder: Callable[..., tuple[Page, Path]], tmp_path: Path) -> None:
    page, folder = tests_folder(f"{NAMES['piano']}, drums, trumpet, strength 60")
    expect(page.locator(".maker pre")).to_contain_text("--kind rating")
    (tmp_path / "sounds").mkdir()
    made = making.make(Kind.RATING, "How good?", making.sources_in(folder), tmp_path / "sounds")
    assert [each.label for each in made.plan.conditions] == ["strength 60"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("new RangeError('A zip holds at most 4 GB.')", "A zip holds at most 4 GB. Choose fewer results."),
        ("new Error('gone')", re.compile("^A sound could not be loaded. Look whether")),
    ],
)
def test_a_blind_test_that_cannot_be_saved_says_why_and_no_commands(
    open_page: Open, error: str, sentence: str | re.Pattern[str]
) -> None:
    page = open_page()
    choose(page, f"{NAMES['piano']}, drums, strength 30", f"{NAMES['piano']}, drums, strength 60")
    page.evaluate(f"() => {{ Blob.prototype.arrayBuffer = () => Promise.reject({error}); }}")
    page.get_by_role("button", name="Make a blind test of these").click()
    expect(page.locator(".maker [role=status]")).to_have_text(sentence)
    expect(page.locator(".maker pre")).to_have_count(0)


def test_what_makes_no_blind_test_is_told(open_page: Open) -> None:
    page = open_page()
    button, said = page.get_by_role("button", name="Make a blind test"), page.locator(".maker [role=status]")
    expect(button).to_be_disabled()
    choose(page, f"{NAMES['piano']}, drums, strength 30", f"{NAMES['piano']}, drums, strength 60")
    expect(said).to_have_text("Listeners compare 2 results of 1 pairing.")
    choose(page, f"{NAMES['guitar']}, drums, strength 30")
    expect(said).to_contain_text(f"{NAMES['guitar']} as drums lacks “strength 60”")
    expect(button).to_be_disabled()
    page.get_by_role("combobox", name="Content", exact=True).select_option(NAMES["guitar"])
    page.get_by_role("checkbox", name="Choose all that are shown").check()
    expect(page.get_by_text("3 of 9 results, 5 chosen")).to_be_visible()


def test_more_results_than_a_player_takes(
    open_page: Open, tmp_path: Path, recording: Callable[..., np.ndarray]
) -> None:
    made = GridFolder(tmp_path / "grid")
    content = made.recording("piano", recording("piano", SECONDS))
    ids = [
        made.run(content, [content], recording("piano", SECONDS) * np.float32(0.5), strength=float(each))
        for each in range(10)
    ]
    address = report.write(made.folder).as_uri()
    page = open_page(to=address)
    listen(page)
    names = page.locator("st-player .source span")
    expect(names).to_have_count(9)
    boxes = page.locator(".panel fieldset input")
    expect(boxes).to_have_count(10)
    assert [box.is_checked() for box in boxes.all()] == [True] * 7 + [False] * 3
    expect(boxes.last).to_be_disabled()
    boxes.first.uncheck()
    boxes.last.check()
    expect(names.last).to_have_text("strength 9")
    page.goto(f"{address}#run-{ids[8]}")
    expect(names.last).to_have_text("strength 8")
    expect(page.locator("st-player .source").last).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("colours", ["light", pytest.param("dark", marks=pytest.mark.thorough)])
def test_it_fits_every_screen_and_axe_finds_nothing(open_page: Open, colours: Any) -> None:
    page = open_page(color_scheme=colours)
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    assert findings(page) == []
    listen(page)
    page.locator("a", has_text="Listen").nth(2).click()
    page.get_by_text("Columns", exact=True).click()
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        take_picture(page, f"grid-report-{colours}-{width}")
    assert findings(page) == []


def test_an_empty_grid_says_so(open_page: Open, tmp_path: Path) -> None:
    made = GridFolder(tmp_path / "grid", "Nothing yet")
    page = open_page(to=report.write(made.folder).as_uri())
    expect(page.locator(".state")).to_have_text("No run was asked for.")
    expect(page.locator("table")).to_have_count(0)
    assert findings(page) == []
