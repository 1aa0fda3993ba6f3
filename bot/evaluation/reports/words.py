"""Figures in words, the same in every report."""

from __future__ import annotations

from bot.evaluation.figures.rates import Interval

NONE = "–"


def rate(value: float | None) -> str:
    """A figure between 0 and 1."""
    return NONE if value is None else f"{value:.3f}"


def rate_with(value: float | None, interval: Interval | None) -> str:
    """A figure with its interval."""
    return rate(value) if interval is None else f"{rate(value)} ({interval[0]:.3f} to {interval[1]:.3f})"


def points(value: float) -> str:
    """A difference of shares, in percentage points."""
    return f"{100 * value:.1f} points"


def p_value(p: float) -> str:
    """A p value."""
    return "less than 0.001" if p < 0.001 else f"{p:.3f}"


def short(digest: str) -> str:
    """The first characters of a hash."""
    return digest.removeprefix("gguf:")[:12]


def judge_id(name: str) -> str:
    """A judge's id, short."""
    return f"gguf:{short(name)}" if name.startswith("gguf:") else name
