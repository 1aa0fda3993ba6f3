"""Fetches pictures, only from Discord's own file servers."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import urlsplit

import aiohttp
import discord
from discord.ext import commands

from bot.moderation.cases.attached_file import AttachedFile

_log = logging.getLogger(__name__)

HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
LONGEST_FETCH = 10.0  #: seconds


class DiscordPictures:
    """`bot.moderation.pictures.picture.PictureSource`. Discord gives a file's size with the message; callers check it
    first."""

    def __init__(self, bot: commands.AutoShardedBot) -> None:
        self._bot = bot

    async def fetch(self, file: AttachedFile) -> bytes | None:
        """The bytes; None if Discord doesn't deliver them in time, or the address isn't on its servers."""
        if not is_discords(file.url):
            _log.warning("a picture is not on Discord's servers")
            return None
        try:
            async with asyncio.timeout(LONGEST_FETCH):
                return await self._bot.http.get_from_cdn(file.url)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:  # a timeout is an OSError
            _log.info("a picture was not fetched", extra={"why": type(error).__name__})
            return None


def is_discords(url: str) -> bool:
    """Is this an address of a file on Discord's servers?"""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and parts.netloc.lower() in HOSTS  # so it has no user, password or port
    except ValueError:
        return False
