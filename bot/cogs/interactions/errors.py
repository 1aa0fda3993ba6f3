"""Error handling: the person gets one line with a reference; the details go to the log.

The log gets the types of the errors and the places in the code. It only gets the texts of our own operator errors,
because others may contain what members and admins wrote.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.reply import Reply, send
from bot.cogs.languages.reader import speak_to
from bot.languages.translation import _, marked
from bot.log import traceback_of
from bot.log_context import log_with
from classifier.errors import is_outage

_log = logging.getLogger(__name__)

AWAY = marked("Bylaw's database cannot be used right now, so nothing was changed. Try again in a few minutes.")
_INTERACTION_IS_OVER = (10062, 10015, 50027)  # unknown interaction, unknown webhook, token no longer valid


def log_failure(what: str, error: BaseException) -> str:
    """Log an error without its texts. Returns the reference to find it. An outage was logged when it began."""
    if is_outage(error):
        _log.debug("%s failed: an outage lasts", what)
        return ""
    reference = secrets.token_hex(4)
    _log.error("%s failed reference=%s\n%s", what, reference, traceback_of(error))
    return reference


def sorry(reference: str) -> str:
    """The line for the person who was waiting."""
    return _(
        "Something went wrong in Bylaw. Nothing was lost: try again. If it happens again, give this number to whoever "
        "runs Bylaw: `{reference}`.",
        reference=reference,
    )


@asynccontextmanager
async def answering(
    what: str, interaction: discord.Interaction[Any], *, keep: Reply | None = None
) -> AsyncIterator[None]:
    """Turn errors inside this block into one line for the person.

    Args:
        keep: sent with that line, so that the person's text isn't lost.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the last stop before Discord: whatever it is, the person is told
        await tell(what, interaction, error, keep=keep)


@asynccontextmanager
async def surviving(what: str) -> AsyncIterator[None]:
    """Log errors inside this block and go on, because nobody waits for an answer."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - one event must not end the listening to others
        log_failure(what, error)


async def tell(
    what: str, interaction: discord.Interaction[Any], error: Exception, *, keep: Reply | None = None
) -> None:
    """Log an error and tell the person who was waiting, if Discord still lets us."""
    if isinstance(error, discord.HTTPException) and error.code in _INTERACTION_IS_OVER:
        _log.warning("%s was answered too late code=%d", what, error.code)
        return
    reference = log_failure(what, error)
    line = sorry(reference) if reference else _(AWAY)
    try:
        await send(interaction, Reply(text=line, files=keep.files if keep else ()))
    except discord.HTTPException as refusal:
        _log.warning("%s: the error could not be told status=%d code=%d", what, refusal.status, refusal.code)


class BylawTree(app_commands.CommandTree[Any]):
    """The command tree, with friendly errors."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Always allows. discord.py calls this before each command, in the command's own task, so the context is set
        here."""
        speak_to(interaction)
        log_with(**ids_of_command(interaction.data or {}, interaction.guild_id))
        return True

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        """Send one line to the person for any error."""
        command = interaction.command.qualified_name if interaction.command else "unknown"
        if isinstance(error, app_commands.TransformerError):
            unseen = _("Bylaw cannot see what you chose. Check that it still exists, and try again.")
            await send(interaction, Reply(text=unseen))
        elif isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
            _log.warning("a command of another version of Bylaw was used name=%s", command)
            await send(interaction, Reply(text=_("This command has changed. Reload Discord and try again.")))
        else:
            await tell(f"command {command}", interaction, getattr(error, "original", error))


def ids_of_command(data: Mapping[str, Any], guild_id: int | None) -> dict[str, int]:
    """The ids of a command for the log: the server, the message of a context menu, the case that it names."""
    ids = {} if guild_id is None else {"guild": guild_id}
    if "messages" in data.get("resolved", {}) and str(data.get("target_id", "")).isdecimal():
        ids["message_id"] = int(data["target_id"])
    names = {"case", "number"} if data.get("name") == "case" else {"case"}
    for option in _options(data):
        if option.get("name") in names and type(option.get("value")) is int:
            ids["case"] = option["value"]
    return ids


def _options(data: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """The options of a command and of its subcommands."""
    for option in data.get("options") or ():
        yield option
        yield from _options(option)
