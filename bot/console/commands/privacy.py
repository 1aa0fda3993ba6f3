"""`bylaw privacy`: export and erase data for somebody who can't do it on Discord, such as a banned member."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot.console.inputs.options import LARGEST_ID, JsonOption
from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from bot.moderation.members.privacy import Erased
    from bot.storage.privacy.member_data import SqlMemberTexts

T = TypeVar("T")
CARDS_FOLLOW = "The running bot takes the texts out of cards on Discord."

UserOption = Annotated[
    int, typer.Option("--user", metavar="ID", min=1, max=LARGEST_ID, help="The person's Discord id.")
]
ServerOption = Annotated[
    int | None,
    typer.Option("--guild", metavar="ID", min=1, max=LARGEST_ID, help="Only in this server. Default: in all servers."),
]


def export(user: UserOption, guild: ServerOption = None, json: JsonOption = False) -> None:
    """Print all data about a person as JSON, including open cases.

    A summary goes to standard error. With `--json` the data is one line of ASCII; without it, indented.
    """
    from bot.console.screen.output import print_remark, print_result
    from bot.moderation.members.privacy import as_json

    data = _with_texts(lambda texts: texts.export(user, guild_id=guild, everything=True))
    print_result(data, as_json(data).rstrip("\n"), json=json)
    print_remark(_counted(data, user))


def _counted(data: dict[str, Any], user: int) -> str:
    """A summary of what was exported."""
    counts = [f"{len(data[key])} {key}" for key in ("cases", "appeals", "reports")]
    if not any(data[key] for key in data if isinstance(data[key], list)):
        return f"There is no data about {user}."
    return f"Exported the data about {user}: {', '.join(counts)}."


def erase(
    user: UserOption,
    guild: ServerOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this, nothing is erased.")] = False,
    json: JsonOption = False,
) -> None:
    """Erase what a person wrote and what was written about it. Facts stay. This cannot be undone.

    Open cases and appeals keep their texts until they are decided; the running bot erases them then, and takes the
    texts out of cards on Discord.
    """
    from bot.console.screen.output import print_result

    if not yes:
        raise BadInput("This cannot be undone: look at `bylaw privacy export` first, then add --yes.")
    erasures = [each for each in _with_texts(lambda texts: _erase_all(texts, user, guild)) if not each.is_nothing]
    copies = _copies() if erasures else []
    where = "" if guild is None else f" in server {guild}"
    lines = [_in_a_line(erased) for erased in erasures]
    lines.append(CARDS_FOLLOW if erasures else f"There is no data about {user}{where}: nothing was erased.")
    if copies:
        lines.append(f"Copies from before upgrades still contain the texts, encrypted: {', '.join(copies)}.")
    servers = [_fields(erased) for erased in erasures]
    print_result({"member_id": str(user), "servers": servers, "copies": copies}, *lines, json=json)


def _in_a_line(erased: Erased) -> str:
    return (
        f"Server {erased.guild_id}: erased the texts of {_several(erased.cases, 'case')}, "
        f"{_several(erased.appeals, 'appeal')} and {_several(erased.reports, 'report')}, and what "
        f"{_several(erased.mentions, 'case')} and {_several(erased.other_texts, 'text')} of others said about them. "
        f"Kept until decided: {erased.kept}."
    )


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _fields(erased: Erased) -> dict[str, object]:
    """The result of an erasure in a server, for programs."""
    return {
        "server_id": str(erased.guild_id),
        "cases": erased.cases,
        "appeals": erased.appeals,
        "reports": erased.reports,
        "mentions": erased.mentions,
        "other_texts": erased.other_texts,
        "kept": erased.kept,
    }


def _copies() -> list[str]:
    """The paths of copies that the running bot will delete later."""
    from bot.console.inputs.files import load_settings
    from bot.storage.database.engine import database_file, database_url
    from bot.storage.database.migrate import copies_of

    file = database_file(database_url(load_settings().database))
    return [copy.name for copy in copies_of(file)] if file is not None else []


async def _erase_all(texts: SqlMemberTexts, user: int, guild: int | None) -> list[Erased]:
    servers = await texts.servers() if guild is None else (guild,)
    erased = []
    for server in servers:
        await texts.ask(server, user, asked_by=None)
        erased.append(await texts.erase(server, user))
        await texts.end(server, user)
    return erased


def _with_texts(work: Callable[[SqlMemberTexts], Awaitable[T]]) -> T:
    from bot.console.inputs.files import load_settings, upgrade_database
    from bot.keys import KeyTrouble
    from bot.storage.database.engine import create_engine
    from bot.storage.database.errors import StorageError
    from bot.storage.database.migrate import require_database
    from bot.storage.privacy.member_data import SqlMemberTexts
    from bot.wiring.keys import keys_for_reading
    from bot.wiring.stores import utc_now

    settings = load_settings()

    async def run() -> T:
        await require_database(settings.database)
        keys = await keys_for_reading(settings)
        await upgrade_database(settings.database)
        engine = create_engine(settings.database)
        try:
            return await work(SqlMemberTexts(engine, now=utc_now, cipher=keys.cipher))
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except (KeyTrouble, StorageError) as error:
        raise UserError(str(error)) from None
