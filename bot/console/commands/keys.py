"""`bylaw keys`: replace the secret key that case texts are encrypted with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import JsonOption
from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from bot.keys import Cipher
    from bot.settings import Settings
    from bot.storage.privacy.key_rotation import Renewed

_MOST_PASSES = 10  #: each pass only finds what was written during the one before


def new(json: JsonOption = False) -> None:
    """Print a new key for BYLAW_SECRET_KEY. Changes nothing."""
    from bot.console.screen.output import print_result
    from bot.keys import new_key

    key = new_key()
    print_result({"key": key}, key, json=json)


def public(json: JsonOption = False) -> None:
    """Print the public keys that receipts are checked with, the present one first: publish them. Changes nothing."""
    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_result
    from bot.keys import KEY_FILE, KeyTrouble, keys_in_file
    from bot.storage.database.errors import StorageError
    from bot.storage.database.migrate import require_database
    from bot.wiring.keys import keys_for_reading
    from bot.wiring.stores import open_stores

    settings = load_settings()

    async def found() -> list[bytes]:
        await require_database(settings.database)
        keys = await keys_for_reading(settings)
        if settings.secret_key is None:
            keys_in_file(
                settings.data_dir / KEY_FILE
            )  # refuses where there is none yet: nobody publishes a key for nothing
        present = keys.cipher.signer.public_key
        async with open_stores(settings, keys.cipher) as stores:
            return [present, *(key for key in await stores.receipts.public_keys() if key != present)]

    try:
        public_keys = [key.hex() for key in asyncio.run(found())]
    except (KeyTrouble, StorageError) as error:
        raise UserError(str(error)) from None
    print_result({"public_keys": public_keys}, *public_keys, json=json)


def rotate(json: JsonOption = False) -> None:
    """Replace the secret key: create a new one, encrypt everything with it, delete the old one. Stop the bot first.

    If interrupted, run it again: it resumes. Older backups of the database can only be read with the old key: to keep
    them, copy secret.key to a safe place first.
    """
    from bot.console.checkup.heartbeat import runs
    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_result
    from bot.keys import KeyTrouble
    from bot.storage.database.errors import StorageError

    settings = load_settings()
    if runs(settings.data_dir):
        raise UserError("The bot is running: stop it first, or it would keep writing with the old key.")
    try:
        done = _rotate_in_file(settings) if settings.secret_key is None else _rotate_in_setting(settings)
    except (KeyTrouble, StorageError) as trouble:
        raise UserError(str(trouble)) from None
    print_result(done.fields(), *done.lines(), json=json)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """The result of a rotation."""

    passes: Sequence[Renewed]
    file: Path | None  #: None if the key is in BYLAW_SECRET_KEY
    resumed: bool = False

    @property
    def texts(self) -> int:
        """How many were encrypted with the new key."""
        return sum(each.texts for each in self.passes)

    @property
    def notes(self) -> int:
        """How many got new search marks."""
        return sum(each.notes for each in self.passes)

    @property
    def unreadable(self) -> int:
        """How many texts none of the current keys decrypts."""
        return self.passes[-1].unreadable

    def fields(self) -> dict[str, object]:
        """For programs."""
        return {
            "file": str(self.file) if self.file else None,
            "texts": self.texts,
            "notes": self.notes,
            "unreadable": self.unreadable,
            "resumed": self.resumed,
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        if self.resumed:
            yield "Finished a key change that was interrupted before."
        yield f"Encrypted {self.texts} texts with the new key, and the search marks of {self.notes} notes."
        if self.unreadable:
            yield (
                f"{self.unreadable} texts cannot be decrypted with any of your keys and were left as they are. If "
                "their key is lost for good, `bylaw keys discard-texts` deletes them."
            )
        if self.file is None:
            yield "All texts now use the first key in BYLAW_SECRET_KEY: remove the older keys from it."
        else:
            yield (
                f"{self.file} now holds only the new key: back it up. It cannot read older backups of the database: "
                "delete those."
            )


def _rotate_in_setting(settings: Settings) -> Rotated:
    """Encrypt everything with the first key of BYLAW_SECRET_KEY.

    Raises:
        KeyTrouble: a key there is malformed.
        StorageError: the database cannot be used.
        UserError: there is only one key.
    """
    from bot.keys import keys_from
    from bot.storage.database.migrate import require_database

    asyncio.run(require_database(settings.database))
    secret = settings.secret_key.get_secret_value() if settings.secret_key else ""
    keys = keys_from(secret, source="BYLAW_SECRET_KEY")
    if len(secret.replace(",", "\n").split()) < 2:
        raise UserError(
            "Your key is set in BYLAW_SECRET_KEY: print a new one with `bylaw keys new`, set "
            "BYLAW_SECRET_KEY=NEW,OLD and run this again."
        )
    return Rotated(passes=_renew_all(keys.cipher, settings.database), file=None)


def _rotate_in_file(settings: Settings) -> Rotated:
    """Put a new key before the one in the key file, encrypt everything with it, and drop the old one.

    Raises:
        KeyTrouble: the file holds no key.
        StorageError: the database cannot be used.
        UserError: something failed on the way; both keys are kept.
    """
    from bot.keys import KEY_FILE, keys_from, keys_in_file, new_key, write_keys
    from bot.storage.database.migrate import require_database

    path = settings.data_dir / KEY_FILE
    keys = keys_in_file(path)
    asyncio.run(require_database(settings.database))
    resumed = len(keys) > 1
    if not resumed:
        keys = (new_key(), *keys)
        write_keys(path, keys)
    passes = _renew_all(keys_from("\n".join(keys), source=str(path)).cipher, settings.database)
    write_keys(path, keys[:1])
    return Rotated(passes=passes, file=path, resumed=resumed)


def discard_texts(
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this, nothing is deleted.")] = False,
    json: JsonOption = False,
) -> None:
    """Delete the texts that none of your keys can decrypt, because their key is lost. Cases and decisions stay.

    If there are such texts and no key at all, a new key is created.
    """
    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_result
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
    print_result(
        {"deleted": count},
        f"Deleted {count} texts whose key is lost." if count else "Every text can be decrypted: nothing was deleted.",
        json=json,
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


def _renew_all(cipher: Cipher, address: str) -> list[Renewed]:
    """Encrypt everything with the first key.

    Raises:
        UserError: the database cannot be written, or another process keeps writing to it.
    """
    from bot.storage.database.errors import StorageError

    try:
        return asyncio.run(_until_nothing_is_left(cipher, address))
    except StorageError as error:
        raise UserError(f"{error} Nothing is lost: run this again.") from None


async def _until_nothing_is_left(cipher: Cipher, address: str) -> list[Renewed]:
    """Make passes over the database until one finds nothing to do."""
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
