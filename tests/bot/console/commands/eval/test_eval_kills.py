"""`bylaw eval run`, killed and stopped in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[5]


def start(*arguments: str | Path) -> subprocess.Popen[bytes]:
    """The command in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BYLAW_")}
    return subprocess.Popen(
        [sys.executable, "-m", "bot.cli", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for_bytes(path: Path, size: int, process: subprocess.Popen[bytes]) -> None:
    """Until a file is this large, or the process has ended."""
    for _ in range(30_000):
        if process.poll() is not None or (path.exists() and path.stat().st_size >= size):
            return
        time.sleep(0.01)
    pytest.fail("nothing was written in five minutes")


def test_ten_thousand_rows_survive_kills(policy_file: Path, tmp_path: Path) -> None:
    """Killed twice, stopped once, cut in the middle of a line: in the end every row is answered exactly once."""
    rows = tmp_path / "many.jsonl"
    with rows.open("w") as file:
        for number in range(10_000):
            file.write(json.dumps({"id": number, "text": f"hello {number}", "labels": {"flagged": number % 2}}) + "\n")
    command = ("eval", "run", rows, "--policy", policy_file, "--out", tmp_path / "out", "--json")
    path = tmp_path / "out" / "many" / "predictions.jsonl"
    for size in (150_000, 500_000):
        process = start(*command)
        wait_for_bytes(path, size, process)
        process.kill()
        process.communicate()
        os.truncate(path, path.stat().st_size - 10)
    process = start(*command)
    wait_for_bytes(path, 900_000, process)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=300)
    assert process.returncode == 130
    assert complaint.decode().splitlines() == [
        "bylaw: Stopped. All answers so far are kept: run the same command again to resume."
    ]
    process = start(*command)
    out, complaint = process.communicate(timeout=300)
    assert (process.returncode, complaint) == (0, b"")
    assert json.loads(out)["sets"]["many"]["rows"] == 10_000
    answered = [json.loads(line)["row"] for line in path.read_text().splitlines()]
    assert sorted(answered) == list(range(1, 10_001))
