"""Adds incident actions to SimCord: pauses of invites and direct messages, and what Discord detected.

Like Discord, it requires Manage Server, refuses more than 24 hours, and sends the bot an event for each change.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

import discord
import simcord
from simcord.backend import Backend, errors, serializers
from simcord.http.router import _ROUTES, RequestContext

_LONGEST = timedelta(hours=24)
_PAUSES = ("invites_disabled_until", "dms_disabled_until")
_GUILD, _ACTIONS = "guilds/{guild_id}", "guilds/{guild_id}/incident-actions"


class Incidents:
    """The pauses in each server, and what Discord detected there."""

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[Backend, dict[int, dict[str, Any]]] = WeakKeyDictionary()

    def of(self, backend: Backend, guild_id: int) -> dict[str, Any]:
        """The incidents of a server. Changing the value changes Discord's answers."""
        return self._of.setdefault(backend, {}).setdefault(guild_id, {})

    async def change(self, env: simcord.Env, guild_id: int, **values: Any) -> None:
        """Make a change as a user or Discord itself, and notify the bot."""
        self.of(env.backend, guild_id).update(values)
        self.tell(env.backend, guild_id)
        await env.settle()

    def tell(self, backend: Backend, guild_id: int) -> None:
        """Send an update of the server, as Discord does after a change."""
        backend.emit("GUILD_UPDATE", self.payload(backend, guild_id))

    def payload(self, backend: Backend, guild_id: int) -> dict[str, Any]:
        """The server with its incidents."""
        payload: dict[str, Any] = dict(serializers.guild_create_payload(backend, backend.get_guild(guild_id)))
        return payload | {"incidents_data": dict(self.of(backend, guild_id)) or None}

    def get_guild(self, ctx: RequestContext) -> Any:
        """``GET /guilds/{id}``."""
        return self.payload(ctx.backend, ctx.int_arg("guild_id"))

    def put(self, ctx: RequestContext) -> Any:
        """``PUT /guilds/{id}/incident-actions``."""
        guild_id = ctx.int_arg("guild_id")
        ctx.require_guild_permissions(guild_id, "manage_guild")
        wanted = ctx.fields(*_PAUSES)
        for until in map(discord.utils.parse_time, wanted.values()):
            if until is not None and until > discord.utils.utcnow() + _LONGEST:
                raise errors.invalid_form_body("a pause lasts at most 24 hours")
        self.of(ctx.backend, guild_id).update(wanted)
        self.tell(ctx.backend, guild_id)
        return {name: self.of(ctx.backend, guild_id).get(name) for name in _PAUSES}


def teach_incidents() -> Incidents:
    """Make SimCord answer both requests in this process. Once is enough: later calls return the same incidents."""
    known = (getattr(handler, "__self__", None) for _, handler in _ROUTES.get("PUT", []))
    taught = next((each for each in known if isinstance(each, Incidents)), None)
    if taught is not None:
        return taught
    incidents = Incidents()
    for method, template, handler in (("GET", _GUILD, incidents.get_guild), ("PUT", _ACTIONS, incidents.put)):
        routes = _ROUTES.setdefault(method, [])
        parts = template.split("/")
        routes[:] = [each for each in routes if each[0] != parts]
        routes.append((parts, handler))
    return incidents
