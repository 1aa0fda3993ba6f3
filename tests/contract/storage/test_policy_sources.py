"""The contract of the store of what imported policies come from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.moderation.cases.audit import AuditAction
from bot.moderation.policies.imports import ImportedFrom
from guild_policies.text.origin import Origin

Stores = Any  # the fixture of conftest.py, which no test can import

MIRA = 5
THIRD = Origin(source="a" * 24, version=3)


@pytest.fixture(autouse=True)
def in_a_database(stores: Stores) -> None:
    """Sources are kept in databases only."""
    if stores.policy_sources is None:
        pytest.skip("kept in databases only")


async def test_the_latest_import_counts(stores: Stores) -> None:
    """With an audit entry for each."""
    await stores.policy_sources.keep(1, 7, THIRD, "# Third\n", actor_id=MIRA)
    stores.clock.forward(hours=1)
    fourth = replace(THIRD, version=4)
    await stores.policy_sources.keep(1, 7, fourth, "# Fourth\n", actor_id=MIRA)
    expected = ImportedFrom(
        guild_id=1, policy_id=7, origin=fourth, text="# Fourth\n", imported_by=MIRA, imported_at=stores.clock()
    )
    assert await stores.policy_sources.of_policy(1, 7) == expected
    entries = await stores.audit.entries(1, subject="policy:7")
    assert [(each.action, each.actor_id, each.detail[-9:]) for each in entries] == [
        (AuditAction.POLICY_IMPORTED, MIRA, "version 4"),
        (AuditAction.POLICY_IMPORTED, MIRA, "version 3"),
    ]


async def test_policies_are_found_by_their_source(stores: Stores) -> None:
    """The latest import first; those of other servers never."""
    for guild_id, policy_id in ((1, 7), (2, 8), (1, 9)):
        stores.clock.forward(hours=1)
        await stores.policy_sources.keep(guild_id, policy_id, THIRD, "# Third\n", actor_id=MIRA)
    assert [each.policy_id for each in await stores.policy_sources.of_source(1, THIRD.source)] == [9, 7]
    assert await stores.policy_sources.of_source(1, "b" * 24) == ()
    assert await stores.policy_sources.of_policy(1, 8) is None
