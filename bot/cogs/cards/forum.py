"""Cards in a forum: a post per case, with a tag that says where the case stands, if the forum has such tags."""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.wording import state
from bot.moderation.cards.board import CardPosted
from bot.moderation.cases.case import CaseState

TITLE_LIMIT = 100  #: what Discord allows
_STATES = frozenset(state(each).casefold() for each in CaseState)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """What is posted, and how it is called where posts have names."""

    view: discord.ui.LayoutView
    title: str = ""
    tag: str = ""  #: the name of the tag that says where the case stands; empty for none


def wished_tag(value: CaseState) -> str:
    """The name that a forum's tag for this state has, in any case of letters: Open, Violation, Not a violation."""
    return state(value).casefold()


async def post_in_forum(forum: discord.ForumChannel, posting: Posting, mentions: discord.AllowedMentions) -> CardPosted:
    """Make the post; its first message is the card.

    Raises:
        discord.HTTPException: Discord did not take it.
    """
    made = await forum.create_thread(
        name=on_one_line(posting.title, TITLE_LIMIT).replace("\\", "") or "Case",
        view=posting.view,
        allowed_mentions=mentions,
        applied_tags=_tags(forum, [], posting.tag),
    )
    return CardPosted(channel_id=made.thread.id, message_id=made.message.id)


async def edit_in_forum(guild: discord.Guild, thread_id: int, message_id: int, posting: Posting) -> None:
    """Edit the post and its tag; an archived one is opened again, for Discord changes nothing in those.

    Raises:
        discord.HTTPException: Discord did not take it; `discord.NotFound` where the post is gone.
    """
    thread = guild.get_thread(thread_id) or await guild.fetch_channel(thread_id)
    if not isinstance(thread, discord.Thread):
        return
    if thread.archived:
        thread = await thread.edit(archived=False)
    message = thread.get_partial_message(message_id)
    await message.edit(view=posting.view, allowed_mentions=discord.AllowedMentions.none())
    forum = thread.parent
    if isinstance(forum, discord.ForumChannel):
        tags = _tags(forum, thread.applied_tags, posting.tag)
        if tags != thread.applied_tags:
            await thread.edit(applied_tags=tags)


def _tags(forum: discord.ForumChannel, has: list[discord.ForumTag], wished: str) -> list[discord.ForumTag]:
    """The tags besides those of states, and the one wished for, where the forum knows it. Moderators' own tags stay."""
    if not wished:
        return has
    others = [tag for tag in has if tag.name.casefold() not in _STATES]
    return [*others, *(tag for tag in forum.available_tags if tag.name.casefold() == wished)][:5]
