"""Translates Discord's objects to our own types. No code below this layer sees a discord object."""

from __future__ import annotations

from datetime import datetime

import discord

from bot.cogs.interactions.shown_parts import attached_files, fetching, is_forward, parts_of, text_of
from bot.moderation.cases.webhook import Webhook
from bot.moderation.messages.message_seen import Answered, MessageSeen, title_edit
from bot.moderation.servers.permissions import Person
from classifier import words


def message_seen(message: discord.Message) -> MessageSeen | None:
    """Our frozen copy of a message; None for one outside a server."""
    if message.guild is None:
        return None
    if message.type is discord.MessageType.channel_name_change and isinstance(message.channel, discord.Thread):
        return title_seen(message.channel, message.author, title=message.content, at=message.created_at)
    author = _author(message)
    files = attached_files(message)
    return MessageSeen(
        guild_id=message.guild.id,
        channel_id=message.channel.id,
        message_id=message.id,
        author_id=author.id,
        text=text_of(message),
        parts=parts_of(message),
        files=files,
        fetch=fetching(message) if files else None,
        app_id=None if author is message.author else message.author.id,
        answers=_answered(message),
        titles=_titles(message.channel),
        edit=edit_of(message.edited_at),
        forwarded=is_forward(message),
        author_is_bot=author is message.author and (author.bot or message.webhook_id is not None),
        webhook=_webhook(message, author),
        is_system=message.is_system() or message.type is discord.MessageType.poll_result,
        posted_at=message.created_at,
        parent_id=_parent_id(message.channel),
        category_id=getattr(message.channel, "category_id", None),  # a thread has its parent's
        author_role_ids=_role_ids(author),
        author_joined_at=author.joined_at if isinstance(author, discord.Member) else None,
        author_created_at=author.created_at,
        author_is_staff=is_staff(author) if isinstance(author, discord.Member) else None,
        author_is_owner=None if message.guild.owner_id is None else message.guild.owner_id == author.id,
    )


def edit_of(edited_at: datetime | None) -> int:
    """The last edit of a message as stored: in milliseconds since 1970, 0 if there was none."""
    return int(edited_at.timestamp() * 1000) if edited_at else 0


def title_seen(
    thread: discord.Thread, author: discord.User | discord.Member, *, title: str, at: datetime
) -> MessageSeen:
    """The title of a thread or post as a separate message.

    Args:
        author: who set it, if known.
        at: when they set it.
    """
    return MessageSeen(
        guild_id=thread.guild.id,
        channel_id=thread.id,
        message_id=-thread.id,
        author_id=author.id,
        text=title,
        titles=_titles(thread)[:1],
        edit=title_edit(title, at),
        author_is_bot=author.bot,
        posted_at=at,
        parent_id=thread.parent_id,
        category_id=thread.category_id,
        author_role_ids=_role_ids(author),
        author_joined_at=author.joined_at if isinstance(author, discord.Member) else None,
        author_created_at=author.created_at,
        author_is_staff=is_staff(author) if isinstance(author, discord.Member) else None,
        author_is_owner=None if thread.guild.owner_id is None else thread.guild.owner_id == author.id,
    )


def _author(message: discord.Message) -> discord.User | discord.Member:
    """The author: a post by a user-installed app belongs to that user. An app that the server installed is a bot like
    others, whoever called it, and so is Bylaw itself."""
    called, own = message.interaction_metadata, message.guild.me if message.guild else None
    if called is None or called.is_guild_integration() or (own is not None and own.id == message.author.id):
        return message.author
    return called.user


def _webhook(message: discord.Message, author: discord.User | discord.Member) -> Webhook | None:
    if author is not message.author or message.webhook_id is None:
        return None
    return Webhook(id=author.id, name=author.name)


def _parent_id(channel: discord.abc.MessageableChannel) -> int | None:
    return channel.parent_id if isinstance(channel, discord.Thread) else None


def _role_ids(author: discord.User | discord.Member) -> frozenset[int]:
    """The roles in the event: members aren't cached, so they are as current as the message."""
    return frozenset(role.id for role in author.roles) if isinstance(author, discord.Member) else frozenset()


#: Members with one of these for the whole server are staff, and exempt from automatic actions.
_STAFF = discord.Permissions(
    administrator=True,
    manage_guild=True,
    manage_messages=True,
    moderate_members=True,
    kick_members=True,
    ban_members=True,
)


def is_staff(member: discord.Member) -> bool:
    """Do the member's roles let them moderate anything in this server?"""
    return bool(member.guild_permissions.value & _STAFF.value)


def person(user: discord.User | discord.Member) -> Person:
    """The person who clicked or called, with their permissions. Non-members may do nothing.

    Only server-wide permissions count: managing the messages of one channel doesn't allow reviewing.
    """
    if not isinstance(user, discord.Member):
        return Person(id=user.id, role_ids=frozenset(), manages_server=False, manages_messages=False)
    permissions = user.guild_permissions
    return Person(
        id=user.id,
        role_ids=frozenset(role.id for role in user.roles),
        manages_server=permissions.manage_guild,
        manages_messages=permissions.manage_messages,
    )


def _answered(message: discord.Message) -> Answered | None:
    """The message replied to. Discord includes it unless it was deleted."""
    reference = message.reference
    if reference is None or not isinstance(reference.resolved, discord.Message) or message.is_system():
        return None
    answered = reference.resolved
    files = attached_files(answered)
    return Answered(
        message_id=answered.id,
        author_id=_author(answered).id,
        text=words(text_of(answered), parts_of(answered)),
        files=files,
        fetch=fetching(answered) if files else None,
    )


def _titles(channel: discord.abc.MessageableChannel) -> tuple[str, ...]:
    """The names of channel and thread, and the tags of a forum post."""
    if isinstance(channel, discord.Thread):
        parent = channel.parent.name if channel.parent else ""
        return (parent, channel.name, ", ".join(tag.name for tag in channel.applied_tags))
    return (getattr(channel, "name", ""),)
