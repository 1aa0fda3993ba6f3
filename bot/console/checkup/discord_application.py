"""Looks up the bot's Discord application, and explains Discord's errors to the operator."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import discord

from bot.console.screen.errors import UserError

_PORTAL = "https://discord.com/developers/applications"
_PATIENCE_SECONDS = 20.0
_MOST_SERVERS = 200  # servers returned by one request
_REFUSED = "Discord does not accept the token: reset it on {page} and set BYLAW_TOKEN."
_SHARDS = "Discord does not accept this number of connections: leave BYLAW_SHARD_COUNT empty, and Discord chooses it."

#: Close codes that reconnecting can't fix (https://docs.discord.com/developers/topics/opcodes-and-status-codes).
_ENDED = {
    4004: _REFUSED,
    4010: _SHARDS,
    4011: _SHARDS,
    4012: "Discord no longer supports this version of its interface: install a newer version of Bylaw.",
    4013: "Discord does not accept the intents: turn the Message Content intent on on {page}, or install a newer "
    "version of Bylaw.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Discord's information about the bot of a token."""

    id: int
    bot_name: str
    reads_messages: bool  #: the Message Content intent is granted
    servers: Mapping[int, discord.Permissions] = field(default_factory=dict)  #: with its permissions; 200 at most
    clock_lead: timedelta | None = None  #: how far this machine's clock is ahead of Discord's, if known


class Offline(UserError):
    """Discord did not answer."""


def bot_page(token: str) -> str:
    """The page to change this bot's token and intents; the list of all bots if the token is malformed."""
    try:
        first = token.partition(".")[0]
        number = int(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (binascii.Error, ValueError):
        return _PORTAL
    return f"{_PORTAL}/{number}/bot" if 0 < number < 1 << 64 else _PORTAL


def explained(error: Exception, token: str) -> UserError | None:
    """Explain an error of discord.py to the operator; None if the operator can't fix it."""
    if isinstance(error, discord.LoginFailure):
        return UserError(_REFUSED.format(page=bot_page(token)))
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return UserError(
            "The Message Content intent is not granted: turn it on under Privileged Gateway Intents on "
            f"{bot_page(token)}"
        )
    if isinstance(error, discord.ConnectionClosed):
        text = _ENDED.get(error.code)
        return UserError(text.format(page=bot_page(token))) if text else None
    if isinstance(error, discord.DiscordServerError | discord.GatewayNotFound):
        return Offline("Discord has trouble at the moment: see https://discordstatus.com and try again.")
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return Offline(
            "Discord's certificate is not accepted: check this machine's clock, and whether a proxy comes in between."
        )
    if isinstance(error, aiohttp.ClientError | ConnectionError | TimeoutError):
        return Offline("Discord cannot be reached: check this machine's network, proxy and firewall.")
    return None


async def look_up(token: str, *, client: discord.Client | None = None) -> Application:
    """Ask Discord about the bot of a token. Opens no gateway connection and changes nothing.

    Args:
        client: used in place of a new one; it is closed afterwards.

    Raises:
        Offline: Discord did not answer.
        UserError: it does not accept the token.
    """
    leads: list[timedelta] = []
    client = client or _client(lambda moment: leads.append(datetime.now(UTC) - moment))
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), client:
            await client.login(token)
            guilds = await client.http.get_guilds(_MOST_SERVERS)
    except Exception as error:
        known = explained(error, token)
        if known is None:
            raise
        raise known from None
    flags = client.application_flags
    return Application(
        id=client.application_id or 0,
        bot_name=str(client.user),
        reads_messages=flags.gateway_message_content or flags.gateway_message_content_limited,
        servers={int(guild["id"]): discord.Permissions(int(guild["permissions"])) for guild in guilds},
        clock_lead=leads[-1] if leads else None,
    )


def _client(heard: Callable[[datetime], None]) -> discord.Client:
    from bot.cogs.date_header import dates_to

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(dates_to(heard))
    return discord.Client(intents=discord.Intents.none(), http_trace=trace)
