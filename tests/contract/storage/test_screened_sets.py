"""The contract of the store of what is known of sets of policies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.moderation.cascade.audit import Period
from bot.moderation.cascade.screened_set import Mode, ScreenedSet

Stores = Any  # the fixture of conftest.py, which no test can import
KNOWN = ScreenedSet(
    recall=0.99,
    mode=Mode.ON,
    threshold=0.1234567890123,
    violation_scores=(0.9, 0.95),
    learned=(3,) * 24,
    recent=(1,) * 24,
    periods=(Period(found=50, audited=7, misses=(0.02, 0.5)), Period(found=1)),
    looked=100,
    skipped=60,
)


async def test_what_is_known_comes_back_to_the_last_digit(stores: Stores) -> None:
    """Each server's and each set's by itself."""
    await stores.screened_sets.save(1, "a", KNOWN, [7, 3])
    assert await stores.screened_sets.get(1, "a") == KNOWN
    assert await stores.screened_sets.get(1, "b") is await stores.screened_sets.get(2, "a") is None
    changed = replace(KNOWN, mode=Mode.BROKEN, skipped=61)
    await stores.screened_sets.save(1, "a", changed, [7, 3])
    assert await stores.screened_sets.get(1, "a") == changed


async def test_a_servers_sets_are_listed_the_latest_first(stores: Stores) -> None:
    """With the policies that they are about."""
    await stores.screened_sets.save(1, "a", KNOWN, [7, 3])
    stores.clock.forward(hours=1)
    await stores.screened_sets.save(1, "b", ScreenedSet(recall=0.9), [3])
    await stores.screened_sets.save(2, "c", KNOWN, [9])
    assert await stores.screened_sets.of_server(1) == (((3,), ScreenedSet(recall=0.9)), ((3, 7), KNOWN))
    stores.clock.forward(hours=1)
    await stores.screened_sets.save(1, "a", KNOWN, [7, 3])
    assert [ids for ids, _ in await stores.screened_sets.of_server(1)] == [(3, 7), (3,)]


async def test_a_server_begins_again(stores: Stores) -> None:
    """Others keep what they have."""
    await stores.screened_sets.save(1, "a", KNOWN, [7])
    await stores.screened_sets.save(2, "a", KNOWN, [7])
    await stores.screened_sets.forget(1)
    assert await stores.screened_sets.of_server(1) == ()
    assert await stores.screened_sets.get(2, "a") == KNOWN
