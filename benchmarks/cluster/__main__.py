"""Does it hold on several machines? `python -m benchmarks.cluster [--messages N] [--outage S] [--json]`.

Two bot processes with a shard each over one PostgreSQL, on a Discord on this machine, ask the judge that `bylaw
serve-judge` serves: Ray with two replicas. Members write in both servers all the while. Each bot process is killed once
(SIGKILL), a replica of the judge is killed, and PostgreSQL is killed and stays away for `--outage` seconds. Once
nothing moves any more, the results are counted from the database and from that Discord:

* lost: messages that are there without a verdict about their present text
* judged_twice: two verdicts recorded for one message, edit and version
* cards_twice: cases that more than one card shows
* kills: how many processes were killed

`scale_2_over_1` is how many times as many questions two replicas answer as one, where judging is a wait of 50 ms;
`overhead_ms_p50` is what a single question takes beyond that wait, in the middle. The peers are one replica, and
`plain_ms_p50`: the same judge behind one aiohttp server without Ray, asked in turns with it. `--overhead` measures
nothing but those two.

`--judge scripted` has the bots answer their questions themselves: it needs no Ray, and measures no scaling. With
`--judge tiny` the replicas run llama.cpp on a small model with random weights, whose verdicts are noise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import DEVNULL
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cluster.postgres import NoPostgres
from benchmarks.cluster.run import Outcome, Plan, run

if TYPE_CHECKING:
    from benchmarks.cluster.served import Overhead

TAKES = 0.05  #: seconds that the scripted judge takes
PLACES = 2  #: requests at once on a replica, where scaling is measured
AT_ONCE = 12  #: questions that are always asked for then
SECONDS = 10.0  #: that are counted then
RUN_PLACES = 16  #: requests at once on a replica, in the run with faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of it."""

    posted: int
    judged: int
    lost: int
    judged_twice: int
    cards_twice: int
    kills: int
    scale_2_over_1: float | None = None
    overhead_ms_p50: float | None = None
    plain_ms_p50: float | None = None

    @property
    def good(self) -> bool:
        """Nothing was lost, nothing happened twice, and a second replica is worth 0.8 more."""
        enough = self.scale_2_over_1 is None or self.scale_2_over_1 >= 1.8
        return enough and not (self.lost or self.judged_twice or self.cards_twice)


def result(outcome: Outcome, *, scale: float | None = None, overhead: Overhead | None = None) -> Result:
    """The figures as they are printed."""
    return Result(
        posted=outcome.posted,
        judged=outcome.counts.judged,
        lost=outcome.counts.lost,
        judged_twice=outcome.counts.judged_twice,
        cards_twice=outcome.counts.cards_twice,
        kills=outcome.kills,
        scale_2_over_1=None if scale is None else round(scale, 2),
        overhead_ms_p50=None if overhead is None else round(overhead.served, 1),
        plain_ms_p50=None if overhead is None else round(overhead.plain, 1),
    )


async def measure(given: argparse.Namespace) -> Result:
    """Everything, one after the other."""
    log = None if given.log else DEVNULL
    plan = Plan(messages=given.messages, seed=given.seed, outage=given.outage, log=log)
    if given.judge == "scripted":
        return result(await run(plan))
    from benchmarks.cluster import served as judges  # needs the extra `ray`

    with tempfile.TemporaryDirectory(prefix="cluster-model-") as name:
        replicas = judges.Replicas(count=2, places=RUN_PLACES, takes=TAKES, model=_model(Path(name), given.judge))
        async with judges.served(replicas, log=log) as here:
            outcome = await run(judges.asked(plan, here))
    overhead, rates = await _overhead(log), []
    for count in (1, 2):
        async with judges.served(judges.Replicas(count=count, places=PLACES, takes=TAKES), log=log) as here:
            rates.append(await judges.rate(here.settings, at_once=AT_ONCE, seconds=SECONDS))
        print(f"{count} of 2 replicas: {rates[-1]:.1f} judgements a second", file=sys.stderr)
    return result(outcome, scale=rates[1] / rates[0], overhead=overhead)


async def _overhead(log: int | None) -> Overhead:
    from benchmarks.cluster import served as judges  # needs the extra `ray`

    replicas = judges.Replicas(count=1, places=PLACES, takes=TAKES)
    async with (
        judges.served(replicas, log=log) as here,
        judges.plainly_served(places=PLACES, takes=TAKES, log=log) as plain,
    ):
        return await judges.overhead(here.settings, plain, takes=TAKES)


def _model(folder: Path, judge: str) -> Path | None:
    if judge != "tiny":
        return None
    from benchmarks.random_model import write_random_model

    path = folder / "tiny.gguf"
    write_random_model(path, size="tiny")
    return path


def main() -> None:
    """Print the result; the exit code says whether it is as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_500)
    parser.add_argument("--outage", type=float, default=15.0, help="seconds that PostgreSQL is away")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--judge", choices=("served", "tiny", "scripted"), default="served")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--log", action="store_true", help="show what the processes log")
    parser.add_argument("--overhead", action="store_true", help="measure only what the way to the judge costs")
    given = parser.parse_args()
    if given.overhead:
        found_ms = asyncio.run(_overhead(None if given.log else DEVNULL))
        share = found_ms.served / (1000 * TAKES)
        print(
            f"a judge that takes {1000 * TAKES:.0f} ms: {found_ms.served:.1f} ms more when served ({share:.0%}), "
            f"{found_ms.plain:.1f} ms behind one aiohttp server"
        )
        return
    try:
        found = asyncio.run(measure(given))
    except NoPostgres as error:
        raise SystemExit(f"{error}.") from None
    if given.json:
        print(json.dumps(asdict(found)))
    else:
        for name, value in asdict(found).items():
            print(f"{name.replace('_', ' '):16}{'' if value is None else value:>9,}")
    sys.exit(0 if found.good else 1)


if __name__ == "__main__":
    main()
