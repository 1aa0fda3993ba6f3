"""Rows about a film, and a run over them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Bylaw = Callable[..., Any]


@pytest.fixture
def rows_file(tmp_path: Path) -> Path:
    """Forty rows about a film: lite flags the spoilers with its pattern, misses others, and alarms on a guess."""
    texts = {
        "the killer is the butler": 1,
        "in the end everybody turns out to be a ghost": 1,
        "I bet the killer is the cook, just a guess": 0,
        "see you at the cinema": 0,
    }
    rows = [
        {"id": f"{number}-{copy}", "text": text, "labels": {"flagged": label, "told": label}, "meta": {"told": "yes"}}
        for copy in range(10)
        for number, (text, label) in enumerate(texts.items())
    ]
    path = tmp_path / "films.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def run_folder(bylaw: Bylaw, rows_file: Path, policy_file: Path, tmp_path: Path) -> Path:
    """A finished run."""
    out = tmp_path / "out"
    assert bylaw("eval", "run", rows_file, "--policy", policy_file, "--out", out).code == 0
    return out
