"""Counts what the bot asks of its database: statements, and the transactions that they are in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


@dataclass(slots=True)
class Asked:
    """How much was asked so far. Beginning a transaction is no statement, and neither is ending it."""

    statements: int = 0
    transactions: int = 0

    def per(self, cases: int) -> dict[str, float]:
        """Both for each case, under the names that benchmarks print."""
        return {
            "statements_per_case": round(self.statements / max(1, cases), 2),
            "transactions_per_case": round(self.transactions / max(1, cases), 2),
        }


@contextmanager
def counting() -> Iterator[Asked]:
    """Count inside this block, over all databases that this process has open."""
    asked = Asked()

    def count_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.statements += not statement.startswith("BEGIN")

    def count_transaction(_connection: Any) -> None:
        asked.transactions += 1

    event.listen(Engine, "before_cursor_execute", count_statement)
    event.listen(Engine, "begin", count_transaction)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", count_statement)
        event.remove(Engine, "begin", count_transaction)
