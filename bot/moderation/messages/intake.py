"""Decides which messages are judged, and counts what happened to messages since the start."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.servers.server import ServerSettings


class Skip(StrEnum):
    """Why a message is not judged."""

    OWN = "own"  #: posted by this bot
    BOT = "bot"  #: posted by another bot or a webhook, and no policy judges those
    SYSTEM = "system"  #: written by Discord: joins, pins, boosts
    EMPTY = "empty"  #: nothing to read: an image, white space
    NOT_SET_UP = "not_set_up"  #: the server has not run /setup
    REVIEW_CHANNEL = "review_channel"  #: the moderators' own channel
    NO_POLICY = "no_policy"  #: no policy is in force
    OUT_OF_SCOPE = "out_of_scope"  #: every policy in force exempts the place or the author
    GONE = "gone"  #: deleted while waiting for the judge
    ALREADY_JUDGED = "already_judged"  #: this text of this message, under the same versions


def reason_to_skip(
    seen: MessageSeen, settings: ServerSettings | None, *, own_id: int, judges_bots: bool = False
) -> Skip | None:
    """Why this message isn't judged, judging by the message and the settings; None if it is.

    Args:
        judges_bots: a policy in force asks for the messages of other bots.
    """
    checks = (
        (Skip.OWN, seen.author_id == own_id and not seen.is_title),  # others can change the title of its thread
        (Skip.SYSTEM, seen.is_system),
        (Skip.BOT, seen.author_is_bot and not judges_bots),
        (Skip.EMPTY, seen.is_empty),
        (Skip.NOT_SET_UP, settings is None),
        (Skip.REVIEW_CHANNEL, settings is not None and settings.review_channel_id in seen.place.nearest_first),
    )
    return next((reason for reason, holds in checks if holds), None)


@dataclass(slots=True)
class Tally:
    """Every message seen is counted as exactly one of judged, not judged, waiting or put off."""

    seen: int = 0
    judged: int = 0  #: messages on which every policy in force gave a judgement
    violations: int = 0  #: verdicts "violation"; a message can break rules of two policies
    undecided: int = 0  #: judgements that ended as a "could not judge" case
    cards: int = 0  #: cards that Discord accepted
    put_off: int = 0  #: messages that an error or a full backlog left to their channel's history
    waiting: int = 0  #: messages that wait for the judge's next turn
    not_judged: Counter[Skip] = field(default_factory=Counter)

    def adds_up(self) -> bool:
        """Do the counts add up, so that nothing was dropped silently?"""
        return self.seen == self.judged + self.not_judged.total() + self.waiting + self.put_off
