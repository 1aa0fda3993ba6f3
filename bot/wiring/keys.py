"""Loads the keys of an installation, after checking that they belong to its database."""

from __future__ import annotations

from bot.keys import KEY_FILE, Keys, KeyTrouble, keys_from, load_keys, new_key
from bot.settings import Settings
from bot.storage.database.engine import database_url, place_of
from bot.storage.privacy.key_check import fits

_GIVE_UP = "If it is lost for good, `bylaw keys discard-texts` deletes the texts."


async def open_keys(settings: Settings) -> Keys:
    """Load the keys. A new one is only created if the database has no encrypted texts and the bot runs in one process.

    Raises:
        KeyTrouble: the key is missing, does not belong to the database, or cannot be used.
        StorageError: the database cannot be opened.
    """
    await check_keys(settings)
    if settings.shards is not None and _secret(settings) is None and not (settings.data_dir / KEY_FILE).exists():
        raise KeyTrouble(
            "All processes of a bot need the same secret key: make one with `bylaw keys new`, and set BYLAW_SECRET_KEY "
            "to it for each of them."
        )
    return load_keys(_secret(settings), settings.data_dir)


async def keys_for_reading(settings: Settings) -> Keys:
    """Load the keys for commands that only read or delete: if there is no key and nothing is encrypted, returns a
    temporary key that isn't stored. Raises what `open_keys` raises."""
    await check_keys(settings)
    secret = _secret(settings)
    if secret is None and not (settings.data_dir / KEY_FILE).exists():
        return keys_from(new_key(), source="a key for this moment")
    return load_keys(secret, settings.data_dir)


async def check_keys(settings: Settings) -> None:
    """Check the keys without creating one. Raises what `open_keys` raises."""
    secret, file = _secret(settings), settings.data_dir / KEY_FILE
    holds = f"{place_of(database_url(settings.database))} holds encrypted texts, and"
    if secret is None and not file.exists():
        if not await fits(settings.database, None):
            raise KeyTrouble(f"{holds} their key {file} is missing: put it back, or set BYLAW_SECRET_KEY. {_GIVE_UP}")
        return
    keys = load_keys(secret, settings.data_dir)
    if not await fits(settings.database, keys.cipher):
        source = str(file) if secret is None else "BYLAW_SECRET_KEY"
        raise KeyTrouble(f"{holds} the key in {source} opens none of them: put back the one they need. {_GIVE_UP}")


def _secret(settings: Settings) -> str | None:
    return settings.secret_key.get_secret_value() if settings.secret_key else None
