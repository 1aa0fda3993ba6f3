"""What the README and docs/scale.md show of the command line is what comes of it: each command is typed, each answer
compared."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/scale.md")


def typed() -> Iterator[tuple[str, str]]:
    """Each command behind a ``$`` with the lines that are shown below it."""
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for block in re.findall(r"^```console\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE):
            for piece in block.split("$ ")[1:]:
                command, _, shown = piece.partition("\n")
                yield command, shown


def test_a_first_judgement_is_shown() -> None:
    """The first command that a newcomer runs, and it finds something."""
    command, shown = next(typed())
    assert command.startswith("bylaw classify ")
    assert '"outcome": "violation"' in shown


@pytest.mark.parametrize(("command", "shown"), list(typed()), ids=[command for command, _ in typed()])
def test_a_shown_answer_is_the_answer(tmp_path: Path, command: str, shown: str) -> None:
    """In a shell, in the folder of the checkout, without settings."""
    script = tmp_path / "bylaw"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m bot "$@"\n')
    script.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("BYLAW_")}
    environment["PATH"] = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == shown
