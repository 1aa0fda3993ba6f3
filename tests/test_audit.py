"""`make audit`: it fails for a known vulnerability, never for the network, and never calls unaudited packages safe."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SAFE = {"name": "click", "version": "8.5.1", "vulns": []}
UNSAFE = {"name": "pillow", "version": "9.0.0", "vulns": [{"id": "PYSEC-2022-10", "fix_versions": ["9.0.1"]}]}
UNKNOWN = {"name": "aiohttp", "skip_reason": "Dependency not found on PyPI and could not be audited: aiohttp (3.14.5)"}


def audit(venv: Path, answer: list[dict[str, object]] | None, exit_code: int) -> subprocess.CompletedProcess[str]:
    """Run ``make audit`` with a pip-audit that answers this, or nothing, and ends with this code."""
    (venv / "bin").mkdir()
    for done in (".python", ".ready", ".tools"):  # newer than pyproject.toml and constraints.txt: nothing is installed
        (venv / done).touch()
    write = "" if answer is None else f'echo {shlex.quote(json.dumps({"dependencies": answer}))} > "$output"'
    program = venv / "bin/pip-audit"
    program.write_text(
        "#!/bin/bash\n"
        'output=/dev/stdout; while [ $# -gt 0 ]; do [ "$1" != --output ] || output=$2; shift; done\n'
        f"{write}\nexit {exit_code}\n"
    )
    program.chmod(0o755)
    return subprocess.run(
        ["make", "--no-print-directory", "audit", f"VENV={venv}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_packages_without_known_vulnerabilities_are_counted(tmp_path: Path) -> None:
    """What was looked up and what could not be are told apart."""
    done = audit(tmp_path, [SAFE, SAFE, UNKNOWN], 0)
    assert done.returncode == 0
    assert "no known vulnerabilities in 2 packages; 1 could not be looked up" in done.stdout


def test_a_known_vulnerability_fails_and_is_named(tmp_path: Path) -> None:
    """Also where another package could not be looked up."""
    done = audit(tmp_path, [SAFE, UNSAFE, UNKNOWN], 1)
    assert done.returncode != 0
    assert "PYSEC-2022-10" in done.stdout


@pytest.mark.parametrize(
    ("answer", "exit_code", "says"),
    [
        (None, 1, "its index gave no answer"),
        ([UNKNOWN, UNKNOWN], 0, "its index knows none of the 2 packages"),
    ],
    ids=["network away", "mirror without vulnerabilities"],
)
def test_an_index_that_cannot_tell_is_no_failure_and_no_assurance(
    tmp_path: Path, answer: list[dict[str, object]] | None, exit_code: int, says: str
) -> None:
    """A mirror knows packages but not their vulnerabilities; pip-audit ends with 0 all the same."""
    done = audit(tmp_path, answer, exit_code)
    assert done.returncode == 0, done.stderr
    assert f"pip-audit skipped: {says}" in done.stdout
    assert "no known vulnerabilities" not in done.stdout
