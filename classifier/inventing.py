"""The classifier's second door: a judge with a model can invent messages that are close calls under a policy.

An invention is not a verdict, and no action follows from it: people say whether it breaks the rule that it is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from classifier.content import Content, Message
from classifier.judge import Effort, JudgeRequest, Lane
from classifier.policy_text import PolicyText
from classifier.verdict import Undecided

MOST_INVENTED = 10  #: messages in one request
MOST_KNOWN = 30  #: known examples that the model is shown, so that it writes different ones

_NOTHING_KNOWN = "(nothing yet)"


@dataclass(frozen=True, slots=True, kw_only=True)
class InventRequest(JudgeRequest):
    """Asks for messages. Its content is the known messages: moderators' own examples and earlier inventions."""

    count: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """A message that nobody wrote."""

    text: str  #: one line
    rule_id: str  #: the rule that it is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventions:
    """The invented messages, without duplicates. There may be fewer than requested."""

    invented: tuple[Invented, ...]


@runtime_checkable
class Writer(Protocol):
    """A judge that can write."""

    async def invent(self, request: InventRequest) -> Inventions | Undecided:
        """Write messages. Never raises because of an odd policy, odd model output or a dead model. Cancel it to
        withdraw the request."""


def invent_request(
    policy: PolicyText,
    known: Iterable[str],
    *,
    count: int,
    effort: Effort = Effort.LOW,
    server: int = 0,
    deadline_s: float,
) -> InventRequest:
    """A request in the background lane. The model is shown the last `MOST_KNOWN` of the known texts.

    Raises:
        ValueError: `count` is not between 1 and `MOST_INVENTED`.
    """
    if not 1 <= count <= MOST_INVENTED:
        raise ValueError(f"ask for at least 1 message and at most {MOST_INVENTED}")
    shown = [Message(text=text) for text in known if text.strip()][-MOST_KNOWN:] or [Message(text=_NOTHING_KNOWN)]
    return InventRequest(
        policy=policy,
        content=Content(target=shown[-1], conversation=tuple(shown[:-1])),
        effort=effort,
        lane=Lane.BACKGROUND,
        server=server,
        deadline_s=deadline_s,
        count=count,
    )
