"""`bylaw eval`: run, report and compare, from files to figures."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier.lite.judge import NAME

Bylaw = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[5]

CARD = """
name = "films"
title = "Films"
file = "films.jsonl"
source = "made up"
licence = "CC0-1.0"
redistributable = true
unit = "message"

[[measures]]
name = "all"
policy = "policy.md"

[measures.labels]
flagged = ["R1"]

[[measures]]
name = "told"
policy = "policy.md"
where = { "meta.told" = "yes" }

[measures.labels]
told = []
"""


def test_a_run_is_reported(bylaw: Bylaw, run_folder: Path) -> None:
    """The figures are those of the rows, and the pages are there."""
    outcome = bylaw("eval", "report", run_folder, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    films = outcome.rows[0]["sets"]["films"]
    assert (films["n"], films["positives"], films["undecided"]) == (40, 20, 0)
    assert (films["tp"], films["fp"], films["tn"], films["fn"]) == (10, 10, 10, 10)
    assert (films["precision"], films["recall"], films["f1"], films["fpr"]) == (0.5, 0.5, 0.5, 0.5)
    assert films["rules"]["R1"]["named"] == 20
    assert films["judge"] == {"name": "lite", "id": NAME, "model": ""}
    assert (run_folder / "report.md").is_file()
    assert (run_folder / "report.html").is_file()


def test_a_report_for_people_is_lines(bylaw: Bylaw, run_folder: Path) -> None:
    """One for each set, and where the pages are; texts are shown only when asked for."""
    outcome = bylaw("eval", "report", run_folder)
    assert "films: 40 rows, 0 undecided; precision 0.500" in outcome.out
    assert "turns out to be a ghost" not in (run_folder / "report.html").read_text()
    assert bylaw("eval", "report", run_folder, "--texts").code == 0
    assert "turns out to be a ghost" in (run_folder / "report.html").read_text()
    assert "turns out to be a ghost" in (run_folder / "report.md").read_text()


def test_texts_of_other_rows_are_not_shown(bylaw: Bylaw, run_folder: Path, rows_file: Path) -> None:
    """A changed file is told instead."""
    rows_file.write_text(rows_file.read_text() + "\n")
    outcome = bylaw("eval", "report", run_folder, "--texts")
    assert outcome.code == 2
    assert "has changed" in outcome.complaint


def test_the_judge_card_is_written(bylaw: Bylaw, run_folder: Path, tmp_path: Path) -> None:
    """A new one, and the same one again."""
    card = tmp_path / "card.md"
    assert bylaw("eval", "report", run_folder, "--card", card).code == 0
    text = card.read_text()
    assert "| films flagged | 40 | 20 | 0 | 0.500 (" in text
    assert "hatecheck" in text
    assert bylaw("eval", "report", run_folder, "--card", card).code == 0
    assert card.read_text() == text


def test_a_judge_card_that_cannot_be_written_is_one_line(bylaw: Bylaw, run_folder: Path, tmp_path: Path) -> None:
    """A folder, a picture and a page without a place for the figures stay as they are."""
    picture, page = tmp_path / "card.png", tmp_path / "page.md"
    picture.write_bytes(b"\x89PNG\xff")
    page.write_text("# Mine\n")
    for path, says in ((tmp_path, "cannot be written"), (picture, "not UTF-8"), (page, "has no lines")):
        outcome = bylaw("eval", "report", run_folder, "--card", path)
        assert outcome.code == 2
        assert says in outcome.complaint
    assert (picture.read_bytes(), page.read_text()) == (b"\x89PNG\xff", "# Mine\n")


def test_a_disk_that_takes_no_more_is_one_line(
    bylaw: Bylaw, run_folder: Path, rows_file: Path, policy_file: Path
) -> None:
    """What is in the way of the folder is told, for a run and for a report."""
    outcome = bylaw("eval", "run", rows_file, "--policy", policy_file, "--out", policy_file)
    assert outcome.code == 1
    assert "cannot be written" in outcome.complaint
    (run_folder / "plots").write_text("in the way")
    outcome = bylaw("eval", "report", run_folder)
    assert outcome.code == 1
    assert "cannot be written" in outcome.complaint


def test_a_full_disk_loses_no_answer(rows_file: Path, policy_file: Path, tmp_path: Path) -> None:
    """The answer that found no room is cut off and judged again once there is room."""
    path = tmp_path / "out" / "films" / "predictions.jsonl"
    command = [
        sys.executable,
        "-m",
        "bot.cli",
        "eval",
        "run",
        rows_file,
        "--policy",
        policy_file,
        "--out",
        path.parents[1],
    ]
    limited = ["bash", "-c", 'ulimit -f 5; exec "$@"', "limited", *command]  # blocks of 1,024 bytes
    process = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr.count("\n")) == (1, 1)
    assert "cannot be written (File too large)" in process.stderr
    kept = path.read_bytes()[: path.read_bytes().rindex(b"\n") + 1]
    assert 0 < kept.count(b"\n") < 40
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    assert path.read_bytes().startswith(kept)
    assert sorted(json.loads(line)["row"] for line in path.read_text().splitlines()) == list(range(1, 41))


def test_a_second_run_judges_nothing_again(bylaw: Bylaw, run_folder: Path, rows_file: Path, policy_file: Path) -> None:
    """The same command is a resumption, also when there is nothing left to do."""
    before = (run_folder / "films" / "predictions.jsonl").read_bytes()
    outcome = bylaw("eval", "run", rows_file, "--policy", policy_file, "--out", run_folder, "--json")
    assert outcome.rows[0]["sets"]["films"]["new"] == 0
    assert (run_folder / "films" / "predictions.jsonl").read_bytes() == before


def test_rows_are_judged_again(bylaw: Bylaw, rows_file: Path, policy_file: Path, tmp_path: Path) -> None:
    """Alone, beside others and by a judge that was started again; the report counts what changed, the page says it, and
    the same command asks nothing twice."""
    out = tmp_path / "out"
    given = ["eval", "run", rows_file, "--policy", policy_file, "--out", out, "--repeat", 3, "--beside", 31, "--json"]
    assert bylaw(*given).rows[0]["sets"]["films"]["repeated"] == 40 * (3 + 3 + 2)
    before = (out / "films" / "repeats.jsonl").read_bytes()
    assert bylaw(*given).code == 0
    assert (out / "films" / "repeats.jsonl").read_bytes() == before
    repeats = bylaw("eval", "report", out, "--json").rows[0]["sets"]["films"]["repeats"]
    keys = ("circumstance", "beside", "rows", "asked", "changed")
    assert [tuple(each[key] for key in keys) for each in repeats] == [
        ("alone", 0, 40, 80, 0),
        ("beside", 31, 40, 120, 0),
        ("restarted", 0, 40, 80, 0),
    ]
    line = "| beside 31 others | 40 | 120 | 0 | 0.000 (0.000 to 0.088) |"
    assert line in (out / "report.md").read_text()
    assert bylaw("eval", "report", out, "--card", tmp_path / "card.md").code == 0
    assert line in (tmp_path / "card.md").read_text()


def test_more_repeats_later_all_count(bylaw: Bylaw, rows_file: Path, policy_file: Path, tmp_path: Path) -> None:
    """What the judge was asked alone in another start is counted as asked after a restart, and the page says so."""
    out = tmp_path / "out"
    given = ["eval", "run", rows_file, "--policy", policy_file, "--out", out, "--json", "--repeat"]
    asked = [bylaw(*given, count).rows[0]["sets"]["films"]["repeated"] for count in (2, 3)]
    repeats = bylaw("eval", "report", out, "--json").rows[0]["sets"]["films"]["repeats"]
    assert [(each["circumstance"], each["asked"]) for each in repeats] == [("alone", 40), ("restarted", 120)]
    assert asked == [40 * 3, 40 * 5]
    assert "asked for later, count as after a restart" in (out / "report.md").read_text()


def test_an_earlier_run_can_be_repeated(bylaw: Bylaw, run_folder: Path, rows_file: Path, policy_file: Path) -> None:
    """Into its own folder; another policy's answers do not go there."""
    given = ["eval", "run", rows_file, "--policy", policy_file, "--out", run_folder, "--repeat", 2]
    assert "judged 0 rows now, 40 before, 200 answers to the same questions again" in bylaw(*given, "--beside", 1).out
    policy_file.write_text(policy_file.read_text().replace("the ship sinks", "the boat sinks"))
    assert "other policy" in bylaw(*given).complaint


