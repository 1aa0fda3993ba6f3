"""What `make audit` makes of pip-audit's answer: only a vulnerability is a failure, and silence is no praise."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / ".ci/audit.py"
GOOD = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"], "aliases": []}]}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


@pytest.fixture(scope="module")
def outcome() -> Callable[[str], tuple[str, int]]:
    found: Callable[[str], tuple[str, int]] = runpy.run_path(str(SCRIPT))["outcome"]
    return found


@pytest.mark.parametrize(
    ("packages", "says", "code"),
    [
        ([GOOD], "pip-audit looked 1 of 1 packages up: no known vulnerabilities.", 0),
        ([GOOD, UNKNOWN], "pip-audit looked 1 of 2 packages up: no known vulnerabilities.", 0),
        ([GOOD, BAD], "pip-audit looked 2 of 2 packages up and found:\nb 2: PYSEC-1, fixed in 2.1", 1),
        ([UNKNOWN], "pip-audit skipped: its index gave no answer about these packages.", 0),
    ],
)
def test_packages_that_the_index_does_not_know_count_as_not_looked_up(
    outcome: Callable[[str], tuple[str, int]], packages: list[dict[str, object]], says: str, code: int
) -> None:
    """Otherwise an index without these packages would pass for a clean bill of health."""
    assert outcome(json.dumps({"dependencies": packages, "fixes": []})) == (says, code)


def test_a_network_that_is_away_is_no_failure() -> None:
    """The line says that nothing was looked up."""
    pytest.importorskip("pip_audit", reason="needs pip-audit (dependency group audit)")
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    command, environment = [sys.executable, str(SCRIPT)], {**os.environ, **nowhere, "NO_PROXY": "", "no_proxy": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)
    assert (done.returncode, done.stdout) == (0, "pip-audit skipped: its index gave no answer about these packages.\n")
