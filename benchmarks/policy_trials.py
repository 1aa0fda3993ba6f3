"""How quick the work on policies is: `python -m benchmarks.policy_trials [--json]`. It prints figures only.

Three things are measured. The services behind commands that need no model, on a SQLite file with 10,000 versions. The
linter, on a policy of about 10,000 tokens. And a backtest, beside the judge's own throughput as its peer: the judge is
a scripted one that answers a fixed number of requests at a time, each after a fixed time, as an engine that decodes in
batches does. The peer hands it the same requests all at once, with nothing in between; the ratio is what a backtest
loses by reading cases, keeping results and reporting progress.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import insert, literal, update

from bot.keys import Cipher, new_key
from bot.moderation.appeals.direct_messages import MemoryMessenger
from bot.moderation.appeals.file import MemoryAppealBoard
from bot.moderation.cards.board import MemoryBoard
from bot.moderation.cases.case import CaseKind, CaseState, Decision, Evidence, Judged, NewCase, RuleBroken
from bot.moderation.messages.authors import NoMembers
from bot.moderation.messages.history import MemoryHistory
from bot.moderation.raids.edge import MemoryRaidEdge
from bot.moderation.review.enforcer import MemoryEnforcer
from bot.moderation.servers.server import ServerSettings
from bot.moderation.trials.backtest import Backtest
from bot.settings import Settings, load_settings
from bot.storage.database.engine import create_engine, writing
from bot.wiring.services import DiscordPorts, Services, build_services
from bot.wiring.stores import Stores, open_stores
from classifier import Content, Judge, JudgeRequest, Lane, Message, Verdict
from classifier.scripted import ScriptedJudge, clear
from guild_policies import templates
from guild_policies.compile import compile_policy, fingerprint
from guild_policies.diff import diff
from guild_policies.lint import lint
from guild_policies.store.tables import policies as policies_table
from guild_policies.store.tables import policy_publications, policy_versions
from guild_policies.text.parse import parse
from guild_policies.versions import StoredPolicy

GUILD, ADMIN = 1, 2
POLICIES, VERSIONS = 10, 1_000  #: of each policy
ROUNDS = 40
CASES = 640
WIDTH, SECONDS_EACH = 16, 0.1  #: of the scripted judge: requests at a time, and how long each takes
LINT_BYTES = 39_900  #: about 10,000 tokens
NOW = datetime(2026, 1, 31, tzinfo=UTC)


def scripted_engine() -> ScriptedJudge:
    """Answers `WIDTH` requests at a time, each after `SECONDS_EACH`."""
    room = asyncio.Semaphore(WIDTH)

    async def answer(request: JudgeRequest) -> Verdict:
        del request
        async with room:
            await asyncio.sleep(SECONDS_EACH)
        return clear()

    return ScriptedJudge(answer)


def fake_discord() -> DiscordPorts:
    """A Discord that takes everything and keeps it in memory."""
    return DiscordPorts(
        board=MemoryBoard(),
        enforcer=MemoryEnforcer(),
        messenger=MemoryMessenger(),
        appeal_board=MemoryAppealBoard(),
        raids=MemoryRaidEdge(),
        history=MemoryHistory(),
        members=NoMembers(),
        own_id=lambda: 0,
    )


async def fill(stores: Stores, services: Services, address: str) -> None:
    """Ten policies with a thousand versions each, and decided cases of the first one."""
    await stores.servers.save(
        ServerSettings(guild_id=GUILD, review_channel_id=9, reviewer_role_id=None), actor_id=ADMIN
    )
    texts = [templates.load(name) for name in templates.BASICS]
    for number in range(POLICIES):
        await services.policies.create(GUILD, f"Policy {number}", texts[number % len(texts)], actor_id=ADMIN)
        await services.policies.publish(GUILD, f"Policy {number}", actor_id=ADMIN)
    engine = create_engine(address)
    async with writing(engine) as connection:
        for policy in await stores.policies.list(GUILD):
            text = texts[policy.id % len(texts)]
            rows = [
                {
                    "policy_id": policy.id,
                    "number": number,
                    "text": f"{text}\n\nNote {number}.",
                    "fingerprint": fingerprint(text),
                    "author_id": ADMIN,
                    "created_at": NOW,
                }
                for number in range(2, VERSIONS + 1)
            ]
            await connection.execute(insert(policy_versions), rows)
            await connection.execute(
                insert(policy_publications).from_select(
                    ["policy_id", "version_id", "kind", "actor_id", "at"],
                    policy_versions.select()
                    .with_only_columns(
                        policy_versions.c.policy_id,
                        policy_versions.c.id,
                        literal("published"),
                        policy_versions.c.author_id,
                        policy_versions.c.created_at,
                    )
                    .where(policy_versions.c.policy_id == policy.id, policy_versions.c.number > 1),
                )
            )
            last = update(policies_table).where(policies_table.c.id == policy.id)
            await connection.execute(last.values(published_number=VERSIONS))
    await engine.dispose()


async def decide_cases(stores: Stores) -> None:
    """Cases of the first policy, all decided."""
    policy = (await stores.policies.list(GUILD))[0]
    assert policy.published
    judged = Judged(
        policy_id=policy.id,
        policy_name=policy.name,
        version_id=policy.published.id,
        version_number=VERSIONS,
        rules=(RuleBroken(id="R1", title="A rule", severity="medium"),),
        score=0.9,
        rationale="Because.",
        reasoning=None,
        method="scripted",
        judge="scripted:1",
        prompt_fingerprint=None,
    )
    for number in range(CASES):
        evidence = Evidence(
            channel_id=5,
            message_id=1_000 + number,
            author_id=7,
            edit=0,
            text=f"message number {number} " * 5,
            forwarded=False,
            posted_at=NOW,
        )
        case, _ = await stores.cases.open(
            NewCase(guild_id=GUILD, kind=CaseKind.VIOLATION, evidence=evidence, judged=judged)
        )
        decision = Decision(state=CaseState.NOT_A_VIOLATION, moderator_id=ADMIN, at=NOW)
        await stores.cases.decide(GUILD, case.number, decision)


class CommandWork:
    """What the services do for each command that needs no model."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._desk, self._life = services.policies, services.life
        self._text = templates.load("scams")
        self._turn = itertools.count()

    async def history(self) -> None:
        """`/policy history`."""
        await self._desk.history(await self._policy("Policy 3"))

    async def compare(self) -> None:
        """`/policy diff` of the two latest versions."""
        lines = await self._desk.history(await self._policy("Policy 3"))
        old, new = [line.version.text for line in lines[:2]]
        diff(parse(old).policy, parse(new).policy)

    async def edit_and_discard(self) -> None:
        """Save a draft, then throw it away."""
        saved: Any = await self._edit("Policy 4")
        await self._life.discard(GUILD, "Policy 4", seen_revision=saved.draft.revision, actor_id=ADMIN)

    async def publish(self) -> None:
        """Save a draft, then publish it."""
        await self._edit("Policy 5")
        await self._desk.publish(GUILD, "Policy 5", actor_id=ADMIN)

    async def roll_back(self) -> None:
        """Put an older version in force."""
        seen = _number(await self._policy("Policy 6"))
        await self._desk.roll_back(GUILD, "Policy 6", to_number=1 + seen % 7, seen_number=seen, actor_id=ADMIN)

    async def change_settings(self) -> None:
        """Set another threshold."""
        policy = await self._policy("Policy 7")
        new = replace(policy.settings, threshold=(next(self._turn) % 100) / 100)
        await self._life.change_settings(GUILD, "Policy 7", new, seen=policy.settings, actor_id=ADMIN)

    async def pause_and_resume(self) -> None:
        """Both, one after the other."""
        await self._life.pause(GUILD, "Policy 8", actor_id=ADMIN)
        await self._life.resume(GUILD, "Policy 8", actor_id=ADMIN)

    async def _policy(self, name: str) -> StoredPolicy:
        policy = await self._desk.find(GUILD, name)
        assert policy
        return policy

    async def _edit(self, name: str) -> object:
        text, seen = f"{self._text}\n\nTurn {next(self._turn)}.", _number(await self._policy(name))
        return await self._desk.save_draft(GUILD, name, text, seen_revision=None, seen_number=seen, actor_id=ADMIN)


