"""Reads the pinned examples and decided cases of a server from the installation's database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classifier import Content

_CASES_OF = timedelta(days=365)


async def kept_texts(guild_id: int, name: str, *, most: int) -> Mapping[str | int, Content]:
    """Up to this many texts by name: ``pin 3``, then ``case 12``, newest first.

    Raises:
        BadInput: there is no such policy, or it has no pins and no decisions.
        UserError: the database or its key cannot be used.
    """
    from bot.console.inputs.files import load_settings
    from bot.keys import KeyTrouble
    from bot.storage.database.errors import StorageError
    from bot.storage.database.migrate import require_database
    from bot.wiring.keys import open_keys
    from bot.wiring.stores import open_stores, utc_now
    from classifier import Content, Message

    settings = load_settings()
    try:
        await require_database(settings.database)
        keys = await open_keys(settings)
        async with open_stores(settings, keys.cipher) as stores:
            policy = await stores.policies.find(guild_id, name)
            if policy is None:
                raise BadInput(f"Server {guild_id} has no policy of that name: /policy list shows them.")
            pins = await stores.pins.of(guild_id, policy.id)
            since = utc_now() - _CASES_OF
            cases = await stores.cases.decided(guild_id, policy_id=policy.id, since=since, limit=most)
    except (KeyTrouble, StorageError) as error:
        raise UserError(str(error)) from None
    found: dict[str | int, Content] = {f"pin {pin.id}": Content(target=Message(text=pin.text)) for pin in pins}
    for case in cases:
        if case.evidence.text is not None:
            message = Message(text=case.evidence.text, forwarded=case.evidence.forwarded)
            found[f"case {case.number}"] = Content(target=message)
    if not found:
        raise BadInput("Nothing is pinned or decided under this policy: /policy pin adds an example, or give --rows.")
    return dict(list(found.items())[:most])
