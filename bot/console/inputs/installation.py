"""Finds how Bylaw was installed, to print commands that install missing parts or call `bylaw`."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from bot.console.screen.errors import UserError

CHECKOUT = Path(__file__).parents[3]  #: the folder with the Makefile, unless Bylaw was installed as a package
_MADE_BY_MAKE = ".python"  # marker that the Makefile leaves in its environment


def make_command(target: str, python: str = sys.executable) -> str | None:
    """How to run a target of the Makefile for the environment of `python`; None if `make` didn't create that."""
    usual, venv = CHECKOUT / ".venv", Path(python).absolute().parent.parent
    if not (CHECKOUT / "Makefile").is_file() or not (venv == usual or (venv / _MADE_BY_MAKE).is_file()):
        return None
    return f"make {target}" if venv == usual else f"make {target} VENV={shlex.quote(str(venv))}"


def command_that_adds(extra: str, python: str = sys.executable) -> str:
    """The command that installs one of Bylaw's extras where Bylaw itself is installed."""
    by_make = make_command(extra, python) if extra == "llama" else None  # with make, it fits the GPU
    return by_make or f'{shlex.quote(python)} -m pip install "bylaw[{extra}]"'


def need_llama() -> None:
    """Check that llama.cpp is installed; it is not loaded.

    Raises:
        UserError: it is not.
    """
    if find_spec("llama_cpp") is None:
        raise UserError(
            f"The model needs llama.cpp, which is not installed: run `{command_that_adds('llama')}`. "
            "A model on another machine (BYLAW_JUDGE=remote) works without it."
        )


def program(python: str = sys.executable) -> str:
    """What to type to call `bylaw`: the name, if the shell finds this installation by it; otherwise its path."""
    script = Path(python).absolute().parent / "bylaw"
    found = shutil.which("bylaw")
    if found is not None and Path(found).resolve() == script.resolve():
        return "bylaw"
    return path_to_type(script)


def path_to_type(path: Path) -> str:
    """A path for a shell: relative to the current folder, if it is inside it."""
    below = os.path.relpath(path)
    return shlex.quote(str(path) if below.startswith("..") else below)
