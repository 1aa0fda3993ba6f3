"""How busy the engine is, for whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeLoad:
    """Requests that wait for the engine, and that it has."""

    waiting: int
    at_work: int
    places: int  #: that it computes side by side; 0 before its first start
    up: bool  #: it takes requests now
