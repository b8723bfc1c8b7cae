"""The benchmarks measure what they say, at sizes that take seconds. No time is asserted."""

from __future__ import annotations

import sqlite3
import sys

import click
import numpy as np
import pytest
from click.testing import CliRunner
from support import oracles
from support.page_server import measures

from benchmarks import (
    answers,
    child,
    equal_content,
    evaluation,
    judge,
    lengths,
    let_it_bee,
    listeners,
    needed,
    recordings,
    rhythms,
    sound,
    textbook,
    time_left,
    transfers,
    visits,
)
from styletransfer.engine import spectrogram
from styletransfer.listening.probe import Mode
from styletransfer.listening.statistics import preferences
from styletransfer.settings import PRESETS, SAMPLE_RATE_HZ, preset
from styletransfer.transfer import Step

FILTERS, WIDTH, FREQS = 16, 3, 8


@pytest.fixture
def inputs(rng) -> evaluation.Inputs:
    frames, content = (rng.uniform(0, 2, (12, FREQS)).astype(np.float32) for _ in range(2))
    style = rng.uniform(0, 2, (15, FREQS)).astype(np.float32)
    return evaluation.Inputs(frames, content, style, textbook.glorot_filters(0, WIDTH, FREQS, FILTERS))


@pytest.fixture(params=["jax", "torch"])
def evaluate(request, inputs):
    if request.param == "torch":
        pytest.importorskip("torch")
    return textbook.LIBRARIES[request.param](inputs.content, inputs.style, inputs.filters, 0.3, 2.0)


def test_the_textbook_has_the_losses_of_the_definition(inputs, evaluate):
    (total, (content_loss, style_loss)), _ = evaluate(inputs.frames)
    content = oracles.content_loss(inputs.frames, inputs.content, inputs.filters)
    style = oracles.style_loss(inputs.frames, [inputs.style], inputs.filters)
    assert (content_loss, style_loss) == (pytest.approx(content, rel=1e-4), pytest.approx(style, rel=1e-4))
    assert total == pytest.approx(0.3 * content + 2 * style, rel=1e-4)


def test_the_textbook_has_the_gradient_of_its_losses(rng, inputs, evaluate):
    _, gradient = evaluate(inputs.frames)
    direction = rng.standard_normal(inputs.frames.shape)

    def total(step: float) -> float:
        moved = inputs.frames + step * direction
        content = oracles.content_loss(moved, inputs.content, inputs.filters)
        return 0.3 * content + 2 * oracles.style_loss(moved, [inputs.style], inputs.filters)

    slope = (total(1e-4) - total(-1e-4)) / 2e-4
    assert np.sum(np.asarray(gradient) * direction) == pytest.approx(slope, rel=1e-3)


def test_glorot_filters_have_their_variance_and_their_seed():
    filters = textbook.glorot_filters(1, 11, 100, 60)
    assert filters.shape == (11, 100, 60)
    assert filters.dtype == np.float32
    assert filters.std() == pytest.approx(np.sqrt(2 / (11 * 160)), rel=0.01)
    assert not np.array_equal(filters, textbook.glorot_filters(2, 11, 100, 60))


def test_the_textbook_analyses_as_the_program_does(recording):
    """So that losses of both are of the same frames."""
    sound = recording("guitar", 0.5)
    ours = spectrogram.log_magnitude_spectrogram(sound, textbook.N_FFT, textbook.HOP_LENGTH)
    np.testing.assert_allclose(textbook.log_magnitudes(sound), ours, atol=1e-3)
    np.testing.assert_allclose(textbook.istft(textbook.stft(sound), len(sound)), sound, atol=1e-4)


def test_griffin_lim_comes_nearer_to_the_magnitudes(recording):
    sound = recording("violin", 0.5)
    magnitudes = np.abs(textbook.stft(sound))

    def distance(iterations: int) -> float:
        found = textbook.griffin_lim(magnitudes, len(sound), iterations, seed=0)
        assert found.shape == sound.shape
        return float(np.linalg.norm(np.abs(textbook.stft(found)) - magnitudes) / np.linalg.norm(magnitudes))

    assert distance(30) < distance(5) < distance(0)