@pytest.mark.parametrize("command", ["run", "tune"])
def test_more_rows_than_fit_into_memory_are_told(
    bylaw: Bylaw, rows_file: Path, policy_file: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """One line that says what to do; with a sample it works."""
    monkeypatch.setattr("bot.console.commands.eval.run.MOST_IN_MEMORY", 30)
    given = [rows_file, "--policy", policy_file, "--judge", "lite", *(["--repeat", 2] if command == "run" else [])]
    outcome = bylaw("eval", command, *given, "--out", "o")
    assert outcome.code == 2
    assert "has 40 rows; 30 are the most here: add --sample" in outcome.complaint
    assert not Path("o").exists()
    sampled = bylaw("eval", command, *given, "--out", "p", "--sample", 30)
    assert "are the most here" not in sampled.err


def test_another_policy_does_not_go_into_the_same_run(
    bylaw: Bylaw, run_folder: Path, rows_file: Path, policy_file: Path
) -> None:
    """It is told which part differs."""
    policy_file.write_text(policy_file.read_text().replace("the ship sinks", "the boat sinks"))
    outcome = bylaw("eval", "run", rows_file, "--policy", policy_file, "--out", run_folder)
    assert outcome.code == 1
    assert "other policy: choose another --out" in outcome.complaint


def test_a_sample_is_the_same_every_time(bylaw: Bylaw, rows_file: Path, policy_file: Path, tmp_path: Path) -> None:
    """Two runs of fifteen rows judge the same fifteen."""
    seen = []
    for name in ("one", "two"):
        out = tmp_path / name
        assert bylaw("eval", "run", rows_file, "--policy", policy_file, "--out", out, "--sample", 15).code == 0
        lines = (out / "films" / "predictions.jsonl").read_text().splitlines()
        seen.append(sorted(json.loads(line)["id"] for line in lines))
    assert len(seen[0]) == 15
    assert seen[0] == seen[1]


@pytest.fixture
def cards(tmp_path: Path, policy_file: Path) -> Path:
    """A folder with a set card, and its policy beside it."""
    folder = tmp_path / "kept" / "sets"
    folder.mkdir(parents=True)
    (folder / "films.toml").write_text(CARD)
    (tmp_path / "kept" / "policies").mkdir()
    (tmp_path / "kept" / "policies" / "policy.md").write_text(policy_file.read_text())
    return folder


def test_all_sets_of_a_folder_are_judged(bylaw: Bylaw, rows_file: Path, cards: Path, tmp_path: Path) -> None:
    """Each measure of each card whose file is there, under the card's policy."""
    outcome = bylaw("eval", "run", "--all", rows_file.parent, "--cards", cards, "--out", tmp_path / "out", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert set(outcome.rows[0]["sets"]) == {"films.all", "films.told"}
    report = bylaw("eval", "report", tmp_path / "out", "--json").rows[0]["sets"]
    assert (report["films.all"]["label"], report["films.told"]["label"]) == ("flagged", "told")


def test_a_csv_is_judged(bylaw: Bylaw, policy_file: Path, tmp_path: Path) -> None:
    """With the names of its columns on the command line."""
    path = tmp_path / "Some Rows.csv"
    path.write_text("nr,body,spoils\n1,the killer is the cook,1\n2,hello,0\n3,unknown,\n")
    given = ["--label", "spoils", "--text-column", "body", "--id-column", "nr"]
    outcome = bylaw("eval", "run", path, "--policy", policy_file, *given, "--out", tmp_path / "out")
    assert (outcome.code, outcome.err) == (0, "")
    report = bylaw("eval", "report", tmp_path / "out", "--json").rows[0]["sets"]["some-rows"]
    assert (report["n"], report["tp"], report["tn"]) == (2, 1, 1)


def test_two_runs_are_compared(
    bylaw: Bylaw, run_folder: Path, rows_file: Path, policy_file: Path, tmp_path: Path
) -> None:
    """The second policy knows the ghost: ten rows more are right, and the policies are named as what differs."""
    policy_file.write_text(
        policy_file.read_text().replace("Examples:", 'Examples:\n- violates: "everybody turns out to be a ghost"')
    )
    other = tmp_path / "other"
    assert bylaw("eval", "run", rows_file, "--policy", policy_file, "--out", other).code == 0
    outcome = bylaw("eval", "compare", run_folder, other, "--json")
    films = outcome.rows[0]["sets"]["films"]
    assert (films["only_first_right"], films["only_second_right"], films["differ"]) == (0, 10, ["policy"])
    assert films["p"] == films["p_holm"] == pytest.approx(2 * 0.5**10)
    assert films["differences"]["recall"]["value"] == 0.5
    shown = bylaw("eval", "compare", run_folder, other).out
    assert "other policy" in shown
    assert "recall: +0.500 (" in shown


def test_runs_over_other_rows_are_not_compared(
    bylaw: Bylaw, run_folder: Path, rows_file: Path, policy_file: Path, tmp_path: Path
) -> None:
    """Nor are folders without a set in common."""
    rows_file.write_text("".join(rows_file.read_text().splitlines(keepends=True)[:8]))
    other = tmp_path / "other"
    assert bylaw("eval", "run", rows_file, "--policy", policy_file, "--out", other).code == 0
    outcome = bylaw("eval", "compare", run_folder, other)
    assert outcome.code == 2
    assert "other rows" in outcome.complaint
    (other / "films").rename(other / "books")
    manifest = other / "books" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"name": "films"', '"name": "books"'))
    assert "no set in common" in bylaw("eval", "compare", run_folder, other).complaint


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["films.jsonl", "--policy", "policy.md"], "Missing option: --out DIR"),
        (["films.jsonl", "--out", "o"], "has no set card: name a policy with --policy"),
        (["--out", "o"], "No set found"),
        (["--all", "--out", "o"], "There is no folder data"),
        (["films.jsonl", "--policy", "none.md", "--out", "o"], "none.md does not exist"),
        (["none.jsonl", "--policy", "policy.md", "--out", "o"], "none.jsonl does not exist"),
        (
            ["films.jsonl", "--policy", "policy.md", "--label", "nope", "--out", "o"],
            'no row with the label "nope": it has',
        ),
        (["films.jsonl", "--set", "nope", "--out", "o"], "There is no set card nope"),
        (["films.jsonl", "films.jsonl", "--policy", "policy.md", "--out", "o"], "Two files would be called films"),
        (["films.jsonl", "--policy", "policy.md", "--judge", "llama", "--out", "o"], "No model file is named"),
        (["films.jsonl", "--policy", "policy.md", "--out", "o", "--beside", "3"], "--beside needs --repeat"),
    ],
)
def test_what_cannot_be_run_is_one_line(
    bylaw: Bylaw, rows_file: Path, policy_file: Path, arguments: list[str], says: str
) -> None:
    """Exit code 2 and what to do, before anything is judged."""
    outcome = bylaw("eval", "run", *arguments)
    assert outcome.code == 2
    assert re.search(says, outcome.complaint)
    assert not Path("o", "films", "predictions.jsonl").exists()


