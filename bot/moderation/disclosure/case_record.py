"""A whole case as names and values, in reading order. Pure.

Ids are strings, because programs that only have floating-point numbers would round them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.moderation.appeals.appeal import Appeal
from bot.moderation.appeals.notices import Noted
from bot.moderation.cases.action import Action
from bot.moderation.cases.case import Case, Edited, Evidence, Judged
from bot.moderation.cases.case_file import CaseFile
from bot.moderation.cases.further_messages import FurtherMessage
from bot.moderation.cases.note import Note
from bot.moderation.cases.raid_control import RaidControl
from bot.moderation.lookups.audit_search import entry_row
from bot.moderation.lookups.why import Told
from bot.moderation.members.report import Report
from bot.moderation.messages.message_seen import jump_link
from guild_policies.versions import PolicyVersion

FORMAT = "bylaw-case/1"
DELETED = "(deleted: its retention time was over, or it was erased on request)"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseParts:
    """A case with everything that other stores know about it."""

    file: CaseFile
    version: PolicyVersion | None  #: the policy version that its rules are in
    actions: tuple[Action, ...]
    notices: Mapping[int, Noted]  #: by action
    notes: tuple[Note, ...]
    further: tuple[FurtherMessage, ...]
    controls: tuple[RaidControl, ...]  #: set from the cards of raids that the case is on
    appeals: tuple[Appeal, ...]
    told: Told  #: all verdicts on the message
    reports: int  #: how many members reported the message
    report_words: tuple[Report, ...] | None  #: None for a reader who is the subject of the case


def record_of(parts: CaseParts, *, exported_at: datetime, reasoning: bool) -> dict[str, Any]:
    """The whole record.

    Args:
        reasoning: with the model's own notes, which are never meant for members.
    """
    case = parts.file.case
    decision, ground = case.decision, case.ground
    return {
        "format": FORMAT,
        "exported_at": exported_at.isoformat(),
        "case": case.number,
        "server_id": str(case.guild_id),
        "kind": case.kind.value,
        "state": case.state.value,
        "opened_at": case.opened_at.isoformat(),
        "message": _message(case),
        "message_versions": _versions(case.evidence),
        "context_not_judged": [{"member_id": str(each.author_id), "text": each.text} for each in case.evidence.context],
        "further_messages": [_further(each) for each in parts.further],
        "rules_as_they_read_then": _rules(parts),
        "verdict": _verdict(case.judged, reasoning=reasoning),
        "all_verdicts_on_the_message": _verdicts(parts.told),
        "decision": decision
        and {
            "state": decision.state.value,
            "by": str(decision.moderator_id),
            "at": decision.at.isoformat(),
            "rule_named_by_a_moderator": ground.rule.id if ground and ground.rule else None,
            "other_reason": (ground.words or (DELETED if ground.rule is None else None)) if ground else None,
        },
        "actions": [_action(each, parts.notices.get(each.id)) for each in parts.actions],
        "raid_controls": [_control(each) for each in parts.controls],
        "appeals": [_appeal(each) for each in parts.appeals],
        "notes_of_moderators": [
            {"by": str(each.author_id), "at": each.at.isoformat(), "kind": each.kind.value, "text": _kept(each.text)}
            for each in parts.notes
        ],
        "members_who_reported_it": parts.reports,
        "reports": [_report(each) for each in parts.report_words or ()],
        "audit_log": [entry_row(each) for each in parts.file.history],
    }


def _kept(text: str | None) -> str:
    return DELETED if text is None else text


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).isoformat()


def _message(case: Case) -> dict[str, Any]:
    evidence = case.evidence
    link = jump_link(case.guild_id, evidence.channel_id, evidence.message_id)
    return {
        "member_id": str(evidence.author_id),
        "channel_id": str(evidence.channel_id),
        "message_id": str(evidence.message_id),
        "link": None if evidence.gone else link,
        "deleted": evidence.gone,
        "posted_at": evidence.posted_at.isoformat(),
        "forwarded": evidence.forwarded,
        "posted_with_app_id": None if evidence.app_id is None else str(evidence.app_id),
        "posted_by_webhook": evidence.webhook and f"{evidence.webhook.name} ({evidence.webhook.id})",
        "files": [
            {
                "name": each.name,
                "type": each.kind,
                "bytes": each.size,
                "link": each.url,
                "description": each.description,
                "not_read": each.not_read and each.not_read.value,
            }
            for each in evidence.files
        ],
    }


def _versions(evidence: Evidence) -> list[dict[str, Any]]:
    """The versions of the message, oldest first."""
    before = (
        [] if evidence.before is None else [{"version": "before the edit that was judged", "text": evidence.before}]
    )
    judged = {"version": "judged", "edited_at": _moment(evidence.edit) if evidence.edit else None}
    passage = evidence.passage and f"characters {evidence.passage[0] + 1} to {evidence.passage[1]}"
    later: list[Edited] = [*evidence.versions, *([evidence.edited] if evidence.edited else [])]
    return [
        *before,
        {**judged, "text": _kept(evidence.text), "violation_found_in": passage},
        *({"version": "after an edit", "edited_at": _moment(each.edit), "text": each.text} for each in later),
    ]


def _further(also: FurtherMessage) -> dict[str, Any]:
    return {
        "channel_id": str(also.channel_id),
        "message_id": str(also.message_id),
        "member_id": str(also.author_id),
        "deleted": also.gone,
    }


def _rules(parts: CaseParts) -> list[dict[str, Any]]:
    case, version = parts.file.case, parts.version
    source, whole = case.source, {rule.id: rule for rule in parts.file.rules}
    found = []
    for broken in case.rules:
        rule = whole.get(broken.id)
        found.append(
            {
                "id": broken.id,
                "title": broken.title,
                "severity": broken.severity,
                "policy": source.policy_name,
                "version": source.version_number,
                "fingerprint": version.fingerprint if version else None,
                "breaks_it": rule.breaks_it if rule else None,
                "does_not": rule.does_not if rule else None,
                "notes": rule.notes if rule else None,
                "examples": [
                    f"{'violates' if each.violates else 'allowed'}: {each.text}"
                    for each in (rule.examples if rule else ())
                ],
            }
        )
    return found


def _verdict(judged: Judged, *, reasoning: bool) -> dict[str, Any]:
    found = {
        "policy": judged.policy_name,
        "version": judged.version_number,
        "rules": [rule.id for rule in judged.rules],
        "score": judged.score,
        "rationale": judged.rationale,
        "method": judged.method,
        "judge": judged.judge,
        "prompt_fingerprint": judged.prompt_fingerprint,
        "digit_mass": judged.digit_mass,
        "letters_in_the_rationale": [f"{letter} is {member_id}" for letter, member_id in judged.speakers],
    }
    return {**found, "reasoning": _kept(judged.reasoning)} if reasoning else found


def _verdicts(told: Told) -> list[dict[str, Any]]:
    cases = [
        {
            "policy": each.judged.policy_name,
            "version": each.judged.version_number,
            "said": ", ".join(rule.id for rule in each.judged.rules) or each.kind.value,
            "case": each.number,
            "score": each.judged.score,
            "method": each.judged.method,
            "judge": each.judged.judge,
            "at": each.opened_at.isoformat(),
        }
        for each in told.cases
    ]
    clear = [
        {
            "policy": each.policy_name,
            "version": each.version_number,
            "said": "violation below the threshold" if each.below_threshold else "clear",
            "case": None,
            "score": each.found.clear.score,
            "method": each.found.clear.method,
            "judge": each.found.clear.judge,
            "at": each.found.at.isoformat(),
        }
        for each in told.clear
    ]
    return [*cases, *clear]


def _action(action: Action, noted: Noted | None) -> dict[str, Any]:
    new = action.new
    return {
        "action": action.id,
        "what": new.kind.value,
        "came_to": action.state.value,
        "member_id": str(new.target_id),
        "by": "Bylaw" if new.by is None else str(new.by),
        "reason": new.reason,
        "what_discord_or_bylaw_answered": action.why,
        "asked_at": action.asked_at.isoformat(),
        "settled_at": action.settled_at.isoformat() if action.settled_at else None,
        "length_seconds": new.length.total_seconds() if new.length else None,
        "until": action.until.isoformat() if action.until else None,
        "takes_back_action": new.undoes,
        "changes_action": new.changes,
        "notice_to_the_member": noted.state.value if noted else None,
        "notice_at": noted.at.isoformat() if noted else None,
    }


def _control(control: RaidControl) -> dict[str, Any]:
    new = control.new
    return {
        "raid_control": control.id,
        "what": new.kind.value,
        "channel_id": str(new.channel_id) if new.channel_id else None,
        "slow_mode_seconds": new.seconds or None,
        "came_to": control.state.value,
        "by": str(new.by),
        "reason": new.reason,
        "what_discord_or_bylaw_answered": control.why,
        "asked_at": control.asked_at.isoformat(),
        "until": control.until.isoformat(),
        "ended_at": control.ended_at.isoformat() if control.ended_at else None,
        "ended_by": str(control.ended_by) if control.ended_by else None,
    }


def _appeal(appeal: Appeal) -> dict[str, Any]:
    review, against = appeal.review, appeal.against
    return {
        "attempt": appeal.key.attempt,
        "member_id": str(appeal.member_id),
        "state": appeal.state.value,
        "opened_at": appeal.opened_at.isoformat(),
        "against": against and f"{against.state.value}, by {against.moderator_id}, {against.at.isoformat()}",
        "answers": [{"question": each.question, "answer": _kept(each.text)} for each in appeal.answers],
        "asked_later": [
            {"by": str(each.by), "at": each.at.isoformat(), "question": _kept(each.question), "answer": each.answer}
            for each in appeal.asked
        ],
        "the_judge_then": [
            {
                "policy": each.policy_name,
                "version": each.version_number,
                "violation": each.violation,
                "rules": list(each.rule_ids),
                "score": each.score,
                "rationale": each.rationale,
            }
            for each in (appeal.fresh.answers if appeal.fresh else ())
        ],
        "decided_by": str(review.reviewer_id) if review else None,
        "decided_at": review.at.isoformat() if review else None,
        "reason": _kept(review.reason) if review else None,
        "member_was_told": appeal.told and appeal.told.value,
    }


def _report(report: Report) -> dict[str, Any]:
    return {"member_id": str(report.new.reporter_id), "at": report.at.isoformat(), "words": report.words}
