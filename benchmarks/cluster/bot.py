"""A bot process of `benchmarks.cluster`: the real one, with one shard of several, on a Discord on this machine.

Its own work is as in `bylaw run`. Only what would make a run of a minute take an hour is shorter: the intervals of the
schedule and discord.py's pauses between attempts.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

import bot.wiring.schedule
from benchmarks.loopback.bot_setup import hurry, short_pauses
from benchmarks.loopback.server import TOKEN, discord_at
from bot.app import create_bot
from bot.console.commands.run import keep_running
from bot.console.screen.errors import UserError
from bot.log import configure_logging
from bot.settings import Settings
from classifier import Judge, Judgement, JudgeRequest
from classifier.scripted import ScriptedJudge, clear, violation

PAUSE = 0.05  #: seconds between two attempts of discord.py
EVERY = 0.5  #: seconds between turns of the schedule's jobs
SILENCE = 2.0  #: seconds after which a gateway that answers no heartbeat is given up


def settings_for(folder: Path, database: str, key: str, *, shard: int | None, shards: int, **judge: object) -> Settings:
    """The settings of one process; nothing comes from the environment.

    Args:
        shard: None for a process that only prepares the database.
        judge: further settings, of the judge.
    """
    given: dict[str, Any] = {"judge": "lite", **judge, "shard_ids": None if shard is None else (shard,)}
    return Settings(data_dir=folder, database_url=database, secret_key=key, shard_count=shards, _env_file=None, **given)  # type: ignore[call-arg, arg-type]


def judge_taking(seconds: float) -> Judge:
    """A judge that goes by words, in its own time."""

    async def answer(request: JudgeRequest) -> Judgement:
        await asyncio.sleep(seconds)
        words = request.content.target.words
        return violation("R1") if "butler" in words else violation("R2") if "gardener" in words else clear()

    return ScriptedJudge(answer)


def main() -> None:
    """Run until the end, or until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="of the Discord on this machine")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--shard", type=int, required=True)
    parser.add_argument("--shards", type=int, required=True)
    parser.add_argument("--judge-url", default="", help="of a served judge; without one, the bot answers itself")
    parser.add_argument("--judge-key", default="")
    parser.add_argument("--takes", type=float, default=0.05, help="seconds that each answer of the judge takes")
    parser.add_argument("--log-level", default="warning")
    given = parser.parse_args()
    configure_logging(given.log_level, False, secrets=())
    for name in ("CARDS", "WAITING", "MARKS", "CATCH_UP", "BACKLOG"):
        setattr(bot.wiring.schedule, f"{name}_EVERY", EVERY)
    served = {"judge": "remote", "remote_urls": given.judge_url, "remote_key": given.judge_key}
    judge = served if given.judge_url else {}
    settings = settings_for(given.data, given.database, given.key, shard=given.shard, shards=given.shards, **judge)
    try:
        with discord_at(given.port), short_pauses(PAUSE):
            asyncio.run(_run(settings, None if given.judge_url else judge_taking(given.takes)))
    except UserError as error:
        raise SystemExit(str(error)) from None


async def _run(settings: Settings, judge: Judge | None) -> None:
    made = create_bot(settings, judge=judge)
    hurry(made)
    made._connection.heartbeat_timeout = SILENCE  # noqa: SLF001  # only an argument of the client sets it otherwise
    await keep_running(made, settings, TOKEN)


if __name__ == "__main__":
    main()
