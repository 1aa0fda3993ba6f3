"""How many tokens a request is likely to take, so that servers can take turns by that. Pure."""

from __future__ import annotations

from classifier.inventing import InventRequest
from classifier.judge import JudgeRequest, Way
from classifier.llama.options import ReasoningTokens

_BYTES_PER_TOKEN = 4
_FRAME_TOKENS = 20  # around each message
_PROBE_TOKENS = 8
_INVENTION_TOKENS = 60
_SHARE_OF_BUDGET = 8  # most replies end long before their budget does
_SHARE_OF_SECOND_BUDGET = 2  # but not those that did not end within the first one


def estimated_tokens(request: JudgeRequest, budgets: ReasoningTokens, *, again: bool = False) -> float:
    """Content and reply. The policy is left out: it is computed once for all contents."""
    messages = request.content.messages
    read = sum(len(message.words.encode()) / _BYTES_PER_TOKEN + _FRAME_TOKENS for message in messages)
    return read + estimated_reply_tokens(request, budgets, again=again)


def estimated_reply_tokens(request: JudgeRequest, budgets: ReasoningTokens, *, again: bool = False) -> float:
    """The part of it that only the answer tells. `again`: its thinking was cut once, and has a larger budget now."""
    if request.way in (Way.PROBE, Way.SCREEN):
        return _PROBE_TOKENS
    rules, messages = len(request.policy.rule_ids), len(request.content.judged)
    if isinstance(request, InventRequest):
        return budgets.of(request.effort, rules=rules) / _SHARE_OF_BUDGET + request.count * _INVENTION_TOKENS
    budget = budgets.of(request.effort, rules=rules, messages=messages)
    return budgets.again * budget / _SHARE_OF_SECOND_BUDGET if again else budget / _SHARE_OF_BUDGET
