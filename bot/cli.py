"""The command `bylaw`: turns every error into one line.

Errors are printed to standard error in one line that says what to do. Exit codes: 2 for unusable input (an argument, a
file, a setting, a line), 1 for anything else that failed, 130 after Ctrl-C.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # errors that prevent all output
_INTERRUPTED = 130  # exit code that shells report after Ctrl-C


def application() -> typer.Typer:
    """The commands and their options."""
    from bot.console import every_command

    return every_command.application()


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code. Never raises."""
    _open_what_is_closed()
    _print_what_can_be_printed()
    try:
        code = _run(arguments)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of our output closed the pipe
        _forget_output()
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except Exception as error:  # noqa: BLE001 - this is the door: nothing gets past it as a traceback
        return _report(error)
    return code if isinstance(code, int) else 0


def _run(arguments: list[str] | None) -> object:
    """Run the command. Imports happen here, so that Ctrl-C causes no traceback during them, either."""
    import typer

    from bot.console import completion

    if completion.asks_for_completion():
        completion.know_shells()
    command = typer.main.get_command(application())
    code: object = command.main(args=arguments, prog_name=completion.PROGRAM, standalone_mode=False)
    sys.stdout.flush()
    return code


def _report(error: Exception) -> int:
    """Report an error in one line. Returns the exit code."""
    import traceback

    import typer

    from bot.console.screen.errors import UserError
    from bot.console.screen.usage_errors import usage_line
    from bot.log import Redactor

    if isinstance(error, typer.Abort):
        return _INTERRUPTED
    if isinstance(error, UserError):
        return _say(str(error), error.exit_code)
    usage = usage_line(error)
    if usage:
        return _say(usage, getattr(error, "exit_code", 2))
    if isinstance(error, OSError) and error.errno in _FULL:
        _forget_output()  # the rest can't be written, either
        return _say(f"Writing failed ({error.strerror}): make room, or write to another place, then run it again.", 1)
    if isinstance(error, OSError) and error.errno == errno.EIO:
        _forget_output()  # the terminal may be closed
        return _say(f"Reading or writing failed ({error.strerror}): check the disk, then run it again.", 1)
    if os.environ.get("BYLAW_LOG_LEVEL", "").strip().lower() == "debug":
        sys.stderr.write(Redactor()("".join(traceback.format_exception(error))))
        return 1
    return _say(f"stopped by an unexpected {type(error).__name__}; run it again with BYLAW_LOG_LEVEL=debug.", 1)


def _say(text: str, code: int) -> int:
    from bot.console.screen.output import print_remark

    print_remark(text)
    return code


def _open_what_is_closed() -> None:
    """Give a program without an output, as after ``>&-``, one that discards everything."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as we run


def _print_what_can_be_printed() -> None:
    """Let a terminal with a limited character set show replacements, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if callable(reconfigure):
            reconfigure(errors="backslashreplace")


def _forget_output() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot fail again."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
    except (OSError, ValueError):
        return


if __name__ == "__main__":
    sys.exit(main())
