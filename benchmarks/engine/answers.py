"""The second table: useful answers. What early stop, forced text and the probe add over writing it all out.

Both sides think for as many tokens. llama-server then writes as many tokens as Bylaw's whole reply has (closing the
reasoning, header, JSON, rationale), one by one and without a grammar, which is its fastest way to the same answer.
Bylaw puts in what has no alternative as prompt, stops at the digit of a clear verdict, and in the way of a probe does
not think at all where the score is below a half.

A random model answers at random (`benchmarks.engine.steered_model`), so clean traffic is chosen by what it answers: of
a pool of messages as many clear and broken ones as 97 % clear takes, and so that the probe settles 80 %.
"""

from __future__ import annotations

import contextlib
import random
import statistics
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.engine.bylaw_judge import Judging, judging
from benchmarks.engine.plan import LOAD, REPLY_TOKENS, Machine, Plan
from benchmarks.engine.reference_speed import ReferenceSpeed
from benchmarks.engine.results import Figures, Rates
from benchmarks.peers.llama_server import LlamaServer, ServerSettings
from benchmarks.peers.sequential import start_sequential
from benchmarks.workload.ceiling import Work, work_of
from benchmarks.workload.jobs import Job, jobs, longest
from benchmarks.workload.load import all_at_once, as_they_come, take_turns
from benchmarks.workload.traffic import MIXES, Post, arrivals, policies, posts
from classifier import Method, Outcome, PolicyText, Verdict, Way
from classifier.llama.engine import answer_grammar as grammar
from classifier.prompt.harmony import closing_ids
from classifier.prompt.vocabulary import Vocabulary

Say = Callable[[str], None]

ABOUT = {
    "answers": "clean traffic, each message reasoned about and answered in full",
    "clean": "clean traffic, the probe first; llama-server still reasons about each message",
    "raid_answers": "a raid, each message reasoned about and answered in full, rationales included",
}
CLEAR_SHARE = 0.97
SETTLED_SHARE = 0.8
THINK_FROM = 0.5  #: where the probe's score is lower, it settles the message
_MARGIN = 1.5  # of what the probe calls clear, some is broken after reasoning
_POOL, _RAID, _WARM = 5, 6, 7  # seeds
_MOST_BATCHES = 10  # of `Plan.pool` messages
_ROOM_TO_SPARE = 256  # tokens of a slot, for answers that were not seen before


class PoolTooSmall(Exception):
    """The model answered too much alike to choose clean traffic from."""


@dataclass(frozen=True, slots=True)
class JudgedPost:
    """A message of the pool: whether its probe settles it, and its verdict after reasoning."""

    post: Post
    settled: bool
    verdict: Verdict

    @property
    def clear(self) -> bool:
        """Whether it is clear after reasoning."""
        return self.verdict.outcome is Outcome.CLEAR

    @property
    def kind(self) -> tuple[bool, bool]:
        """Settled by its probe, and clear."""
        return self.settled, self.clear


def clean_traffic(pool: Sequence[JudgedPost], count: int, *, seed: int = 0) -> list[JudgedPost]:
    """As many messages, 97 % of them clear after reasoning and 80 % of them clear by their probe already.

    Raises:
        PoolTooSmall: the pool has too few of a kind.
    """
    chosen: list[JudgedPost] = []
    for kind, number in _kinds(count).items():
        fitting = [each for each in pool if each.kind == kind]
        if len(fitting) < number:
            raise PoolTooSmall(f"the pool has {len(fitting)} messages of a kind of which {number} are needed")
        chosen += fitting[:number]
    random.Random(seed).shuffle(chosen)
    return chosen


