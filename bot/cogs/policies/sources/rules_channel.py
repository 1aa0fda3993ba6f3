"""Imports a server's rules channel as the first draft of a policy.

Those rules weren't written for a judge. Each point becomes a rule with an id, in the server's own words, and the
linter's advice says what is missing, especially examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import aiohttp
import discord

from bot.languages.translation import _, marked
from bot.moderation.policies.publishing import Refused
from guild_policies.text.grammar import clean

MESSAGES_READ = 30
MAX_RULES = 40

_POINT = re.compile(
    r"\s*(?:[0-9]{1,2}[.):]|[-*•–—]|§\s?[0-9]{1,2}[.:]?|rule\s+[0-9]{1,2}[.:)]?)\s+(?P<text>\S.*)", re.I
)
_HEADING = re.compile(r"\s*#{1,6}\s+(?P<text>\S.*)")
_MARKUP = re.compile(r"<[@#&!:a-z]*[a-z0-9_:]*[0-9]{5,20}>|[*_~`|>]{1,3}(?=\S)|(?<=\S)[*_~`|]{1,3}", re.I)
_TITLE_WORDS = 8

_CANNOT_READ = marked("Bylaw cannot read {channel}. Allow it View Channel and Read Message History there.")
_YOU_CANNOT_READ = marked("Choose a channel that you can read yourself.")
_NOTHING = marked("There is no text in {channel} to make rules from.")
_NOT_NOW = marked("Discord did not provide the messages of {channel}. Try again.")


async def read_rules(channel: discord.TextChannel, reader: discord.User | discord.Member, name: str) -> str | Refused:
    """The last messages of a channel as a policy's text; or why that is not possible.

    Only reads what the person can read themselves.
    """
    if not isinstance(reader, discord.Member) or not _can_read(channel, reader):
        return Refused(why=_(_YOU_CANNOT_READ))
    if not _can_read(channel, channel.guild.me):
        return Refused(why=_(_CANNOT_READ, channel=channel.mention))
    try:
        messages = [message async for message in channel.history(limit=MESSAGES_READ)]
    except (discord.HTTPException, aiohttp.ClientError, OSError):
        return Refused(why=_(_NOT_NOW, channel=channel.mention))
    texts = [_text(message) for message in reversed(messages) if not message.is_system()]
    return policy_of_rules(name, texts) or Refused(why=_(_NOTHING, channel=channel.mention))


def policy_of_rules(name: str, texts: Iterable[str]) -> str:
    """A policy's text in which each point of the rules is a rule; empty if there is no text at all."""
    points = list(_points(texts))[:MAX_RULES]
    if not points:
        return ""
    rules = "\n".join(_rule(number, point) for number, point in enumerate(points, start=1))
    return f"# {name}\n\nThe rules of this server.\n\n## Rules\n{rules}"


def _can_read(channel: discord.TextChannel, member: discord.Member) -> bool:
    has = channel.permissions_for(member)
    return has.view_channel and has.read_message_history


def _text(message: discord.Message) -> str:
    """The text of a message including its embeds, because many servers post their rules with another bot."""
    parts = [message.content]
    for embed in message.embeds:
        parts += [embed.description or "", *(f"- {field.name}: {field.value}" for field in embed.fields)]
    return "\n".join(part for part in parts if part)


def _points(texts: Iterable[str]) -> Iterator[str]:
    """The points of a list if there is one, otherwise the paragraphs."""
    lines = [line for text in texts for line in [*clean(text).split("\n"), ""]]
    as_list = any(_POINT.fullmatch(line) for line in lines)
    point: list[str] = []
    for line in lines:
        match = _POINT.fullmatch(line)
        words = _plain(match["text"] if match else line)
        heading = _HEADING.fullmatch(line)
        ends = match is not None or heading is not None or not words
        if ends and point:
            yield " ".join(point)
            point = []
        if words and heading is None and (match or point or not as_list):
            point.append(words)
    if point:
        yield " ".join(point)


def _rule(number: int, point: str) -> str:
    sentence = re.split(r"(?<=[.!?])\s|:\s", point, maxsplit=1)[0].rstrip(".!?:")
    words = sentence.split()
    title = " ".join(words[:_TITLE_WORDS])[:60] + ("…" if len(words) > _TITLE_WORDS else "")
    return f"### R{number} {title}\nSeverity: medium\nBreaks it: {point}\n"


def _plain(line: str) -> str:
    """A line without Discord's markup and mentions."""
    return " ".join(_MARKUP.sub("", line).split())
