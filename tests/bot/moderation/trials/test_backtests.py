"""A draft is held against what the team decided: bounded, in the background, and over a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from bot.moderation.cases.case import CaseState, Decision
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.policies.outcomes import Blocked, Refused
from bot.moderation.trials.backtest import Backtest, BacktestState
from bot.moderation.trials.backtests import Backtests, BacktestStores
from bot.moderation.trials.recent_messages import WouldFlag
from classifier import Content, Judgement, JudgeRequest, Lane, Message, PolicyText, RuleText, Undecided, UndecidedReason
from classifier.judge_many import judge_many
from classifier.scripted import ScriptedJudge, clear, violation
from guild_policies.scope import PolicySettings, Scope

Desk = Any  # the fixture's own class, which no test can import
SeenFactory = Callable[..., MessageSeen]
DRAFT = "# Spoilers\n## Rules\n### R1 Draft\nBreaks it: draft."
TALK = "# Spoilers\n## Rules\n### R1 Rows\nLooks at: conversations\nBreaks it: rows."


def answer(request: JudgeRequest) -> Judgement:
    """In force, everything breaks R1. The draft flags "butler", the surer the longer; "maybe" is beyond it."""
    text = request.content.target.text
    if request.policy.rules[0].title != "Draft":
        return violation("R1")
    if "maybe" in text:
        return Undecided(reason=UndecidedReason.UNREADABLE)
    score = min(0.99, 0.5 + len(text) / 100)
    return violation("R1", score=score) if "butler" in text else clear(score=1 - score)


@pytest.fixture
async def desk(desk_factory: Callable[..., Awaitable[Desk]]) -> Desk:
    """The server with this judge."""
    return await desk_factory(answer)


async def decided(desk: Desk, seen_factory: SeenFactory, *texts: str) -> None:
    """Cases about these texts; the team said violation where a text ends with an exclamation mark."""
    for number, text in enumerate(texts):
        seen = seen_factory(message_id=300 + number, text=text)
        (case,) = (await desk.pipeline.see(seen, own_id=999)).cases
        state = CaseState.VIOLATION if text.endswith("!") else CaseState.NOT_A_VIOLATION
        await desk.cases.decide(1, case.number, Decision(state=state, moderator_id=9, at=desk.now[0]))
    desk.judge.requests.clear()


async def draft(desk: Desk, text: str = DRAFT) -> None:
    """Save a draft of "Spoilers"."""
    saved = await desk.policies.save_draft(guild_id=1, policy_id=1, text=text, actor_id=9, seen_revision=None)
    assert saved


async def start(desk: Desk, **options: Any) -> Backtest:
    """Start a backtest of "Spoilers"."""
    started = await desk.backtests.start(1, "Spoilers", actor_id=9, **options)
    assert isinstance(started, Backtest)
    return started


async def test_the_draft_beside_the_team(desk: Desk, seen_factory: SeenFactory) -> None:
    """Every kind of answer, the worst disagreement first, with links; small numbers in words."""
    await decided(
        desk, seen_factory, "the butler!", "butler", "the butler himself", "tea!", "cake with cream!", "tea", "maybe"
    )
    await draft(desk)
    seen: list[tuple[int, int]] = []

    async def progress(done: int, total: int) -> None:
        seen.append((done, total))

    report = await desk.backtests.run(await start(desk), progress=progress)
    comparison = report.comparison
    assert (report.backtest.state, report.done, report.total) == (BacktestState.DONE, 7, 7)
    assert (comparison.n, comparison.agree) == (7, 2)
    assert [each.id for each in comparison.newly_flagged] == [3, 2]
    assert [each.id for each in comparison.no_longer_flagged] == [5, 4]
    assert [each.id for each in comparison.undecided] == [7]
    assert report.in_words == (
        "Agrees with your team on 2 of 6 decisions. 1 more could not be judged. "
        "6 decisions are too few to conclude from."
    )
    assert report.jump_link(3) == "https://discord.com/channels/1/20/302"
    assert seen[-1] == (7, 7)
    assert {request.lane for request in desk.judge.requests} == {Lane.BACKGROUND}


async def test_what_stands_in_the_way_of_a_backtest(desk: Desk, seen_factory: SeenFactory) -> None:
    """No policy, no draft, no decision, too many days, a text that cannot be judged: one sentence each."""
    for name, options in (("Nope", {}), ("Spoilers", {"days": 0}), ("Spoilers", {})):
        assert isinstance(await desk.backtests.start(1, name, actor_id=9, **options), Refused)
    await draft(desk)
    refused = await desk.backtests.start(1, "Spoilers", actor_id=9)
    assert isinstance(refused, Refused)
    assert "decided no case" in refused.why
    await decided(desk, seen_factory, "tea")
    desk.later(days=3)
    assert isinstance(await desk.backtests.start(1, "Spoilers", days=2, actor_id=9), Refused)
    await desk.policies.save_draft(guild_id=1, policy_id=1, text=TALK, actor_id=9, seen_revision=2)
    assert isinstance(await desk.backtests.start(1, "Spoilers", actor_id=9), Blocked)


async def test_it_tests_the_draft_that_there_was(desk: Desk, seen_factory: SeenFactory) -> None:
    """Whatever is saved meanwhile; and by the threshold that there was."""
    await decided(desk, seen_factory, "butler!")
    await draft(desk)
    settings = PolicySettings(threshold=0.9)
    await desk.life.change_settings(1, "Spoilers", settings, seen=PolicySettings(), actor_id=9)
    started = await start(desk)
    await desk.policies.save_draft(guild_id=1, policy_id=1, text="other", actor_id=9, seen_revision=2)
    report = await desk.backtests.run(started)
    assert [each.id for each in report.comparison.no_longer_flagged] == [1]


async def test_a_text_that_is_gone_is_undecided(desk: Desk, seen_factory: SeenFactory) -> None:
    """Purged between the start and its turn."""
    await decided(desk, seen_factory, "tea", "butler!")
    await draft(desk)
    started = await start(desk)
    desk.later(days=1)
    await desk.cases.purge_texts(1, before=desk.now[0])
    report = await desk.backtests.run(started)
    assert len(report.comparison.undecided) == 2
    assert report.in_words == "There is no decision to compare with."


async def test_a_restart_goes_on(desk: Desk, seen_factory: SeenFactory) -> None:
    """When the judge goes away the rest waits, and the next process judges that and nothing else."""
    await decided(desk, seen_factory, *(f"tea {number}" for number in range(40)))
    await draft(desk)
    started = await start(desk, shown_in=(5, 6))
    turns = iter(range(25))

    def closing(request: JudgeRequest) -> Judgement:
        gone = Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)
        return gone if next(turns, None) is None else answer(request)

    first = with_judge(desk, ScriptedJudge(closing))
    report = await first.run(started)
    assert (report.backtest.state, report.done) == (BacktestState.RUNNING, 25)
    (left,) = await desk.backtests.unfinished()
    assert (left.id, left.shown_channel_id, left.shown_message_id) == (started.id, 5, 6)
    report = await desk.backtests.run(left)
    assert (report.backtest.state, report.done) == (BacktestState.DONE, 40)
    assert len(desk.judge.requests) == 15
    assert await desk.backtests.unfinished() == ()


def with_judge(desk: Desk, judge: ScriptedJudge, *, limit: int = 32) -> Backtests:
    """Another process on the same stores."""
    return Backtests(
        BacktestStores(backtests=desk.backtests._store, policies=desk.policies, cases=desk.cases),
        judge=judge,
        requests=JudgeRequests(),
        now=lambda: desk.now[0],
        limit=limit,
    )


async def test_it_can_be_cancelled(desk: Desk, seen_factory: SeenFactory) -> None:
    """At once: what is with the judge is withdrawn, what was judged stays, and only one can cancel."""
    await decided(desk, seen_factory, *(f"tea {number}" for number in range(50)))
    await draft(desk)
    started = await start(desk)
    backtests = with_judge(desk, ScriptedJudge(answer), limit=2)

    async def cancel(done: int, total: int) -> None:
        ended = await backtests.cancel(1, started.id, actor_id=8)
        assert isinstance(ended, Backtest) == (done == 16)

    report = await backtests.run(started, progress=cancel)
    assert report.backtest.state is BacktestState.CANCELLED
    assert 16 <= report.done < 20
    assert isinstance(await backtests.cancel(1, started.id, actor_id=8), Refused)
    assert await backtests.run(started) == report
    found = await backtests.find(1, started.id)
    assert found == report
    assert await backtests.find(2, started.id) is None


async def test_it_runs_once_at_a_time(desk: Desk, seen_factory: SeenFactory) -> None:
    """A second call for the same backtest does nothing while the first is at work."""
    await decided(desk, seen_factory, "tea")
    await draft(desk)
    started = await start(desk)
    gate = asyncio.Event()
    judge = ScriptedJudge(answer, gate=gate)
    backtests = with_judge(desk, judge)
    first = asyncio.ensure_future(backtests.run(started))
    await judge.asked()
    assert (await backtests.run(started)).done == 0
    assert await backtests.unfinished() == ()
    gate.set()
    assert (await first).done == 1
    assert len(judge.requests) == 1


async def test_recent_messages_are_judged_and_not_kept(desk: Desk, seen_factory: SeenFactory) -> None:
    """As they are handed in, by the policy's scope, the surest first."""
    await draft(desk)
    scope = Scope(not_in=frozenset({21}))
    await desk.life.change_settings(1, "Spoilers", PolicySettings(scope=scope), seen=PolicySettings(), actor_id=9)
    told: list[tuple[int, int]] = []

    async def history() -> AsyncIterator[MessageSeen]:
        texts = ["butler", "tea", "the butler again", " ", "maybe"]
        for number, text in enumerate(texts):
            yield seen_factory(message_id=number, text=text)
        yield seen_factory(message_id=9, channel_id=21, text="butler")

    async def progress(done: int, taken: int) -> None:
        told.append((done, taken))

    found = await desk.backtests.on_messages(1, "Spoilers", history(), progress=progress)
    assert isinstance(found, WouldFlag)
    assert (found.judged, found.undecided, found.not_covered) == (4, 1, 2)
    assert [each.jump_link.rsplit("/", 1)[1] for each in found.flagged] == ["2", "0"]
    assert told[-1] == (4, 4)
    assert isinstance(await desk.backtests.on_messages(1, "Nope", history()), Refused)


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_the_judge_always_has_as_many_as_it_may(limit: int) -> None:
    """Never more, and never fewer while there are some left."""
    policy = PolicyText(title="T", rules=(RuleText(id="R1", title="A"),))
    request = JudgeRequest(policy=policy, content=Content(target=Message(text="x")))
    gate = asyncio.Event()
    judge = ScriptedJudge(gate=gate)
    answers = judge_many(judge, ((number, request) for number in range(10)), limit=limit)
    first = asyncio.ensure_future(anext(answers))
    await judge.asked(min(limit, 10))
    assert len(judge.requests) == min(limit, 10)
    gate.set()
    keys = [(await first)[0], *[key async for key, _ in answers]]
    assert sorted(keys) == list(range(10))


async def test_whoever_stops_asking_withdraws_the_rest() -> None:
    """Closing the iterator leaves no request behind."""
    policy = PolicyText(title="T", rules=(RuleText(id="R1", title="A"),))
    request = JudgeRequest(policy=policy, content=Content(target=Message(text="x")))
    judge = ScriptedJudge(gate=asyncio.Event())
    answers = judge_many(judge, [(1, request), (2, request)])
    waiting = asyncio.ensure_future(anext(answers))
    await judge.asked(2)
    before = len(asyncio.all_tasks())
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(asyncio.all_tasks()) < before
