"""**Context** on a card: the messages around it, and the judge's own notes."""

from __future__ import annotations

from typing import Any

import aiohttp
import discord

from bot.cogs.cards.card_files import named
from bot.cogs.cards.found_how import rationale_of
from bot.cogs.interactions.quoting import as_quote, on_one_line
from bot.cogs.interactions.read_message import MessageReader
from bot.cogs.interactions.reply import Document, Reply
from bot.cogs.interactions.wording import at, score_text
from bot.languages.translation import _, marked
from bot.moderation.cases.case import Case, CaseKind

AROUND = 11  #: messages, including the one in question
LINE_LIMIT = 110  #: UTF-16 units for the text of a message
REASONING_LIMIT = 1_700
FIRST_ANSWER_LIMIT = 300
FILES_NAMED = 3

_NO_MESSAGE = marked("This case is not about a message.")
_GONE = marked("The channel was deleted.")
_NOT_YOURS = marked("You cannot read that channel's history.")
_NOT_OURS = marked("Bylaw cannot read that channel's history now.")


async def context_of(case: Case, interaction: discord.Interaction[Any], reader: MessageReader) -> Reply:
    """The messages around it: as they are in the channel now, if both Bylaw and the reader may read it; otherwise as
    stored."""
    head = _("**Context of case {number}**", number=case.number)
    first = _first_answer(case)
    found = await _around(case, interaction)
    if not isinstance(found, str):
        lines = [await _live_line(message, case, reader) for message in found]
        live = _("Read from the channel just now. None of it was judged, except the message marked ▶.")
        return Reply(text="\n".join([head, *lines, f"-# {live}", *first]))
    kept = [_line(line.author_id, line.text) for line in case.evidence.context]
    if not kept:
        nothing = _("{why} Nothing was kept of what was said around the message.", why=_(found))
        return Reply(text="\n".join([head, f"-# {nothing}", *first]))
    own = "▶ " + _line(case.evidence.author_id, case.evidence.text or "")
    stored = _("{why} So this is what was kept with the case. None of it was judged.", why=_(found))
    return Reply(text="\n".join([head, *kept, own, f"-# {stored}", *first]))


def _first_answer(case: Case) -> list[str]:
    """The judge's first answer, if it blamed the context alone."""
    answer = case.judged.first_answer
    if answer is None:
        return []
    rules = on_one_line(", ".join(answer.rule_ids), LINE_LIMIT)
    why = on_one_line(answer.rationale, FIRST_ANSWER_LIMIT)
    head = _("**At first the judge blamed only the context:** {rules}", rules=rules)
    foot = _("That never counts. It was asked again about the message without its context; the card has that answer.")
    return [f"{head} · {score_text(answer.score)}\n{why}", f"-# {foot}"]


async def _around(case: Case, interaction: discord.Interaction[Any]) -> list[discord.Message] | str:
    """The messages around it, oldest first, or why they cannot be shown."""
    guild, reader = interaction.guild, interaction.user
    if case.kind is CaseKind.MANUAL or guild is None or not isinstance(reader, discord.Member):
        return _NO_MESSAGE
    channel = guild.get_channel_or_thread(case.evidence.channel_id)
    if not isinstance(channel, discord.abc.Messageable) or isinstance(channel, discord.abc.PrivateChannel):
        return _GONE
    if not _reads(channel, guild.me):
        return _NOT_OURS
    if not _reads(channel, reader):
        return _NOT_YOURS
    try:
        around = discord.Object(abs(case.evidence.message_id))  # for a title: the beginning of its thread
        found = [message async for message in channel.history(limit=AROUND, around=around)]
    except (discord.HTTPException, aiohttp.ClientError, OSError):
        return _NOT_OURS
    return sorted(found, key=lambda message: message.id)


def _reads(channel: Any, member: discord.Member) -> bool:
    """May this member read the channel? For a private thread, only those with Manage Threads certainly may."""
    has = channel.permissions_for(member)
    is_private = isinstance(channel, discord.Thread) and channel.is_private()
    return bool(has.view_channel and has.read_message_history and (has.manage_threads or not is_private))


async def _live_line(message: discord.Message, case: Case, reader: MessageReader) -> str:
    seen = await reader.whole(message)
    text = "" if seen is None else seen.words or ", ".join(file.name for file in seen.files)
    mark = "▶ " if message.id == case.evidence.message_id else ""
    return f"{mark}{at(message.created_at, 't')} {_line(seen.author_id if seen else message.author.id, text)}"


def _line(author_id: int, text: str) -> str:
    return f"<@{author_id}>: {on_one_line(text, LINE_LIMIT) or _('(no text)')}"


def words_of(case: Case) -> Reply:
    """The words that a card hides: quoted, and as a file if they are long or were edited."""
    evidence, head = case.evidence, _("**The words of case {number}**", number=case.number)
    if evidence.text is None:
        return Reply(text=f"{head}\n{_deleted()}")
    later = [*evidence.versions, *([evidence.edited] if evidence.edited else [])]
    before = [] if evidence.before is None else [evidence.before]
    texts = [*before, evidence.text, *(each.text for each in later)]
    shown = as_quote(evidence.text, REASONING_LIMIT - LINE_LIMIT * 5)
    files = [
        "\n".join(["-# " + _("File: {name}", name=name), *described])
        for each in evidence.files[:FILES_NAMED]
        for name, *described in [named(each, LINE_LIMIT, description=LINE_LIMIT)]
    ]
    why = on_one_line(rationale_of(case), LINE_LIMIT * 2)
    lines = [head, shown.text, *files, _("**Why:** {reason}", reason=why)]
    if not shown.left_out and len(texts) == 1:
        return Reply(text="\n".join(lines))
    document = Document(name=f"message-case-{case.number}.txt", text="\n\n----\n\n".join(texts))
    foot = "-# " + _("The file has all of it, with every version.")
    return Reply(text="\n".join([*lines, foot]), files=(document,))


def _deleted() -> str:
    return _("They were deleted: their retention time was over, or they were erased on request.")


def reasoning_of(case: Case) -> Reply:
    """The model's notes on a case: quoted, or as a file if they are long."""
    head = _("**The judge's notes on case {number}**", number=case.number)
    reasoning = case.judged.reasoning
    if not case.judged.version_id:
        return Reply(text=f"{head}\n{_('There are none: no policy was asked.')}")
    if case.kind is CaseKind.UNDECIDED:
        return Reply(text=f"{head}\n{_('There are none: the judge came to no verdict.')}")
    if reasoning is None:
        return Reply(text=f"{head}\n{_deleted()}")
    if not reasoning.strip():
        return Reply(text=f"{head}\n{_('There are none: this judge works without reasoning.')}")
    shown = as_quote(reasoning, REASONING_LIMIT)
    foot = "-# " + _("For moderators. Do not pass this on to members.")
    if shown.left_out:
        return Reply(
            text=f"{head}\n{_('They are long, so they come as a file.')}\n{foot}",
            files=(Document(name=f"reasoning-case-{case.number}.txt", text=reasoning),),
        )
    return Reply(text=f"{head}\n{shown.text}\n{foot}")
