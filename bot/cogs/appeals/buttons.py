"""The buttons of members' messages and of appeals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import discord

from bot.cogs.interactions.click_button import ClickButton, Look
from bot.languages.translation import _, marked
from bot.moderation.appeals.appeal import AppealKey


class MemberVerb(StrEnum):
    """What a member's button does. The values are in custom_ids of messages already sent: they never change."""

    APPEAL = "appeal"
    ANSWER = "answer"
    REPORT_WORDS = "report_words"
    REPORT_OUTCOME = "report_outcome"


_MEMBER_LOOK = {
    # Translators: a button below a notice, to object to a decision: at most 80 characters.
    MemberVerb.APPEAL: (marked("Appeal"), discord.ButtonStyle.primary),
    # Translators: a button below a reviewer's question: at most 80 characters.
    MemberVerb.ANSWER: (marked("Answer"), discord.ButtonStyle.primary),
    # Translators: a button, to say why one has reported a message: at most 80 characters.
    MemberVerb.REPORT_WORDS: (marked("Say why"), discord.ButtonStyle.secondary),
    # Translators: a button, to hear what comes of one's report: at most 80 characters.
    MemberVerb.REPORT_OUTCOME: (marked("Tell me the outcome"), discord.ButtonStyle.secondary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberClick:
    """A member clicked. Dispatched as ``member_click``, after the interaction."""

    verb: MemberVerb
    guild_id: int
    number: int  #: case number; message id for REPORT_WORDS and REPORT_OUTCOME
    attempt: int = 0  #: attempt of the appeal, for ANSWER


class MemberButton(
    ClickButton[MemberClick],
    template=r"bylaw:member:(?P<verb>[a-z_]{1,20}):(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,20}):(?P<attempt>[0-9]{1,9})",
):
    """A button for the member that a message is about. Works in direct messages, too."""

    event = "member_click"

    @staticmethod
    def look(click: MemberClick) -> Look:
        """The button for a click."""
        label, style = _MEMBER_LOOK[click.verb]
        custom_id = f"bylaw:member:{click.verb}:{click.guild_id}:{click.number}:{click.attempt}"
        return Look(custom_id, _(label), style)

    @staticmethod
    def read(ids: re.Match[str]) -> MemberClick:
        """The click that a custom_id describes."""
        return MemberClick(
            verb=MemberVerb(ids["verb"]),
            guild_id=int(ids["guild"]),
            number=int(ids["number"]),
            attempt=int(ids["attempt"]),
        )


class HearingVerb(StrEnum):
    """What a button on the card of an appeal does. The values never change."""

    UPHOLD = "uphold"  #: keep the decision
    OVERTURN = "overturn"  #: reverse it
    ASK = "ask"
    EVERYTHING = "everything"


_HEARING_LOOK = {
    # Translators: a button: at most 80 characters.
    HearingVerb.UPHOLD: (marked("Keep the decision…"), discord.ButtonStyle.danger),
    # Translators: a button: at most 80 characters.
    HearingVerb.OVERTURN: (marked("Reverse the decision…"), discord.ButtonStyle.success),
    # Translators: a button: at most 80 characters.
    HearingVerb.ASK: (marked("Ask a question…"), discord.ButtonStyle.primary),
    # Translators: a button that gives all texts of an appeal as a file: at most 80 characters.
    HearingVerb.EVERYTHING: (marked("Everything"), discord.ButtonStyle.secondary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingClick:
    """Somebody clicked on the card of an appeal. Dispatched as ``hearing_click``."""

    verb: HearingVerb
    key: AppealKey


class HearingButton(
    ClickButton[HearingClick],
    template=r"bylaw:hearing:(?P<verb>[a-z_]{1,20}):(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19}):(?P<attempt>[0-9]{1,9})",
):
    """A button on the card of an appeal."""

    event = "hearing_click"

    @staticmethod
    def look(click: HearingClick) -> Look:
        """The button for a click."""
        label, style = _HEARING_LOOK[click.verb]
        key = click.key
        custom_id = f"bylaw:hearing:{click.verb}:{key.guild_id}:{key.case_number}:{key.attempt}"
        return Look(custom_id, _(label), style)

    @staticmethod
    def read(ids: re.Match[str]) -> HearingClick:
        """The click that a custom_id describes."""
        key = AppealKey(guild_id=int(ids["guild"]), case_number=int(ids["number"]), attempt=int(ids["attempt"]))
        return HearingClick(verb=HearingVerb(ids["verb"]), key=key)
