"""`bylaw demo`: a day in a community, with the real bot in a simulated server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import JsonOption, JudgeName, JudgeOption, ModelOption
from bot.console.screen.demo_pace import Pace
from bot.console.screen.errors import UserError
from classifier.lite.recall import FINDS
from guild_policies import templates

if TYPE_CHECKING:
    from classifier import Judge

WITHOUT_MODEL = (
    f"No model file: the lite judge goes by the policy's own examples and patterns and {FINDS}; it is not the "
    "reasoning model."
)


PaceOption = Annotated[
    Pace | None,
    typer.Option("--pace", help="How fast it plays. Without it: normal on a terminal, instant into a file or a pipe."),
]


def demo(
    judge: JudgeOption = None, model: ModelOption = None, pace: PaceOption = None, json: JsonOption = False
) -> None:
    """Play a day of a community through the real bot, in less than a minute.

    A scam, a false alarm, a better rule, a timeout and its appeal, a raid, and a bot that was away. Needs no token and
    no network: everything happens in a simulated server, with a database that is deleted afterwards.
    """
    from bot.console.inputs.judge import choose_judge
    from bot.log import configure_logging

    need_simulator()
    chosen = choose_judge(judge, model)
    configure_logging("error")
    usual = Pace.NORMAL if sys.stdout.isatty() and not json else Pace.INSTANT
    asyncio.run(_demo(chosen.name, chosen.model, pace=pace or usual, json=json))


def need_simulator() -> None:
    """Make sure that the simulated server is installed. Raises `UserError` if it isn't."""
    from importlib.util import find_spec

    from bot.console.inputs.installation import command_that_adds

    if find_spec("simcord") is None:
        raise UserError(f"The simulated server is not installed: run {command_that_adds('sandbox')}")


def introduction(name: JudgeName, judge: Judge) -> str:
    """The first line: which judge is used."""
    return WITHOUT_MODEL if name is JudgeName.LITE else f"The judge is {judge.name}."


def next_steps(name: JudgeName, model: Path | None) -> Iterator[str]:
    """The next three things to try, as commands that work as printed.

    Args:
        name: the judge of the demo, which the commands use, too.
        model: its file, if it has one.
    """
    from bot.console.inputs.installation import path_to_type, program

    bylaw = program()
    judge = f"--judge {name.value}" if model is None else f"--model {path_to_type(model)}"
    policy = path_to_type(Path(templates.__path__[0], "scams.md"))
    yield "\nWhat to try next:"
    yield f"\n1. Try this server yourself in your browser:\n   {bylaw} sandbox {judge}"
    yield "\n2. Judge a message of your own:"
    yield f'   {bylaw} classify {judge} --policy {policy} --text "Free nitro! Claim it at gift.example"'
    yield f"\n3. Check what you still need for a bot in your own server:\n   {bylaw} doctor"


async def _demo(name: JudgeName, model: Path | None, *, pace: Pace, json: bool) -> None:
    from bot.console.inputs.judge import open_judge
    from bot.console.screen.demo_json import JsonScreen
    from bot.console.screen.demo_screen import TerminalScreen
    from bot.console.screen.output import print_json, print_line
    from bot.simulation.play import Play
    from bot.simulation.simulated_server import simulate
    from bot.simulation.stage import Refused

    async with open_judge(name, model) as judge:
        first = introduction(name, judge)
        if json:
            print_json({"event": "start", "judge": name.value, "note": first})
        async with simulate(judge, patiently=name is not JudgeName.LITE) as simulation:
            screen = JsonScreen(simulation.name_of) if json else TerminalScreen(simulation.name_of)
            if isinstance(screen, TerminalScreen):
                screen.say(first, "bold")
            try:
                await Play(simulation, screen.show, pace.pause).perform()
            except Refused as refused:
                raise UserError(f"The demo cannot continue, because the bot answered: {refused}") from None
        if isinstance(screen, TerminalScreen):
            for line in next_steps(name, model):
                print_line(line)
