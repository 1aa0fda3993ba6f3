"""Access control and rate limits of the judge. Only digests of keys are used, so Ray never sees the keys."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.serving.http_edge import Refusal

_BEARER = "bearer "
_UNKNOWN = "give a key of this judge, as `Authorization: Bearer KEY`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The accepted keys."""

    bots: bytes  #: digest of the bots' key
    tools: tuple[bytes, ...] = ()  #: digests of other tools' keys; without any, only bots are served
    rows_per_minute: int = 600  #: rows per minute of each tool


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request."""

    tool: int = 0  #: number of the tool, from 1; 0 for a bot

    @property
    def server(self) -> int:
        """Its id in the judge's fair queue: Discord's servers have positive numbers."""
        return -self.tool


def digest_of(key: str) -> bytes:
    """The digest of a key. Keys are long and random, so a plain hash reveals nothing."""
    return hashlib.sha256(key.encode()).digest()


class Doorkeeper:
    """Authenticates callers and enforces tools' rate limits."""

    def __init__(self, access: Access, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._clock = clock
        self._allowances = [_Allowance(access.rows_per_minute, clock()) for _ in access.tools]

    def caller(self, authorization: str) -> Caller:
        """Identify the caller by its header.

        Raises:
            Refusal: the key is unknown.
        """
        known = authorization[: len(_BEARER)].lower() == _BEARER
        digest = digest_of(authorization[len(_BEARER) :].strip()) if known else b""
        found = [hmac.compare_digest(digest, each) for each in (self._access.bots, *self._access.tools)]
        if True not in found:
            raise Refusal(401, _UNKNOWN, www_authenticate="Bearer")
        return Caller(found.index(True))

    def spend(self, caller: Caller, rows: int) -> None:
        """Count rows against a tool's limit.

        Raises:
            Refusal: the limit is exceeded.
        """
        if not caller.tool:
            return
        wait = self._allowances[caller.tool - 1].wait_for(rows, self._clock())
        if wait:
            raise Refusal(
                429,
                f"this key may send {self._access.rows_per_minute:,} rows a minute: try again in {wait} s",
                retry_after=str(wait),
            )


class _Allowance:
    """A token bucket: holds a minute's rows, refilled steadily."""

    def __init__(self, per_minute: int, now: float) -> None:
        self._most = float(per_minute)
        self._left, self._since = self._most, now

    def wait_for(self, rows: int, now: float) -> int:
        """Spend the rows and return 0, or spend nothing and return the seconds until enough are available."""
        self._left = min(self._most, self._left + (now - self._since) * self._most / 60)
        self._since = now
        needed = min(float(rows), self._most)  # more than a minute's rows at once need a full bucket
        if needed <= self._left:
            self._left -= needed
            return 0
        return max(1, math.ceil((needed - self._left) * 60 / self._most))
