"""The bot that `benchmarks.chaos` kills: the real one, with a scripted judge, connected to a Discord on this machine.

Its own work is as in `bylaw run`. Only what would make a run of minutes take hours is shorter: the intervals of the
schedule, discord.py's pauses between attempts, and how long it waits for a lock on the database. SIGUSR1 makes every
write to a file fail as on a full disk, SIGUSR2 ends that.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import bot.app
import bot.storage.database.engine
import bot.wiring.schedule
from benchmarks.loopback.bot_setup import hurry, short_pauses
from benchmarks.loopback.server import TOKEN, discord_at
from bot.console.commands.run import keep_running
from bot.console.screen.errors import UserError
from bot.log import configure_logging
from bot.settings import Settings
from classifier import Judgement, JudgeRequest, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear, violation

PAUSE = 0.05  #: seconds between two attempts of discord.py
LOCK_MS = 300  #: how long a transaction waits for another process
EVERY = 0.5  #: seconds between turns of the schedule's jobs
SILENCE = 2.0  #: seconds after which a gateway that answers no heartbeat is given up

UNAVAILABLE, SLOW = 0.02, 0.02  #: shares of questions


def script(luck: random.Random, *, takes: float) -> Callable[[JudgeRequest], object]:
    """A judge that goes by words, and is away, slow or of two minds now and then.

    Asked twice about a text with "maybe" it may answer otherwise: so two answers to one question come to light.
    """

    async def answer(request: JudgeRequest) -> Judgement:
        await asyncio.sleep(takes + (luck.uniform(0.05, 0.5) if luck.random() < SLOW else 0))
        if luck.random() < UNAVAILABLE:
            return Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="chaos")
        words = request.content.target.words
        if "maybe" in words:
            return violation("R2") if luck.random() < 0.5 else clear()
        return violation("R1") if "butler" in words else violation("R2") if "gardener" in words else clear()

    return answer


def settings_in(folder: Path) -> Settings:
    """The settings of the bot whose data is in this folder; nothing comes from the environment."""
    return Settings(data_dir=folder, judge="lite", shard_count=1, _env_file=None)  # type: ignore[call-arg, arg-type]


def main() -> None:
    """Run until the end, or until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--takes", type=float, default=0.0, help="seconds that each answer of the judge takes")
    parser.add_argument("--log-level", default="warning")
    given = parser.parse_args()
    configure_logging(given.log_level, False, secrets=())
    _shorten()
    _fill_disk_on_signal()
    settings = settings_in(given.data)
    judge = ScriptedJudge(script(random.Random(given.seed), takes=given.takes))  # type: ignore[arg-type]
    try:
        with discord_at(given.port), short_pauses(PAUSE):
            asyncio.run(_run(settings, judge))
    except UserError as error:
        raise SystemExit(str(error)) from None


async def _run(settings: Settings, judge: ScriptedJudge) -> None:
    made = bot.app.create_bot(settings, judge=judge)
    hurry(made)
    made._connection.heartbeat_timeout = SILENCE  # noqa: SLF001  # only an argument of the client sets it otherwise
    await keep_running(made, settings, TOKEN)


def _shorten() -> None:
    for name in ("CARDS", "WAITING", "MARKS", "CATCH_UP", "BACKLOG"):
        setattr(bot.wiring.schedule, f"{name}_EVERY", EVERY)
    bot.storage.database.engine.BUSY_TIMEOUT_MS = LOCK_MS


def _fill_disk_on_signal() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, lambda *_: resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard)))
    signal.signal(signal.SIGUSR2, lambda *_: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard)))


if __name__ == "__main__":
    main()