@pytest.mark.parametrize("start", ["content", "noise"])
def test_the_textbook_lowers_its_loss(inputs, evaluate, start):
    frames = textbook._start(inputs.content, textbook.Method(start=start))
    assert np.array_equal(frames, inputs.content) == (start == "content")
    (few, taken), (more, taken_by_more) = (textbook._solve(evaluate, frames, n) for n in (1, 20))
    assert taken < taken_by_more < 40
    losses = [float(evaluate(each)[0][0]) for each in (frames, few, more)]
    assert losses[2] < 0.8 * losses[1] < 0.8 * losses[0]


@pytest.mark.slow
def test_a_textbook_transfer_moves_towards_the_style():
    content, style = recordings.read("piano.flac", 0.6), recordings.read("drumkit.flac", 0.6)
    own = judge.Judge(content, style)
    made = textbook.transfer(content, style, textbook.Method(filters=256, griffin_lim=5, evaluations=30, alpha=0))
    assert len(made.sound) == len(content)
    assert own.losses(made.sound).style < 0.9 * own.losses(content).style


def test_the_judge_has_the_relative_losses_of_the_definition(rng, recording):
    content, style, sound = (recording(name, 0.2) for name in ("piano", "drums", "guitar"))
    filters = rng.standard_normal((WIDTH, 1025, 4)).astype(np.float32)
    content_frames, style_frames, frames = (
        textbook.log_magnitudes(recordings.at_reference(each)) for each in (content, style, sound)
    )
    found = judge.Judge(content, style, filters).losses(sound)
    content_energy = np.sum(oracles.features(content_frames, filters) ** 2)
    style_energy = np.sum(oracles.gram(style_frames, filters) ** 2)
    content_loss = oracles.content_loss(frames, content_frames, filters) / content_energy
    style_loss = oracles.style_loss(frames, [style_frames], filters) / style_energy
    assert found == (pytest.approx(content_loss, rel=1e-4), pytest.approx(style_loss, rel=1e-4))


@pytest.mark.slow
def test_the_judge_knows_content_and_style_at_any_level(recording):
    content, style = recording("piano", 1.0), recording("drums", 1.0)
    own = judge.Judge(content, style)
    assert own.losses(0.1 * content).content == pytest.approx(0, abs=1e-6)
    assert own.losses(0.1 * style).style == pytest.approx(0, abs=1e-6)
    assert own.losses(style).content > 0.1
    assert own.losses(content).style > 0.1


def test_recordings_are_repeated_to_the_length_asked_for():
    sound = recordings.read("drums.flac", 20)
    assert sound.shape == (20 * SAMPLE_RATE_HZ,)
    once = round(12.5 * SAMPLE_RATE_HZ)
    np.testing.assert_array_equal(sound[once:], sound[: len(sound) - once])


@pytest.mark.parametrize(("limit", "expected"), [(-1, 0), (0, 0), (34, 30), (35, 35), (99, 95), (100, 100), (200, 100)])
def test_the_highest_strength_within_a_limit(limit, expected):
    tried = []
    assert transfers.highest_strength(lambda strength: tried.append(strength) or strength, limit) == expected
    assert len(tried) <= 5


def contender(name: str, content: float, style: float, seconds: float, ratio: float) -> transfers.Contender:
    losses = judge.Losses(content, style)
    at_least = transfers.AT_LEAST.get(name)
    return transfers.Contender(
        name=name,
        strength=55 if at_least else None,
        losses=losses,
        run=lambda: None,
        at_least=at_least,
        seconds=[seconds],
        ratios=[ratio],
    )


def test_the_table_of_transfers_says_what_holds():
    paragon = contender("textbook JAX, 300 evaluations", 0.2, 0.04, 500, 1)
    fast = contender("quick", 0.19, 0.01, 4, 125)
    slow = contender("balanced", 0.19, 0.05, 25, 20)
    lines = transfers.table([paragon, fast, slow], judge.Losses(0, 0.9))
    assert lines[2:] == [
        "| the content, untouched | | | | | 0.0000 | 0.9000 | |",
        "| textbook JAX, 300 evaluations |  | 500.00 | 1.0 x |  | 0.2000 | 0.0400 |  |",
        "| quick | 55 | 4.00 | 125.0 x | 100 x | 0.1900 | 0.0100 | yes |",
        "| balanced | 55 | 25.00 | 20.0 x | 30 x | 0.1900 | 0.0500 | no: time, style loss |",
    ]
    assert {line.count("|") for line in lines} == {9}
    other = [contender("textbook", 0.2, 0.09, 1, 1), contender("quick", 0.2, 0.01, 1, 1)]
    assert transfers.style_ratios([[paragon, fast], other])[2:] == ["| quick | 6.00 x | 4.00 x |"]


