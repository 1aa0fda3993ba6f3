"""Posts cards in the moderators' channels on Discord: the production `CardBoard`."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum, auto

import aiohttp
import discord
from discord.ext import commands

from bot.cogs.cards.card import render_card
from bot.cogs.cards.forum import Posting, edit_in_forum, post_in_forum
from bot.cogs.cards.refusal import refusal_of
from bot.cogs.cards.shared.raid_controls import raid_view
from bot.cogs.cards.shared.shared_card import plain_title, render_shared_card
from bot.cogs.channels.hidden import can_see
from bot.languages.kept_sentences import retold
from bot.languages.language import Language
from bot.languages.translation import Line, _, marked, said, speaking
from bot.moderation.cards.board import CardPosted, CardRefused
from bot.moderation.cards.face import CardFace
from bot.moderation.cards.refusals import CARD_REFUSALS, CHANNEL_GONE, LACKS, NOT_HERE, ROUTE_GONE
from bot.moderation.cards.route import Route
from bot.moderation.cards.shared_card import GroupFace
from bot.moderation.cases.action import Action
from bot.moderation.servers.interface_language import InterfaceLanguages
from bot.moderation.servers.server import ServerSettings

_log = logging.getLogger(__name__)

#: Permissions to post and edit cards, and to send long texts as files. English, translated when shown.
NEEDED = {
    "view_channel": marked("View Channel"),
    "send_messages": marked("Send Messages"),
    "embed_links": marked("Embed Links"),
    "attach_files": marked("Attach Files"),
    "read_message_history": marked("Read Message History"),
}
_FOLLOW_FROM_SENDING = ("embed_links", "attach_files")  #: Discord also removes these without Send Messages
NEEDED_IN_FORUMS = NEEDED | {
    "send_messages": marked("Create Posts"),
    "send_messages_in_threads": marked("Send Messages in Posts"),
}

Channel = discord.TextChannel | discord.ForumChannel


def missing_permissions(channel: Channel) -> tuple[str, ...]:
    """The permissions that Bylaw lacks in a moderators' channel, by their English names in Discord's settings.

    Without View Channel nothing else is possible, and without Send Messages nothing can be attached, so permissions
    that depend on another missing one aren't listed.
    """
    has = channel.permissions_for(channel.guild.me)
    needed = NEEDED_IN_FORUMS if isinstance(channel, discord.ForumChannel) else NEEDED
    if not can_see(channel):
        return (needed["view_channel"],)
    follows = () if has.send_messages else _FOLLOW_FROM_SENDING
    return tuple(
        label for permission, label in needed.items() if permission not in follows and not getattr(has, permission)
    )


def say_missing(channel: Channel, missing: tuple[str, ...]) -> str:
    """Says which permissions are missing, and where to grant them."""
    return _(LACKS, permissions=", ".join(map(_, missing)), channel=channel.mention)


class CardEdit(Enum):
    """The result of editing a card."""

    SHOWN = auto()
    GONE = auto()  #: it or its channel was deleted
    REFUSED = auto()  #: for now
    REFUSED_CONTENT = auto()  #: refused permanently, because of its content


class DiscordBoard:
    """Posts and edits cards. Refusals by Discord are returned as values, with a sentence for an admin."""

    def __init__(self, bot: commands.AutoShardedBot, languages: InterfaceLanguages) -> None:
        self._bot = bot
        self._languages = languages

    async def post(
        self, face: CardFace, settings: ServerSettings, route: Route | None = None
    ) -> CardPosted | CardRefused:
        """Post the card. Discord drops a repetition of the same card within minutes, because of the nonce; but not in a
        forum, where each case is a post."""
        route = route or Route(channel_id=settings.review_channel_id)
        language = await self._languages.of_server(settings.guild_id)
        for each in (face, _unquoted(face)):
            with speaking(language):
                posting = _posting(each, route)
            answer = await self._post(posting, settings, route, nonce=_nonce(face))
            if not (isinstance(answer, CardRefused) and answer.only_this_card):
                break
        return answer

    async def post_group(self, face: GroupFace, settings: ServerSettings, route: Route) -> CardPosted | CardRefused:
        """Post a card that stands for many cases."""
        raid = raid_view(self._bot.get_guild(face.group.guild_id))
        with speaking(await self._languages.of_server(settings.guild_id)):
            view = render_shared_card(face, call=_call(route), raid=raid)
            posting = Posting(view=view, title=plain_title(face), neutral_title=_("Cases"))
        return await self._post(posting, settings, route, nonce=f"group:{face.group.id}"[:25])

    async def refresh(self, face: CardFace) -> bool:
        """Edit the card. If Discord refuses for now, the card isn't changed and counts as existing."""
        return await self._edit_card(face) is not CardEdit.GONE

    async def redraw(self, face: CardFace) -> bool:
        """Refresh a card that has to be edited eventually. Old posts stay archived, because nobody has to look at
        them."""
        return await self._edit_card(face, stays_archived=True) is not CardEdit.REFUSED

    async def _edit_card(self, face: CardFace, *, stays_archived: bool = False) -> CardEdit:
        case = face.case
        ids = {"case": case.number}
        language = await self._languages.of_server(case.guild_id)
        for each in (face, _unquoted(face)):
            with speaking(language):
                posting = Posting(view=render_card(each), state=case.state, stays_archived=stays_archived)
            edit = await self._edit(posting, case.guild_id, case.card_channel_id, case.card_message_id, ids)
            if edit is not CardEdit.REFUSED_CONTENT:
                break
        return edit

    async def refresh_group(self, face: GroupFace) -> bool:
        """Edit such a card."""
        group = face.group
        ids = {"group": group.id}
        raid = raid_view(self._bot.get_guild(group.guild_id))
        with speaking(await self._languages.of_server(group.guild_id)):
            posting = Posting(view=render_shared_card(face, raid=raid))
        edit = await self._edit(posting, group.guild_id, group.card_channel_id, group.card_message_id, ids)
        return edit is not CardEdit.GONE

    async def tell_admin(self, guild_id: int, text: str, **values: object) -> None:
        """Send a message to the server's owner; if that is refused, too, write it to the log."""
        guild = self._bot.get_guild(guild_id)
        if guild is None or guild.owner_id is None:
            _log.warning("no owner to tell", extra={"guild": guild_id})
            return
        try:
            owner = await self._bot.fetch_user(guild.owner_id)
            with speaking(await self._languages.of_server(guild_id)):
                server, about = discord.utils.escape_markdown(guild.name), _told(text, values)
                about = _("About your server “{server}”: {text}", server=server, text=about)
            await owner.send(about)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            _log.warning("the owner could not be told", extra={"guild": guild_id, "error": type(error).__name__})

    async def tell_moderators(self, settings: ServerSettings, line: Line, **values: object) -> None:
        """Post a line in the moderators' channel, if that can be done."""
        channel = self._channel(settings)
        if not isinstance(channel, discord.TextChannel):
            return
        try:
            with speaking(await self._languages.of_server(settings.guild_id)):
                text = said(line, **values)
            await channel.send(text, allowed_mentions=discord.AllowedMentions.none(), silent=True)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            _log.warning("moderators not told", extra={"guild": settings.guild_id, "error": type(error).__name__})

    async def _post(
        self, posting: Posting, settings: ServerSettings, route: Route, *, nonce: str
    ) -> CardPosted | CardRefused:
        with speaking(Language.ENGLISH):  # refusals are logged, and kept until an admin is told
            return await self._ask(posting, settings, route, nonce=nonce)

    async def _ask(
        self, posting: Posting, settings: ServerSettings, route: Route, *, nonce: str
    ) -> CardPosted | CardRefused:
        channel = self._channel(settings, route.channel_id)
        if isinstance(channel, CardRefused):
            return channel
        mentions = _mentions(route)
        try:
            if isinstance(channel, discord.ForumChannel):
                return await post_in_forum(channel, posting, mentions)
            message = await channel.send(view=posting.view, nonce=nonce, allowed_mentions=mentions, silent=route.silent)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            return refusal_of(error, channel, gone=_gone(settings, route.channel_id))
        return CardPosted(channel_id=channel.id, message_id=message.id)

    async def _edit(
        self, posting: Posting, guild_id: int, channel_id: int | None, message_id: int | None, ids: Mapping[str, int]
    ) -> CardEdit:
        if channel_id is None or message_id is None:
            return CardEdit.GONE
        guild = self._bot.get_guild(guild_id)
        try:
            if guild is not None and guild.get_channel(channel_id) is None:  # a forum's post, or a deleted channel
                await edit_in_forum(guild, channel_id, message_id, posting)
            else:
                channel = self._bot.get_partial_messageable(channel_id, guild_id=guild_id)
                await channel.get_partial_message(message_id).edit(
                    view=posting.view, allowed_mentions=discord.AllowedMentions.none()
                )
        except discord.NotFound:
            return CardEdit.GONE
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            _log.warning("card not refreshed", extra={"guild": guild_id, **ids, "error": type(error).__name__})
            bad_content = isinstance(error, discord.HTTPException) and error.status == 400
            return CardEdit.REFUSED_CONTENT if bad_content else CardEdit.REFUSED
        return CardEdit.SHOWN

    def _channel(self, settings: ServerSettings, channel_id: int | None = None) -> Channel | CardRefused:
        """The channel, if a card could be posted there. Checking first avoids refused requests, which Discord limits
        (https://discord.com/developers/docs/topics/rate-limits)."""
        guild = self._bot.get_guild(settings.guild_id)
        if guild is None or guild.unavailable:
            return CardRefused(why=_(NOT_HERE), permanent=False)
        wanted = channel_id or settings.review_channel_id
        channel = guild.get_channel(wanted)
        if not isinstance(channel, discord.TextChannel | discord.ForumChannel):
            return CardRefused(why=_gone(settings, wanted), permanent=True)
        missing = missing_permissions(channel)
        return CardRefused(why=say_missing(channel, missing), permanent=True) if missing else channel


