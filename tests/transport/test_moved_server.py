"""A server that moved to another installation is looked after there as if nothing had happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from benchmarks.loopback.world import MODS
from bot.keys import Cipher, keys_from, new_key
from bot.settings import Settings
from bot.storage.database.migrate import upgrade
from bot.storage.transfer.files import export_server, import_server
from bot.wiring.stores import utc_now

GENERAL = MODS + 1
PASSPHRASE = "a passphrase that is long enough"


def cipher_of(settings: Settings) -> Cipher:
    """The installation's key."""
    assert settings.secret_key is not None
    return keys_from(settings.secret_key.get_secret_value(), source="the test").cipher


async def test_a_moved_server_is_judged_where_it_is_now(wire: Any, settings: Settings, tmp_path: Path) -> None:
    """What has a card gets no second one, what was posted meanwhile is judged, and old cases can be read."""
    bot = await wire.start(settings=settings)
    wire.discord.world.post(GENERAL, "it was the butler")
    await wire.cards(1)
    await wire.until(lambda: bot.services.tally.judged == 1, what="the first message")
    guild_id = next(iter(bot.guilds)).id
    await wire.stop()
    wire.discord.world.post(GENERAL, "the butler again")
    moved = settings.model_copy(update={"data_dir": tmp_path / "moved", "secret_key": SecretStr(new_key())})
    file = tmp_path / "server.bylaw"
    await export_server(
        settings.database, guild_id, file, cipher=cipher_of(settings), passphrase=PASSPHRASE, now=utc_now
    )
    await upgrade(moved.database)
    await import_server(moved.database, file, cipher=cipher_of(moved), passphrase=PASSPHRASE, now=utc_now)
    bot = await wire.start(settings=moved)
    await wire.cards(2)
    file_of_first = await bot.services.files.find(guild_id, 1)
    assert file_of_first.case.evidence.text == "it was the butler"
    assert [rule.id for rule in file_of_first.rules] == ["R1"]
    await wire.stop()