@pytest.mark.thorough
@pytest.mark.slow
def test_whole_transfers_small():
    small = ["--seconds", "0.6", "--filters", "16", "--evaluations", "2", "--griffin-lim", "2", "--preset", "quick"]
    options = ["--pairing", "2", "--strength", "40", "--melody", "0", "--process", "quick"]
    done = CliRunner().invoke(transfers.main, [*small, *options])
    assert done.exit_code == 0, done.output
    rows = done.stdout.splitlines()[-4:]
    assert rows[0].startswith("| textbook JAX, ")
    assert rows[1].startswith("| quick | 40 | ")
    assert rows[2].startswith("| quick, melody 0 | 40 | ")
    assert rows[3].startswith("| quick, as a process | 40 | ")
    losses = [row.split(" | ")[-3:-1] for row in rows]
    assert losses[3] == losses[1] != losses[2]
    assert "\ninstrumental + trumpet:\n" in done.stdout


def test_a_preset_steps_down_until_it_keeps_the_content(monkeypatch):
    """`quick` finds the strength; a preset that changes more at the same strength gets a lower one."""
    share = {"quick": 1.0, "balanced": 1.0, "studio": 1.3}
    monkeypatch.setattr(
        transfers, "delivered", lambda _, way, strength: judge.Losses(share[way.preset] * strength, 100 - strength)
    )
    pair = transfers.Pair("", np.zeros(1), np.zeros(1), None)  # pyright: ignore[reportArgumentType]
    found = transfers.settle(pair, ["quick", "balanced", "studio"], 52, None)
    assert [each.strength for each in found] == [50, 50, 40]
    fixed = transfers.settle(pair, ["studio"], 52, 90)
    assert (fixed[0].strength, fixed[0].losses.style) == (90, 10)


def test_pairings_by_number_and_name():
    assert [pairing.name for pairing in transfers.chosen(["3", "rhythm + violin"])] == [
        "instrumental + drums",
        "rhythm + violin",
    ]
    assert len(transfers.chosen(["all"])) == 5
    with pytest.raises(click.BadParameter, match="no pairing '6'"):
        transfers.chosen(["6"])


@pytest.mark.thorough
@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="memory is not told there")
def test_a_case_is_measured_in_a_process_of_its_own():
    case = lengths.measure("quick", 0.6, 1)
    assert case.warm_s < case.cold_s
    assert 50e6 < case.peak_bytes < 10e9
    assert case.label == f"quick, 1 of {PRESETS['quick'].iterations} iterations"


def test_a_case_keeps_to_the_settings_limits():
    settings = child.settings_of("paper", 30, 5)
    assert (settings.seconds, settings.iterations, settings.engine) == (30, 5, "network")
    assert child.settings_of("quick", 30, 500).iterations == PRESETS["quick"].iterations


def test_the_tables_of_lengths():
    every = lengths.PRESETS["balanced"].iterations
    cases = [
        lengths.Case("balanced", 10, every, 12.34, 5.67, 1_600_000_000),
        lengths.Case("balanced", 5, every, 10, 3, 900_000_000),
        lengths.Case("paper", 10, 5, 20, 15, 2_000_000_000),
    ]
    assert lengths.length_table(cases) == [
        "| cold s / warm s / peak memory | 5 s | 10 s |",
        "|---|--:|--:|",
        "| balanced | 10.0 / 3.0 / 0.90 GB | 12.3 / 5.7 / 1.60 GB |",
        "| paper, 5 of 500 iterations |  | 20.0 / 15.0 / 2.00 GB |",
    ]
    assert lengths.memory_verdicts(cases) == [
        "- `balanced`, 10 s: 1.60 GB, at most 1.5 GB: no",
        "- `paper`, 10 s: 2.00 GB, at most 3 GB: yes",
    ]
    assert lengths.start_table("balanced", 20, [5, 7, 5.5])[2:] == [
        "| nothing compiled yet | 20.0 | | |",
        "| compiled programs kept | 5.5 | 6 | yes |",
    ]


