"""Builds what deletes texts when a server's retention time is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.moderation.servers.retention import Retention
from bot.wiring.stores import Stores


def build_retention(stores: Stores, *, now: Callable[[], datetime]) -> Retention:
    """Wire it. Nothing is read or written here.

    Args:
        now: a clock that a mistake on this machine cannot put forward.
    """
    return Retention(
        texts=(
            stores.cases,
            stores.actions,
            stores.notes,
            stores.appeals,
            stores.reports,
            stores.questions,
            stores.raid_controls,
        ),
        leftovers=stores.leftovers,
        servers=stores.servers,
        now=now,
    )
