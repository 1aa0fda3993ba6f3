"""`bylaw server`: exports all data of a server to a file, and imports it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.console.inputs.options import LARGEST_ID, JsonOption
from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from bot.keys import Cipher
    from bot.settings import Settings
    from bot.storage.transfer.export import Exported
    from bot.storage.transfer.importing import Imported

T = TypeVar("T")
_COUNTED = (
    ("cases", "case", "cases"),
    ("policies", "policy", "policies"),
    ("appeals", "appeal", "appeals"),
    ("audit_entries", "audit entry", "audit entries"),
)

PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="A file with the passphrase, 16 characters or more. `bylaw keys new` prints a good one.",
    ),
]


def export(
    guild: Annotated[int, typer.Option("--guild", metavar="ID", min=1, max=LARGEST_ID, help="The server's id.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write. It must not exist yet.")],
    passphrase_file: PassphraseOption = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Do not encrypt the file: anyone who gets it can read members' words.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write all data of a server to a file, for another installation. The bot may keep running.

    Settings, policies with all versions, cases, decisions, appeals, notes, the audit log and everything else. The file
    is encrypted with the passphrase, not with this installation's key.
    """
    from bot.console.screen.output import print_result
    from bot.storage.transfer.files import export_server
    from bot.wiring.stores import utc_now

    if plain == (passphrase_file is not None):
        raise BadInput("Add either --passphrase-file FILE, to encrypt the export, or --plain, to leave it readable.")
    passphrase = None if passphrase_file is None else _passphrase(passphrase_file)

    async def write(address: str, cipher: Cipher) -> Exported:
        return await export_server(address, guild, out, cipher=cipher, passphrase=passphrase, now=utc_now)

    done = _with_database(write, makes_one=False)
    print_result(
        {"server_id": str(guild), "file": str(out), "encrypted": not plain, "rows": done.rows},
        f"Exported server {guild} to {out}: {_counted(done.rows)}.",
        *(["It is not encrypted: delete it as soon as it is imported."] if plain else []),
        json=json,
    )


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `bylaw server export` wrote.")],
    guild: Annotated[
        int | None,
        typer.Option(
            "--guild",
            metavar="NEW_ID",
            min=1,
            max=LARGEST_ID,
            help="Load it as this other Discord server. Default: the server that it was.",
        ),
    ] = None,
    passphrase_file: PassphraseOption = None,
    json: JsonOption = False,
) -> None:
    """Load a server from a file into this installation: all of it or nothing. Stop the bot first.

    Refused if this installation already has data of that server. Texts are encrypted with this installation's key.
    """
    from bot.console.checkup.heartbeat import runs
    from bot.console.inputs.files import file_errors, load_settings
    from bot.console.screen.output import print_result
    from bot.storage.transfer.files import import_server
    from bot.wiring.stores import utc_now

    if runs(load_settings().data_dir):
        raise UserError("The bot is running: stop it first, or it would judge with half of the data.")
    passphrase = None if passphrase_file is None else _passphrase(passphrase_file)

    async def read(address: str, cipher: Cipher) -> Imported:
        return await import_server(address, file, cipher=cipher, passphrase=passphrase, now=utc_now, guild_id=guild)

    with file_errors(file):
        _look_at(file, passphrase)
        done = _with_database(read, makes_one=True)
    remarks = _remarks(done)
    print_result(
        {
            "server_id": str(done.guild_id),
            "from_server_id": str(done.from_guild_id),
            "rows": done.rows,
            "remarks": remarks,
        },
        f"Imported server {done.from_guild_id} as server {done.guild_id}: {_counted(done.rows)}.",
        *remarks,
        json=json,
    )


def _look_at(file: Path, passphrase: str | None) -> None:
    """Check the beginning of a file before a database or a key is created."""
    from bot.storage.transfer.errors import TransferError
    from bot.storage.transfer.files import look_at

    try:
        look_at(file, passphrase=passphrase)
    except TransferError as error:
        raise UserError(str(error)) from None


def _remarks(done: Imported) -> list[str]:
    """What the operator has to do now."""
    if done.guild_id != done.from_guild_id:
        return [
            "It is another server on Discord, so nothing is judged before an admin runs /setup there.",
            "Settings and scopes still name channels and roles of the old server: look at /policy scope and /settings.",
            "Cards and links of old cases lead to the old server.",
        ]
    if done.moved:
        return ["Some ids had to change. The running bot updates the buttons of cards; shared cards keep old ones."]
    return []


def _passphrase(file: Path) -> str:
    """The passphrase in a file.

    Raises:
        BadInput: it can't be read, isn't text, or is too short.
    """
    from bot.console.inputs.files import file_errors, read_bytes
    from bot.storage.transfer.sealing import SHORTEST_PASSPHRASE

    with file_errors(file):
        passphrase = read_bytes(file).decode("utf-8").strip()
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BadInput(
            f"The passphrase in {file} has fewer than {SHORTEST_PASSPHRASE} characters: use a longer one, such as "
            "`bylaw keys new` prints."
        )
    return passphrase


def _counted(rows: dict[str, int]) -> str:
    """A summary of the rows, in words."""
    total = sum(rows.values())
    parts = [f"{rows[table]} {one if rows[table] == 1 else more}" for table, one, more in _COUNTED if table in rows]
    return ", ".join([*parts, f"{total} row{'s' * (total != 1)} in all"])


def _with_database(work: Callable[[str, Cipher], Awaitable[T]], *, makes_one: bool) -> T:
    from bot.console.inputs.files import load_settings
    from bot.keys import KeyTrouble
    from bot.storage.database.errors import StorageError

    try:
        return asyncio.run(_run(load_settings(), work, makes_one=makes_one))
    except (KeyTrouble, StorageError) as error:
        raise UserError(str(error)) from None


async def _run(settings: Settings, work: Callable[[str, Cipher], Awaitable[T]], *, makes_one: bool) -> T:
    from bot.console.inputs.files import upgrade_database
    from bot.storage.database.migrate import require_database
    from bot.wiring.keys import keys_for_reading, open_keys

    if makes_one:
        keys = await open_keys(settings)
    else:
        await require_database(settings.database)
        keys = await keys_for_reading(settings)
    await upgrade_database(settings.database)
    return await work(settings.database, keys.cipher)