def test_compiled_programs_are_kept_where_the_benchmark_says(tmp_path, monkeypatch):
    from styletransfer.runtime import compile_cache

    assert lengths.CACHE_VARIABLE == compile_cache.VARIABLE
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "elsewhere")
    assert "JAX_COMPILATION_CACHE_DIR" not in lengths.environment(tmp_path)
    assert lengths.environment(tmp_path)[compile_cache.VARIABLE] == str(tmp_path)
    assert lengths.environment()[compile_cache.VARIABLE] == ""


@pytest.mark.process
def test_a_start_that_fails_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "click.py").write_text("raise SystemExit('broken')")
    with pytest.raises(click.ClickException, match="broken"):
        lengths.seconds_to_start(tmp_path / "cache", "quick", to_the_end=True)


@pytest.mark.slow
def test_the_networks_of_one_evaluation_agree_or_nothing_is_timed(inputs, monkeypatch):
    monkeypatch.setattr(evaluation, "WIDTH", WIDTH)
    frames = inputs.content, inputs.style[:12]
    same_length = evaluation.Inputs(inputs.frames, *frames, inputs.filters)
    with evaluation.jax.enable_x64(True):
        contenders = [evaluation.own_network(same_length), *evaluation.textbooks(same_length)]
        lines = evaluation.check_agreement(contenders)
        assert lines[0].startswith("textbook JAX: losses agree to ")
        other = evaluation.textbooks(same_length._replace(content=inputs.frames))
        with pytest.raises(click.ClickException, match="nothing was timed"):
            evaluation.check_agreement([contenders[0], other[0]])
        seconds = evaluation.measure(contenders, 2)
    table = evaluation.table(contenders, seconds)
    assert len(table) == 2 + len(contenders)
    assert table[3].endswith("| 1.0 x |")


def test_visits_are_judged_by_their_limits():
    answers = {"a light event": [10.0, 190.0, 900.0]}
    memory = [1_000_000_000] * 20 + [1_300_000_000] * 29 + [1_210_000_000]
    lines = visits.table(31.0, [5.0, 10.4], answers, memory)
    assert lines[2] == "| opening to first result, nothing compiled yet | 31.0 s | 30 s | no |"
    assert "5, 10 s" in lines[3]
    assert lines[4].endswith("| 190 ms, slowest 900 ms | 200 ms | yes |")
    assert lines[5].endswith("| 1.00 / 1.21 GB, +21 %, most 1.30 GB | +20 % | no |")


@pytest.mark.thorough
@pytest.mark.slow
def test_rhythm_is_measured_by_the_report_card():
    pairing = recordings.pairings()[0]
    cells = rhythms.row(pairing, "instant", 3.0).strip("| ").split(" | ")
    assert cells[0] == pairing.name
    assert [len(cell.split(" / ")) for cell in cells[1:5]] == [3] * 4
    style, content = ([float(value) for value in cell.split(" / ")] for cell in cells[1:3])
    assert style[2] > style[0]
    assert content[2] < content[0]


def loop_led(found: np.ndarray, kept: float) -> np.ndarray:
    """Equations 3 to 5 of the paper, one activation at a time."""
    rows, columns = found.shape
    once, few, led = np.zeros_like(found), np.zeros_like(found), np.zeros_like(found)
    for k in range(rows):
        for m in range(columns):
            near = found[k, max(0, m - let_it_bee.REPETITION) : m + let_it_bee.REPETITION + 1]
            once[k, m] = found[k, m] * (1 if found[k, m] == near.max() else kept)
    for m in range(columns):
        used = np.argsort(once[:, m])[::-1][: let_it_bee.POLYPHONY]
        for k in range(rows):
            few[k, m] = once[k, m] * (1 if k in used else kept)
    reach = range(-let_it_bee.CONTINUITY, let_it_bee.CONTINUITY + 1)
    for k in range(rows):
        for m in range(columns):
            places = [(k + i, m + i) for i in reach if 0 <= k + i < rows and 0 <= m + i < columns]
            led[k, m] = sum(few[place] for place in places)
    return led


@pytest.mark.parametrize("kept", [0.7, 0.1])
def test_activations_of_the_mosaic_are_led_as_in_the_paper(rng, kept):
    found = rng.uniform(size=(17, 23))
    np.testing.assert_allclose(let_it_bee.led(found, kept), loop_led(found, kept), rtol=1e-9)


