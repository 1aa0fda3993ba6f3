"""Messages of servers with six policies each, through the bot's own cascade, over a real engine.

Half of the servers have learned enough, so that their look settles messages; the others learn. Policies are published
again under way, which begins a new set. Verdicts are drawn (`drawn_verdicts`), the time is the engine's. Thinking is as
long as the real model's: two policies of a server have the mean of the shortest third of its replies as their budget,
two that of the middle third, two that of the longest.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.cascade.drawn_verdicts import DrawnVerdicts
from benchmarks.cascade.simulation import Replies, Setting, Traffic, learn
from benchmarks.workload import traffic
from benchmarks.workload.tally import Tally
from bot.languages.translation import Line
from bot.moderation.cascade.cascade import Cascade
from bot.moderation.cascade.screened_set import ScreenedSet
from bot.moderation.judging.backlog import Backlog
from bot.moderation.judging.in_flight import JudgementsInFlight
from bot.moderation.judging.verdict_source import VerdictCache, VerdictSource
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import MemoryWatermarkStore, Watermarks
from bot.moderation.policies.in_force import PolicyInForce
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.servers.options import CascadeOptions, Options, OptionsT
from classifier import Effort, Judge, Judgement, JudgeRequest, Lane, Method, PolicyFit, PolicyText, Verdict, Way
from classifier.llama.options import ReasoningTokens
from guild_policies.policy import Policy
from guild_policies.scope import PolicySettings
from guild_policies.versions import PolicyVersion

SERVERS, POLICIES = 4, 6
RECALL, AUC = 0.95, 0.995
GIVES_UP = 0.1  #: the share of callers who stop waiting
PUBLISH_EVERY_S = 20.0
DEADLINE_S = 600.0
_EFFORTS = (Effort.LOW, Effort.MEDIUM, Effort.HIGH)


def budgets_of(replies: Replies) -> ReasoningTokens:
    """The mean thinking of the shortest third of replies at low effort, of the middle third at medium, and so on. A
    random model thinks until it is stopped."""
    lengths = sorted((*replies.clear, *replies.violation))
    third = len(lengths) // 3
    low, medium, high = (round(statistics.fmean(lengths[place * third :][:third])) for place in range(3))
    return ReasoningTokens(low=low, medium=medium, high=high, more_each=0.0, again=1)


class CountingJudge:
    """Notes how often each message was reasoned about under each policy, and looked at."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.reasoned: Counter[tuple[str, str]] = Counter()  #: text, policy
        self.looked: Counter[tuple[str, str]] = Counter()

    @property
    def name(self) -> str:
        """That of the other judge."""
        return self._judge.name

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Count the request and pass it on."""
        counted = self.looked if request.way is Way.SCREEN else self.reasoned
        counted[request.content.target.text, request.policy.fingerprint] += 1
        return await self._judge.judge(request)

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """As the other judge does."""
        return await self._judge.prepare(policy, effort=effort)

    async def close(self) -> None:
        """Close the other judge."""
        await self._judge.close()


class _SetsInMemory:
    """`bot.moderation.cascade.cascade.ScreenedSetStore` for as long as the run lasts."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, str], tuple[tuple[int, ...], ScreenedSet]] = {}

    async def get(self, guild_id: int, set_key: str) -> ScreenedSet | None:
        """None if nothing is known."""
        found = self.known.get((guild_id, set_key))
        return None if found is None else found[1]

    async def save(self, guild_id: int, set_key: str, known: ScreenedSet, version_ids: Sequence[int]) -> None:
        """Keep it as the latest."""
        self.known.pop((guild_id, set_key), None)
        self.known[guild_id, set_key] = (tuple(sorted(version_ids)), known)

    async def of_server(self, guild_id: int) -> tuple[tuple[tuple[int, ...], ScreenedSet], ...]:
        """All sets of a server, the latest first."""
        return tuple(found for (server, _), found in reversed(self.known.items()) if server == guild_id)

    async def forget(self, guild_id: int) -> None:
        """Begin again in this server."""
        self.known = {key: found for key, found in self.known.items() if key[0] != guild_id}


class _EveryoneWantsLooks:
    """`bot.moderation.servers.options.OptionStore` in which nothing is changed."""

    async def get(self, guild_id: int, kind: type[OptionsT]) -> OptionsT:
        """The defaults, and for the look what is promised here."""
        del guild_id
        chosen: Any = CascadeOptions(recall=RECALL) if kind is CascadeOptions else kind()
        options: OptionsT = chosen
        return options

    async def save(self, guild_id: int, options: Options, *, actor_id: int) -> None:
        """Nothing is changed in such a run."""
        raise RuntimeError(f"{options} of {guild_id} by {actor_id}: nobody should have changed anything")


@dataclass(slots=True)
class _Outcomes:
    """What became of messages."""

    settled: int = 0  #: by the look
    judged: int = 0  #: under each policy
    mixed: int = 0  #: settled by the look and judged as well
    switched_off: int = 0


