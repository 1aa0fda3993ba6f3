"""Builds the services that compare judges and drafts with the team's decisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.policies.pins import Pins
from bot.moderation.trials.backtests import Backtests, BacktestStores
from bot.moderation.trials.drift import Drift, DriftStores
from bot.wiring.stores import Stores
from classifier import Judge


def engine_version() -> str:
    """The engine with its version, because another one may judge differently."""
    try:
        return f"llama-cpp-python {version('llama-cpp-python')}"
    except PackageNotFoundError:
        return "llama-cpp-python unknown"


def build_backtests(stores: Stores, judge: Judge, requests: JudgeRequests, *, now: Callable[[], datetime]) -> Backtests:
    """Build the backtests."""
    kept = BacktestStores(backtests=stores.backtests, policies=stores.policies, cases=stores.cases)
    return Backtests(kept, judge=judge, requests=requests, now=now)


def build_drift(
    stores: Stores, judge: Judge, requests: JudgeRequests, *, pins: Pins, now: Callable[[], datetime]
) -> Drift:
    """Build the drift checks."""
    return Drift(
        DriftStores(marks=stores.drift, cases=stores.cases, servers=stores.servers, policies=stores.policies),
        judge=judge,
        requests=requests,
        pins=pins,
        engine=engine_version(),
        now=now,
    )