def _number(policy: StoredPolicy) -> int:
    assert policy.published
    return policy.published.number


async def measure_services(services: Services) -> dict[str, dict[str, float]]:
    """Milliseconds of the work behind each command that needs no model."""
    command = CommandWork(services)
    work: dict[str, Callable[[], Awaitable[object]]] = {
        "list with costs": lambda: services.costs.of(GUILD),
        "show": lambda: services.policies.find(GUILD, "policy 2"),
        "history": command.history,
        "diff": command.compare,
        "edit, then discard": command.edit_and_discard,
        "edit, then publish": command.publish,
        "rollback": command.roll_back,
        "settings": command.change_settings,
        "pause, then resume": command.pause_and_resume,
        "pins": lambda: services.pins.of(GUILD, "Policy 1"),
        "rules": lambda: services.public_rules.of(GUILD),
    }
    return {name: await _milliseconds(each) for name, each in work.items()}


async def _milliseconds(work: Callable[[], Awaitable[object]]) -> dict[str, float]:
    took = []
    for _ in range(ROUNDS):
        before = time.perf_counter()
        await work()
        took.append((time.perf_counter() - before) * 1000)
    took.sort()
    return {"p50": round(statistics.median(took), 2), "p95": round(took[int(ROUNDS * 0.95) - 1], 2)}


