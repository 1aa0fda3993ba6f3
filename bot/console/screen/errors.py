"""What a command says when it cannot go on: one line that tells the reader what to do."""

from __future__ import annotations


class UserError(Exception):
    """A command cannot go on. The text is for the person at the keyboard; `bot.cli` prints it as one line.

    Args:
        exit_code: 1 for a failure, 2 for input that the command cannot take.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class BadInput(UserError):
    """An argument, a file, a setting or a line of input that the command cannot take."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=2)
