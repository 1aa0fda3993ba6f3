"""The documentation's website builds, and no link on it leads nowhere."""

from __future__ import annotations

import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / ".ci" / "docs_site.py"


@pytest.fixture(scope="module")
def site() -> dict[str, Any]:
    """The program behind ``make docs``."""
    return runpy.run_path(str(PROGRAM))


@pytest.mark.skipif(find_spec("zensical") is None, reason="zensical is not installed: make check installs it")
def test_the_site_builds() -> None:
    """In strict mode: every link and anchor leads somewhere."""
    done = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (ROOT / "dist" / "docs" / "index.html").is_file()


def test_every_page_is_in_the_menu(site: dict[str, Any]) -> None:
    """Nobody has to guess an address."""
    menu = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    assert [str(page) for page in site["pages"]().values() if f'"{page.as_posix()}"' not in menu] == []


def test_links_are_rewritten_to_where_pages_are(site: dict[str, Any]) -> None:
    """To a README on the site, to a picture, and to a file that is no page; code stays as it is."""
    pages = site["pages"]()
    text = "[a](../classifier/README.md#safe) ![b](img/card.png) [c](../deploy/bylaw.service) [d](https://e.example/x)"
    assert site["rewritten"](f"{text}\n```\n{text}\n```", Path("docs/design.md"), pages) == (
        f"[a](code/classifier.md#safe) ![b](img/card.png) c [d](https://e.example/x)\n```\n{text}\n```"
    )


def test_titles_say_what_a_page_is_about(site: dict[str, Any]) -> None:
    """Every page for people begins with a title of its own that somebody would search for: more than one word."""
    pages = [page for page in site["pages"]() if page.parts[0] == "docs" and page.name != "glossary.md"]
    titles = [(ROOT / page).read_text(encoding="utf-8").split("\n", 1)[0] for page in pages]
    assert [title for title in titles if not title.startswith("# ") or len(title.split()) < 4] == []
    assert len(set(titles)) == len(titles)
