"""How much of the engine a request is likely to take, in tokens: so that servers can take turns by it. Pure."""

from __future__ import annotations

from classifier.judge import JudgeRequest, Way
from classifier.llama.options import ReasoningTokens

_BYTES_PER_TOKEN = 4
_FRAME_TOKENS = 20  # around each message
_PROBE_TOKENS = 8
_SHARE_OF_BUDGET = 4  # most replies end long before their budget does


def estimated_tokens(request: JudgeRequest, budgets: ReasoningTokens) -> float:
    """Content and reply. The policy is left out: it is computed once for all contents."""
    messages = (request.content.target, *request.content.context)
    read = sum(len(message.text.encode()) / _BYTES_PER_TOKEN + _FRAME_TOKENS for message in messages)
    return read + estimated_reply_tokens(request, budgets)


def estimated_reply_tokens(request: JudgeRequest, budgets: ReasoningTokens) -> float:
    """The part of it that only the answer tells."""
    return _PROBE_TOKENS if request.way is Way.PROBE else budgets.of(request.effort) / _SHARE_OF_BUDGET
