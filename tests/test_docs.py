"""The documentation tells the truth: commands run, links lead somewhere, settings are all there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import settings_table
from classifier.lite.recall import FOUND_OF_TEN

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "docs/install/*.md", "bot/**/README.md", "*/README.md", "*/*/README.md")
    for path in ROOT.glob(pattern)
    if ".venv" not in path.parts
)


FILES = [
    f"/{path.relative_to(ROOT).as_posix()}"
    for path in ROOT.rglob("*.py")
    if not path.relative_to(ROOT).parts[0].startswith(".") or path.relative_to(ROOT).parts[0] == ".ci"
]


def console_examples(page: Path) -> list[tuple[str, str]]:
    """Each line behind ``$`` in the page's ``console`` blocks, with the output that the page shows below it."""
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    parts = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE) if part]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


EXAMPLES = [(page.relative_to(ROOT).as_posix(), *example) for page in PAGES for example in console_examples(page)]


def test_the_readme_shows_commands() -> None:
    """There is something to test below."""
    assert any(page == "README.md" for page, _, _ in EXAMPLES)


@pytest.mark.parametrize(("page", "command", "output"), EXAMPLES)
def test_a_command_in_the_documentation_prints_what_the_page_shows(page: str, command: str, output: str) -> None:
    """Every ``console`` line runs, in a fresh shell in the project's folder where the environment is active, with
    exactly the output below it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BYLAW_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
        timeout=120,
    )
    assert (result.returncode, result.stderr) == (0, ""), f"{page}: {command}"
    assert result.stdout == output


def test_the_readmes_scam_is_found() -> None:
    """The first thing that a newcomer judges is judged right."""
    (verdict,) = (json.loads(output) for _, command, output in EXAMPLES if "classify" in command)
    assert (verdict["outcome"], verdict["rules"]) == ("violation", ["R1"])


@pytest.mark.parametrize(
    "target",
    [
        "demo",
        "test",
        "check",
        "bench",
        "sandbox",
        "format",
        "llama",
        "docs",
        "screenshots",
        "wheel",
        "install",
        "sbom",
        "clean",
    ],
)
def test_make_knows_the_targets_that_the_pages_name(target: str) -> None:
    """``make TARGET`` has a recipe."""
    recipe = subprocess.run(["make", "-n", target], capture_output=True, text=True, cwd=ROOT, check=False)
    assert recipe.returncode == 0, recipe.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_pictures_lead_to_files(page: Path) -> None:
    """A relative link names a file that is there."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    missing = [target for target in targets if target and not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_files_that_a_page_names_are_there(page: Path) -> None:
    """A page names a file by its path or by the end of it, and the file exists."""
    named = re.findall(r"`((?:[\w.-]+/)*\w+\.py)(?:::\w+)?`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in FILES)] == []


def test_every_setting_is_documented() -> None:
    """The operators' page holds the table that the code prints."""
    page = (ROOT / "docs/operators.md").read_text(encoding="utf-8")
    block = page.split("<!-- settings -->")[1].split("<!-- /settings -->")[0]
    assert block.strip() == settings_table().strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_pages_say_how_much_the_lite_judge_finds(page: Path) -> None:
    """The figure is the one that doctor and start-up print."""
    text = " ".join(page.read_text(encoding="utf-8").split())
    assert set(re.findall(r"(\d+) of 10 new wordings", text)) <= {str(FOUND_OF_TEN)}


def test_operators_are_told_how_much_the_lite_judge_finds() -> None:
    """On the pages that they read first, and in the benchmark's own page with command and date."""
    for page in ("README.md", "docs/operators.md", "docs/admins.md", "docs/moderators.md", "benchmarks/README.md"):
        assert "of 10 new wordings" in " ".join((ROOT / page).read_text(encoding="utf-8").split()), page


def test_every_folder_of_code_has_a_readme() -> None:
    """A newcomer finds a page in each package."""
    packages = [
        "bot",
        "bot/cogs",
        "bot/moderation",
        "bot/storage",
        "classifier",
        "classifier/llama",
        "guild_policies",
        "migrations",
        "benchmarks",
        "tests",
    ]
    assert [package for package in packages if not (ROOT / package / "README.md").is_file()] == []
