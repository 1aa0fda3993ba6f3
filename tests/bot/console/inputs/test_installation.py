"""Which command adds a missing part, and how the program is called, wherever Bylaw was installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot.console.inputs.installation import (
    CHECKOUT,
    command_that_adds,
    make_command,
    need_llama,
    path_to_type,
    program,
)
from bot.console.screen.errors import UserError

USUAL = f"{CHECKOUT}/.venv/bin/python"


def installation(folder: Path) -> Path:
    """An environment with a program `bylaw` in it that says where it is."""
    binaries = folder / "bin"
    binaries.mkdir(parents=True)
    (binaries / "bylaw").write_text(f"#!/bin/sh\necho {folder.name}\n")
    (binaries / "bylaw").chmod(0o755)
    return binaries / "python"


def test_a_checkout_adds_the_runtime_by_make() -> None:
    """There the Makefile chooses the device."""
    assert command_that_adds("llama", USUAL) == "make llama"
    recipe = subprocess.run(["bash", "-c", "make llama -n"], capture_output=True, text=True, cwd=CHECKOUT, check=True)
    assert "llama-cpp-python" in recipe.stdout


def test_an_installed_package_adds_it_by_pip(tmp_path: Path) -> None:
    """With the Python that Bylaw is installed for, whatever its path looks like."""
    python = str(tmp_path / "my env" / "bin" / "python")
    assert command_that_adds("llama", python) == f"'{python}' -m pip install \"bylaw[llama]\""
    assert command_that_adds("sandbox", USUAL) == f'{USUAL} -m pip install "bylaw[sandbox]"'


def test_an_environment_that_make_made_elsewhere_is_named(tmp_path: Path) -> None:
    """Make has to be told which one; an environment of somebody's own is not make's."""
    python = installation(tmp_path / "env")
    assert make_command("llama", str(python)) is None
    (tmp_path / "env" / ".python").touch()
    assert make_command("llama", str(python)) == f"make llama VENV={tmp_path}/env"


def test_a_missing_runtime_is_told_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, with the command that adds it and the way that does without it."""
    need_llama()
    monkeypatch.setitem(__import__("sys").modules, "llama_cpp", None)
    with pytest.raises(UserError, match=r"needs llama\.cpp, which is not installed: run `.+`\. .*BYLAW_JUDGE=remote"):
        need_llama()


def test_the_program_is_named_so_that_a_shell_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name only if that leads to this installation and not to another one; a path works in any case."""
    mine, other = installation(tmp_path / "mine"), installation(tmp_path / "other")
    for first, shown in ((mine, "bylaw"), (other, "mine/bin/bylaw")):
        monkeypatch.setenv("PATH", f"{first.parent}:/usr/bin:/bin")
        assert program(str(mine)) == shown
        said = subprocess.run(["sh", "-c", shown], capture_output=True, text=True, cwd=tmp_path, check=True).stdout
        assert said == "mine\n"


def test_a_path_is_quoted_and_short(tmp_path: Path) -> None:
    """Relative below the current folder, whole elsewhere."""
    assert path_to_type(tmp_path / "a b.md") == "'a b.md'"
    assert path_to_type(tmp_path.parent / "c.md") == str(tmp_path.parent / "c.md")
