"""The values behind the one-word keys of a rule: read from what an admin wrote, and written back.

Each reader answers None for a value that it does not know, so that the caller takes the default and lint can say so.
"""

from __future__ import annotations

import re
from datetime import timedelta

from guild_policies.policy import Consequence, ConsequenceKind, LooksAt, Severity

#: Discord refuses longer timeouts (API reference, Modify Guild Member: up to 28 days in the future).
LONGEST_TIMEOUT = timedelta(days=28)

_SEVERITIES = {severity.value: severity for severity in Severity}
_LOOKS_AT = {
    "message": LooksAt.MESSAGES,
    "messages": LooksAt.MESSAGES,
    "conversation": LooksAt.CONVERSATIONS,
    "conversations": LooksAt.CONVERSATIONS,
    "both": LooksAt.BOTH,
    "messages and conversations": LooksAt.BOTH,
}
_WITHOUT_LENGTH = {kind.value: Consequence(kind=kind) for kind in (ConsequenceKind.FLAG, ConsequenceKind.DELETE)}
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_TIMEOUT = re.compile(
    r"timeout(?:\s+(?:for\s+)?(?P<count>[0-9]{1,5})\s*(?P<unit>m|min|minutes?|h|hours?|d|days?))?", re.IGNORECASE
)


def read_severity(text: str) -> Severity | None:
    """``high`` and the like."""
    return _SEVERITIES.get(_bare(text))


def read_looks_at(text: str) -> LooksAt | None:
    """``messages`` and the like."""
    return _LOOKS_AT.get(_bare(text))


def read_consequence(text: str) -> Consequence | None:
    """``flag``, ``delete`` or ``timeout 10m``; a timeout's length is above 0 and at most 28 days."""
    name = _bare(text)
    if (match := _TIMEOUT.fullmatch(name)) is None:
        return _WITHOUT_LENGTH.get(name)
    if match["count"] is None:
        return Consequence(kind=ConsequenceKind.TIMEOUT)
    length = timedelta(**{_UNITS[match["unit"][0]]: int(match["count"])})
    if not timedelta() < length <= LONGEST_TIMEOUT:
        return None
    return Consequence(kind=ConsequenceKind.TIMEOUT, length=length)


def written_consequence(consequence: Consequence) -> str:
    """The consequence as `read_consequence` reads it; seconds beyond whole minutes cannot be written."""
    if consequence.kind is not ConsequenceKind.TIMEOUT or consequence.length is None:
        return consequence.kind.value
    minutes = int(consequence.length.total_seconds()) // 60
    if minutes % (24 * 60) == 0:
        return f"timeout {minutes // (24 * 60)}d"
    return f"timeout {minutes // 60}h" if minutes % 60 == 0 else f"timeout {minutes}m"


def _bare(text: str) -> str:
    return " ".join(text.strip("*_`.\"' ").casefold().split())
