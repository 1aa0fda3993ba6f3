"""Several endpoints as one: which one works, which one gets a request, which one gets a rest.

A policy's requests go to one endpoint as long as it is not much busier than the others, because its prefix is in that
endpoint's cache. Which one is a rendezvous hash, so that an endpoint that comes or goes moves no other policy. One that
fails several times in a row is out of use until a health check succeeds. All endpoints in use serve the same model: one
with another model behind the same name is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from classifier.remote.client.endpoint import Endpoint
from classifier.remote.errors import EndpointRefused, RemoteError, RequestRefused, TooLongForServer
from classifier.remote.options import RemoteOptions

_log = logging.getLogger(__name__)

_BUSIER = 2  # requests that a policy's own endpoint may have more than the least busy one


@dataclass(eq=False, slots=True)
class Member:
    """An endpoint and how it is doing."""

    endpoint: Endpoint
    trouble: str = "it has not been asked yet"  #: why it is out of use; empty while it is in use
    outstanding: int = 0
    failures: int = 0  #: in a row

    @property
    def places(self) -> int:
        """How many requests it takes at once; 0 while it is out of use."""
        served = self.endpoint.served
        return 0 if self.trouble or served is None else served.places


class Pool:
    """The endpoints of one judge."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        options: RemoteOptions,
        *,
        changed: Callable[[int], None],
    ) -> None:
        """Asks nothing yet. `changed` is called with the number of requests that all endpoints take, whenever it
        changes."""
        self.members = tuple(Member(endpoint) for endpoint in endpoints)
        self._options = options
        self._changed = changed
        self._watchers: list[asyncio.Task[None]] = []

    @property
    def usable(self) -> list[Member]:
        """The endpoints in use."""
        return [member for member in self.members if not member.trouble]

    @property
    def troubles(self) -> str:
        """Why endpoints are out of use, in one line."""
        return "; ".join(member.trouble for member in self.members if member.trouble)

    async def open(self) -> None:
        """Ask every endpoint once, then keep watching them. If their models differ, the order of the settings
        decides."""
        await asyncio.gather(*(self._examine(member) for member in self.members))
        for member in self.members:
            self._settle(member)
        self._watchers = [asyncio.create_task(self._watch(member)) for member in self.members]

    async def _watch(self, member: Member) -> None:
        times, pause = self._options.times, self._options.times.check_every
        while True:
            await asyncio.sleep(pause)
            await self.check(member)
            pause = min(pause * 2, times.check_at_most) if member.trouble else times.check_every

    async def check(self, member: Member) -> None:
        """Ask an endpoint what it serves, and decide whether to use it."""
        before = member.trouble
        await self._examine(member)
        self._settle(member)
        if member.trouble and member.trouble != before:
            _log.warning("an endpoint is out of use: %s", member.trouble)
        elif before and not member.trouble:
            _log.info("an endpoint is in use again: %s", member.endpoint.url)

    async def _examine(self, member: Member) -> None:
        if member.trouble:
            member.endpoint.served = None  # whatever it was, look closely
        try:
            async with asyncio.timeout(self._options.times.answer):
                await member.endpoint.look()
        except RemoteError as error:
            member.trouble = str(error)
        except TimeoutError:
            member.trouble = f"{member.endpoint.url} is too slow: it did not say in time what it serves"
        else:
            member.trouble, member.failures = "", 0

    def _settle(self, member: Member) -> None:
        """Exclude an endpoint whose model differs from that of the endpoints before it."""
        served = member.endpoint.served
        others = (each for each in self.usable if each is not member and each.endpoint.served is not None)
        first = next(others, None)
        if not member.trouble and served and first and first.endpoint.served:
            reference = first.endpoint.served
            if reference.judge != served.judge and self._is_later(member, first):
                member.trouble = (
                    f"{member.endpoint.url} serves {served.identity} ({served.mode.value}) and {first.endpoint.url} "
                    f"{reference.identity} ({reference.mode.value}): give all endpoints the same model"
                )
        self._tell()

    def _is_later(self, member: Member, other: Member) -> bool:
        """The endpoint named first in the settings says which model is meant, unless another one is at work already."""
        return bool(self._watchers) or self.members.index(member) > self.members.index(other)

    def choose(self, fingerprint: str, *, without: Collection[Member] = ()) -> Member | None:
        """The endpoint for a policy's next request; None where none works. Those in `without` only if no other does."""
        usable = self.usable
        candidates = [member for member in usable if member not in without] or usable
        if not candidates:
            return None
        own = max(candidates, key=lambda member: _weight(member.endpoint.url, fingerprint))
        idlest = min(candidates, key=lambda member: member.outstanding)
        full = own.outstanding >= own.places > idlest.outstanding
        return idlest if full or own.outstanding - idlest.outstanding > _BUSIER else own

    @contextlib.contextmanager
    def use(self, member: Member, *, counts: bool = True) -> Iterator[Endpoint]:
        """Send a request there, and learn from how it ends.

        Args:
            counts: whether a failure says something new about the endpoint: not where the same request failed before.
        """
        member.outstanding += 1
        try:
            yield member.endpoint
        except RemoteError as error:
            if not isinstance(error, TooLongForServer | RequestRefused):
                self._failed(member, error, 1 if counts else 0)
            raise
        else:
            member.failures = 0
        finally:
            member.outstanding -= 1

    def _failed(self, member: Member, error: RemoteError, counts: int) -> None:
        member.failures += counts
        hopeless = isinstance(error, EndpointRefused) or member.failures >= self._options.limits.failures
        if hopeless and not member.trouble:
            _log.warning("an endpoint is out of use: %s", error)
            member.trouble = str(error)
            self._tell()

    def _tell(self) -> None:
        self._changed(sum(member.places for member in self.members))

    async def close(self) -> None:
        """Stop watching and close all connections. Safe to call twice."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        self._watchers = []
        for member in self.members:
            await member.endpoint.close()


def _weight(url: str, fingerprint: str) -> bytes:
    return hashlib.sha256(f"{url} {fingerprint}".encode()).digest()
