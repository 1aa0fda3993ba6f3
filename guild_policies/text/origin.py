"""Where an exported policy comes from: a line at the end of its file that lets a newer version be recognised. It names
no server and no installation. Anybody who has the file can change it, so it only says what to compare with; people see
and decide what is merged.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

MOST_VERSIONS = 1_000_000  #: a higher number cannot be a real version

_DIGITS = 24
_LINE = re.compile(rf"<!-- Bylaw source ([0-9a-f]{{{_DIGITS}}}) version ([0-9]{{1,7}}) -->")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A policy somewhere, and its version."""

    source: str  #: the same for all versions of a policy, wherever it is imported
    version: int


def source_of(guild_id: int, created_at: datetime) -> str:
    """What identifies a policy of a server, whichever installation it is in."""
    what = f"{guild_id}:{created_at.timestamp():.6f}"
    return hashlib.blake2s(what.encode(), digest_size=_DIGITS // 2).hexdigest()


def with_origin(text: str, origin: Origin) -> str:
    """A policy's text as a file that says where it comes from."""
    end = "" if text.endswith("\n") else "\n"
    return f"{text}{end}<!-- Bylaw source {origin.source} version {origin.version} -->\n"


def without_origin(text: str) -> tuple[str, Origin | None]:
    """The text of such a file, and where it comes from; None where it does not say, or nothing that makes sense."""
    body = text.rstrip()
    before, _, last = body.rpartition("\n")
    found = _LINE.fullmatch(last.strip())
    if found is None:
        return text, None
    version = int(found[2])
    origin = Origin(source=found[1], version=version) if 1 <= version <= MOST_VERSIONS else None
    return f"{before}\n" if before else "", origin
