"""The judge is asked for room before a version comes into force, and a text that is too long for it is refused."""

from __future__ import annotations

from typing import Any

from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.policies.outcomes import Published, Refused, Saved
from bot.moderation.policies.publishing import Preparation, Publishing
from classifier import Effort, PolicyFit, PolicyText
from classifier.scripted import ScriptedJudge, clear
from guild_policies.scope import PolicySettings

Desk = Any  # the fixture's own class, which no test can import
LONG = "# Spoilers\n## Rules\n### R1 New\nBreaks it: something quite else."
TALK_ONLY = "# Spoilers\n## Rules\n### R1 Spam\nLooks at: conversation\nBreaks it: the same text again and again."


class RoomyJudge(ScriptedJudge):
    """Has room for this many tokens, of which each letter of a rule is one; or cannot say."""

    def __init__(self, most: int | None) -> None:
        super().__init__(lambda request: clear())
        self.most = most
        self.prepared: list[tuple[str, Effort]] = []

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """Note it down."""
        self.prepared.append((policy.rules[0].breaks_it, effort))
        if self.most is None:
            return None
        return PolicyFit(tokens=len(policy.rules[0].breaks_it), most=self.most)


def new_desk(desk: Desk, judge: RoomyJudge) -> Publishing:
    """The texts of the desk's policies, for this judge."""
    return Publishing(desk.policies, preparation=Preparation(judge=judge, requests=JudgeRequests(effort=Effort.MEDIUM)))


async def draft(desk: Desk, text: str) -> None:
    saved = await desk.policy_desk.save_draft(1, "Spoilers", text, seen_revision=None, seen_number=1, actor_id=9)
    assert isinstance(saved, Saved)


async def test_a_text_that_fits_is_made_ready_and_published(desk: Desk) -> None:
    """With the effort that the policy is judged with."""
    judge = RoomyJudge(most=1_000)
    await draft(desk, LONG)
    assert isinstance(await new_desk(desk, judge).publish(1, "Spoilers", actor_id=9), Published)
    assert judge.prepared == [("something quite else.", Effort.MEDIUM)]


async def test_a_text_that_does_not_fit_is_refused_with_its_size(desk: Desk) -> None:
    """One sentence; the version in force stays, and so does the draft."""
    await draft(desk, LONG)
    refused = await new_desk(desk, RoomyJudge(most=7)).publish(1, "Spoilers", actor_id=9)
    assert refused == Refused(
        why="“Spoilers” is too long for the model: it has 21 tokens, and at most 7 leave room for a message and an "
        "answer."
    )
    policy = await desk.policies.find(1, "Spoilers")
    assert (policy.published.number, policy.draft.text) == (1, LONG)


async def test_no_room_at_all_is_told_as_none(desk: Desk) -> None:
    """A model with a tiny context."""
    await draft(desk, LONG)
    refused = await new_desk(desk, RoomyJudge(most=-200)).publish(1, "Spoilers", actor_id=9)
    assert isinstance(refused, Refused)
    assert "at most 0 leave room" in refused.why


async def test_a_judge_that_cannot_be_asked_holds_nothing_up(desk: Desk) -> None:
    """It may be starting; a policy that is too long is told about by its first message then."""
    await draft(desk, LONG)
    assert isinstance(await new_desk(desk, RoomyJudge(most=None)).publish(1, "Spoilers", actor_id=9), Published)


async def test_rolling_back_makes_ready_too(desk: Desk) -> None:
    """By the policy's own effort; and a model that was changed meanwhile may have no room for the old text."""
    judge = RoomyJudge(most=1_000)
    policies = new_desk(desk, judge)
    await draft(desk, LONG)
    published = await policies.publish(1, "Spoilers", actor_id=9)
    assert isinstance(published, Published)
    await desk.life.change_settings(
        1, "Spoilers", PolicySettings(effort=Effort.HIGH), seen=PolicySettings(), actor_id=9
    )
    judge.most = 3
    refused = await policies.roll_back(1, "Spoilers", to_number=1, seen_number=2, actor_id=9)
    assert isinstance(refused, Refused)
    judge.most = 1_000
    assert isinstance(await policies.roll_back(1, "Spoilers", to_number=1, seen_number=2, actor_id=9), Published)
    assert [effort for _, effort in judge.prepared[1:]] == [Effort.HIGH, Effort.HIGH]
    unknown = await policies.roll_back(1, "Spoilers", to_number=9, seen_number=1, actor_id=9)
    assert isinstance(unknown, Refused)


async def test_a_text_that_no_judge_reads_needs_no_room(desk: Desk) -> None:
    """Why it cannot be judged is somebody else's to say."""
    judge = RoomyJudge(most=1)
    preparation = Preparation(judge=judge, requests=JudgeRequests())
    assert await preparation.prepare(await desk.policies.find(1, "Spoilers"), "# Nothing") is None
    assert judge.prepared == []