async def find_pool(judge: Judging, plan: Plan, count: int, say: Say) -> list[JudgedPost]:
    """Judge messages, `plan.pool` at a time, until there are enough of each kind: how many that takes depends on the
    weights of a random model."""
    pool: list[JudgedPost] = []
    for batch in range(_MOST_BATCHES):
        missing = Counter(_kinds(count)) - Counter(each.kind for each in pool)
        if not missing:
            break
        settled_missing = sum(number for (settled, _), number in missing.items() if settled)
        candidates = list(posts(MIXES["twenty_policies"], plan.pool, seed=_POOL + 100 * batch))
        pool += await _judged(judge, candidates, settled_wanted=round(_MARGIN * settled_missing))
        settled = sum(each.settled for each in pool)
        say(f"  a pool of {settled} messages that the probe settles and {len(pool) - settled} that it does not")
    return pool


async def _judged(judge: Judging, candidates: Sequence[Post], *, settled_wanted: int) -> list[JudgedPost]:
    """Probe all. Reason about those that are not settled, and about this many of the others."""
    probing = judge.other_way(Way.PROBE_THEN_REASON, think_from=THINK_FROM)
    await all_at_once(probing, candidates)
    first = probing.verdicts
    settled = [post for post in candidates if first[post].provenance.method is Method.PROBED][:settled_wanted]
    unsettled = [post for post in candidates if first[post].provenance.method is not Method.PROBED]
    reasoning = judge.other_way(Way.REASON, think_from=THINK_FROM)
    if settled:
        await all_at_once(reasoning, settled)
    return [
        *(JudgedPost(post, True, reasoning.verdicts[post]) for post in settled),
        *(JudgedPost(post, False, first[post]) for post in unsettled),
    ]


def _kinds(count: int) -> dict[tuple[bool, bool], int]:
    """How many messages of each kind (settled by its probe, clear) make up this much clean traffic."""
    broken = round(count * (1 - CLEAR_SHARE))
    settled = round(count * SETTLED_SHARE)
    return {(True, True): settled, (False, True): count - settled - broken, (False, False): broken}


