"""What a team is told about trials: try-outs, backtests, and a judge that changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply, listed
from bot.cogs.interactions.wording import at, how_many, name, score_text
from bot.cogs.policies.buttons import PolicyButton, PolicyClick, PolicyVerb
from bot.moderation.trials.backtest import Backtest, BacktestReport, BacktestState
from bot.moderation.trials.drift import DriftReport
from bot.moderation.trials.recent_messages import WouldFlag
from bot.moderation.trials.try_out import TryOut, TryOutReport
from guild_policies.backtest import FEW, Compared, Comparison

_MODEL_SHOWN = 100


def try_out_started(try_out: TryOut) -> Reply:
    """A draft is being tried out."""
    where = f"in <#{try_out.channel_id}> and its threads" if try_out.channel_id else "wherever the policy applies"
    return Reply(
        text=f"The draft of **{name(try_out.policy_name)}**, revision {try_out.draft_revision}, judges new messages "
        f"{where} until {at(try_out.ends_at)}. Members and cards notice nothing; the report goes to "
        f"<#{try_out.report_channel_id}>."
    )


def try_outs_running(running: Sequence[TryOut]) -> Reply:
    """What is being tried out now."""
    if not running:
        return Reply(text="Nothing is being tried out. /policy try-out start begins.")
    lines = [
        f"- **{name(each.policy_name)}**, draft revision {each.draft_revision}, until {at(each.ends_at)}: "
        f"{each.counts.judged} judged, {each.counts.newly_flagged} newly flagged, "
        f"{each.counts.no_longer_flagged} no longer flagged"
        for each in running
    ]
    return Reply(text="\n".join(lines))


def try_out_report(report: TryOutReport) -> Reply:
    """What a try-out found, the surest differences first."""
    try_out = report.try_out
    head = (
        f"**Try-out of {name(try_out.policy_name)}**, draft revision {try_out.draft_revision}, since "
        f"{at(try_out.started_at)}\n{report.in_words}{_few(try_out.counts.judged, 'message', 'messages')}"
    )
    lines = [
        f"- {'newly flagged' if each.newly_flagged else 'no longer flagged'}: {_rules(each.rule_ids)} "
        f"{score_text(each.score)}, [message]({report.jump_link(each)})"
        for each in report.differences
    ]
    return listed(head, lines, "", f"{try_out.policy_name} try-out")


def backtest_under_way(backtest: Backtest, done: int, total: int) -> Reply:
    """How far a backtest is, with the button that ends it."""
    click = PolicyClick(verb=PolicyVerb.CANCEL_BACKTEST, policy_id=backtest.policy_id, number=backtest.id)
    return Reply(
        text=f"{_backtest_head(backtest)}\nJudging your team's decisions: {done} of {total}. Messages come first, so "
        "this can take a while; a restart does not stop it.",
        buttons=(PolicyButton(click),),
    )


def backtest_report(report: BacktestReport) -> Reply:
    """What a backtest found, the worst disagreements first."""
    backtest, comparison = report.backtest, report.comparison
    said = f"{_newly(comparison)}{report.in_words}"
    if backtest.state is BacktestState.CANCELLED:
        said = f"Cancelled after {report.done} of {report.total}. {said}"
    lines = [
        *_group("Would newly flag, and your team said no violation", comparison.newly_flagged, report),
        *_group("Would no longer flag, and your team said violation", comparison.no_longer_flagged, report),
    ]
    return listed(f"{_backtest_head(backtest)}\n{said}", lines, "", f"{backtest.policy_name} backtest")


def reading_under_way(policy_name: str, channel_id: int, policy_id: int, done: int) -> Reply:
    """How far the reading of a channel is, with the button that ends it."""
    click = PolicyClick(verb=PolicyVerb.CANCEL_READING, policy_id=policy_id)
    return Reply(
        text=f"**The draft of {name(policy_name)} on <#{channel_id}>**\n{how_many(done, 'message', 'messages')} judged "
        "so far. Nothing of them is stored.",
        buttons=(PolicyButton(click),),
    )


def reading_report(found: WouldFlag, channel_id: int) -> Reply:
    """Which recent messages of a channel the draft would flag, the surest first."""
    flagged = len(found.flagged)
    head = (
        f"**The draft of {name(found.policy.name)} on <#{channel_id}>**\nIt would flag {flagged} of "
        f"{how_many(found.judged, 'message', 'messages')}.{_few(found.judged, 'message', 'messages')}"
    )
    if found.undecided:
        head += f" {found.undecided} got no verdict."
    lines = [
        f"- {_rules(each.rule_ids)} {score_text(each.score)}, [message]({each.jump_link})" for each in found.flagged
    ]
    foot = "-# No text of these messages was stored."
    if found.policy.settings.scope.exempt_roles:
        foot += " Discord does not tell the roles of past authors, so members with exempt roles are among them."
    return listed(head, lines, foot, f"{found.policy.name} recent messages")


def drift_report(report: DriftReport) -> Reply:
    """What the judge says otherwise since it changed."""
    head = (
        f"**The judge changed**: from {on_one_line(report.before, _MODEL_SHOWN)} to "
        f"{on_one_line(report.now, _MODEL_SHOWN)}.\n{report.in_words}"
    )
    lines = [
        f"- **{name(each.policy_name)}**, pinned example `{each.pin.id}`: now it "
        f"{'holds' if each.holds else 'does not hold'}"
        for each in report.pins
    ] + [
        f"- **{name(each.policy_name)}**, [case {each.case_number}]({each.jump_link}): not flagged any more. "
        f"{score_text(each.score_now)}"
        for each in report.cases
    ]
    foot = (
        "-# Cases and decisions stay as they are. /policy pins and /policy test help to see whether a rule needs words."
    )
    return listed(head, lines, foot, "the judge changed")


def _newly(comparison: Comparison[int]) -> str:
    """What would change for the team, in the words that they ask it in."""
    if not comparison.judged:
        return ""
    decisions = how_many(comparison.judged, "decision", "decisions")
    return f"It would newly flag {len(comparison.newly_flagged):,} of your {decisions}. "


def _backtest_head(backtest: Backtest) -> str:
    days = how_many(backtest.days, "day", "days")
    what = f"draft revision {backtest.draft_revision}" if backtest.draft_revision else "a proposed change"
    return f"**Backtest of {name(backtest.policy_name)}**, {what}, last {days}"


def _group(head: str, found: Sequence[Compared[int]], report: BacktestReport) -> Iterator[str]:
    if found:
        yield f"**{head}** ({len(found)})"
    for each in found:
        score = "" if each.score is None else f" {score_text(each.score)},"
        yield f"- case {each.id}: {_rules(each.rule_ids)}{score} [message]({report.jump_link(each.id)})"


def _rules(rule_ids: Iterable[str]) -> str:
    shown = ", ".join(on_one_line(each, 12) for each in rule_ids)
    return f"{shown}," if shown else ""


def _few(count: int, one: str, many: str) -> str:
    """Small numbers, said in words."""
    if not 0 < count < FEW:
        return ""
    return f" {how_many(count, f'{one} is', f'{many} are')} too few to conclude from."
