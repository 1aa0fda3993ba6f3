"""The classifier's second door: a judge with a model can invent messages near the line of a policy.

An invention is no verdict and is never acted upon: people answer whether it breaks the rule that it is about.
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
MOST_KNOWN = 30  #: examples that are shown so that others are written

_NOTHING_KNOWN = "(nothing yet)"


@dataclass(frozen=True, slots=True, kw_only=True)
class InventRequest(JudgeRequest):
    """Asks for messages. Its content is what is known already: moderators' own examples and earlier inventions."""

    count: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """A message that nobody wrote."""

    text: str  #: one line
    rule_id: str  #: the rule that it is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventions:
    """What was written, no text twice. There may be fewer than were asked for."""

    invented: tuple[Invented, ...]


@runtime_checkable
class Writer(Protocol):
    """A judge that can write."""

    async def invent(self, request: InventRequest) -> Inventions | Undecided:
        """Write. Never raises for odd policies, odd model output or a dead model; cancelling withdraws the request."""


def invent_request(
    policy: PolicyText,
    known: Iterable[str],
    *,
    count: int,
    effort: Effort = Effort.LOW,
    server: int = 0,
    deadline_s: float,
) -> InventRequest:
    """A request in the background lane. Of what is known the last `MOST_KNOWN` are shown.

    Raises:
        ValueError: `count` is not between 1 and `MOST_INVENTED`.
    """
    if not 1 <= count <= MOST_INVENTED:
        raise ValueError("too many inventions, or none")
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
