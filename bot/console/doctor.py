"""`bylaw doctor`: what is right, what is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.errors import UserError
from bot.console.options import JsonOption

if TYPE_CHECKING:
    from pathlib import Path

    from bot.console.checkup import Line
    from bot.settings import Settings

_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(
    json: JsonOption = False,
    heartbeat: Annotated[
        bool, typer.Option("--heartbeat", help="Only tell whether the running bot is alive; for Docker's HEALTHCHECK.")
    ] = False,
) -> None:
    """Check token, intents, database, key, model, memory and GPU: a line for each, and what to do.

    Exit code 1 where something keeps the bot from working. Nothing is changed.
    """
    from bot.console.inputs import load_settings

    settings = load_settings()
    if heartbeat:
        _tell_heartbeat(settings.data_dir)
        return
    lines = asyncio.run(examine(settings))
    _write(lines, json=json)
    if any(line.status == "fail" for line in lines):
        raise typer.Exit(1)


async def examine(settings: Settings) -> list[Line]:
    """Every check, in the order in which an operator sets things up."""
    from bot.console import checkup
    from bot.settings import unknown_names

    return [
        *(checkup.warn("settings", remark) for remark in unknown_names()),
        *await checkup.check_discord(settings),
        await checkup.check_database(settings),
        checkup.check_key(settings),
        *checkup.check_model(settings),
    ]


def _tell_heartbeat(data_dir: Path) -> None:
    from bot.console.heartbeat import OLDEST_SECONDS, seconds_since
    from bot.console.output import print_line

    age = seconds_since(data_dir)
    if age is None:
        raise UserError(f"No bot runs with the data folder {data_dir}: start it with `bylaw run`.")
    if age > OLDEST_SECONDS:
        raise UserError(f"The bot gave its last sign of life {age:.0f} seconds ago: restart it.")
    print_line(f"The bot is alive: its last sign of life is {age:.0f} seconds old.")


def _write(lines: list[Line], *, json: bool) -> None:
    from bot.console.output import print_json

    if json:
        checks = [{"name": line.name, "status": line.status.value, "text": line.text} for line in lines]
        print_json({"checks": checks})
        return
    from rich.console import Console
    from rich.text import Text

    from bot.console.output import terminal_text

    console = Console(soft_wrap=True, highlight=False)
    for line in lines:
        shown = Text(f"{line.status.value:<5}", style=_STYLES[line.status.value])
        console.print(shown.append(f"{line.name:<12}{terminal_text(line.text)}", style="default"))
