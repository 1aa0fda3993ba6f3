"""The contract of the store of receipts."""

from __future__ import annotations

import asyncio
from typing import Any

Stores = Any  # the fixture of conftest.py, which no test can import


async def test_a_case_has_one_receipt(stores: Stores) -> None:
    """The first statement stays, whatever is stated later, and only one of two simultaneous ones counts."""
    assert await stores.receipts.of_case(1, 12) is None
    assert await stores.receipts.public_keys() == ()
    said = await asyncio.gather(*(stores.receipts.issue(1, 12, f'{{"n":{number}}}') for number in range(3)))
    assert len({receipt.code for receipt in said}) == 1
    later = await stores.receipts.issue(1, 12, '{"n":9}')
    assert later == said[0] == await stores.receipts.of_case(1, 12)
    assert later.is_signed()
    other = await stores.receipts.issue(2, 12, '{"n":9}')
    assert other.code != later.code
    assert await stores.receipts.public_keys() == (later.public_key,)
