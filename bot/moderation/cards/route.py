"""Where a card goes, who it pings, and whether it makes a sound. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.moderation.cases.case import RuleBroken
from bot.moderation.servers.options import CardOptions
from bot.moderation.servers.server import ServerSettings

SEVERITIES = ("low", "medium", "high")
SEVERE = "high"  #: never held back, and pings at any hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where and how a card is posted."""

    channel_id: int  #: a text channel, or a forum
    ping_role_id: int | None = None
    silent: bool = False  #: no device makes a sound


def severest(rules: tuple[RuleBroken, ...]) -> str:
    """The highest severity of the rules broken; medium if there are none."""
    return max((rule.severity for rule in rules), key=_rank, default="medium")


def route_of(rules: tuple[RuleBroken, ...], settings: ServerSettings, options: CardOptions, *, at: datetime) -> Route:
    """The route of a card about these rules at this moment. A card without a rule pings nobody."""
    severity = severest(rules)
    quiet = severity != SEVERE and is_quiet(options, at)
    calls = bool(rules) and not quiet and _rank(severity) >= _rank(options.ping_from)
    return Route(
        channel_id=dict(options.channel_by_severity).get(severity, settings.review_channel_id),
        ping_role_id=options.ping_role_id if calls else None,
        silent=quiet or severity == "low",
    )


def is_quiet(options: CardOptions, at: datetime) -> bool:
    """Are these quiet hours? They may span midnight. The same start and end hour means no quiet hours."""
    start, end = options.quiet_from_hour, options.quiet_to_hour
    if start is None or end is None:
        return False
    return start <= at.hour < end if start <= end else at.hour >= start or at.hour < end


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else 1
