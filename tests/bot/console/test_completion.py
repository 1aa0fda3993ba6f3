"""`bylaw completion`: the scripts as the shells themselves run them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Bylaw = Callable[..., Any]

#: What a shell runs to complete the words of `line`, one candidate a line. zsh's own functions, which only its editor
#: has, are replaced by ones that show what they are given.
ASKS = {
    "bash": """
        eval "$(bylaw completion bash)"
        COMP_WORDS=({line} ''); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
        _bylaw_completion bylaw
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """,
    "zsh": """
        compdef() {{ :; }}
        _arguments() {{ print -rl -- "$@"; }}
        _files() {{ :; }}
        eval "$(bylaw completion zsh)"
        words=({line} ''); CURRENT=${{#words}}
        _bylaw_completion
    """,
    "fish": "bylaw completion fish | source; complete -C '{line} '",
}
OPTIONS = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}


@pytest.fixture
def complete(tmp_path: Path) -> Callable[[str, str], str]:
    """What a shell offers behind these words."""
    script = tmp_path / "bylaw"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m bot "$@"\n')
    script.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(tmp_path)}

    def run(shell: str, line: str) -> str:
        program = shutil.which(shell)
        if program is None:
            pytest.skip(f"{shell} is not installed")
        done = subprocess.run(
            [program, *OPTIONS[shell], "-c", ASKS[shell].format(line=line)],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=60,
        )
        assert done.stderr == ""
        return done.stdout

    return run


@pytest.mark.parametrize("shell", ASKS)
@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("bylaw", ("classify", "policy", "completion")),
        ("bylaw policy", ("lint", "backtest", "import")),
        ("bylaw demo --judge", ("lite", "llama", "remote")),
    ],
)
def test_a_shell_completes(complete: Callable[[str, str], str], shell: str, line: str, offers: tuple[str, ...]) -> None:
    """Commands, the commands of a group, and the values of an option."""
    said = complete(shell, line)
    assert [each for each in offers if each not in said] == []


def test_files_are_left_to_the_shell(complete: Callable[[str, str], str]) -> None:
    """Where a file is wanted, nothing of ours is in the way of the shell's own names."""
    assert complete("bash", "bylaw classify --policy").strip() == ""


@pytest.mark.parametrize("shell", ASKS)
def test_the_script_is_all_that_is_printed(bylaw: Bylaw, shell: str) -> None:
    """So that `eval` can take it."""
    outcome = bylaw("completion", shell)
    assert (outcome.code, outcome.err) == (0, "")
    assert "_BYLAW_COMPLETE" in outcome.out


def test_another_shell_is_told_which_there_are(bylaw: Bylaw) -> None:
    """In one line, with exit code 2."""
    outcome = bylaw("completion", "tcsh")
    assert outcome.code == 2
    assert 'SHELL is "tcsh"; it must be "bash", "zsh" or "fish".' in outcome.complaint
    assert "Missing argument: SHELL." in bylaw("completion").complaint


def test_a_misspelled_setting_is_not_told_while_a_line_is_completed(
    bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A remark would land in the middle of what somebody types."""
    monkeypatch.setenv("BYLAW_RETENTON_DAYS", "3")
    monkeypatch.setenv("_BYLAW_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "bylaw keys ")
    monkeypatch.setenv("COMP_CWORD", "2")
    outcome = bylaw()
    assert (outcome.code, outcome.err) == (0, "")
    assert {"rotate", "new", "discard-texts"} <= set(outcome.out.split())
