"""Backtests: compare a draft with the team's own past decisions before it is published.

The judge is asked in the background lane, many requests at a time. Answers are stored as they arrive, so a backtest
resumes after a restart.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.languages.translation import _, length
from bot.moderation.cases.case import Case, CaseState, DecidedCases
from bot.moderation.messages.content import content_of
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.judge_requests import JudgeRequests, judgeable
from bot.moderation.policies.outcomes import Blocked, Refused, no_such
from bot.moderation.policies.reading import lint_policy
from bot.moderation.trials.backtest import (
    Backtest,
    BacktestReport,
    BacktestState,
    BacktestStore,
    CaseToJudge,
    NewBacktest,
)
from bot.moderation.trials.recent_messages import Progress, WouldFlag, would_flag
from classifier import (
    Content,
    Effort,
    Judge,
    Judgement,
    JudgeRequest,
    Lane,
    Message,
    PolicyText,
    Undecided,
    UndecidedReason,
)
from classifier.judge_many import IN_FLIGHT, judge_many
from guild_policies.backtest import Compared, compared
from guild_policies.store.port import PolicyStore

MAX_CASES = 2_000
MAX_DAYS = 365
DEADLINE_S = 3_600.0  #: seconds; the background lane may have to wait until a busy hour is over
_KEPT_AT_ONCE = 16  #: results per write; a crash loses at most these

#: Problems of the judge: the case remains unjudged, and the backtest is resumed later.
_LATER = frozenset({UndecidedReason.JUDGE_UNAVAILABLE, UndecidedReason.QUEUE_FULL})


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestStores:
    """The stores that backtests read and write."""

    backtests: BacktestStore
    policies: PolicyStore
    cases: DecidedCases


class Backtests:
    """Starts, carries out, cancels and reports backtests."""

    def __init__(
        self,
        stores: BacktestStores,
        *,
        judge: Judge,
        requests: JudgeRequests,
        now: Callable[[], datetime],
        limit: int = IN_FLIGHT,
    ) -> None:
        """`limit`: how many requests of a backtest run at the same time."""
        self._store = stores.backtests
        self._policies = stores.policies
        self._cases = stores.cases
        self._judge = judge
        self._requests = requests
        self._now = now
        self._limit = limit
        self._at_work: set[int] = set()
        self._cancelled: set[int] = set()

    async def start(
        self,
        guild_id: int,
        name: str,
        *,
        days: int = 30,
        actor_id: int,
        shown_in: tuple[int, int] | None = None,
        proposed: str | None = None,
    ) -> Backtest | Blocked | Refused:
        """Create a backtest over the cases that the team decided in the last days; `run` does the work.

        Args:
            shown_in: channel and message in which its progress is shown.
            proposed: a text to try instead of the draft; its backtest has revision 0.
        """
        policy = await self._policies.find(guild_id, name)
        if policy is None:
            return no_such(name)
        if not 1 <= days <= MAX_DAYS:
            return Refused(why=_("Choose 1 to {most} days.", most=MAX_DAYS))
        text = proposed if proposed is not None else policy.draft.text if policy.draft else None
        if text is None:
            return Refused(
                why=_("“{policy}” has no draft to try. Change it first with /policy edit.", policy=policy.name)
            )
        if await judgeable(text) is None:
            return Blocked(findings=await lint_policy(text), text=text)
        since = self._now() - timedelta(days=days)
        decided = await self._cases.decided(guild_id, policy_id=policy.id, since=since, limit=MAX_CASES)
        if not decided:
            return Refused(
                why=_(
                    "In the last {length}, your team decided no case of “{policy}” whose text is still kept.",
                    length=length(timedelta(days=days)),
                    policy=policy.name,
                )
            )
        channel_id, message_id = shown_in or (None, None)
        return await self._store.start(
            NewBacktest(
                guild_id=guild_id,
                policy_id=policy.id,
                policy_name=policy.name,
                draft_revision=policy.draft.revision if policy.draft and proposed is None else 0,
                text=text,
                days=days,
                effort=policy.settings.effort,
                threshold=policy.settings.threshold,
                started_by=actor_id,
                shown_channel_id=channel_id,
                shown_message_id=message_id,
                cases=tuple(map(_to_judge, decided)),
            )
        )

    async def shown_in(self, guild_id: int, backtest_id: int, *, channel_id: int, message_id: int) -> None:
        """Remember where the progress message is, so that it is also edited after a restart."""
        await self._store.shown_in(guild_id, backtest_id, channel_id=channel_id, message_id=message_id)

    async def run(self, backtest: Backtest, *, progress: Progress | None = None) -> BacktestReport:
        """Judge the remaining cases. The report's state is RUNNING if the judge became unavailable: run it again later.
        Does nothing for a backtest that is already running in this process, or has ended."""
        report = await self._report(backtest)
        compiled = await judgeable(backtest.text)
        if report.backtest.state is not BacktestState.RUNNING or backtest.id in self._at_work or compiled is None:
            return report
        self._at_work.add(backtest.id)
        try:
            finished = await self._work(report, compiled, progress)
            if finished:
                await self._store.end(backtest.guild_id, backtest.id, state=BacktestState.DONE, actor_id=None)
            return await self._report(backtest)
        finally:
            self._at_work.discard(backtest.id)
            self._cancelled.discard(backtest.id)

    async def cancel(self, guild_id: int, backtest_id: int, *, actor_id: int) -> Backtest | Refused:
        """End a backtest; its report keeps the results so far."""
        ended = await self._store.end(guild_id, backtest_id, state=BacktestState.CANCELLED, actor_id=actor_id)
        if ended is None:
            return Refused(why=_("This backtest is over."))
        if backtest_id in self._at_work:
            self._cancelled.add(backtest_id)
        return ended

    async def find(self, guild_id: int, backtest_id: int) -> BacktestReport | None:
        """The results of a backtest so far."""
        backtest = await self._store.find(guild_id, backtest_id)
        return None if backtest is None else await self._report(backtest)

    async def unfinished(self, serves: Callable[[int], bool] = lambda _: True) -> tuple[Backtest, ...]:
        """Backtests to resume: after a restart, or when the judge is available again.

        Args:
            serves: is this process responsible for this server?
        """
        found = await self._store.unfinished()
        return tuple(each for each in found if each.id not in self._at_work and serves(each.guild_id))

    async def on_messages(
        self, guild_id: int, name: str, messages: AsyncIterator[MessageSeen], *, progress: Progress | None = None
    ) -> WouldFlag | Blocked | Refused:
        """Judge recent messages under the draft (`bot.moderation.trials.recent_messages.would_flag`)."""
        policy = await self._policies.find(guild_id, name)
        if policy is None:
            return no_such(name)
        if policy.draft is None:
            return Refused(
                why=_("“{policy}” has no draft to try. Change it first with /policy edit.", policy=policy.name)
            )
        compiled = await judgeable(policy.draft.text)
        if compiled is None:
            return Blocked(findings=await lint_policy(policy.draft.text), text=policy.draft.text)
        return await would_flag(
            policy,
            messages,
            judge=self._judge,
            request=lambda seen: self._request(guild_id, compiled, content_of(seen), policy.settings.effort),
            limit=self._limit,
            progress=progress,
        )

    async def _work(self, report: BacktestReport, compiled: PolicyText, progress: Progress | None) -> bool:
        """Judge the remaining cases. True if all were judged."""
        backtest, done, left = report.backtest, report.done, False
        texts = await self._texts(backtest)
        waiting = {each.case.number: each.case for each in report.cases if each.result is None}
        gone = [number for number in waiting if number not in texts]
        results = [self._compared(backtest, waiting[number], None) for number in gone]
        requests = (
            (number, self._request(backtest.guild_id, compiled, Content(target=texts[number]), backtest.effort))
            for number in waiting
            if number in texts
        )
        answers = judge_many(self._judge, requests, limit=self._limit)
        try:
            async for number, judgement in answers:
                if backtest.id in self._cancelled:
                    return False
                if isinstance(judgement, Undecided) and judgement.reason in _LATER:
                    left = True
                    continue
                results.append(self._compared(backtest, waiting[number], judgement))
                if len(results) >= _KEPT_AT_ONCE:
                    done += await self._keep(backtest, results)
                    if progress:
                        await progress(done, report.total)
        finally:
            await answers.aclose()
            done += await self._keep(backtest, results)
        if progress:
            await progress(done, report.total)
        return not left

    async def _texts(self, backtest: Backtest) -> dict[int, Message]:
        since = backtest.started_at - timedelta(days=backtest.days)
        found = await self._cases.decided(
            backtest.guild_id, policy_id=backtest.policy_id, since=since, limit=2 * MAX_CASES
        )
        return {
            case.number: Message(text=case.evidence.text, forwarded=case.evidence.forwarded)
            for case in found
            if case.evidence.text is not None
        }

    async def _keep(self, backtest: Backtest, results: list[Compared[int]]) -> int:
        kept = len(results)
        if results:
            await self._store.keep(backtest.guild_id, backtest.id, tuple(results))
            results.clear()
        return kept

    async def _report(self, backtest: Backtest) -> BacktestReport:
        now = await self._store.find(backtest.guild_id, backtest.id)
        cases = await self._store.cases(backtest.guild_id, backtest.id)
        return BacktestReport(backtest=now or backtest, cases=cases)

    def _request(self, guild_id: int, compiled: PolicyText, content: Content, effort: Effort | None) -> JudgeRequest:
        return self._requests.make(
            compiled, content, effort=effort, lane=Lane.BACKGROUND, server=guild_id, deadline_s=DEADLINE_S
        )

    @staticmethod
    def _compared(backtest: Backtest, case: CaseToJudge, judgement: Judgement | None) -> Compared[int]:
        return compared(case.number, violation=case.violation, judgement=judgement, threshold=backtest.threshold)


def _to_judge(case: Case) -> CaseToJudge:
    return CaseToJudge(
        number=case.number,
        channel_id=case.evidence.channel_id,
        message_id=case.evidence.message_id,
        violation=case.state is CaseState.VIOLATION,
    )
