"""Replies about trials: try-outs, backtests, and a judge that changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply, listed
from bot.cogs.interactions.wording import at, name, score_text
from bot.cogs.policies.buttons import PolicyButton, PolicyClick, PolicyVerb
from bot.languages.translation import _, length, marked, ngettext, number
from bot.moderation.trials.backtest import Backtest, BacktestReport, BacktestState
from bot.moderation.trials.drift import DriftReport
from bot.moderation.trials.recent_messages import WouldFlag
from bot.moderation.trials.try_out import TryOut, TryOutReport
from guild_policies.backtest import FEW, Compared, Comparison

_MODEL_SHOWN = 100


_PASSES = marked("- **{policy}**, pinned example `{number}`: now it passes")
_FAILS = marked("- **{policy}**, pinned example `{number}`: now it fails")
_NEWLY = marked("**Would newly flag, and your team said no violation** ({n})")
_NO_LONGER = marked("**Would no longer flag, and your team said violation** ({n})")


def try_out_started(try_out: TryOut) -> Reply:
    """Says that a try-out was started."""
    values = {
        "policy": name(try_out.policy_name),
        "revision": try_out.draft_revision,
        "moment": at(try_out.ends_at),
        "report": f"<#{try_out.report_channel_id}>",
    }
    if not try_out.channel_id:
        return Reply(
            text=_(
                "The draft of **{policy}**, revision {revision}, judges new messages wherever the policy applies, "
                "until {moment}. Members and cards notice nothing. The report goes to {report}.",
                **values,
            )
        )
    return Reply(
        text=_(
            "The draft of **{policy}**, revision {revision}, judges new messages in {channel} and its threads, until "
            "{moment}. Members and cards notice nothing. The report goes to {report}.",
            channel=f"<#{try_out.channel_id}>",
            **values,
        )
    )


def try_outs_running(running: Sequence[TryOut]) -> Reply:
    """The running try-outs."""
    if not running:
        return Reply(text=_("Nothing is being tried out. /policy try-out start begins."))
    lines = [
        _(
            "- **{policy}**, draft revision {revision}, until {moment} · judged: {judged} · newly flagged: {newly} · "
            "no longer flagged: {no_longer}",
            policy=name(each.policy_name),
            revision=each.draft_revision,
            moment=at(each.ends_at),
            judged=number(each.counts.judged),
            newly=number(each.counts.newly_flagged),
            no_longer=number(each.counts.no_longer_flagged),
        )
        for each in running
    ]
    return Reply(text="\n".join(lines))


def try_out_report(report: TryOutReport) -> Reply:
    """The report of a try-out, most certain differences first."""
    try_out = report.try_out
    head = _(
        "**Try-out of {policy}**, draft revision {revision}, since {moment}",
        policy=name(try_out.policy_name),
        revision=try_out.draft_revision,
        moment=at(try_out.started_at),
    )
    said = [*_counted(try_out), *_few(try_out.counts.judged)]
    lines = [
        _found(_("newly flagged") if each.newly_flagged else _("no longer flagged"), each.rule_ids, each.score)
        + f" · {_message(report.jump_link(each))}"
        for each in report.differences
    ]
    return listed(f"{head}\n{' '.join(said)}", lines, "", f"{try_out.policy_name} try-out")


def _counted(try_out: TryOut) -> list[str]:
    counts = try_out.counts
    if not counts.judged:
        return [_("The draft judged no message in this time.")]
    if counts.newly_flagged + counts.no_longer_flagged:
        said = ngettext(
            "The draft judged {n} message: it would newly flag {newly} and no longer flag {no_longer} of them.",
            "The draft judged {n} messages: it would newly flag {newly} and no longer flag {no_longer} of them.",
            counts.judged,
            newly=number(counts.newly_flagged),
            no_longer=number(counts.no_longer_flagged),
        )
    else:
        said = ngettext(
            "The draft judged {n} message and would have changed nothing.",
            "The draft judged {n} messages and would have changed nothing.",
            counts.judged,
        )
    return [said, *_no_verdict(counts.undecided + counts.left_out)]


def backtest_under_way(backtest: Backtest, done: int, total: int) -> Reply:
    """The progress of a backtest, with the button that ends it."""
    click = PolicyClick(verb=PolicyVerb.CANCEL_BACKTEST, policy_id=backtest.policy_id, number=backtest.id)
    told = _(
        "Judging your team's decisions: {done} of {all}. New messages are judged first, so this can take a while. A "
        "restart does not stop it.",
        done=number(done),
        all=number(total),
    )
    return Reply(text=f"{_backtest_head(backtest)}\n{told}", buttons=(PolicyButton(click),))


def backtest_report(report: BacktestReport) -> Reply:
    """The report of a backtest, worst disagreements first."""
    backtest, comparison = report.backtest, report.comparison
    said = [*_newly(comparison), *_agrees(comparison)]
    if backtest.state is BacktestState.CANCELLED:
        said.insert(0, _("Cancelled after {done} of {all}.", done=number(report.done), all=number(report.total)))
    lines = [
        *_group(_NEWLY, comparison.newly_flagged, report),
        *_group(_NO_LONGER, comparison.no_longer_flagged, report),
    ]
    return listed(f"{_backtest_head(backtest)}\n{' '.join(said)}", lines, "", f"{backtest.policy_name} backtest")


def reading_under_way(policy_name: str, channel_id: int, policy_id: int, done: int) -> Reply:
    """The progress of reading a channel, with the button that ends it."""
    click = PolicyClick(verb=PolicyVerb.CANCEL_READING, policy_id=policy_id)
    told = ngettext(
        "{n} message judged so far. None of it is stored.", "{n} messages judged so far. None of it is stored.", done
    )
    return Reply(text=f"{_reading_head(policy_name, channel_id)}\n{told}", buttons=(PolicyButton(click),))


def reading_report(found: WouldFlag, channel_id: int) -> Reply:
    """The recent messages of a channel that the draft would flag, most certain first."""
    said = [
        ngettext(
            "It would flag {flagged} of {n} message.",
            "It would flag {flagged} of {n} messages.",
            found.judged,
            flagged=number(len(found.flagged)),
        ),
        *_few(found.judged),
        *_no_verdict(found.undecided),
    ]
    lines = [f"{_found('', each.rule_ids, each.score)} · {_message(each.jump_link)}" for each in found.flagged]
    foot = _("-# No text of these messages was stored.")
    if found.policy.settings.scope.exempt_roles:
        roles = _("Discord does not tell the roles of past authors, so members with exempt roles are included.")
        foot += f" {roles}"
    head = f"{_reading_head(found.policy.name, channel_id)}\n{' '.join(said)}"
    return listed(head, lines, foot, f"{found.policy.name} recent messages")


def drift_report(report: DriftReport) -> Reply:
    """The judge's different answers since it changed."""
    differ = len(report.pins) + len(report.cases)
    said = [
        _(
            "Judged again: pinned examples: {pins}, decided cases: {cases}. Different now: {differ}.",
            pins=number(report.pins_judged),
            cases=number(report.cases_judged),
            differ=number(differ),
        ),
        *_no_verdict(report.undecided),
    ]
    head = _(
        "**The judge changed**: from {before} to {now}.",
        before=on_one_line(report.before, _MODEL_SHOWN),
        now=on_one_line(report.now, _MODEL_SHOWN),
    )
    lines = [
        _(
            _PASSES if each.holds else _FAILS,
            policy=name(each.policy_name),
            number=each.pin.id,
        )
        for each in report.pins
    ] + [
        _(
            "- **{policy}**, [case {number}]({link}): no longer flagged. {score}",
            policy=name(each.policy_name),
            number=each.case_number,
            link=each.jump_link,
            score=score_text(each.score_now),
        )
        for each in report.cases
    ]
    foot = _(
        "-# Cases and decisions do not change. /policy pins and /policy test help you see whether a rule needs "
        "other words."
    )
    return listed(f"{head}\n{' '.join(said)}", lines, foot, "the judge changed")


