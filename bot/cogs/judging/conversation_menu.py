"""**Check this conversation**, a message context menu: how would the messages up to this one be judged together?"""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.read_message import MessageReader
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.wording import score_text
from bot.languages.translation import _, marked, ngettext
from bot.moderation.judging.conversations import ConversationChecked, Conversations
from bot.moderation.judging.decide import why_undecided
from bot.moderation.messages.history import Unreadable
from bot.moderation.messages.windows import Window
from bot.moderation.servers.permissions import Access
from classifier import Judgement, Outcome, Undecided

MENU = "Check this conversation"
POLICIES_SHOWN = 5
NAMED_SHOWN = 5  #: messages, of one window
TEXT_LIMIT = 3_600
NAME_LIMIT, RATIONALE_LIMIT = 60, 400

_NO_RULES = marked(
    "No policy in force has rules about conversations. A rule looks at them with the line `Looks at: conversations` "
    "or `Looks at: both`."
)


class ConversationMenu(commands.Cog):
    """The context menu command."""

    def __init__(
        self, bot: commands.AutoShardedBot, *, reader: MessageReader, conversations: Conversations, access: Access
    ) -> None:
        self._bot = bot
        self._reader = reader
        self._conversations = conversations
        self._access = access
        self._menu = app_commands.ContextMenu(name=MENU, callback=self._run)
        self._menu.default_permissions = discord.Permissions(manage_messages=True)

    async def cog_load(self) -> None:
        """Register the context menu."""
        self._bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Unregister the context menu."""
        self._bot.tree.remove_command(MENU, type=discord.AppCommandType.message)

    async def _run(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access):
            return
        seen = await self._reader.seen(message)
        if seen is None:
            await send(interaction, Reply(text=_("This message is not in a server.")))
            return
        checked = await self._conversations.check(seen)
        if isinstance(checked, Unreadable):
            await send(interaction, Reply(text=_(checked.why)))
        elif not checked:
            await send(interaction, Reply(text=_(_NO_RULES)))
        else:
            await interaction.edit_original_response(view=render_conversation(checked))


def render_conversation(checked: tuple[ConversationChecked, ...]) -> discord.ui.LayoutView:
    """One part per policy: the messages that break it, with links, or that none does."""
    shown = checked[:POLICIES_SHOWN]
    room = TEXT_LIMIT // len(shown)
    parts: list[discord.ui.Item[discord.ui.LayoutView]] = [
        discord.ui.TextDisplay(_answer(each)[:room]) for each in shown
    ]
    foot = "-# " + _("Nothing was kept and no case was opened.")
    if len(checked) > len(shown):
        more = ngettext("-# and {n} more policy", "-# and {n} more policies", len(checked) - len(shown))
        foot = f"{more}\n{foot}"
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.Container(*parts, discord.ui.Separator(), discord.ui.TextDisplay(foot)))
    return view


def _answer(checked: ConversationChecked) -> str:
    policy = checked.policy
    count = sum(len(window.messages) for window, _judgement in checked.answers)
    messages = ngettext("{n} message", "{n} messages", count)
    head = f"**{on_one_line(policy.name, NAME_LIMIT)}** v{policy.version.number} · {messages}"
    if not checked.answers:
        return f"{head} · {_('nothing to read')}"
    return "\n".join([head, *(_window(window, judgement) for window, judgement in checked.answers)])


def _window(window: Window, judgement: Judgement) -> str:
    if isinstance(judgement, Undecided):
        return f"⚪ {_('could not judge')}: {_(why_undecided(judgement.reason))}"
    if judgement.outcome is Outcome.CLEAR:
        return f"{_('🟢 clear')} · {score_text(judgement.score)}"
    named = [seen for number in judgement.messages if (seen := window.numbered(number)) is not None]
    links = [
        _("[message of {member}]({link})", member=f"<@{seen.author_id}>", link=seen.jump_link)
        for seen in named[:NAMED_SHOWN]
    ]
    if len(named) > NAMED_SHOWN:
        links.append(ngettext("{n} more message", "{n} more messages", len(named) - NAMED_SHOWN))
    rules = on_one_line(", ".join(judgement.rule_ids), NAME_LIMIT)
    why = on_one_line(judgement.rationale, RATIONALE_LIMIT)
    return f"🔴 {rules}: {', '.join(links)} · {score_text(judgement.score)}\n{why}"
