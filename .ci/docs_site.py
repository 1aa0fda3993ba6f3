"""Builds the website of the documentation: `make docs`.

The pages are those of `docs/`, the changelog, and the README of each package. Links between them are rewritten to where
the pages are on the site; a link to a file that is no page becomes its text. Zensical then builds the site in strict
mode, so a link or an anchor that leads nowhere fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "dist" / "docs-source"  #: as `zensical.toml` has it
_LINK = re.compile(r"(!?)\[([^\]]+)\]\(([^)\s#]*)(#[^)\s]*)?\)")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_FENCE = re.compile(r"(```.*?```)", re.DOTALL)


def pages() -> dict[Path, Path]:
    """Each page of the repository, and where it is on the site; both relative."""
    found = {path.relative_to(ROOT): path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")}
    found[Path("CHANGELOG.md")] = Path("changelog.md")
    for path in sorted([*ROOT.glob("*/README.md"), *ROOT.glob("*/*/README.md")]):
        package = path.parent.relative_to(ROOT)
        if not package.parts[0].startswith(".") and package.parts[0] not in {"docs", "dist"}:
            found[package / "README.md"] = Path("code", f"{'-'.join(package.parts)}.md")
    return found


def rewritten(text: str, page: Path, sites: dict[Path, Path]) -> str:
    """A page's text with its links as the site needs them. Code blocks stay as they are."""

    def link(match: re.Match[str]) -> str:
        mark, label, target, anchor = match[1], match[2], match[3], match[4] or ""
        if not target or "://" in target or target.startswith("mailto:"):
            return match[0]
        meant = Path(os.path.normpath(page.parent / target))
        if meant in sites:
            place = sites[meant]
        elif meant.parts[:2] == ("docs", "img"):
            place = meant.relative_to("docs")
        else:
            return label
        return f"{mark}[{label}]({os.path.relpath(place, sites[page].parent)}{anchor})"

    parts = _FENCE.split(text)
    return "".join(part if part.startswith("```") else _LINK.sub(link, part) for part in parts)


def stage() -> None:
    """Copy every page and picture to `SOURCE`."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    sites = pages()
    for page, site in sites.items():
        target = SOURCE / site
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(rewritten((ROOT / page).read_text(encoding="utf-8"), page, sites), encoding="utf-8")
    pictures = shutil.ignore_patterns("*.json")
    shutil.copytree(ROOT / "docs" / "img", SOURCE / "img", ignore=pictures)


def main() -> int:
    """Stage and build; the exit code of the build."""
    stage()
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        report, _, _ = (done.stdout + done.stderr).partition("Traceback")
        sys.stderr.write(_COLOUR.sub("", report))
        return 1
    sys.stdout.write("The documentation is in dist/docs: open dist/docs/index.html.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
