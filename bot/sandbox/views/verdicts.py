"""Verdicts in the page's format."""

from __future__ import annotations

from typing import Any

from bot.cogs.interactions.wording import score_text
from bot.moderation.judging.decide import why_undecided
from classifier import Judgement, Method, Outcome, Undecided
from guild_policies.policy import Policy

#: How a verdict was reached, for people.
HOW = {
    Method.REASONED: "The model thought it over, then answered.",
    Method.CUT: "The model’s thinking was cut off at its limit, then it answered.",
    Method.NO_REASONING: "The model answered without thinking.",
    Method.PROBED: "The model was asked for its first guess only.",
    Method.SCREENED: "The model was only asked for a score.",
    Method.LITE: "No model: the policy’s own examples and patterns were compared with the message.",
    Method.SCRIPTED: "The answer was given by a script.",
}


def view_of_judgement(judgement: Judgement, policy: Policy) -> dict[str, Any]:
    """A judgement in the page's format."""
    if isinstance(judgement, Undecided):
        return {"outcome": "undecided", "why": why_undecided(judgement.reason)}
    return {
        "outcome": "violation" if judgement.outcome is Outcome.VIOLATION else "clear",
        "rules": [{"id": rule_id, "title": _title(policy, rule_id)} for rule_id in judgement.rule_ids],
        "score": judgement.score,
        "scoreText": score_text(judgement.score),
        "why": judgement.rationale,
        "reasoning": judgement.reasoning,
        "how": HOW[judgement.provenance.method],
        "promptTokens": judgement.provenance.prompt_tokens,
        "replyTokens": judgement.provenance.reply_tokens,
    }


def _title(policy: Policy, rule_id: str) -> str:
    rule = policy.rule(rule_id)
    return rule.title if rule else ""
