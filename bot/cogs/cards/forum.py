"""Cards in a forum: a post per case, with a tag for the case's state, if the forum has such tags.

If the forum requires a tag, or Discord refuses a title, another tag of the forum and a neutral title are used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import discord

from bot.cogs.cards.refusal import NEEDS_TAG
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.wording import state
from bot.languages.language import Language
from bot.languages.translation import speaking
from bot.moderation.cards.board import CardPosted
from bot.moderation.cases.case import CaseState

TITLE_LIMIT = 100  #: what Discord allows


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """What to post, with its title in forums."""

    view: discord.ui.LayoutView
    title: str = ""
    neutral_title: str = ""  #: without user text
    state: CaseState | None = None  #: the state, for its tag
    may_be_there: bool = False  #: Discord may have accepted it before without our knowing
    stays_archived: bool = False  #: archive an archived post again after the edit


def tag_names(*values: CaseState) -> frozenset[str]:
    """The possible names of a forum's tag for one of these states, in lower case: open, not a violation. In all our
    languages, because a server may change its language and keep its tags."""
    return frozenset(name for language in Language for name in _names_in(language, values))


def _names_in(language: Language, values: Iterable[CaseState]) -> list[str]:
    with speaking(language):
        return [state(value).casefold() for value in values]


async def post_in_forum(forum: discord.ForumChannel, posting: Posting, mentions: discord.AllowedMentions) -> CardPosted:
    """Create the post; its first message is the card.

    Raises:
        discord.HTTPException: Discord refused it, even with a tag of the forum and a neutral title.
    """
    title = on_one_line(posting.title, TITLE_LIMIT).replace("\\", "") or posting.neutral_title
    there = await _there_already(forum, {title, posting.neutral_title}) if posting.may_be_there else None
    if there is not None:
        return there
    wished = _Wished(title=title, tags=_tags_of_new(forum, posting.state, demanded=forum.flags.require_tag))
    while True:
        try:
            made = await forum.create_thread(
                name=wished.title, view=posting.view, allowed_mentions=mentions, applied_tags=list(wished.tags)
            )
        except discord.HTTPException as error:
            simpler = _simpler(wished, forum, posting, error)
            if simpler == wished:
                raise
            wished = simpler
        else:
            return CardPosted(channel_id=made.thread.id, message_id=made.message.id)


async def edit_in_forum(guild: discord.Guild, thread_id: int, message_id: int, posting: Posting) -> None:
    """Edit the post and its tag. An archived post is reopened for that, because Discord refuses changes in archived
    ones.

    Raises:
        discord.HTTPException: Discord refused it; `discord.NotFound` if the post was deleted.
    """
    thread = guild.get_thread(thread_id) or await guild.fetch_channel(thread_id)
    if not isinstance(thread, discord.Thread):
        return
    was_archived = thread.archived
    if was_archived:
        thread = await thread.edit(archived=False)
    message = thread.get_partial_message(message_id)
    await message.edit(view=posting.view, allowed_mentions=discord.AllowedMentions.none())
    forum = thread.parent
    if isinstance(forum, discord.ForumChannel):
        tags = _tags(forum, thread.applied_tags, posting.state)
        if tags != thread.applied_tags:
            await thread.edit(applied_tags=tags)
    if was_archived and posting.stays_archived:
        await thread.edit(archived=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wished:
    title: str
    tags: tuple[discord.ForumTag, ...]


def _simpler(wished: _Wished, forum: discord.ForumChannel, posting: Posting, error: discord.HTTPException) -> _Wished:
    """A simpler version that Discord may accept; the same one if nothing else is left to try."""
    if error.code == NEEDS_TAG:
        return replace(wished, tags=wished.tags or _tags_of_new(forum, posting.state, demanded=True))
    if error.status == 400:
        return replace(wished, title=posting.neutral_title)
    return wished


def _tags_of_new(
    forum: discord.ForumChannel, wished: CaseState | None, *, demanded: bool
) -> tuple[discord.ForumTag, ...]:
    """The tag of the state, if the forum has it; otherwise the first tag, if the forum requires one."""
    usable = _usable(forum)
    names = tag_names(wished) if wished else frozenset()
    fitting = [tag for tag in usable if tag.name.casefold() in names]
    return tuple((fitting or (usable if demanded else []))[:1])


def _usable(forum: discord.ForumChannel) -> list[discord.ForumTag]:
    """The forum's tags, those for everybody first; without moderators' tags if Bylaw may not use them."""
    all_of_them = forum.permissions_for(forum.guild.me).manage_threads
    usable = [tag for tag in forum.available_tags if all_of_them or not tag.moderated]
    return sorted(usable, key=lambda tag: tag.moderated)


async def _there_already(forum: discord.ForumChannel, titles: set[str]) -> CardPosted | None:
    """Bylaw's existing post with this title. Forums don't support a nonce, so Discord wouldn't drop a repetition."""
    own = forum.guild.me.id
    for thread in [each for each in forum.threads if each.owner_id == own and each.name in titles]:
        async for message in thread.history(limit=1, oldest_first=True):
            if message.author.id == own:
                return CardPosted(channel_id=thread.id, message_id=message.id)
    return None


def _tags(forum: discord.ForumChannel, has: list[discord.ForumTag], wished: CaseState | None) -> list[discord.ForumTag]:
    """The post's other tags, plus the tag of the state if the forum has it. Moderators' own tags stay, and so do all if
    a forum that requires a tag would be left without one."""
    if wished is None:
        return has
    states, names = tag_names(*CaseState), tag_names(wished)
    others = [tag for tag in has if tag.name.casefold() not in states]
    tags = [*others, *(tag for tag in _usable(forum) if tag.name.casefold() in names)][:5]
    return tags or (has if forum.flags.require_tag else [])
