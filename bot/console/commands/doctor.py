"""`bylaw doctor`: checks the installation, and says how to fix problems."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import JsonOption
from bot.console.screen.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.console.checkup.report import Line
    from bot.settings import Settings


def doctor(
    json: JsonOption = False,
    heartbeat: Annotated[
        bool, typer.Option("--heartbeat", help="Only check whether the bot is running, for Docker's HEALTHCHECK.")
    ] = False,
) -> None:
    """Check the installation: versions, token, intents, clock, database, backups, disk, key, model, GPU and servers.

    Prints one line per check and changes nothing. Exit code 1 if the bot cannot work like this.
    """
    from bot.console.checkup.report import write_report
    from bot.console.inputs.files import load_settings

    settings = load_settings()
    if heartbeat:
        _tell_heartbeat(settings.data_dir, json=json)
        return
    lines = asyncio.run(examine(settings))
    write_report(lines, json=json)
    if any(line.status == "fail" for line in lines):
        raise typer.Exit(1)


async def examine(settings: Settings) -> list[Line]:
    """Run every check, in the order that an operator sets things up."""
    from bot.console.checkup import bot_checks as checkup
    from bot.console.checkup.machine_checks import check_metrics, check_traces, check_versions
    from bot.console.checkup.model_checks import check_engine
    from bot.console.checkup.private_files import check_container, check_private_files
    from bot.console.checkup.remote_checks import check_servers
    from bot.console.checkup.report import warn
    from bot.console.checkup.storage_checks import check_backups, check_disks, check_postgres
    from bot.settings import JudgeChoice, unknown_names

    database = await checkup.check_database(settings)
    return [
        *(warn("settings", remark) for remark in unknown_names()),
        *check_versions(),
        *await checkup.check_discord(settings),
        database,
        *(line for line in await check_postgres(settings) if line.text != database.text),
        *checkup.check_copies(settings),
        check_backups(settings),
        *check_disks(settings),
        await checkup.check_key_of_database(settings),
        *check_private_files(settings),
        *check_container(settings),
        *await check_metrics(settings),
        *check_traces(os.environ),
        *(await check_servers(settings) if settings.judge is JudgeChoice.REMOTE else check_engine(settings)),
    ]


def _tell_heartbeat(data_dir: Path, *, json: bool) -> None:
    from bot.console.checkup.heartbeat import OLDEST_SECONDS, seconds_since
    from bot.console.screen.output import print_json, print_line

    age = seconds_since(data_dir)
    if json:
        print_json({"alive": age is not None and age <= OLDEST_SECONDS, "age_seconds": age and round(age, 1)})
    if age is None:
        raise UserError(f"No bot runs with the data folder {data_dir}: start it with `bylaw run`.")
    if age > OLDEST_SECONDS:
        raise UserError(f"The bot has not responded for {age:.0f} seconds: restart it.")
    if not json:
        print_line(f"The bot is running: it last responded {age:.0f} seconds ago.")