def test_the_mosaic_finds_the_stretch_of_the_style_that_the_content_is(rng):
    """Frames 5 to 16 of the style, twice as loud: the only activations left are those frames, one after another."""
    templates = rng.gamma(0.3, size=(200, 30))
    found = let_it_bee.activations(2 * templates[:, 5:17], templates)
    np.testing.assert_array_equal(found.argmax(axis=0), np.arange(5, 17))
    assert found[np.arange(5, 17), np.arange(12)] == pytest.approx(2, rel=0.1)


def test_the_control_has_another_content():
    for number, pairing in enumerate(sound.PAIRINGS):
        assert sound.other_content(number) not in pairing
    assert sound.other_content(1) == "guitar", "after piano + trumpet and piano + drumkit"


def test_the_table_of_sounds_has_means():
    found = [
        {"content": measures(), "made": measures(notes_kept=notes, timbre_distance=distance, noise_floor_db=1.0)}
        for notes, distance in ((0.2, 0.5), (0.6, 0.25))
    ]
    head, _, content, made = sound.table(found)
    assert head.startswith("| means of 2 | notes kept | ")
    assert content.startswith("| content | 1.00 | 1.00 | 1.00 | 1.00 | 0 % |")
    assert made.startswith("| made | 0.40 | 1.00 | 1.00 | 1.00 | 62 % |")
    assert "| +1.0 |" in made
    assert {line.count("|") for line in (head, content, made)} == {len(sound.COLUMNS) + 2}


def test_a_style_loss_is_read_off_at_equal_content_loss():
    below, above = judge.Losses(0.1, 0.4), judge.Losses(0.4, 0.1)
    assert equal_content.style_at(0.1, below, above) == pytest.approx(0.4)
    assert equal_content.style_at(0.2, below, above) == pytest.approx(0.2)
    assert equal_content.style_at(0.3, below, None) == 0.4
    found = [
        equal_content.Compared("a", judge.Losses(0.2, 0.8), 50, below, above),
        equal_content.Compared("b", judge.Losses(0.2, 0.4), 100, below, None),
    ]
    assert equal_content.table("balanced", found)[2:] == [
        "| a | 0.2000 / 0.8000 | 50 | 0.1000 / 0.4000 | 0.4000 / 0.1000 | 4.0 x |",
        "| b | 0.2000 / 0.4000 | 100 | 0.1000 / 0.4000 |  | at least 1.0 x |",
        "| geometric mean | | | | | 2.0 x |",
    ]


def test_a_preset_is_taken_at_the_steps_around_the_textbook(monkeypatch):
    monkeypatch.setattr(transfers, "delivered", lambda _, __, strength: judge.Losses(strength, 100 - strength))
    pair = transfers.Pair("", np.zeros(1), np.zeros(1), None)  # pyright: ignore[reportArgumentType]
    found = equal_content.compare(pair, judge.Losses(52, 90), transfers.Way("balanced"))
    assert (found.strength, found.below.content, found.above) == (50, 50, judge.Losses(55, 45))
    assert equal_content.compare(pair, judge.Losses(200, 90), transfers.Way("balanced")).above is None


def test_what_is_told_of_the_time_left_is_compared_with_what_came():
    settings = preset("quick", iterations=20, griffin_lim_iterations=0, refinement_iterations=0)

    def run(times_s: list[float]) -> tuple[Step, ...]:
        return tuple(Step("solve", i, 20, 1.0, 1.0, 1.0, 0.5, at_s) for i, at_s in enumerate(times_s, 1))

    even = time_left.told(settings, run([2.0 * i for i in range(1, 21)]), 60.0)
    assert even.right == 1
    assert even.missing == 0
    slower = time_left.told(settings, run([*range(1, 11), *(10 + 10 * i for i in range(1, 11))]), 210.0)
    assert slower.right < 0.9
    assert time_left.table({"even": [even], "both": [even, slower]})[2:] == [
        "| even | 1 | 60.0 | 100 % | 1 of 1 | 0 % |",
        time_left.table({"both": [even, slower]})[2],
    ]
    assert "| 1 of 2 |" in time_left.table({"both": [even, slower]})[2]