def _newly(comparison: Comparison[int]) -> list[str]:
    """What would change for the team, in their own terms."""
    if not comparison.judged:
        return []
    return [
        ngettext(
            "It would newly flag {newly} of your {n} decision.",
            "It would newly flag {newly} of your {n} decisions.",
            comparison.judged,
            newly=number(len(comparison.newly_flagged)),
        )
    ]


def _agrees(comparison: Comparison[int]) -> list[str]:
    """How often the draft agrees with the team, honest about small numbers."""
    judged = comparison.judged
    if not judged:
        return [_("There is no decision to compare with.")]
    agrees = ngettext(
        "It agrees with your team on {agree} of {n} decision.",
        "It agrees with your team on {agree} of {n} decisions.",
        judged,
        agree=number(comparison.agree),
    )
    few = [ngettext("{n} decision is too few to conclude from.", "{n} decisions are too few to conclude from.", judged)]
    return [agrees, *_no_verdict(len(comparison.undecided)), *(few if judged < FEW else [])]


def _no_verdict(count: int) -> list[str]:
    return [ngettext("{n} more got no verdict.", "{n} more got no verdict.", count)] if count else []


def _backtest_head(backtest: Backtest) -> str:
    values = {"policy": name(backtest.policy_name), "length": length(timedelta(days=backtest.days))}
    if backtest.draft_revision:
        return _(
            "**Backtest of {policy}**, draft revision {revision}, last {length}",
            revision=backtest.draft_revision,
            **values,
        )
    return _("**Backtest of {policy}**, a proposed change, last {length}", **values)


def _reading_head(policy_name: str, channel_id: int) -> str:
    return _("**The draft of {policy} on {channel}**", policy=name(policy_name), channel=f"<#{channel_id}>")


def _group(head: str, found: Sequence[Compared[int]], report: BacktestReport) -> Iterator[str]:
    if found:
        yield _(head, n=number(len(found)))
    for each in found:
        case = _("case {number}", number=each.id)
        yield f"{_found(case, each.rule_ids, each.score)} · {_message(report.jump_link(each.id))}"


def _found(what: str, rule_ids: Iterable[str], score: float | None) -> str:
    """A line of a list."""
    rules = ", ".join(on_one_line(each, 12) for each in rule_ids)
    facts = (what, rules, "" if score is None else score_text(score))
    return f"- {' · '.join(fact for fact in facts if fact)}"


def _message(link: str) -> str:
    return _("[message]({link})", link=link)


def _few(count: int) -> list[str]:
    """Small numbers, said in words."""
    if not 0 < count < FEW:
        return []
    return [ngettext("{n} message is too few to conclude from.", "{n} messages are too few to conclude from.", count)]
