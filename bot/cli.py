"""The command `bylaw`: its list of commands, and the door at which every error becomes one line.

What goes wrong is told on standard error in one line that says what to do. Exit codes: 2 for input that cannot be
taken (an argument, a file, a setting, a line), 1 for anything else that failed, 130 after Ctrl-C.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bot.console.commands import (
    case,
    classify,
    completion,
    demo,
    doctor,
    keys,
    privacy,
    prompt,
    run,
    sandbox,
    serve_judge,
    server,
    settings,
)
from bot.console.commands import db as database
from bot.console.commands.eval import compare as eval_compare
from bot.console.commands.eval import report as eval_report
from bot.console.commands.eval import run as eval_run
from bot.console.commands.eval import tune as eval_tune
from bot.console.commands.model import bench, files
from bot.console.commands.model import plan as capacity
from bot.console.commands.policy import backtest as policy_backtest
from bot.console.commands.policy import checking as policy
from bot.console.commands.policy import importing as policy_import
from bot.console.commands.policy import wobble as policy_wobble
from bot.console.screen.errors import UserError
from bot.console.screen.help import Command, Group
from bot.console.screen.output import print_remark
from bot.console.screen.usage_errors import usage_line
from bot.log import Redactor

_TELL_THEMSELVES = (None, "run", "doctor")  # `run` in its log and `doctor` in its report say which settings are none
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}  # what keeps anything from being written
_INTERRUPTED = 130  # what shells report for a program that Ctrl-C ended


def application() -> typer.Typer:
    """The commands and their options."""
    app = typer.Typer(
        name=completion.PROGRAM,
        cls=Group,
        help="A Discord moderation bot that judges messages against the rules each server writes for itself.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    app.callback(invoke_without_command=True)(_root)
    _add(
        app,
        run.run,
        demo.demo,
        sandbox.sandbox,
        classify.classify,
        serve_judge.serve_judge,
        prompt.prompt,
        doctor.doctor,
        capacity.plan,
        settings.settings,
        case.verify,
        completion.completion,
    )
    _add(_group(app, "case", "Judge a case again, and give out its receipt."), case.record, case.replay)
    policies = _group(app, "policy", "Check, compare and try policy files.")
    _add(
        policies,
        policy.lint,
        policy.diff,
        policy_backtest.backtest,
        policy_wobble.wobble,
        import_=policy_import.import_,
    )
    models = _group(app, "model", "Get the model, check it, measure it.")
    _add(models, files.pull, files.check, bench.bench)
    evaluation = _group(app, "eval", "Measure how well a judge judges.")
    _add(evaluation, eval_run.run, eval_report.report, eval_compare.compare, eval_tune.tune)
    databases = _group(app, "db", "Look after the database.")
    _add(databases, database.upgrade, database.downgrade, database.backup, database.restore, database.check)
    _add(
        _group(app, "keys", "Replace the key that encrypts the texts of cases."),
        keys.rotate,
        keys.new,
        keys.public,
        keys.discard_texts,
    )
    servers = _group(app, "server", "Move everything that is kept of a server to another installation.")
    _add(servers, server.export, import_=server.import_)
    _add(_group(app, "privacy", "Answer a person's request about their data."), privacy.export, privacy.erase)
    return app


def _group(app: typer.Typer, name: str, text: str) -> typer.Typer:
    """A group of commands within `app`; alone, it shows its help."""
    group = typer.Typer(name=name, help=text, cls=Group)
    group.callback(invoke_without_command=True)(_help)
    app.add_typer(group)
    return group


def _add(group: typer.Typer, *commands: Callable[..., None], import_: Callable[..., None] | None = None) -> None:
    """Add commands under the names of their functions, and `import`, which is no name for a function."""
    for command in commands:
        group.command(cls=Command)(command)
    if import_ is not None:
        group.command("import", cls=Command)(import_)


def _help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _root(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False
) -> None:
    if version:
        from importlib.metadata import version as version_of

        typer.echo(f"bylaw {version_of('bylaw')}")
        raise typer.Exit
    if context.invoked_subcommand not in _TELL_THEMSELVES:
        _remark_unknown_settings()
    _help(context)


def _remark_unknown_settings() -> None:
    """A misspelled setting has no effect: say so, whatever the command."""
    if not any(name.upper().startswith("BYLAW_") for name in os.environ) and not Path(".env").exists():
        return
    from bot.settings import unknown_names

    for remark in unknown_names():
        print_remark(remark)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and give its exit code. Never raises."""
    _open_what_is_closed()
    _print_what_can_be_printed()
    try:
        if completion.asks_for_completion():
            completion.know_shells()
        command = typer.main.get_command(application())
        code = command.main(args=arguments, prog_name=completion.PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        _forget_output()
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except Exception as error:  # noqa: BLE001 - this is the door: nothing gets past it as a traceback
        return _report(error)
    return code if isinstance(code, int) else 0


def _report(error: Exception) -> int:
    """Say in one line what happened; the exit code comes back."""
    if isinstance(error, UserError):
        return _say(str(error), error.exit_code)
    usage = usage_line(error)
    if usage:
        return _say(usage, getattr(error, "exit_code", 2))
    if isinstance(error, OSError) and error.errno in _DISK:
        _forget_output()  # what is left of it cannot be written either
        return _say(f"Writing failed ({error.strerror}): make room, or write to another place, then run it again.", 1)
    if os.environ.get("BYLAW_LOG_LEVEL", "").strip().lower() == "debug":
        sys.stderr.write(Redactor()("".join(traceback.format_exception(error))))
        return 1
    return _say(f"stopped by an unexpected {type(error).__name__}; run it again with BYLAW_LOG_LEVEL=debug.", 1)


def _say(text: str, code: int) -> int:
    print_remark(text)
    return code


def _open_what_is_closed() -> None:
    """Give a program without an output, as after ``>&-``, one that takes everything and keeps nothing."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as we run


def _print_what_can_be_printed() -> None:
    """Let a terminal that knows few characters show marks for the others, instead of failing on them."""
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
