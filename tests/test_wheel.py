"""What `make wheel` builds holds all that a bot needs, and nothing of tests and benchmarks."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

pytest.importorskip("build", reason="needs build (dependency group build)")

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bot", "classifier", "guild_policies", "migrations")
BESIDE = ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "CHANGELOG.md", "Makefile", "constraints.txt",
          "requirements.lock")  # fmt: skip
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NOT_SHIPPED = {"README.md"}  # of our packages: for those who change the code


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the source archive, built as the Makefile does it, from a copy of the source."""
    source = tmp_path_factory.mktemp("source")
    for folder in (*PACKAGES, "deploy", "docs", "tests", "benchmarks"):
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BESIDE:
        shutil.copy(ROOT / name, source)
    built = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(built), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return built


@pytest.fixture(scope="module")
def wheel(dist: Path) -> zipfile.ZipFile:
    (path,) = dist.glob("*.whl")
    assert path.name == f"bylaw-{PROJECT['version']}-py3-none-any.whl"
    return zipfile.ZipFile(path)


def test_every_file_of_the_packages_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    """Code and data. A new kind of file needs a line in [tool.setuptools.package-data]."""
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name not in NOT_SHIPPED
    }
    held = set(wheel.namelist())
    assert {"bot/simulation/story.jsonl", "guild_policies/templates/scams.md", "migrations/script.py.mako"} < wanted
    assert sorted(wanted - held) == []
    assert {name.split("/")[0] for name in held} == {*PACKAGES, f"bylaw-{PROJECT['version']}.dist-info"}


def test_it_installs_the_program_and_asks_for_no_runtime(wheel: zipfile.ZipFile) -> None:
    """llama.cpp is an extra: a bot whose model is elsewhere compiles nothing."""
    about = f"bylaw-{PROJECT['version']}.dist-info"
    assert "bylaw = bot.cli:main" in wheel.read(f"{about}/entry_points.txt").decode()
    metadata = Parser().parsestr(wheel.read(f"{about}/METADATA").decode())
    needs = metadata.get_all("Requires-Dist") or []
    assert [each for each in needs if each.startswith("llama")] == ['llama-cpp-python==0.3.36; extra == "llama"']
    assert {"llama", "postgres", "sandbox", "eval"} <= set(metadata.get_all("Provides-Extra") or [])
    assert f"{about}/licenses/LICENSE" in wheel.namelist()


def test_the_source_archive_has_what_an_installation_needs(dist: Path) -> None:
    """The Makefile with its pinned versions, the service files and the pages."""
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "requirements.lock", "deploy/bylaw.service", "docs/install/nvidia.md", "CHANGELOG.md"} <= names