def test_simulated_listeners_answer_around_the_truth_that_is_told(rng):
    """Means of a great many ratings, scores and choices, of listeners with tastes of their own."""
    ratings = listeners.simulated_ratings(rng, np.array([2.25, 3.75]), 20_000).mean(axis=(0, 2))
    assert ratings == pytest.approx([listeners.true_mean(2.25), listeners.true_mean(3.75)], abs=0.02)
    assert listeners.true_mean(3) == pytest.approx(3)
    logits = 1.5 + rng.normal(0, listeners.TASTE_SD, 200_000)
    assert listeners.true_rate(1.5) == pytest.approx(np.mean(1 / (1 + np.exp(-logits))), abs=0.002)
    wins, ties = listeners.simulated_choices(rng, np.array(listeners.LOG_WORTHS), 5000, listeners.TIE)
    found, tie = preferences.fit(wins.sum(axis=0)[None], ties.sum(axis=0)[None])
    assert found[0] == pytest.approx(listeners.true_worths(), abs=0.03)
    assert tie[0] == pytest.approx(listeners.TIE, abs=0.05)


def test_simulated_listeners_are_judged_by_the_limits():
    lines = [listeners.Line("ours", (0.05, 0.07)), listeners.Line("*others*", (0.2, 0.2))]
    rows = listeners.table("found", "at most 6 %", lines, (8, 12), lambda share: share <= listeners.MOST_FOUND).split(
        "\n"
    )
    assert rows == [
        "| found | 8 listeners | 12 listeners | at most 6 % |",
        "|---|--:|--:|---|",
        "| ours | 5.0 % | 7.0 % | no |",
        "| *others* | 20.0 % | 20.0 % |  |",
    ]
    assert "| 16 | 12 | 0.0384 | 0.80 |" in needed.abx_table()
    assert "| 0.5 | 18 | 34 | 45 | 58 |" in needed.listeners_table()
    assert needed.width_table((8,)).endswith("| 8 | 0.84 | 0.79 | 1.12 |")


def test_a_small_run_of_simulated_listeners():
    done = CliRunner().invoke(listeners.main, ["--simulations", "20", "--listeners", "8"])
    assert done.exit_code == 0, done.output
    rows = [line for line in done.stdout.splitlines() if line.endswith((" yes |", " no |", " |  |"))]
    names = [
        name
        for trial in (*listeners.WITHOUT_DIFFERENCE, *listeners.WITH_DIFFERENCE)
        for name in trial(np.random.default_rng(0), 8)
    ]
    assert [row.split(" | ")[0] for row in rows] == [f"| {name}" for name in names]


@pytest.mark.thorough
@pytest.mark.parametrize("n_listeners", listeners.COUNTS)
def test_nothing_is_found_where_there_is_nothing_and_intervals_cover(n_listeners):
    """With what chance adds to a thousand simulations in one of a thousand cases; those of all answers find more."""

    def told(trials, names: str) -> dict[str, float]:
        lines = [line for trial in trials for line in listeners.shares(trial, (n_listeners,), 1000, 1)]
        return {line.name: line.shares[0] for line in lines if line.name.startswith("*") == (names == "others")}

    def margin(share: float) -> float:
        return 3.1 * (share * (1 - share) / 1000) ** 0.5

    most, least = listeners.MOST_FOUND, listeners.LEAST_COVERED
    assert max(told(listeners.WITHOUT_DIFFERENCE, "ours").values()) <= most + margin(most)
    assert min(told(listeners.WITH_DIFFERENCE, "ours").values()) >= least - margin(least)
    if n_listeners >= 8:  # of fewer listeners some of the others find less
        assert min(told(listeners.WITHOUT_DIFFERENCE, "others").values()) > most


@pytest.mark.parametrize("mode", list(Mode))
def test_every_answer_is_timed_in_either_mode(mode, tmp_path):
    assert len(answers.measure(tmp_path, mode, 5, 3)) == 15
    connection = sqlite3.connect(tmp_path / mode.name / "answers.sqlite")
    assert connection.execute("PRAGMA journal_mode").fetchone() == (mode.value,)
    connection.close()
    taken = [*range(1, 101)]
    assert answers.row("so", taken) == "| so | 50 | 95 | 100 | yes |"
    assert answers.row("slow", [4 * ms for ms in taken]).endswith("| 400 | no |")