def test_a_bad_line_is_told_before_anything_is_judged(bylaw: Bylaw, rows_file: Path, policy_file: Path) -> None:
    """Also when it is in the last line."""
    rows_file.write_text(rows_file.read_text() + "{\n")
    outcome = bylaw("eval", "run", rows_file, "--policy", policy_file, "--out", "o")
    assert outcome.code == 2
    assert "line 41 is not JSON" in outcome.complaint
    assert not Path("o").exists()


@pytest.mark.parametrize("command", ["report", "compare"])
def test_a_folder_without_a_run_is_one_line(bylaw: Bylaw, tmp_path: Path, command: str) -> None:
    """For both commands that read runs."""
    folders = [tmp_path] if command == "report" else [tmp_path, tmp_path]
    outcome = bylaw("eval", command, *folders)
    assert outcome.code == 2
    assert "holds no run" in outcome.complaint


def test_without_the_libraries_one_line_says_what_to_install(
    bylaw: Bylaw, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judging needs none of them; figures do."""
    from importlib import util

    real = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *rest: None if name == "sklearn" else real(name, *rest))
    for arguments in (["report", run_folder], ["compare", run_folder, run_folder]):
        outcome = bylaw("eval", *arguments)
        assert outcome.code == 1
        assert 'pip install "bylaw[eval]"' in outcome.complaint


def test_judging_loads_no_library_for_figures() -> None:
    """`bylaw eval run` works without the extra."""
    program = (
        "import sys, bot.console.commands.eval.tasks, bot.console.commands.eval.run, bot.evaluation.runs.run\n"
        "sys.exit(any(name in sys.modules for name in ('scipy', 'sklearn', 'statsmodels', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_an_installed_package_has_no_cards(rows_file: Path, policy_file: Path, cards: Path, tmp_path: Path) -> None:
    """Without the checkout a policy or a folder of cards is named, and one line says so."""
    installed = tmp_path / "installed"
    for package in ("bot", "classifier", "guild_policies"):
        shutil.copytree(ROOT / package, installed / package, ignore=shutil.ignore_patterns("__pycache__"))
    known = tmp_path / "sms_spam.jsonl"  # the checkout has a card for a file of this name
    known.write_text(rows_file.read_text())
    command = [sys.executable, "-m", "bot.cli", "eval", "run", "--out", tmp_path / "out"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    asked = (([known], 2), ([known, "--policy", policy_file], 0), ([rows_file, "--cards", cards], 0))
    for rest, code in asked:
        process = subprocess.run(
            [*command, *rest], cwd=installed, env=environment, capture_output=True, text=True, check=False
        )
        assert process.returncode == code
        if code:
            assert process.stderr.endswith("name a policy with --policy, or a card with --set.\n")
