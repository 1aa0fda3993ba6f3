"""Renders ``/mod stats``. Small counts stay counts: “3 of 4” says more than 75 %."""

from __future__ import annotations

from datetime import timedelta

from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.wording import ENOUGH_FOR_A_RATE, agreement, rule
from bot.cogs.lookups.numbers.stats_plot import BARS, legend
from bot.languages.translation import _, language_name, length, ngettext, number, percent
from bot.moderation.lookups.numbers.fairness import NEW_FOR, NEWCOMERS, Comparison
from bot.moderation.lookups.numbers.stats import AppealCounts, RuleStats, Stats
from bot.moderation.lookups.samples import ENOUGH, Estimate

TITLE_LIMIT = 36  #: UTF-16 units
POLICY_LIMIT = 24
COMPARISONS_SHOWN = 3  #: of groups of members

_UNITS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1))


def stats_text(stats: Stats) -> str:
    """All statistics in at most 2,000 units."""
    head = ngettext("**The last {n} day**", "**The last {n} days**", stats.days)
    if not stats.rules:
        lines = [head, _("No verdict opened a case.")]
    else:
        lines = [head, _("How many verdicts moderators agreed with, rule by rule:")]
        lines += [f"{place}. {_rule(each)}" for place, each in enumerate(stats.rules[:BARS], start=1)]
        if len(stats.rules) > BARS:
            more = ngettext(
                "-# and {n} more rule with fewer cases",
                "-# and {n} more rules with fewer cases",
                len(stats.rules) - BARS,
            )
            lines.append(more)
        lines.append(legend())
    lines += [_closing(stats), _appeals(stats.appeals), _missed(stats.estimate)]
    return "\n".join(line for line in lines if line)


def share(part: int, whole: int) -> str:
    """``3 of 4``, and the percentage if there are enough."""
    if whole < ENOUGH_FOR_A_RATE:
        return _("{part} of {whole}", part=number(part), whole=number(whole))
    return _("{part} of {whole} ({percent})", part=number(part), whole=number(whole), percent=percent(part / whole))


def span(time: timedelta) -> str:
    """A duration in its largest unit: ``3 hours``."""
    for unit in _UNITS:
        if time >= unit:
            return length(round(time / unit) * unit)
    return _("less than a minute")


def comparison_text(compared: Comparison) -> str:
    """A group of members compared with the others, in words."""
    if compared.group == NEWCOMERS:
        groups = _("**Newcomers (accounts under {days} days)** and regulars", days=NEW_FOR.days)
    else:
        groups = _("**Messages in {language}** and other languages", language=language_name(compared.group))
    inside, outside = compared.inside, compared.outside
    sentences = [
        _(
            "{groups}: dismissed {inside} · {outside}.",
            groups=groups,
            inside=agreement(inside.dismissed, inside.decided),
            outside=agreement(outside.dismissed, outside.decided),
        ),
        _("That is more than chance.") if compared.differs else _("Pure chance can explain the difference."),
        _(
            "Reversed on appeal: {inside} · {outside}.",
            inside=number(inside.overturned),
            outside=number(outside.overturned),
        ),
    ]
    if inside.median_to_decide is not None and outside.median_to_decide is not None:
        times = {"inside": span(inside.median_to_decide), "outside": span(outside.median_to_decide)}
        sentences.append(_("Half are decided within {inside} · {outside}.", **times))
    return " ".join(sentences)


def _rule(stats: RuleStats) -> str:
    named = f"{rule(stats.rule_id, stats.title, TITLE_LIMIT)} · {on_one_line(stats.policy_name, POLICY_LIMIT)}"
    parts = [_("nothing decided")]
    if stats.decided:
        parts = [_("agreed with {share}", share=agreement(stats.confirmed, stats.decided))]
    if stats.open:
        parts.append(_("open: {count}", count=number(stats.open)))
    if stats.named:
        parts.append(_("found by people: {count}", count=number(stats.named)))
    if stats.mended:
        parts.append(_("mended by the author: {count}", count=number(stats.mended)))
    if stats.appeals:
        counts = {"count": number(stats.appeals), "reversed": number(stats.overturned)}
        parts.append(_("appeals: {count}, reversed: {reversed}", **counts))
    return f"{named}: {' · '.join(parts)}"


def _closing(stats: Stats) -> str:
    if stats.median_to_close is None:
        return _("**Closing:** no case was closed.")
    return ngettext(
        "**Closing:** {n} case closed, within {length}.",
        "**Closing:** {n} cases closed, half of them within {length}.",
        stats.closed,
        length=span(stats.median_to_close),
    )


def _appeals(counts: AppealCounts) -> str:
    if not counts.total:
        return _("**Appeals:** none.")
    decided = counts.upheld + counts.overturned
    parts = [_("**Appeals:** {count}", count=number(counts.total))]
    if decided:
        parts.append(_("decisions reversed: {share}", share=share(counts.overturned, decided)))
    if counts.waiting:
        parts.append(_("waiting: {count}", count=number(counts.waiting)))
    return " · ".join(parts)


def _missed(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-# " + _("What is missed is not known: /mod sample shows moderators a few quiet messages a week.")
    seen = ngettext(
        "**Missed:** of {n} quiet message that moderators looked at, {violations} broke a rule.",
        "**Missed:** of {n} quiet messages that moderators looked at, {violations} broke a rule.",
        estimate.answered,
        violations=number(estimate.violations),
    )
    if estimate.answered < ENOUGH:
        return f"{seen} {_('That is too few to say more.')}"
    low, high = (number(round(each * estimate.quiet_a_week)) for each in (estimate.low, estimate.high))
    probably = _(
        "So probably {low} to {high} of all quiet messages do: {fewest} to {most} of about {all} a week.",
        low=percent(estimate.low, 1),
        high=percent(estimate.high, 1),
        fewest=low,
        most=high,
        all=number(estimate.quiet_a_week),
    )
    return f"{seen} {probably}"
