"""From Discord's objects to our own words. Nothing behind this file knows a discord object."""

from __future__ import annotations

from collections.abc import Iterator

import discord

from bot.moderation.messages.message_seen import Answered, MessageSeen
from bot.moderation.servers.permissions import Person
from classifier import Part, PartKind


def message_seen(message: discord.Message) -> MessageSeen | None:
    """Our frozen copy of a message; None for one outside a server."""
    if message.guild is None:
        return None
    forwarded = message.reference is not None and message.reference.type is discord.MessageReferenceType.forward
    return MessageSeen(
        guild_id=message.guild.id,
        channel_id=message.channel.id,
        message_id=message.id,
        author_id=message.author.id,
        text=_text(message, forwarded=forwarded),
        parts=tuple(_parts(message, forwarded=forwarded)),
        answers=_answered(message),
        titles=_titles(message.channel),
        edit=int(message.edited_at.timestamp() * 1000) if message.edited_at else 0,
        forwarded=forwarded,
        author_is_bot=message.author.bot or message.webhook_id is not None,
        by_webhook=message.webhook_id is not None,
        is_system=message.is_system() or message.type is discord.MessageType.poll_result,
        posted_at=message.created_at,
        parent_id=_parent_id(message.channel),
        category_id=getattr(message.channel, "category_id", None),  # a thread has that of its parent
        author_role_ids=_role_ids(message.author),
        author_joined_at=message.author.joined_at if isinstance(message.author, discord.Member) else None,
        author_created_at=message.author.created_at,
        author_is_staff=is_staff(message.author) if isinstance(message.author, discord.Member) else None,
        author_is_owner=None if message.guild.owner_id is None else message.guild.owner_id == message.author.id,
    )


def _parent_id(channel: discord.abc.MessageableChannel) -> int | None:
    return channel.parent_id if isinstance(channel, discord.Thread) else None


def _role_ids(author: discord.User | discord.Member) -> frozenset[int]:
    """The roles as the event has them: nobody is kept in memory, so they are as new as the message."""
    return frozenset(role.id for role in author.roles) if isinstance(author, discord.Member) else frozenset()


#: Whoever has one of these for the whole server is staff, and immune to what follows by itself.
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
    """Who clicked or called, as far as permissions go. Somebody without membership may do nothing.

    Permissions are those for the whole server: whoever manages the messages of one channel does not review for all.
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


def _text(message: discord.Message, *, forwarded: bool) -> str:
    if forwarded:  # a forward has no text of its own; the snapshot is what readers see
        return "\n".join(snapshot.content for snapshot in message.message_snapshots)
    return message.content


def _parts(message: discord.Message, *, forwarded: bool) -> Iterator[Part]:
    """What members read besides the text. Link previews are Discord's doing and come later; only bots write embeds."""
    if message.poll is not None:
        answers = (answer.text or "" for answer in message.poll.answers)
        yield Part(kind=PartKind.POLL, text="\n".join([message.poll.question, *answers]))
    shown = message.message_snapshots if forwarded else [message]
    for each in shown:
        for embed in each.embeds:
            if embed.type == "rich" and (text := _embed_text(embed)):
                yield Part(kind=PartKind.EMBED, text=text)
    if message.stickers:
        yield Part(kind=PartKind.STICKER, text="\n".join(sticker.name for sticker in message.stickers))
    if isinstance(message.channel, discord.Thread) and message.channel.id == message.id:  # it opened a forum post
        yield Part(kind=PartKind.TITLE, text=message.channel.name)


def _embed_text(embed: discord.Embed) -> str:
    fields = (text for field in embed.fields for text in (field.name, field.value))
    texts = (embed.author.name, embed.title, embed.description, *fields, embed.footer.text)
    return "\n".join(text for text in texts if text)


def _answered(message: discord.Message) -> Answered | None:
    """The message replied to. Discord sends it along; one that was deleted is not there."""
    reference = message.reference
    if reference is None or not isinstance(reference.resolved, discord.Message) or message.is_system():
        return None
    answered = reference.resolved
    return Answered(message_id=answered.id, author_id=answered.author.id, text=answered.content)


def _titles(channel: discord.abc.MessageableChannel) -> tuple[str, ...]:
    """The names of channel and thread, and the tags of a forum post."""
    if isinstance(channel, discord.Thread):
        parent = channel.parent.name if channel.parent else ""
        return (parent, channel.name, ", ".join(tag.name for tag in channel.applied_tags))
    return (getattr(channel, "name", ""),)
