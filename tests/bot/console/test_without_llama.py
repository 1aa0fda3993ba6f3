"""Bylaw without llama.cpp, as `pip install bylaw` leaves it: every command works or says in one line what to add."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.cli import application

ROOT = Path(__file__).parents[3]
NEEDED = "The model needs llama.cpp, which is not installed: run `"

#: Runs commands one after the other in a process in which llama_cpp cannot be imported.
DRIVER = """
import contextlib, io, json, os, sys
sys.modules["llama_cpp"] = None
from bot.cli import main
commands, done = json.load(sys.stdin), []
for arguments, settings in commands:
    os.environ.update(settings)
    sys.stdin = io.TextIOWrapper(io.BytesIO(b'{"id": 1, "text": "hello"}\\n'))
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    done.append({"code": code, "out": out.getvalue(), "err": err.getvalue()})
    for name in settings:
        del os.environ[name]
print(json.dumps(done))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A command line and what it must come to."""

    line: str
    needs_llama: bool = False
    settings: tuple[tuple[str, str], ...] = ()


WITH_MODEL = (("BYLAW_TOKEN", "a.b.c"), ("BYLAW_MODEL_PATH", "tiny.gguf"))

#: Every command. In this order, because the later ones use what the earlier ones make.
TRIALS = (
    Trial(line="run", needs_llama=True, settings=WITH_MODEL),
    Trial(line="demo --model tiny.gguf", needs_llama=True),
    Trial(line="sandbox --judge llama", needs_llama=True, settings=WITH_MODEL[1:]),
    Trial(line="classify --policy policy.md --model tiny.gguf", needs_llama=True),
    Trial(line="policy backtest --policy policy.md --decisions rows.jsonl --model tiny.gguf", needs_llama=True),
    Trial(line="policy wobble policy.md --rows rows.jsonl --model tiny.gguf", needs_llama=True),
    Trial(line="eval run rows.jsonl --policy policy.md --model tiny.gguf --out measured", needs_llama=True),
    Trial(line="eval tune rows.jsonl --policy policy.md --model tiny.gguf --out tuned", needs_llama=True),
    Trial(line="model bench tiny.gguf", needs_llama=True),
    Trial(line="doctor", settings=WITH_MODEL[1:]),
    Trial(line="model check tiny.gguf"),
    Trial(line="model pull", settings=(("HF_ENDPOINT", "http://127.0.0.1:9"),)),
    Trial(line="prompt --policy policy.md --text hello --model tiny.gguf"),
    Trial(line="plan --messages-per-day 1000 --read 100 --written 10"),
    Trial(line="settings"),
    Trial(line="completion bash"),
    Trial(line="policy lint policy.md"),
    Trial(line="policy diff policy.md policy.md"),
    Trial(line="policy import policy.md --out imported"),
    Trial(line="eval report measured"),
    Trial(line="eval compare measured measured"),
    Trial(line="db upgrade"),
    Trial(line="db backup copy.sqlite3"),
    Trial(line="db check"),
    Trial(line="db downgrade 0001"),
    Trial(line="db restore copy.sqlite3"),
    Trial(line="keys new"),
    Trial(line="keys rotate"),
    Trial(line="keys discard-texts"),
    Trial(line="keys public"),
    Trial(line="case record --case 1/1 --out record.json"),
    Trial(line="case replay --case 1/1"),
    Trial(line="verify AAAAAA-BBBBBB-CCCCCC-DDDDDD --record record.json"),
    Trial(line="server export --guild 1 --out server.jsonl --plain"),
    Trial(line="server import server.jsonl"),
    Trial(line="serve-judge"),
    Trial(line="privacy export --user 1"),
    Trial(line="privacy erase --user 1"),
)


def commands(group: Any, name: str = "") -> set[str]:
    """The names of all commands below a group."""
    below = getattr(group, "commands", None)
    if below is None:
        return {name}
    return {found for key, each in below.items() for found in commands(each, f"{name} {key}".strip())}


def command_of(trial: Trial) -> str:
    """The name of the command that a line calls."""
    every = commands(typer.main.get_command(application()))
    words = trial.line.split()
    return next(name for name in (" ".join(words[:2]), words[0]) if name in every)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> dict[str, Any]:
    """What each line came to, by the line."""
    folder = tmp_path_factory.mktemp("without")
    (folder / "tiny.gguf").symlink_to(tiny_model)
    (folder / "policy.md").write_text((ROOT / "guild_policies/templates/scams.md").read_text())
    rows = [{"id": n, "text": hashlib.sha256(str(n).encode()).hexdigest(), "violation": n % 2 == 0} for n in range(150)]
    (folder / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("BYLAW_")}
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        input=json.dumps([[trial.line.split(), dict(trial.settings)] for trial in TRIALS]),
        capture_output=True,
        text=True,
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip((trial.line for trial in TRIALS), json.loads(done.stdout), strict=True))


def test_every_command_is_tried() -> None:
    """A new command gets a line above."""
    tried = [command_of(trial) for trial in TRIALS]
    assert sorted(tried) == sorted(commands(typer.main.get_command(application())))


@pytest.mark.parametrize("trial", [trial for trial in TRIALS if trial.needs_llama], ids=lambda trial: trial.line)
def test_a_command_that_needs_the_model_says_how_to_add_its_runtime(outcomes: dict[str, Any], trial: Trial) -> None:
    """In one line on standard error, with exit code 1, before anything is printed as a result."""
    outcome = outcomes[trial.line]
    assert outcome["code"] == 1
    (line,) = (line for line in outcome["err"].splitlines() if NEEDED in line)
    assert "llama" in line.split("`")[1]
    assert "Traceback" not in outcome["err"]


@pytest.mark.parametrize("line", ["doctor", "model check tiny.gguf"])
def test_a_report_has_a_line_about_it(outcomes: dict[str, Any], line: str) -> None:
    """Beside its other lines, which are as ever."""
    outcome = outcomes[line]
    assert outcome["code"] == 1
    (about,) = (each for each in outcome["out"].splitlines() if NEEDED in each)
    assert about.split()[:2] == ["fail", "llama.cpp"]
    assert "ok   model " in outcome["out"]


@pytest.mark.parametrize(
    "trial",
    [trial for trial in TRIALS if not trial.needs_llama and trial.line not in ("doctor", "model check tiny.gguf")],
    ids=lambda trial: trial.line,
)
def test_any_other_command_does_without(outcomes: dict[str, Any], trial: Trial) -> None:
    """It does its work, or stops for another reason."""
    outcome = outcomes[trial.line]
    said = outcome["out"] + outcome["err"]
    assert "unexpected" not in said, said
    assert NEEDED not in said
    assert outcome["code"] in (0, 1, 2)
