"""Events in the simulated server, as values; `bot.console.screen` shows them to people or as JSON.

Texts that the bot wrote are in Discord's markup.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.moderation.messages.intake import Tally
from bot.simulation.story import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAct:
    """The next part of the story begins."""

    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrated:
    """What the story says about itself: what happens outside the server, or why a part of it is left out."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A member did something visible to everybody in the channel."""

    number: int  #: number within the whole story
    kind: Kind
    by: str
    channel: str
    text: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSeen:
    """A case's card appeared in the moderators' channel, or changed there."""

    case: int
    after: int  #: the number of the post that it came after
    parts: tuple[str, ...]
    buttons: tuple[str, ...]  #: those that can be clicked
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BotWrote:
    """Another message of the bot appeared, or changed: a shared card, a report, a direct message."""

    where: str  #: a channel, or the owner of the direct messages
    parts: tuple[str, ...]
    buttons: tuple[str, ...]
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody used a command, a form or a button, and got an ephemeral reply."""

    by: str
    what: str
    wrote: str = ""  #: the text of a form
    answer: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The bot's own counts at the end, and how many cases got a card."""

    tally: Tally
    cards_shown: int


Event = NewAct | Narrated | Posted | CardSeen | BotWrote | Asked | Summary
Show = Callable[[Event], None]