class ScreenedTraffic:
    """The callers, and policies that change under them."""

    def __init__(self, judge: Judge, dice: random.Random) -> None:
        self._dice = dice
        self._judge = CountingJudge(DrawnVerdicts(judge, Setting(recall=RECALL, auc=AUC), seed=dice.randrange(10**9)))
        self.tally = Tally()
        self._outcomes = _Outcomes()
        self._texts = list(traffic.policies(SERVERS * POLICIES))
        self._published = len(self._texts)
        self._in_force = [self._of_server(server) for server in range(SERVERS)]
        self._messages = 0
        requests, options = JudgeRequests(deadline_s=DEADLINE_S), _EveryoneWantsLooks()
        self._cascade = Cascade(
            _SetsInMemory(),
            options=options,
            judge=self._judge,
            requests=requests,
            tell=self._tell,
            is_behind=lambda _: False,
            chance=dice.random,
        )
        self._source = VerdictSource(
            judge=self._judge,
            lite=self._judge,
            requests=requests,
            backlog=Backlog(
                marks=Watermarks(MemoryWatermarkStore()),
                options=options,
                tell=self._tell,
                now=lambda: datetime.now(UTC),
            ),
            cache=VerdictCache(time.monotonic),
            in_flight=JudgementsInFlight(),
            cascade=self._cascade,
        )

    async def caller(self, until: float) -> None:
        """Write again and again, with pauses, until the time is over."""
        while time.monotonic() < until:
            await asyncio.sleep(self._dice.expovariate(2.0))
            await self.ask()

    async def ask(self) -> None:
        """One message: wait for its verdicts, or give up at some moment."""
        server = self._dice.randrange(SERVERS)
        policies, seen = self._in_force[server], self._message(server)
        lane = self._dice.choice((Lane.LIVE, Lane.AGAIN))
        self.tally.asked += POLICIES
        asking = asyncio.create_task(self._source.find_all(seen, policies, lane, look_first=True))
        if self._dice.random() < GIVES_UP:
            await asyncio.sleep(self._dice.uniform(0.0, 5.0))
            asking.cancel()
        try:
            found = await asking
        except asyncio.CancelledError:
            self.tally.cancelled += POLICIES
            return
        for each, policy in zip(found, policies, strict=True):
            self.tally.count(each.judgement, policy.text)
        self._count([each.judgement for each in found], seen.text)

    async def publish(self) -> None:
        """Let half of the servers know enough, and change a policy of one of them now and then, as admins do."""
        for server in range(SERVERS // 2):
            await self._teach(server)
        while True:
            await asyncio.sleep(PUBLISH_EVERY_S)
            self._published += 1
            server = self._dice.randrange(SERVERS)
            changed = server * POLICIES + self._dice.randrange(POLICIES)
            self._texts[changed] = traffic.policies(1, seed=self._published)[0]
            self._in_force[server] = self._of_server(server)
            if server < SERVERS // 2:
                await self._teach(server)

    def figures(self) -> dict[str, Any]:
        """What the look did. Whatever was reasoned about twice, or settled and judged, is a fault of the cascade."""
        twice = sum(times > 1 for times in (*self._judge.reasoned.values(), *self._judge.looked.values()))
        return {
            "messages": self._messages,
            "settled_by_the_look": self._outcomes.settled,
            "judged_under_each_policy": self._outcomes.judged,
            "looks": self._judge.looked.total(),
            "judgements_of_the_engine": self._judge.reasoned.total(),
            "switched_off": self._outcomes.switched_off,
            "double": self.tally.twice + self._outcomes.mixed + twice,
        }

    def _count(self, judgements: Sequence[Judgement], text: str) -> None:
        settled = [isinstance(each, Verdict) and each.provenance.method is Method.SCREENED for each in judgements]
        asked = any((text, policy) in self._judge.reasoned for policy in self._fingerprints(judgements))
        self._outcomes.settled += all(settled)
        self._outcomes.judged += not any(settled)
        self._outcomes.mixed += any(settled) and (asked or not all(settled))

    @staticmethod
    def _fingerprints(judgements: Sequence[Judgement]) -> list[str]:
        return [each.provenance.policy_fingerprint for each in judgements if isinstance(each, Verdict)]

    async def _teach(self, server: int) -> None:
        """Let a server's set know what it would know after learning."""
        policies = self._in_force[server]
        look = await self._cascade.look(self._message(server), policies, Lane.LIVE)
        if look is not None:
            setting = Setting(recall=RECALL, auc=AUC)
            known = learn(Traffic(setting, seed=self._published), ScreenedSet(recall=RECALL))
            self._cascade.remember(look.key, known)

    async def _tell(self, guild_id: int, line: Line) -> None:
        """Only the cascade says something here: that it switched itself off. Let it start again."""
        del line
        self._outcomes.switched_off += 1
        await self._cascade.start_over(guild_id)

    def _message(self, server: int) -> MessageSeen:
        self._messages += 1
        return MessageSeen(
            guild_id=server,
            channel_id=server,
            message_id=self._messages,
            author_id=self._dice.randrange(100),
            text=f"{traffic.message_text(self._dice)} {self._messages}",
            posted_at=datetime.now(UTC),
        )

    def _of_server(self, server: int) -> tuple[PolicyInForce, ...]:
        """Its policies: two at each effort."""
        first = server * POLICIES
        return tuple(
            _in_force(text, number=self._published * 1_000 + first + place, effort=_EFFORTS[place % len(_EFFORTS)])
            for place, text in enumerate(self._texts[first : first + POLICIES])
        )


def _in_force(text: PolicyText, *, number: int, effort: Effort) -> PolicyInForce:
    version = PolicyVersion(
        id=number,
        policy_id=number,
        number=1,
        text="",
        fingerprint=text.fingerprint,
        author_id=1,
        created_at=datetime.now(UTC),
    )
    policy = Policy(title=text.title)
    return PolicyInForce(
        name=text.title, version=version, policy=policy, text=text, settings=PolicySettings(effort=effort)
    )
