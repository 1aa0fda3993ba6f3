"""One import brings every table, for whoever migrates, rotates keys or deletes what belongs to a server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
PROGRAM = """
import importlib, pathlib
from bot.storage.tables.cases import metadata
before = set(metadata.tables)
for path in pathlib.Path("bot/storage/tables").glob("*.py"):
    importlib.import_module(f"bot.storage.tables.{path.stem}")
print(*sorted(set(metadata.tables) - before))
"""


def test_the_metadata_of_cases_has_all_tables() -> None:
    """In a fresh process, importing the other files of tables adds nothing to it."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == []
