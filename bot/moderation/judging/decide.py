"""From a judgement to a plan: a value that `bot.moderation.judging.plan_executor` carries out. Pure.

A violation becomes a case for a person. The action in a rule's ``Consequence`` line is only planned if the server
switched it on for this rule, and never without a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.languages.translation import marked
from bot.moderation.cases.action import PlannedAction
from bot.moderation.cases.case import CaseKind, Clear, Judged, NewCase, RuleBroken
from bot.moderation.cases.reading import Reading, parts_measured
from bot.moderation.messages.attached_files import unknown_files
from bot.moderation.messages.content import speakers_of
from bot.moderation.messages.message_seen import MessageSeen, evidence_of
from bot.moderation.policies.consequences import NOTHING_AUTOMATIC, Automatic, planned
from bot.moderation.policies.in_force import PolicyInForce
from classifier import Judgement, Outcome, Undecided, UndecidedReason, Verdict
from guild_policies.scope import flags

#: Problems of the judge, not of the message: asking again later can help.
PASSING_TROUBLE = frozenset(
    {UndecidedReason.JUDGE_UNAVAILABLE, UndecidedReason.QUEUE_FULL, UndecidedReason.DEADLINE},
)

#: Prefix of the method of a violation whose score is too low for the policy to open a case.
BELOW_THRESHOLD = "below_threshold"

#: Reason for no verdict: the message has a file that couldn't be read.
FILE_NOT_READ = "file_not_read"

#: English, translated when shown, because it is stored with cases.
_WHY_UNDECIDED = {
    UndecidedReason.NO_ANSWER: marked("The model ended without an answer."),
    UndecidedReason.TRUNCATED: marked("The model's answer stopped half-way."),
    UndecidedReason.UNREADABLE: marked("The model's answer was not in the agreed form."),
    UndecidedReason.UNKNOWN_RULE: marked("The model named a rule that this policy does not have."),
    UndecidedReason.TOO_LONG: marked("The message and the policy together are too long for the model."),
    UndecidedReason.THINKING_CUT: marked("The model thought about it for too long and did not finish."),
    UndecidedReason.DEADLINE: marked("The model did not answer in time."),
    UndecidedReason.JUDGE_CRASHED: marked("The model stopped working on this message, twice."),
    UndecidedReason.JUDGE_UNAVAILABLE: marked("The model was not available."),
    UndecidedReason.QUEUE_FULL: marked("Too many messages were waiting to be judged."),
}
_FILES_NOT_READ = marked("{n} of the attached files could not be read. The rest breaks no rule.")
#: All that is kept where there is no verdict, see `bot.languages.kept_sentences`. The longest first.
UNDECIDED_WHYS = tuple(sorted((*_WHY_UNDECIDED.values(), _FILES_NOT_READ), key=len, reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepClear:
    """Keep the clear verdict, without any text."""

    clear: Clear


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """Open a case, take the automatic actions that the server's settings allow, and show its card to the moderators."""

    new: NewCase
    planned: tuple[PlannedAction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """The judge had no time or wasn't available: the message waits for its next turn."""


Plan = KeepClear | OpenCase | TryAgain


def decide(
    judgement: Judgement,
    seen: MessageSeen,
    in_force: PolicyInForce,
    automatic: Automatic = NOTHING_AUTOMATIC,
    *,
    read: MessageSeen | None = None,
) -> Plan:
    """Decide what happens now. Without `automatic` there are no automatic actions.

    Args:
        read: the message as the judge read it, if that was without its context.
    """
    if isinstance(judgement, Undecided):
        if judgement.reason in PASSING_TROUBLE:
            return TryAgain()
        return OpenCase(new=_case(CaseKind.UNDECIDED, seen, _undecided(judgement, in_force)))
    if not flags(judgement, in_force.settings.threshold) and unknown_files(seen):
        return OpenCase(new=_case(CaseKind.UNDECIDED, seen, _partly_unknown(seen, in_force)))
    if judgement.outcome is Outcome.CLEAR:
        return KeepClear(clear=_clear(judgement, seen, in_force))
    if not flags(judgement, in_force.settings.threshold):
        clear = _clear(judgement, seen, in_force)
        return KeepClear(clear=replace(clear, method=f"{BELOW_THRESHOLD}:{clear.method}"))
    judged = replace(_violation(judgement, in_force), speakers=speakers_of(read or seen))
    new = _case(CaseKind.VIOLATION, seen, judged)
    evidence = replace(new.evidence, passage=_passage(judgement, seen), reading=_reading(read or seen, seen, in_force))
    return OpenCase(
        new=replace(new, evidence=evidence),
        planned=() if seen.is_title else planned(judgement, seen, in_force, automatic),  # its author is not certain
    )


def why_undecided(reason: UndecidedReason) -> str:
    """The reason as a sentence for moderators, in English, translated when shown."""
    return _WHY_UNDECIDED[reason]


def _case(kind: CaseKind, seen: MessageSeen, judged: Judged) -> NewCase:
    return NewCase(guild_id=seen.guild_id, kind=kind, evidence=evidence_of(seen), judged=judged)


def _reading(read: MessageSeen, seen: MessageSeen, in_force: PolicyInForce) -> Reading:
    """What the judge read besides the evidence."""
    effort = in_force.settings.effort
    return Reading(
        titles=read.titles,
        answers=None if read.answers is None else (read.answers.author_id, read.answers.text),
        parts=parts_measured(read.parts),
        alone=not read.context and bool(seen.context),
        effort=effort.value if effort else "",
        language=in_force.text.language,
    )


def _clear(verdict: Verdict, seen: MessageSeen, in_force: PolicyInForce) -> Clear:
    return Clear(
        guild_id=seen.guild_id,
        channel_id=seen.channel_id,
        message_id=seen.message_id,
        edit=seen.edit,
        version_id=in_force.version.id,
        score=verdict.score,
        method=verdict.provenance.method.value,
        judge=verdict.provenance.judge,
        digit_mass=verdict.provenance.digit_mass,
    )


def _violation(verdict: Verdict, in_force: PolicyInForce) -> Judged:
    return Judged(
        policy_id=in_force.version.policy_id,
        policy_name=in_force.name,
        version_id=in_force.version.id,
        version_number=in_force.version.number,
        rules=tuple(_rule_broken(rule_id, in_force) for rule_id in verdict.rule_ids),
        score=verdict.score,
        rationale=verdict.rationale,
        reasoning=verdict.reasoning,
        method=verdict.provenance.method.value,
        judge=verdict.provenance.judge,
        digit_mass=verdict.provenance.digit_mass,
        prompt_fingerprint=verdict.provenance.prompt_fingerprint,
    )


def _passage(verdict: Verdict, seen: MessageSeen) -> tuple[int, int] | None:
    """The passage in this message; in a conversation, the verdict may mean another message."""
    passage = verdict.passage
    return passage if passage is not None and passage[1] <= len(seen.words) else None


def _undecided(undecided: Undecided, in_force: PolicyInForce) -> Judged:
    return _no_verdict(in_force, undecided.reason.value, why_undecided(undecided.reason))


def _partly_unknown(seen: MessageSeen, in_force: PolicyInForce) -> Judged:
    """The case for a message whose readable part breaks no rule: a person has to check the rest."""
    return _no_verdict(in_force, FILE_NOT_READ, _FILES_NOT_READ.format(n=len(unknown_files(seen))))


def _no_verdict(in_force: PolicyInForce, reason: str, rationale: str) -> Judged:
    return Judged(
        policy_id=in_force.version.policy_id,
        policy_name=in_force.name,
        version_id=in_force.version.id,
        version_number=in_force.version.number,
        rules=(),
        score=None,
        rationale=rationale,
        reasoning=None,
        method=f"undecided:{reason}",
        judge="",
        prompt_fingerprint=None,
    )


def _rule_broken(rule_id: str, in_force: PolicyInForce) -> RuleBroken:
    rule = in_force.policy.rule(rule_id)
    return RuleBroken(id=rule_id, title=rule.title if rule else "", severity=rule.severity.value if rule else "medium")
