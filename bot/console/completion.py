"""`bylaw completion`: prints the script that lets a shell complete commands, options and values with Tab.

The scripts are typer's own. They call `bylaw` itself with `COMPLETE_VARIABLE` set, so they never go out of date.
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

PROGRAM = "bylaw"
COMPLETE_VARIABLE = "_BYLAW_COMPLETE"  #: derived from the program's name, as typer does


class Shell(StrEnum):
    """A shell that can complete our commands."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    context: typer.Context,
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="`bash`, `zsh` or `fish`.")],
) -> None:
    """Print the script that lets your shell complete `bylaw` commands when you press Tab.

    bash: add `eval "$(bylaw completion bash)"` to ~/.bashrc.

    zsh: add `eval "$(bylaw completion zsh)"` to ~/.zshrc, below the line with compinit.

    fish: add `bylaw completion fish | source` to ~/.config/fish/config.fish.
    """
    from typer.completion import shell_complete

    know_shells()
    command = context.find_root().command
    raise typer.Exit(shell_complete(command, {}, PROGRAM, COMPLETE_VARIABLE, f"source_{shell.value}"))


def asks_for_completion() -> bool:
    """Did a shell call this program to complete a line?"""
    return bool(os.environ.get(COMPLETE_VARIABLE))


def know_shells() -> None:
    """Register the shells with typer, which only does so itself for programs with its own `--install-completion`."""
    from typer.completion import get_completion_inspect_parameters

    get_completion_inspect_parameters()