def _told(text: str, values: Mapping[str, object]) -> str:
    """A text whose values may be refusals, which are stored in English."""
    return _(text, **{name: retold(str(value), CARD_REFUSALS) for name, value in values.items()})


def _gone(settings: ServerSettings, channel_id: int) -> str:
    return _(CHANNEL_GONE if channel_id == settings.review_channel_id else ROUTE_GONE)


def _posting(face: CardFace, route: Route) -> Posting:
    first = next(iter(face.case.rules), None)
    neutral = _("Case {number}", number=face.case.number)
    return Posting(
        view=render_card(face, call=_call(route)),
        title=neutral + (f": {first.id} {first.title}" if first else ""),
        neutral_title=neutral,
        state=face.case.state,
        may_be_there=face.case.card_message_id is None,
    )


def _unquoted(face: CardFace) -> CardFace:
    """The card without user texts except the server's own rules: Discord may have refused it because of them."""
    return replace(face, notes=(), actions=tuple(_without_reason(each) for each in face.actions), quotes=False)


def _without_reason(action: Action) -> Action:
    return replace(action, new=replace(action.new, reason=""))


def _call(route: Route) -> str:
    return f"<@&{route.ping_role_id}>" if route.ping_role_id else ""


def _mentions(route: Route) -> discord.AllowedMentions:
    """User text can't ping anybody; only the role that the server chose is pinged."""
    if route.ping_role_id is None:
        return discord.AllowedMentions.none()
    roles = [discord.Object(route.ping_role_id)]
    return discord.AllowedMentions(everyone=False, users=False, roles=roles, replied_user=False)


def _nonce(face: CardFace) -> str:
    """At most 25 characters. A case has the same nonce until its card is known to be posted, so a card that Discord
    accepted without our knowing isn't posted twice. After the card is lost, the nonce changes."""
    case = face.case
    what = f"{case.guild_id}:{case.number}:{case.card_message_id}"
    return hashlib.blake2s(what.encode(), digest_size=12).hexdigest()
