"""Every command of `bylaw`, with its place in a group."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bot.console import completion
from bot.console.commands import (
    case,
    classify,
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
    verify,
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
from bot.console.screen.help import Command, Group
from bot.console.screen.output import print_remark

_TELL_THEMSELVES = (None, "run", "doctor")  # these report unknown settings themselves


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
        verify.verify,
        completion.completion,
    )
    _add(_group(app, "case", "Judge a case again, or write the record of its receipt."), case.record, case.replay)
    policies = _group(app, "policy", "Check, compare, import and test policy files.")
    _add(
        policies,
        policy.lint,
        policy.diff,
        policy_backtest.backtest,
        policy_wobble.wobble,
        import_=policy_import.import_,
    )
    models = _group(app, "model", "Download, check and measure the model.")
    _add(models, files.pull, files.check, bench.bench)
    evaluation = _group(app, "eval", "Measure how well a judge does.")
    _add(evaluation, eval_run.run, eval_report.report, eval_compare.compare, eval_tune.tune)
    databases = _group(app, "db", "Maintain the database.")
    _add(databases, database.upgrade, database.downgrade, database.backup, database.restore, database.check)
    _add(
        _group(app, "keys", "Create and replace the key that encrypts the texts of cases."),
        keys.rotate,
        keys.new,
        keys.public,
        keys.discard_texts,
    )
    servers = _group(app, "server", "Move a server's data to another installation.")
    _add(servers, server.export, import_=server.import_)
    _add(_group(app, "privacy", "Answer a person's request about their data."), privacy.export, privacy.erase)
    return app


def _group(app: typer.Typer, name: str, text: str) -> typer.Typer:
    """Add a group of commands to `app`. Without a command, the group shows its help."""
    group = typer.Typer(name=name, help=text, cls=Group)
    group.callback(invoke_without_command=True)(_help)
    app.add_typer(group)
    return group


def _add(group: typer.Typer, *commands: Callable[..., None], import_: Callable[..., None] | None = None) -> None:
    """Add commands under the names of their functions, except `import`, which can't be a function's name."""
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
    """Warn about unknown settings in every command, because a misspelled setting has no effect."""
    if not any(name.upper().startswith("BYLAW_") for name in os.environ) and not Path(".env").exists():
        return
    from bot.settings import unknown_names

    for remark in unknown_names():
        print_remark(remark)
