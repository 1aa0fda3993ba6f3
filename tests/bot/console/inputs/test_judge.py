"""Which judge a command asks: what its options say, then the settings, the same way in every command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.console.inputs.judge import choose_judge
from bot.console.inputs.options import JudgeName
from classifier import Effort

Bylaw = Callable[..., Any]
LITE, LLAMA, REMOTE = JudgeName.LITE, JudgeName.LLAMA, JudgeName.REMOTE
A, B = Path("a.gguf"), Path("b.gguf")


@pytest.mark.parametrize(
    ("judge", "model", "settings", "name", "file"),
    [
        (None, None, {}, LITE, None),
        (None, A, {}, LLAMA, A),
        (None, A, {"BYLAW_JUDGE": "lite"}, LLAMA, A),
        (None, A, {"BYLAW_MODEL_PATH": "b.gguf"}, LLAMA, A),
        (None, None, {"BYLAW_MODEL_PATH": "b.gguf"}, LLAMA, B),
        (None, None, {"BYLAW_JUDGE": "lite", "BYLAW_MODEL_PATH": "b.gguf"}, LITE, None),
        (None, None, {"BYLAW_JUDGE": "Llama"}, LLAMA, None),
        (LITE, None, {"BYLAW_JUDGE": "llama", "BYLAW_MODEL_PATH": "b.gguf"}, LITE, None),
        (LLAMA, None, {"BYLAW_JUDGE": "lite", "BYLAW_MODEL_PATH": "b.gguf"}, LLAMA, B),
        (LLAMA, A, {"BYLAW_JUDGE": "lite"}, LLAMA, A),
        (None, None, {"BYLAW_JUDGE": "remote", "BYLAW_MODEL_PATH": "b.gguf"}, REMOTE, None),
        (None, A, {"BYLAW_JUDGE": "remote"}, LLAMA, A),
        (REMOTE, None, {"BYLAW_JUDGE": "llama", "BYLAW_MODEL_PATH": "b.gguf"}, REMOTE, None),
    ],
)
@pytest.mark.parametrize("in_file", [False, True], ids=["environment", "dotenv"])
def test_options_come_before_settings_and_a_named_model_is_used(
    judge: JudgeName | None,
    model: Path | None,
    settings: dict[str, str],
    name: JudgeName,
    file: Path | None,
    in_file: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether the settings are in the environment or in .env."""
    if in_file:
        Path(".env").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    else:
        for key, value in settings.items():
            monkeypatch.setenv(key, value)
    chosen = choose_judge(judge, model)
    assert (chosen.name, chosen.model) == (name, file)


def test_the_effort_is_the_installations_unless_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """BYLAW_EFFORT counts for commands as it does for the bot."""
    monkeypatch.setenv("BYLAW_EFFORT", "high")
    assert choose_judge(None, A).effort is Effort.HIGH
    assert choose_judge(None, A, Effort.MEDIUM).effort is Effort.MEDIUM


@pytest.fixture
def decisions() -> Path:
    """One decision."""
    path = Path("decided.jsonl")
    path.write_text('{"id": 1, "text": "the killer is the butler", "violation": true}\n')
    return path


@pytest.fixture(params=["classify", "policy backtest", "demo", "sandbox"])
def judging(request: pytest.FixtureRequest, bylaw: Bylaw, policy_file: Path, decisions: Path) -> Bylaw:
    """Runs each command that judges."""
    needs = {
        "classify": ["--policy", policy_file],
        "policy backtest": ["--policy", policy_file, "--decisions", decisions],
    }
    return lambda *options: bylaw(*request.param.split(), *needs.get(request.param, []), *options)


def test_a_model_is_never_left_aside_in_silence(judging: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not there is told, whether the option or the setting names it."""
    for outcome in (judging("--model", "no.gguf"), _with_setting(judging, monkeypatch)):
        assert (outcome.code, outcome.out) == (2, "")
        assert "no.gguf" in outcome.complaint


def _with_setting(judging: Bylaw, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("BYLAW_MODEL_PATH", "no.gguf")
    return judging()


def test_the_lite_judge_with_a_model_is_refused(judging: Bylaw) -> None:
    """In one line that says which option to leave out."""
    outcome = judging("--judge", "lite", "--model", "x.gguf")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.complaint == (
        "bylaw: --judge lite uses no model: leave it out to judge with x.gguf, or leave out --model."
    )


def test_the_prompt_is_the_one_of_the_installation(
    bylaw: Bylaw, policy_file: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`bylaw prompt` reads the model and the effort from the settings, too."""
    given = ("prompt", "--policy", policy_file, "--text", "x", "--json")
    high = bylaw(*given, "--model", tiny_model, "--effort", "high")
    Path(".env").write_text(f"BYLAW_MODEL_PATH={tiny_model}\nBYLAW_EFFORT=high\n")
    assert high.code == 0
    assert bylaw(*given).out == high.out
    assert bylaw(*given, "--effort", "low").out != high.out