def measure_lint() -> dict[str, float]:
    """Milliseconds for a policy of about 10,000 tokens, made of the starter policies."""
    text, number = "# Long\n\n## Rules\n", 0
    bodies = [templates.load(name).partition("## Rules\n")[2].partition("\n## ")[0] for name in templates.BASICS]
    while len(text.encode()) < LINT_BYTES - 3_000:
        number += 1
        text += bodies[number % len(bodies)].replace("### R", f"### R{number}") + "\n"
    took = []
    for _ in range(20):
        before = time.perf_counter()
        lint(text)
        took.append((time.perf_counter() - before) * 1000)
    took.sort()
    return {"bytes": len(text.encode()), "p50": round(statistics.median(took), 2), "p95": round(took[18], 2)}


async def measure_backtest(stores: Stores, settings: Settings) -> dict[str, float]:
    """Requests a second of a backtest and of its judge alone."""
    judge = scripted_engine()
    services = build_services(stores, fake_discord(), settings=settings, judge=judge, now=lambda: NOW)
    name = "Policy 0"
    policy = await services.policies.find(GUILD, name)
    assert policy
    assert policy.published
    await services.life.start_draft(GUILD, name, actor_id=ADMIN)
    backtest = await services.backtests.start(GUILD, name, actor_id=ADMIN)
    assert isinstance(backtest, Backtest), backtest

    async def progress(done: int, total: int) -> None:
        """As light as an edit that is handed over to somebody else."""

    before = time.perf_counter()
    report = await services.backtests.run(backtest, progress=progress)
    ours = report.done / (time.perf_counter() - before)
    raw = await _raw_throughput(judge, backtest.text, report.done)
    return {
        "cases": report.done,
        "batch_width": WIDTH,
        "seconds_each": SECONDS_EACH,
        "backtest_per_second": round(ours, 1),
        "judge_alone_per_second": round(raw, 1),
        "ratio": round(ours / raw, 3),
    }


async def _raw_throughput(judge: Judge, text: str, count: int) -> float:
    policy = compile_policy(parse(text).policy)
    requests = [
        JudgeRequest(policy=policy, content=Content(target=Message(text=f"message {number}")), lane=Lane.BACKGROUND)
        for number in range(count)
    ]
    before = time.perf_counter()
    await asyncio.gather(*(judge.judge(request) for request in requests))
    return count / (time.perf_counter() - before)


async def run(say: Callable[[str], None]) -> dict[str, Any]:
    """All measurements."""
    async with AsyncExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="bylaw-bench-"))
        address = f"sqlite:///{Path(folder) / 'bylaw.sqlite3'}"
        settings = load_settings(data_dir=Path(folder), database_url=address)
        cipher = Cipher((new_key().encode(),))
        stores = await opened.enter_async_context(open_stores(settings, cipher, now=lambda: NOW - timedelta(days=1)))
        judge = ScriptedJudge()
        services = build_services(stores, fake_discord(), settings=settings, judge=judge, now=lambda: NOW)
        say(f"Storing {POLICIES * VERSIONS:,} versions and {CASES} decided cases")
        await fill(stores, services, address)
        await decide_cases(stores)
        say("Measuring services, lint and a backtest")
        return {
            "machine": {
                "cpu": platform.processor() or platform.machine(),
                "cores": psutil.cpu_count(logical=False),
                "python": platform.python_version(),
            },
            "versions_stored": POLICIES * VERSIONS,
            "services_ms": await measure_services(services),
            "lint_ms": measure_lint(),
            "backtest": await measure_backtest(stores, settings),
        }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found = asyncio.run(run(lambda text: print(text, file=sys.stderr)))
    if options.json:
        print(json.dumps(found))
        return
    for name, figures in found["services_ms"].items():
        print(f"{name:20} p50 {figures['p50']:8.2f} ms   p95 {figures['p95']:8.2f} ms")
    print(f"{'lint, 10,000 tokens':20} p50 {found['lint_ms']['p50']:8.2f} ms   p95 {found['lint_ms']['p95']:8.2f} ms")
    backtest = found["backtest"]
    print(
        f"backtest {backtest['backtest_per_second']} a second, the judge alone "
        f"{backtest['judge_alone_per_second']}: ratio {backtest['ratio']}"
    )


if __name__ == "__main__":
    main()
