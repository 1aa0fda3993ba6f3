"""Counts and rates of what a filter flags, set by set."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.lite.filters import Filter
from benchmarks.lite.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was flagged of a set."""

    violations: int
    found: int
    clear: int
    false_alarms: int

    @property
    def recall(self) -> float | None:
        """The share of the violations that were flagged; None without violations."""
        return self.found / self.violations if self.violations else None

    @property
    def false_alarm_rate(self) -> float | None:
        """The share of the clear rows that were flagged; None without clear rows."""
        return self.false_alarms / self.clear if self.clear else None


def count(answers: Iterable[tuple[Row, bool]]) -> Found:
    """Counts of rows and whether each was flagged."""
    pairs = [(row.violates, flagged) for row, flagged in answers]
    return Found(
        violations=sum(violates for violates, _ in pairs),
        found=sum(violates and flagged for violates, flagged in pairs),
        clear=sum(not violates for violates, _ in pairs),
        false_alarms=sum(flagged and not violates for violates, flagged in pairs),
    )


def of_ten(found: Iterable[Found]) -> int:
    """Of ten violations in new words, how many are found: the mean recall of the sets, each counting the same."""
    recalls = [each.recall for each in found if each.recall is not None]
    return round(10 * sum(recalls) / len(recalls)) if recalls else 0


async def flagged_rows(asked: Filter, rows: Sequence[Row]) -> list[tuple[Row, bool]]:
    """Each row and whether it is flagged under the policies that its label speaks of."""
    return [(row, await asked.flags(row.text, row.policies)) for row in rows]


async def messages_per_second(asked: Filter, texts: Sequence[str], policies: Sequence[str], seconds: float) -> float:
    """Texts per second of one core's time. No text comes twice, so that nothing is remembered of it."""
    for text in texts[:20]:
        await asked.flags(text, policies)  # policies are read at their first text
    done, began = 0, time.process_time()
    while (took := time.process_time() - began) < seconds:
        for text in texts[:100]:
            await asked.flags(f"{text} {done}", policies)
            done += 1
    return done / took
