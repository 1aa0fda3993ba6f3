"""Totals of all servers, counted in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The counts at one moment."""

    servers: int = 0  #: servers that have run ``/setup``
    cases: Mapping[str, int] = field(default_factory=dict)  #: by state
    cards_waiting: int = 0  #: cases whose card isn't posted yet
    appeals: Mapping[str, int] = field(default_factory=dict)  #: by state


class TotalsStore(Protocol):
    """Counts over all servers. Raises `StorageError`."""

    async def totals(self) -> Totals:
        """The counts at this moment."""
