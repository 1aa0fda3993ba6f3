"""Look the packages of requirements.lock up among known vulnerabilities, with pip-audit.

Fails for a vulnerability and for nothing else. pip-audit says "no known vulnerabilities" even if its index knew none of
the packages, so they are counted here.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--timeout", "10", "--format", "json")


def outcome(answer: str) -> tuple[str, int]:
    """What to print, and the exit code.

    Args:
        answer: what pip-audit wrote as JSON; empty where its index gave no answer.
    """
    packages: list[dict[str, Any]] = json.loads(answer)["dependencies"] if answer else []
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        return "pip-audit skipped: its index gave no answer about these packages.", 0
    found = [
        f"{package['name']} {package['version']}: {each['id']}, fixed in {', '.join(each['fix_versions']) or 'nothing'}"
        for package in known
        for each in package["vulns"]
    ]
    counted = f"pip-audit looked {len(known)} of {len(packages)} packages up"
    if found:
        return "\n".join([f"{counted} and found:", *found]), 1
    return f"{counted}: no known vulnerabilities.", 0


def main() -> int:
    """Ask, print, and give the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "audit.json")  # made once every package was asked about
        lock = str(ROOT / "requirements.lock")
        command = [sys.executable, "-m", "pip_audit", "--requirement", lock, *OPTIONS, "--output", str(file)]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603  # our own fixed command
        said, code = outcome(file.read_text(encoding="utf-8") if file.is_file() else "")
    sys.stdout.write(f"{said}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
