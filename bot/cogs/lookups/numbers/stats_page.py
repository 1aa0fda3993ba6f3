"""``/mod stats`` as moderators read it. Small numbers stay numbers: “3 of 4” says more than 75 %."""

from __future__ import annotations

from datetime import timedelta

from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.wording import ENOUGH_FOR_A_RATE, agreement, how_many, rule
from bot.cogs.lookups.numbers.stats_plot import BARS
from bot.moderation.lookups.numbers.fairness import NEW_FOR, NEWCOMERS, Comparison
from bot.moderation.lookups.numbers.stats import AppealCounts, RuleStats, Stats
from bot.moderation.lookups.samples import ENOUGH, Estimate

TITLE_LIMIT = 36  #: UTF-16 units
POLICY_LIMIT = 24
COMPARISONS_SHOWN = 3  #: of groups of members

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def stats_text(stats: Stats) -> str:
    """All numbers in at most 2,000 units."""
    head = f"**The last {how_many(stats.days, 'day', 'days')}**"
    if not stats.rules:
        lines = [head, "No case was opened by a verdict."]
    else:
        lines = [head, "With how many verdicts moderators agreed, rule by rule:"]
        lines += [f"{place}. {_rule(each)}" for place, each in enumerate(stats.rules[:BARS], start=1)]
        if len(stats.rules) > BARS:
            lines.append(f"-# and {how_many(len(stats.rules) - BARS, 'more rule', 'more rules')} with fewer cases")
    lines += [_closing(stats), _appeals(stats.appeals), _missed(stats.estimate)]
    return "\n".join(line for line in lines if line)


def share(part: int, whole: int) -> str:
    """``3 of 4``, and where there are enough of them the percentage, too."""
    words = f"{part:,} of {whole:,}"
    return f"{words} ({part / whole:.0%})" if whole >= ENOUGH_FOR_A_RATE else words


def span(length: timedelta) -> str:
    """A length in its largest unit that comes up at all: ``3 hours``."""
    seconds = length.total_seconds()
    for word, size in _UNITS:
        if seconds >= size:
            return how_many(round(seconds / size), word, f"{word}s")
    return "less than a minute"


def comparison_text(compared: Comparison) -> str:
    """A group of members beside the others, in words."""
    if compared.group == NEWCOMERS:
        who, others = f"newcomers (accounts under {NEW_FOR.days} days)", "regulars"
    else:
        who, others = f"messages in {compared.group}", "other languages"
    inside, outside = compared.inside, compared.outside
    verdict = "that is more than chance" if compared.differs else "chance can explain the difference"
    times = ""
    if inside.median_to_decide is not None and outside.median_to_decide is not None:
        times = f" Half are decided within {span(inside.median_to_decide)}, {span(outside.median_to_decide)}."
    return (
        f"**{who.capitalize()}** and {others}: dismissed {agreement(inside.dismissed, inside.decided)} · "
        f"{agreement(outside.dismissed, outside.decided)}: {verdict}. Reversed on appeal: {inside.overturned:,} · "
        f"{outside.overturned:,}.{times}"
    )


def _rule(stats: RuleStats) -> str:
    named = f"{rule(stats.rule_id, stats.title, TITLE_LIMIT)} · {on_one_line(stats.policy_name, POLICY_LIMIT)}"
    agreed = f"agreed with {agreement(stats.confirmed, stats.decided)}" if stats.decided else "nothing decided"
    still_open = f", {stats.open:,} open" if stats.open else ""
    still_open += f", {stats.named:,} more found by people" if stats.named else ""
    mended = f", {stats.mended:,} mended by the author" if stats.mended else ""
    appeals = ""
    if stats.appeals:
        appeals = f", {how_many(stats.appeals, 'appeal', 'appeals')}, {stats.overturned:,} reversed"
    return f"{named}: {agreed}{still_open}{mended}{appeals}"


def _closing(stats: Stats) -> str:
    if stats.median_to_close is None:
        return "**Closing:** no case was closed."
    return (
        f"**Closing:** {how_many(stats.closed, 'case', 'cases')} closed, half of them within "
        f"{span(stats.median_to_close)}."
    )


def _appeals(counts: AppealCounts) -> str:
    if not counts.total:
        return "**Appeals:** none."
    decided = counts.upheld + counts.overturned
    outcome = f", {share(counts.overturned, decided)} decided ones reversed" if decided else ""
    waiting = f", {counts.waiting:,} waiting" if counts.waiting else ""
    return f"**Appeals:** {counts.total:,}{outcome}{waiting}."


def _missed(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-# What is missed is not known: /mod sample shows moderators a few quiet messages a week."
    seen = f"**Missed:** of {how_many(estimate.answered, 'quiet message', 'quiet messages')} that moderators looked at"
    seen += f", {estimate.violations:,} broke a rule."
    if estimate.answered < ENOUGH:
        return f"{seen} That is too few to say more."
    low, high = (round(each * estimate.quiet_a_week) for each in (estimate.low, estimate.high))
    return (
        f"{seen} So probably {estimate.low:.1%} to {estimate.high:.1%} of all quiet messages do: "
        f"{low:,} to {high:,} of about {estimate.quiet_a_week:,} a week."
    )
