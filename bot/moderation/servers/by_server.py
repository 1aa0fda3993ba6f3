"""Values per channel, grouped by server, so that a lookup for one server doesn't scan the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import TypeVar

V = TypeVar("V")


class ByServer(MutableMapping[tuple[int, int], V]):
    """A dictionary whose keys are a server and one of its channels."""

    def __init__(self, values: Mapping[tuple[int, int], V] | None = None) -> None:
        self._servers: dict[int, dict[int, V]] = {}
        self.update(values or {})

    def of(self, guild_id: int) -> Mapping[int, V]:
        """The values of one server by channel. A live view, as long as the server has any value."""
        return MappingProxyType(self._servers.get(guild_id, {}))

    def servers(self) -> frozenset[int]:
        """The servers with values."""
        return frozenset(self._servers)

    def pop_server(self, guild_id: int) -> dict[int, V]:
        """Remove and return the values of a server, by channel."""
        return self._servers.pop(guild_id, {})

    def __getitem__(self, place: tuple[int, int]) -> V:
        return self._servers[place[0]][place[1]]

    def __setitem__(self, place: tuple[int, int], value: V) -> None:
        self._servers.setdefault(place[0], {})[place[1]] = value

    def __delitem__(self, place: tuple[int, int]) -> None:
        channels = self._servers[place[0]]
        del channels[place[1]]
        if not channels:
            del self._servers[place[0]]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return ((guild_id, channel_id) for guild_id, channels in self._servers.items() for channel_id in channels)

    def __len__(self) -> int:
        return sum(map(len, self._servers.values()))
