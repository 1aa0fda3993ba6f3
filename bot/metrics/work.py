"""Metrics of the work in progress, read from the services on each scrape, and totals from the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.metrics.totals import Totals, TotalsStore
from bot.moderation.appeals.appeal import AppealState
from bot.moderation.cases.case import CaseState
from bot.moderation.messages.intake import Skip, Tally
from bot.moderation.messages.watermarks import Watermarks, moment_of
from classifier.llama.client.load import JudgeLoad


@dataclass(frozen=True, slots=True)
class _Counted:
    """The totals at the last query."""

    totals: Totals
    at: datetime


class WorkMetrics(Collector):
    """Messages, the judge's queue, cards, cases and appeals.

    Counting in the database takes a moment, so `count` runs separately, and a hanging database doesn't block scrapes.
    """

    def __init__(
        self,
        *,
        tally: Tally,
        marks: Watermarks,
        totals: TotalsStore,
        load: Callable[[], JudgeLoad | None],
        now: Callable[[], datetime],
    ) -> None:
        """`load` says how busy the judge is; None if it has no queue of its own."""
        self._tally = tally
        self._marks = marks
        self._totals = totals
        self._load = load
        self._now = now
        self._counted: _Counted | None = None

    async def count(self) -> None:
        """Update the totals from the database. Raises `StorageError`; the totals don't change then."""
        self._counted = _Counted(await self._totals.totals(), self._now())

    def collect(self) -> Iterable[Metric]:
        """Collect the current values."""
        yield from self._messages()
        yield from self._queue()
        if self._counted is not None:
            yield from _totals(self._counted)

    def _messages(self) -> Iterator[Metric]:
        tally = self._tally
        messages = CounterMetricFamily(
            "bylaw_messages", "Messages since the start: judged, or why not.", labels=("result",)
        )
        messages.add_metric(("judged",), tally.judged)
        for skip in Skip:
            messages.add_metric((f"skipped_{skip.value}",), tally.not_judged[skip])
        yield messages
        yield CounterMetricFamily("bylaw_cards", "Cards that Discord took since the start.", value=tally.cards)
        yield _gauge("bylaw_messages_waiting", "Messages that wait for another turn with the judge.", tally.waiting)
        yield _gauge("bylaw_messages_put_off", "Messages left to be read from history.", tally.put_off)

    def _queue(self) -> Iterator[Metric]:
        oldest = self._marks.oldest_under_way()
        age = timedelta() if oldest is None else max(timedelta(), self._now() - moment_of(oldest))
        yield _gauge("bylaw_oldest_message_seconds", "Age of the oldest message in hand.", age.total_seconds())
        load = self._load()
        if load is not None:
            yield _gauge("bylaw_judge_up", "1 while the model's process takes requests.", load.up)
            yield _gauge("bylaw_judge_waiting", "Requests that wait for the model's process.", load.waiting)
            yield _gauge("bylaw_judge_at_work", "Requests that the model's process has.", load.at_work)
            yield _gauge("bylaw_judge_places", "Requests that it computes side by side.", load.places)
            tokens = CounterMetricFamily(
                "bylaw_judge_prompt_tokens", "Tokens of prompts, computed or found in the cache.", labels=("source",)
            )
            tokens.add_metric(("cache",), load.reused_tokens)
            tokens.add_metric(("computed",), load.prompt_tokens - load.reused_tokens)
            yield tokens


def _totals(counted: _Counted) -> Iterator[Metric]:
    totals = counted.totals
    yield _gauge("bylaw_counted_timestamp_seconds", "When the database was last counted.", counted.at.timestamp())
    yield _gauge("bylaw_servers", "Servers that have run /setup.", totals.servers)
    yield _gauge("bylaw_cards_waiting", "Cases whose card Discord has not taken yet.", totals.cards_waiting)
    yield _by_state("bylaw_cases", "Cases by state.", CaseState, totals.cases)
    yield _by_state("bylaw_appeals", "Appeals by state.", AppealState, totals.appeals)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _by_state(name: str, text: str, states: type[StrEnum], counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=("state",))
    for state in states:
        family.add_metric((state.value,), counts.get(state.value, 0))
    return family
