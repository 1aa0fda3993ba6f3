"""`bylaw run`: runs the bot, from checking its settings to a clean exit.

Problems are found as early as possible: settings and model file before Discord is asked, the token before the database
is opened and the model loaded. Each is reported in one line.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from discord.ext import commands

    from bot.settings import Settings

_log = logging.getLogger(__name__)


def run() -> None:
    """Run the bot until Ctrl-C or SIGTERM.

    Needs BYLAW_TOKEN and, unless BYLAW_JUDGE=lite, BYLAW_MODEL_PATH. `bylaw doctor` says what is missing.
    """
    from bot.app import create_bot
    from bot.console.inputs.files import load_settings
    from bot.log import configure_logging
    from bot.long_lived import set_aside_loaded
    from bot.settings import unknown_names

    settings = load_settings()
    token = token_of(settings)
    check_model(settings)
    configure_logging(settings.log_level, settings.log_json, secrets=settings.secrets())
    for remark in unknown_names():
        _log.warning("%s", remark)
    _expect_no_voice()
    bot = create_bot(settings)
    set_aside_servers_when_ready(bot)
    set_aside_loaded()
    asyncio.run(keep_running(bot, settings, token))


def set_aside_servers_when_ready(bot: commands.AutoShardedBot) -> None:
    """Exclude the servers and channels found on the first connection from garbage collection, too."""
    from bot.long_lived import set_aside_connected

    async def when_ready() -> None:
        bot.remove_listener(when_ready, "on_ready")
        set_aside_connected()

    bot.add_listener(when_ready, "on_ready")


def _expect_no_voice() -> None:
    """Suppress discord.py's warning about missing voice support: Bylaw doesn't use voice."""
    from discord import VoiceClient

    VoiceClient.warn_nacl = VoiceClient.warn_dave = False


def token_of(settings: Settings) -> str:
    """The bot's token.

    Raises:
        BadInput: it is not set.
    """
    if settings.token is None:
        raise BadInput(
            "BYLAW_TOKEN is not set: make a bot on https://discord.com/developers/applications and put its token into "
            "the environment or into .env."
        )
    return settings.token.get_secret_value()


def check_model(settings: Settings) -> None:
    """Check the model file's header, or the addresses of the servers that have the model.

    Raises:
        BadInput: the model is the judge, and its file or an address is missing, broken or of the wrong kind.
        UserError: the model runs here, and llama.cpp isn't installed.
    """
    from bot.console.inputs.container import model_trouble
    from bot.console.inputs.installation import need_llama
    from bot.console.inputs.judge import model_file
    from bot.settings import JudgeChoice
    from classifier.llama.errors import ModelFileError
    from classifier.llama.model_file.checks import describe_model

    if settings.judge is JudgeChoice.REMOTE:
        _check_addresses(settings)
    if settings.judge is not JudgeChoice.LLAMA:
        return
    need_llama()
    model = model_file(settings.model_path, option=False)
    try:
        describe_model(model)
    except ModelFileError as error:
        raise BadInput(f"{model_trouble(error, model)}.") from None


def _check_addresses(settings: Settings) -> None:
    from bot.judge import remote_urls
    from bot.settings import SettingsError

    try:
        remote_urls(settings)
    except SettingsError as error:
        raise BadInput(str(error)) from None


async def keep_running(bot: commands.AutoShardedBot, settings: Settings, token: str) -> None:
    """Run the bot until it ends or is told to stop, then close it, whatever it is doing.

    Raises:
        UserError: a problem that the operator can fix prevents it from running.
    """
    from bot.console.checkup.heartbeat import beat
    from bot.console.inputs.stop_signals import run_until, told_to_stop

    beating = asyncio.create_task(beat(settings.data_dir))
    try:
        async with bot:
            if await run_until(told_to_stop(), bot.start(token)):
                _log.info("told to stop: finishing what is in hand")
    except Exception as error:
        known = _explained(error, token)
        if known is None:
            raise
        raise known from None
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


def _explained(error: Exception, token: str) -> UserError | None:
    """The one line for an error that the operator can fix."""
    from bot.console.checkup.discord_application import explained
    from bot.keys import KeyTrouble
    from bot.metrics.page import AddressUnusable
    from bot.storage.database.errors import StorageError
    from classifier.llama.errors import EngineStartError, ModelFileError

    if isinstance(error, KeyTrouble | ModelFileError | AddressUnusable):
        return BadInput(str(error))
    if isinstance(error, StorageError | EngineStartError):
        return UserError(str(error))
    return explained(error, token)
