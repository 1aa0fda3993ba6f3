"""`bylaw keys`: replace the secret key that case texts are encrypted with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from bot.keys import Cipher
    from bot.settings import Settings
    from bot.storage.privacy.key_rotation import Renewed

_MOST_PASSES = 10  #: each finds only what was written during the one before


def new() -> None:
    """Print a new key, for BYLAW_SECRET_KEY. Changes nothing."""
    from bot.console.screen.output import print_line
    from bot.keys import new_key

    print_line(new_key())


def public() -> None:
    """Print the public keys that receipts are checked with, the present one first: publish them. Changes nothing."""
    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_line
    from bot.keys import KeyTrouble
    from bot.storage.database.errors import StorageError
    from bot.storage.database.migrate import require_database
    from bot.wiring.keys import keys_for_reading
    from bot.wiring.stores import open_stores

    settings = load_settings()

    async def found() -> list[bytes]:
        await require_database(settings.database)
        keys = await keys_for_reading(settings)
        present = keys.cipher.signer.public_key
        async with open_stores(settings, keys.cipher) as stores:
            return [present, *(key for key in await stores.receipts.public_keys() if key != present)]

    try:
        for key in asyncio.run(found()):
            print_line(key.hex())
    except (KeyTrouble, StorageError) as error:
        raise UserError(str(error)) from None


def rotate() -> None:
    """Replace the secret key: make a new one, encrypt everything with it, then delete the old one. Stop the bot first.

    If interrupted, run it again: it resumes. Backups of the database made before can only be read with the old key. To
    keep them, copy secret.key to a safe place first.
    """
    from bot.console.checkup.heartbeat import runs
    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_line
    from bot.keys import KEY_FILE, KeyTrouble, keys_from, keys_in_file, new_key, write_keys
    from bot.storage.database.errors import StorageError
    from bot.storage.database.migrate import require_database

    settings = load_settings()
    if runs(settings.data_dir):
        raise UserError("The bot is running: stop it first, or it would keep writing with the old key.")
    path = settings.data_dir / KEY_FILE
    try:
        if settings.secret_key is not None:
            asyncio.run(require_database(settings.database))
            secret = settings.secret_key.get_secret_value()
            keys = tuple(secret.replace(",", "\n").split())
            if len(keys) < 2:
                keys_from(secret, source="BYLAW_SECRET_KEY")
                raise UserError(
                    "Your key is set in BYLAW_SECRET_KEY: print a new one with `bylaw keys new`, set "
                    "BYLAW_SECRET_KEY=NEW,OLD and run this again."
                )
            _renew_all(keys_from(secret, source="BYLAW_SECRET_KEY").cipher, settings.database)
            print_line("All texts now use the first key in BYLAW_SECRET_KEY: remove the older keys from it.")
            return
        keys = keys_in_file(path)
        asyncio.run(require_database(settings.database))
        if len(keys) == 1:
            keys = (new_key(), *keys)
            write_keys(path, keys)
        else:
            print_line("Resuming a key change that was interrupted.")
        _renew_all(keys_from("\n".join(keys), source=str(path)).cipher, settings.database)
        write_keys(path, keys[:1])
    except (KeyTrouble, StorageError) as trouble:
        raise UserError(str(trouble)) from None
    print_line(
        f"{path} now holds only the new key: back it up. It cannot read older backups of the database: delete those."
    )


def discard_texts(
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this, nothing is deleted.")] = False,
) -> None:
    """Delete the texts that none of your keys can decrypt, because their key is lost. Cases and decisions stay.

    If there are such texts and no key at all, a new one is made.
    """
    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_line
    from bot.storage.database.errors import StorageError
    from bot.storage.database.migrate import require_database

    settings = load_settings()
    if not yes:
        raise BadInput("This cannot be undone: look for a backup of secret.key first, then add --yes.")
    try:
        asyncio.run(require_database(settings.database))
        count = asyncio.run(_discard(settings))
    except StorageError as error:
        raise UserError(str(error)) from None
    print_line(
        f"Deleted {count} texts whose key is lost." if count else "Every text can be decrypted: nothing was deleted."
    )


async def _discard(settings: Settings) -> int:
    from bot.console.inputs.files import load_keys, upgrade_database
    from bot.storage.database.engine import create_engine
    from bot.storage.privacy.key_check import discard_unreadable, fits

    if await fits(settings.database, None):
        return 0  # nothing is encrypted, so no key is needed either
    await upgrade_database(settings.database)
    engine = create_engine(settings.database)
    try:
        return await discard_unreadable(engine, load_keys(settings).cipher)
    finally:
        await engine.dispose()


def _renew_all(cipher: Cipher, address: str) -> None:
    from bot.console.screen.output import print_line
    from bot.storage.database.errors import StorageError

    try:
        renewed = asyncio.run(_until_nothing_is_left(cipher, address))
    except StorageError as error:
        raise UserError(f"{error} Nothing is lost: run this again.") from None
    texts, notes = sum(each.texts for each in renewed), sum(each.notes for each in renewed)
    print_line(f"Encrypted {texts} texts with the new key, and the search marks of {notes} notes.")
    if renewed[-1].unreadable:
        print_line(
            f"{renewed[-1].unreadable} texts cannot be decrypted with any of your keys and were left as they are. If "
            "their key is lost for good, `bylaw keys discard-texts` deletes them."
        )


async def _until_nothing_is_left(cipher: Cipher, address: str) -> list[Renewed]:
    """Passes over the database, the last of which found nothing to do."""
    from bot.console.inputs.files import upgrade_database
    from bot.storage.database.engine import create_engine
    from bot.storage.privacy.key_rotation import renew

    await upgrade_database(address)
    engine = create_engine(address)
    passes: list[Renewed] = []
    try:
        while len(passes) < _MOST_PASSES:
            passes.append(await renew(engine, cipher))
            if passes[-1].found_nothing:
                return passes
    finally:
        await engine.dispose()
    raise UserError("Another process keeps writing with an older key: stop every running Bylaw, then run this again.")
