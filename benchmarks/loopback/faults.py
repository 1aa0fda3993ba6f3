"""What goes wrong with a request: refusals, silence, nonsense, before or after the work was done."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

#: What Discord's front page says to an address that was banned for too many bad requests.
BAN_PAGE = "<!doctype html><html><head><title>Access denied</title></head><body>error code: 1015</body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The answer to the next requests that match.

    With `afterwards` the work is done first, and only the answer goes wrong: the bot does not hear what it did.
    """

    name: str
    status: int = 200  #: 0 breaks the connection off
    body: Any = None  #: a string is sent as it is
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    afterwards: bool = False
    delay_s: float = 0.0  #: before the answer; a fault with nothing else answers rightly, but late


def rate_limited(seconds: float, *, everywhere: bool = False) -> Fault:
    """A 429 of Discord's own, for a route or for everything."""
    body = {"message": "You are being rate limited.", "retry_after": seconds, "global": everywhere}
    return Fault(name="429", status=429, body=body, headers=(("Via", "1.1 google"),))


def banned(*, seconds: int = 3_600) -> Fault:
    """A 429 of the front, without `Via`: too many bad requests came from this address."""
    headers = (("Retry-After", str(seconds)),)
    return Fault(name="ban", status=429, body=BAN_PAGE, content_type="text/html", headers=headers)


def trouble(status: int, *, afterwards: bool = False) -> Fault:
    """A 5xx."""
    body = {"message": f"{status}: trouble", "code": 0}
    return Fault(name=str(status), status=status, body=body, afterwards=afterwards)


def late(seconds: float) -> Fault:
    """The right answer, but slowly."""
    return Fault(name="slow", delay_s=seconds)


def nonsense(*, afterwards: bool = False) -> Fault:
    """A 200 that says it is JSON and is not."""
    return Fault(name="wrong json", status=200, body='{"id": ', afterwards=afterwards)


def cut_off(*, afterwards: bool = False) -> Fault:
    """The connection breaks instead of an answer."""
    return Fault(name="dropped", status=0, afterwards=afterwards)


@dataclass(slots=True)
class Faults:
    """The faults to come, in order; each is used up by one request that its pattern matches."""

    waiting: list[tuple[re.Pattern[str], Fault]] = field(default_factory=list)

    def next(self, pattern: str, *faults: Fault) -> None:
        """The next requests whose method and path match, such as ``POST .*/messages``, get these."""
        self.waiting += [(re.compile(pattern), fault) for fault in faults]

    def clear(self) -> None:
        """Nothing goes wrong from now on."""
        self.waiting.clear()

    def take(self, request: str) -> Fault | None:
        """The fault for this request, used up by it."""
        for index, (pattern, fault) in enumerate(self.waiting):
            if pattern.fullmatch(request):
                del self.waiting[index]
                return fault
        return None
