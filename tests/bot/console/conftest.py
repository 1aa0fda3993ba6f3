"""A console with nothing around it: no settings of the machine, an empty folder, and input by hand."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main

POLICY = """# Spoilers

## Rules
### R1 Unmarked spoiler
Breaks it: telling how the film ends.
Pattern: `the killer is the \\w+`
Examples:
- violates: "cannot believe the sister was behind it all along"
- violates: "the ship sinks and he drowns"
- allowed: "the ending wrecked me, no details"
- allowed: "is it worth seeing"

## When it is unclear
Count it as allowed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[Any]:
        """Standard output as lines of JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaint(self) -> str:
        """The one line on standard error."""
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        return self.err.strip()


@pytest.fixture(autouse=True)
def same_logging() -> Iterator[None]:
    """Commands set up logging for their own process; here they share one."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(autouse=True)
def clean_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of this machine reaches a test, no test writes outside its folder, and none runs in our image."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.upper().startswith("BYLAW_"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("IN_BYLAW_IMAGE", raising=False)


@pytest.fixture
def bylaw(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Runs a command in this process, with `stdin` as its input."""

    def run(*arguments: str | Path, stdin: bytes = b"") -> Outcome:
        capfd.readouterr()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Outcome(code=code, out=captured.out, err=captured.err)

    return run


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    """A small policy."""
    path = tmp_path / "policy.md"
    path.write_text(POLICY)
    return path
