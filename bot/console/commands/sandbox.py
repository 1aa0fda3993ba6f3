"""`bylaw sandbox`: opens the real bot in a simulated server, in the browser."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer

from bot.console.commands.demo import introduction, need_simulator
from bot.console.inputs.options import JudgeName, JudgeOption, ModelOption
from bot.console.screen.errors import UserError

PortOption = Annotated[
    int | None, typer.Option("--port", min=1024, max=65535, help="The port on 127.0.0.1. Default: any free port.")
]


def sandbox(judge: JudgeOption = None, model: ModelOption = None, port: PortOption = None) -> None:
    """Open a simulated server in your browser: post as a member, decide as a moderator, write policies.

    Needs no token and no network. Runs until Ctrl-C and keeps nothing.
    """
    from bot.console.inputs.judge import choose_judge
    from bot.log import configure_logging

    need_simulator()
    chosen = choose_judge(judge, model)
    configure_logging("error")
    asyncio.run(_until_stopped(chosen.name, chosen.model, port))


async def _until_stopped(name: JudgeName, model: Path | None, port: int | None) -> None:
    from bot.console.inputs.stop_signals import run_until, told_to_stop

    await run_until(told_to_stop(), _sandbox(name, model, port))


async def _sandbox(name: JudgeName, model: Path | None, port: int | None) -> None:
    from bot.console.inputs.judge import open_judge
    from bot.console.screen.output import print_line
    from bot.sandbox.server import serving
    from bot.sandbox.views.model import ModelView
    from bot.sandbox.world.world import WhoJudges, World
    from bot.simulation.stage import Refused

    is_lite = name is JudgeName.LITE
    async with open_judge(name, model) as judge:
        first = introduction(name, judge)
        print_line(first)
        world = World(WhoJudges(judge=judge, patiently=not is_lite, introduction=first, is_lite=is_lite))
        async with AsyncExitStack() as stack:
            try:
                address = await stack.enter_async_context(serving(world, ModelView(model), port=port))
            except OSError as error:
                where = "A port" if port is None else f"Port {port}"
                raise UserError(
                    f"{where} on 127.0.0.1 cannot be used ({os.strerror(error.errno or 0)}): name another one with "
                    "--port, or leave --port out and any free one is taken."
                ) from None
            print_line(f"Open {address} in your browser. Ctrl-C ends it.")
            try:
                await world.run()
            except Refused as refused:
                raise UserError(f"The server could not be prepared, because the bot answered: {refused}") from None
