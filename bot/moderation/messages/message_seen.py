"""Our frozen copy of what a member posted. Never a discord object."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.cases.case import ContextLine, Evidence
from bot.moderation.cases.webhook import CopiedMessage, Webhook
from bot.tracing.spans import Interrupted
from classifier import Part, words
from guild_policies.scope import Author, Place

Fetch = Callable[[AttachedFile], Awaitable[bytes | None]]  #: the bytes of a file; None if Discord refuses them


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The message that another one replies to, as far as the reply's own event says."""

    message_id: int
    author_id: int
    text: str  #: everything that members can read of it
    files: tuple[AttachedFile, ...] = ()
    fetch: Fetch | None = field(default=None, compare=False, repr=False)  #: None once its files are read


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSeen:
    """A message as it was when the bot received it."""

    guild_id: int
    channel_id: int  #: of the thread, if it was posted in one
    message_id: int  #: below zero for the title of a thread: the thread's own id, negated
    author_id: int
    text: str  #: what is judged: the content, or the text of the message that was forwarded
    parts: tuple[Part, ...] = ()  #: what came with it: a poll, embeds, components, files, stickers, a thread's title
    files: tuple[AttachedFile, ...] = ()
    fetch: Fetch | None = field(default=None, compare=False, repr=False)  #: None once its files are read
    turns_without_files: int = 0  #: how many times files were asked for that Discord did not hand out
    app_id: int | None = None  #: the app that the author posted it with, if they didn't write it themselves
    answers: Answered | None = None
    titles: tuple[str, ...] = ()  #: of where it was posted, widest first: channel, thread, the thread's tags
    edit: int = 0  #: milliseconds since 1970 of the last edit, 0 for the message as posted; of a title, `title_edit`
    forwarded: bool = False
    author_is_bot: bool = False
    webhook: Webhook | None = None  #: the webhook that posted it
    copy: CopiedMessage | None = None  #: the original by a member, who is only the author here if that is certain
    is_system: bool = False
    posted_at: datetime
    parent_id: int | None = None  #: the channel or forum of the thread that it was posted in
    category_id: int | None = None
    author_role_ids: frozenset[int] = frozenset()
    author_joined_at: datetime | None = None  #: None if Discord didn't say
    author_created_at: datetime | None = None  #: of the account
    author_is_staff: bool | None = None  #: may moderate here; None if Discord didn't say
    author_is_owner: bool | None = None
    context: tuple[ContextLine, ...] = ()  #: messages posted there just before, oldest first
    before: str | None = None  #: the text before the edit, if remembered; shortened
    trace: Interrupted | None = field(default=None, compare=False, repr=False)  #: of its earlier turn, if it waited

    @property
    def log_ids(self) -> dict[str, int]:
        """The ids for the log."""
        return {"guild": self.guild_id, "channel": self.channel_id, "message_id": self.message_id}

    @property
    def moment(self) -> datetime:
        """The time of this version: the last edit, or when it was posted."""
        return max(self.posted_at, datetime.fromtimestamp(self.edit / 1000, tz=UTC))

    @property
    def reads_so_since(self) -> int:
        """The same in milliseconds since 1970, as stored in cases; 0 for a message that was never edited."""
        return int(self.posted_at.timestamp() * 1000) if self.is_title else self.edit

    @property
    def by_webhook(self) -> bool:
        """Did a webhook post it?"""
        return self.webhook is not None

    @property
    def whose(self) -> int:
        """The members who wrote these words, or may have: they may not decide about them, and their exempt roles
        count."""
        return self.author_id if self.copy is None else self.copy.member_id

    @property
    def is_certain(self) -> bool:
        """Is the author certain? A webhook may repeat a member's words by chance."""
        return self.copy is None or self.copy.certain

    @property
    def is_title(self) -> bool:
        """Is this the title of a thread or forum post, instead of a message?"""
        return is_title(self.message_id)

    @property
    def place(self) -> Place:
        """Where it was posted, in the form that scopes need."""
        return Place(channel_id=self.channel_id, parent_id=self.parent_id, category_id=self.category_id)

    @property
    def author(self) -> Author:
        """Who wrote it, in the form that scopes need."""
        return Author(
            role_ids=self.author_role_ids,
            is_bot=self.author_is_bot,
            joined_at=self.author_joined_at,
            created_at=self.author_created_at,
        )

    @property
    def words(self) -> str:
        """Everything that a member can read: the text and its parts."""
        return words(self.text, self.parts)

    @property
    def is_empty(self) -> bool:
        """Is there nothing to read?"""
        return not self.words.strip()

    @property
    def jump_link(self) -> str:
        """Discord's address of this message."""
        return jump_link(self.guild_id, self.channel_id, self.message_id)


def evidence_of(seen: MessageSeen) -> Evidence:
    """The evidence that a case stores of a message."""
    return Evidence(
        channel_id=seen.channel_id,
        message_id=seen.message_id,
        author_id=seen.author_id,
        edit=seen.edit,
        text=seen.words,
        forwarded=seen.forwarded,
        posted_at=seen.posted_at,
        context=seen.context,
        before=seen.before,
        files=seen.files,
        app_id=seen.app_id,
        webhook=seen.webhook,
        copy=seen.copy,
    )


def is_title(message_id: int) -> bool:
    """Does this id stand for the title of a thread? Discord's ids are never negative, so the two can't be confused."""
    return message_id < 0


def title_edit(title: str, at: datetime) -> int:
    """The number that distinguishes a thread's successive titles, even if one is set again. As a time of edit, it is
    long ago.

    Args:
        at: when the title was set.
    """
    return (int(at.timestamp()) << 8) + hashlib.sha256(title.encode("utf-8", "surrogatepass")).digest()[0]


def jump_link(guild_id: int, channel_id: int, message_id: int) -> str:
    """Discord's own address of a message; of the thread, if this is its title."""
    if is_title(message_id):
        return f"https://discord.com/channels/{guild_id}/{channel_id}"
    return f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"
