"""Questions to the judge, as the operator wants messages judged."""

from __future__ import annotations

import pytest

from bot.moderation.policies.judge_requests import JudgeRequests
from classifier import Content, Effort, JudgeRequest, Lane, Message, PolicyText, RuleText, Way

POLICY = PolicyText(title="p", rules=(RuleText(id="R1", title="t"),))
CONTENT = Content(target=Message(text="x"))


@pytest.mark.parametrize(("wished", "effort"), [(None, Effort.MEDIUM), (Effort.HIGH, Effort.HIGH)])
def test_a_policy_without_an_effort_gets_the_operators(wished: Effort | None, effort: Effort) -> None:
    """Everything else of the question is as given."""
    requests = JudgeRequests(effort=Effort.MEDIUM, deadline_s=20)
    assert requests.make(POLICY, CONTENT, effort=wished, lane=Lane.BACKGROUND, server=5) == JudgeRequest(
        policy=POLICY, content=CONTENT, effort=effort, lane=Lane.BACKGROUND, server=5, deadline_s=20
    )


def test_a_question_may_have_a_deadline_of_its_own() -> None:
    """In seconds, shorter or longer than the operator's."""
    request = JudgeRequests(deadline_s=20).make(
        POLICY, CONTENT, effort=None, lane=Lane.BACKGROUND, server=5, deadline_s=3_600
    )
    assert request.deadline_s == 3_600


def test_only_posts_are_probed_and_only_where_the_operator_wants_it() -> None:
    """Moderators' questions, pins and backtests are always thought over."""
    probing = JudgeRequests(think_from=0.35)
    about = {"effort": None, "lane": Lane.LIVE, "server": 1}
    probed = probing.make_for_post(POLICY, CONTENT, **about)
    assert (probed.way, probed.think_from) == (Way.PROBE_THEN_REASON, 0.35)
    assert probing.make(POLICY, CONTENT, **about).way is Way.REASON
    assert JudgeRequests().make_for_post(POLICY, CONTENT, **about).way is Way.REASON
