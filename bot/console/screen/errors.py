"""Errors of commands: one line that says what to do."""

from __future__ import annotations


class UserError(Exception):
    """A command can't continue. The text is for the user; `bot.cli` prints it as one line.

    Args:
        exit_code: 1 for a failure, 2 for unusable input.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class BadInput(UserError):
    """An argument, a file, a setting or a line of input isn't usable."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=2)
