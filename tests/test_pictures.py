"""The pictures of the documentation show what the bot shows now."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
IMG = ROOT / "docs" / "img"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture(scope="module")
def screenshots() -> dict[str, Any]:
    """The program that draws them."""
    return runpy.run_path(str(ROOT / ".ci" / "screenshots.py"))


async def test_no_picture_is_stale(screenshots: dict[str, Any]) -> None:
    """The words that each picture was drawn from are the bot's own. If this fails: make screenshots."""
    drawn = json.loads((IMG / "pictures.json").read_text(encoding="utf-8"))
    assert await screenshots["words_now"]() == drawn


def test_every_picture_is_there_small_and_used(screenshots: dict[str, Any]) -> None:
    """No picture is larger than 150 kB, and each one is on a page."""
    drawn = {f"{name}.png" for name in json.loads((IMG / "pictures.json").read_text(encoding="utf-8"))}
    assert drawn <= {path.name for path in IMG.iterdir()}
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for path in IMG.glob("*.png"):
        assert path.stat().st_size <= screenshots["LARGEST"], path.name
        assert f"img/{path.name})" in pages, path.name
