"""Databases to migrate, and a folder of revisions that a test may add to."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.storage.database.migrate import FOLDER


@pytest.fixture
def revision_folder_factory(tmp_path: Path) -> Callable[..., Path]:
    """Copies the revisions of the code, with further ones behind them: one per given body of `upgrade`."""

    def make(*bodies: str) -> Path:
        folder = tmp_path / f"migrations_{len(bodies)}"
        shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        down = max(path.name[:4] for path in (folder / "versions").glob("[0-9]*.py"))
        for body in bodies:
            revision = f"{int(down) + 1:04}"
            (folder / "versions" / f"{revision}_test.py").write_text(
                f'"""Test"""\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
                f'revision = "{revision}"\ndown_revision = "{down}"\nbranch_labels = None\ndepends_on = None\n\n\n'
                f"def upgrade():\n    {body}\n"
            )
            down = revision
        return folder

    return make