def least_work(full: Sequence[Job], *, settled: Callable[[Job], bool], known: Sequence[Job], forced: int) -> Work:
    """What an ideal engine computes for these answers when it goes Bylaw's way.

    `full` holds the answers as they are written out. Of what follows the reasoning, `forced` tokens have no
    alternative and count as prompt. What `settled` is true of needs nothing but them: that is the probe.
    """
    prompts = work_of(full, known=known)
    decoded = sum(0 if settled(job) else max(REPLY_TOKENS, job.tokens - forced) for job in full)
    return Work(messages=len(full), prompt_tokens=prompts.prompt_tokens + forced * len(full), decoded_tokens=decoded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Both sides, while they run, and the library's own call for afterwards."""

    judge: Judging
    server: LlamaServer
    machine: Machine
    plan: Plan
    reference: ReferenceSpeed
    vocabulary: Vocabulary

    def written_out(self, messages: Sequence[Post], verdicts: Mapping[Post, Verdict]) -> list[Job]:
        """The same answers as jobs for a side that writes them token by token."""
        return _written_out(messages, verdicts, self.judge.policies, self.vocabulary)

    async def compare(
        self,
        about: str,
        messages: Sequence[Post],
        way: Way,
        *,
        rounds: int,
        a_round: int,
        answers: Mapping[Post, Verdict] | None = None,
    ) -> Figures:
        """Rounds: Bylaw in one way, then llama-server writing the same answers and the yardstick, in turn.

        No message comes twice.

        `a_round` is how many messages there are in each, `answers` the whole answers where Bylaw's way does not write
        them.
        """
        side = self.judge.other_way(way, think_from=THINK_FROM)
        ours: list[float] = []
        peer: list[float] = []
        works: list[Work] = []
        for number in range(rounds):
            part = messages[number * a_round :][:a_round]
            ours.append(await all_at_once(side, part))
            written = self.written_out(part, answers or side.verdicts)
            works.append(self._work(written, side))
            if number == 0:
                self.reference.choose(works[0])

            async def let_the_peer_write(written: Sequence[Job] = written) -> None:
                peer.append(await all_at_once(self.server, written))

            await take_turns((let_the_peer_write, self.reference.measure), number)
        rate = LOAD * statistics.median(ours)
        last = messages[rounds * a_round :][: self.plan.timed]
        times = arrivals(len(last), rate=rate)
        bylaw = Rates(
            settings=f"{side.settings}; {way.value}",
            rounds=tuple(ours),
            memory=side.memory(),
            latency=await as_they_come(side, last, times, rate=rate),
        )
        timed = self.written_out(last, answers or side.verdicts)
        server = Rates(
            settings=self.server.settings,
            rounds=tuple(peer),
            memory=self.server.memory(),
            latency=await as_they_come(self.server, timed, times, rate=rate),
        )
        return Figures(
            about=about,
            bylaw=bylaw,
            llama_server=server,
            sequential=await self._alone(timed),
            ceilings=self.reference.ceilings(works),
            speed=self.reference.speed(),
        )

    def _work(self, full: Sequence[Job], side: Judging) -> Work:
        forced = len(closing_ids(self.vocabulary)) + len(self.vocabulary.encode(grammar.OPENING))
        probed = {post for post, verdict in side.verdicts.items() if verdict.provenance.method is Method.PROBED}
        return least_work(full, settled=lambda job: job.post in probed, known=full, forced=forced)

    async def _alone(self, full: Sequence[Job]) -> Rates:
        side = await start_sequential(
            self.machine.model, threads=self.machine.threads, gpu_layers=self.machine.gpu_layers
        )
        try:
            rate = await all_at_once(side, full[: self.plan.alone])
            return Rates(settings=side.settings, rounds=(rate,), memory=side.memory())
        finally:
            await side.close()


async def measure(
    machine: Machine,
    plan: Plan,
    reference: ReferenceSpeed,
    settings: ServerSettings,
    vocabulary: Vocabulary,
    wanted: Collection[str],
    say: Say,
) -> dict[str, Figures]:
    """The wanted rows of the second table by name."""
    everybody = policies(MIXES["twenty_policies"].policies)
    rounds_of_clean = plan.clean * plan.clean_rounds
    count = max(plan.messages * plan.answer_rounds, rounds_of_clean) + plan.timed  # the last ones are for latency
    async with contextlib.AsyncExitStack() as running:
        judge = await running.enter_async_context(judging(machine, everybody))
        chosen = clean_traffic(await find_pool(judge, plan, count, say), count)
        clean, answers = [each.post for each in chosen], {each.post: each.verdict for each in chosen}
        warm = jobs(posts(MIXES["twenty_policies"], plan.warm, seed=_WARM), everybody, tokens=1, vocabulary=vocabulary)
        server = await LlamaServer.start(
            machine.peers,
            machine.model,
            settings.with_room_for(longest(_written_out(clean, answers, everybody, vocabulary)) + _ROOM_TO_SPARE),
            threads=machine.threads,
            gpu_layers=machine.gpu_layers,
        )
        running.push_async_callback(server.close)
        await all_at_once(server, warm)
        bench = Bench(
            judge=judge, server=server, machine=machine, plan=plan, reference=reference, vocabulary=vocabulary
        )
        found = {}
        if "answers" in wanted:
            found["answers"] = await bench.compare(
                ABOUT["answers"], clean, Way.REASON, rounds=plan.answer_rounds, a_round=plan.messages
            )
        if "clean" in wanted:
            found["clean"] = await bench.compare(
                ABOUT["clean"],
                clean,
                Way.PROBE_THEN_REASON,
                rounds=plan.clean_rounds,
                a_round=plan.clean,
                answers=answers,
            )
        if "raid_answers" in wanted:
            raid = list(posts(MIXES["raid"], count, seed=_RAID))
            found["raid_answers"] = await bench.compare(
                ABOUT["raid_answers"], raid, Way.REASON, rounds=plan.answer_rounds, a_round=plan.messages
            )
    return found


def _written_out(
    messages: Sequence[Post], verdicts: Mapping[Post, Verdict], everybody: Sequence[PolicyText], vocabulary: Vocabulary
) -> list[Job]:
    """The same answers as jobs for a side that writes them token by token."""
    return [
        job
        for post in messages
        for job in jobs([post], everybody, tokens=verdicts[post].provenance.reply_tokens, vocabulary=vocabulary)
    ]
