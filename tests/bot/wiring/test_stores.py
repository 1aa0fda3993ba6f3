"""What is opened together, and what of it loses its texts."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from bot.keys import Cipher, new_key
from bot.settings import Settings
from bot.wiring.stores import open_stores


async def test_every_store_that_can_purge_is_purged(tmp_path: Path) -> None:
    """A new store with texts is covered by the retention without being named anywhere."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with open_stores(settings, Cipher((new_key().encode(),))) as stores:
        can = [each.name for each in fields(stores) if hasattr(getattr(stores, each.name), "purge_texts")]
        assert [getattr(stores, name) for name in can] == list(stores.purged)
        assert {"cases", "appeals", "reports", "raid_controls", "member_languages"} <= set(can)
