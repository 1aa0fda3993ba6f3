"""Converts between cases and rows, with encryption."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from bot.keys import UNREADABLE, Cipher
from bot.moderation.cases import reading
from bot.moderation.cases.case import (
    RATIONALE_ERASED,
    RATIONALE_EXPIRED,
    RATIONALE_LOST,
    CardState,
    Case,
    CaseKind,
    CaseState,
    Claim,
    ContextLine,
    Decision,
    Edited,
    Evidence,
    Judged,
    NewCase,
    RuleBroken,
)
from bot.moderation.cases.ground import Ground, NamedRule
from bot.moderation.cases.reading import FirstAnswer
from bot.moderation.cases.webhook import CopiedMessage
from bot.storage.cases.file_rows import files_cleaned, files_written, webhook_cleaned, with_files_read
from bot.storage.database.event_loop import yielding
from classifier.content import clean_text

ERASED = b""  #: replaces an erased text in a column that can't be NULL
EXPIRED = b"expired"  #: the same after the retention time
LOST = b"lost"  #: the same where the key is lost
_GONE = {ERASED: RATIONALE_ERASED, EXPIRED: RATIONALE_EXPIRED, LOST: RATIONALE_LOST}
NO_TEXT = frozenset(_GONE)  #: values in an encrypted column that aren't encrypted


def storable(text: str) -> str:
    """The text without characters that databases refuse: lone surrogates, and NUL on PostgreSQL."""
    return clean_text(text).replace("\0", "\ufffd")


def cleaned(new: NewCase) -> NewCase:
    """The case with its texts made storable, so that every store keeps the same."""
    evidence, judged = new.evidence, new.judged
    return replace(
        new,
        evidence=replace(
            evidence,
            text=None if evidence.text is None else clean_text(evidence.text),
            context=tuple(replace(line, text=clean_text(line.text)) for line in evidence.context),
            before=None if evidence.before is None else clean_text(evidence.before),
            files=files_cleaned(evidence.files),
            reading=reading.cleaned(evidence.reading),
            webhook=webhook_cleaned(evidence.webhook),
        ),
        judged=replace(
            judged,
            policy_name=storable(judged.policy_name),
            rules=tuple(
                RuleBroken(id=storable(rule.id), title=storable(rule.title), severity=storable(rule.severity))
                for rule in judged.rules
            ),
            rationale=clean_text(judged.rationale),
            reasoning=None if judged.reasoning is None else clean_text(judged.reasoning),
            first_answer=judged.first_answer
            and replace(judged.first_answer, rationale=clean_text(judged.first_answer.rationale)),
        ),
    )


def row_of(new: NewCase, *, number: int, opened_at: datetime, cipher: Cipher) -> dict[str, Any]:
    """The row of a case that was just opened."""
    evidence, judged = new.evidence, new.judged
    return {
        "guild_id": new.guild_id,
        "number": number,
        "kind": new.kind.value,
        "state": CaseState.OPEN.value,
        "opened_at": opened_at,
        "channel_id": evidence.channel_id,
        "message_id": evidence.message_id,
        "author_id": evidence.author_id,
        "edit": evidence.edit,
        "text_encrypted": _encrypt(cipher, evidence.text),
        "context_encrypted": _encrypt(cipher, _written(evidence.context)),
        "before_encrypted": _encrypt(cipher, evidence.before),
        "files_encrypted": _encrypt(cipher, files_written(evidence)),
        "reading_encrypted": _encrypt(cipher, reading.written(evidence.reading)),
        "forwarded": evidence.forwarded,
        "posted_at": evidence.posted_at,
        "gone": evidence.gone,
        "policy_id": judged.policy_id,
        "policy_name": judged.policy_name,
        "version_id": judged.version_id,
        "version_number": judged.version_number,
        "rules": [{"id": rule.id, "title": rule.title, "severity": rule.severity} for rule in judged.rules],
        "score": judged.score,
        "digit_mass": judged.digit_mass,
        "rationale_encrypted": cipher.encrypt(judged.rationale),
        "reasoning_encrypted": _encrypt(cipher, judged.reasoning),
        "method": judged.method,
        "judge": judged.judge,
        "prompt_fingerprint": judged.prompt_fingerprint,
        "speakers": [list(speaker) for speaker in judged.speakers] or None,
        "first_answer_encrypted": _encrypt(cipher, _first_written(judged.first_answer)),
        "card_state": new.kind.card_state.value,
    }


def case_of(row: Mapping[str, Any], cipher: Cipher) -> Case:
    """The case that a row holds. A text that can't be decrypted with the current keys becomes `UNREADABLE`."""
    return Case(
        guild_id=row["guild_id"],
        number=row["number"],
        kind=CaseKind(row["kind"]),
        state=CaseState(row["state"]),
        evidence=_evidence(row, cipher),
        judged=_judged(row, cipher),
        decision=_decision(row),
        card_state=CardState(row["card_state"]),
        card_channel_id=row["card_channel_id"],
        card_message_id=row["card_message_id"],
        opened_at=row["opened_at"],
        claim=_claim(row),
        ground=_ground(row, cipher),
    )


async def cases_of(rows: Iterable[Mapping[Any, Any]], cipher: Cipher) -> tuple[Case, ...]:
    """The cases that rows hold, in order. Yields to the event loop during long lists."""
    return tuple([case_of(row, cipher) async for row in yielding(rows)])


def rules_in(row: Mapping[str, Any] | RowMapping) -> tuple[RuleBroken, ...]:
    """The rules that the case of a row is about, from its columns `rules` and `ground`."""
    named = (row["ground"] or {}).get("rule")
    rules = row["rules"] or ([] if named is None else [{name: named[name] for name in ("id", "title", "severity")}])
    return tuple(RuleBroken(**rule) for rule in rules)


def ground_values(ground: Ground, cipher: Cipher) -> dict[str, Any]:
    """The columns to write when a moderator names a rule, or another reason."""
    words = None if ground.words is None else cipher.encrypt(clean_text(ground.words))
    return {"ground": {"rule": ground.rule and asdict(ground.rule)}, "ground_encrypted": words}


def _ground(row: Mapping[str, Any], cipher: Cipher) -> Ground | None:
    if not row["ground"]:
        return None
    named = row["ground"]["rule"]
    return Ground(rule=named and NamedRule(**named), words=_decrypt(cipher, row["ground_encrypted"]))


def _evidence(row: Mapping[str, Any], cipher: Cipher) -> Evidence:
    evidence = Evidence(
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        author_id=row["author_id"],
        edit=row["edit"],
        text=_decrypt(cipher, row["text_encrypted"]),
        forwarded=row["forwarded"],
        posted_at=row["posted_at"],
        gone=row["gone"],
        context=_read(_decrypt(cipher, row["context_encrypted"])),
        before=_decrypt(cipher, row["before_encrypted"]),
        edited=_edited(row["edited"], _decrypt(cipher, row["edited_encrypted"])),
        versions=_versions_read(_decrypt(cipher, row["versions_encrypted"])),
        reading=_reading_read(_decrypt(cipher, row["reading_encrypted"])),
    )
    return with_files_read(evidence, _decrypt(cipher, row["files_encrypted"]))


def _judged(row: Mapping[str, Any], cipher: Cipher) -> Judged:
    return Judged(
        policy_id=row["policy_id"],
        policy_name=row["policy_name"],
        version_id=row["version_id"],
        version_number=row["version_number"],
        rules=tuple(RuleBroken(**rule) for rule in row["rules"]),
        score=row["score"],
        digit_mass=row["digit_mass"],
        rationale=_decrypt(cipher, row["rationale_encrypted"]) or "",
        reasoning=_decrypt(cipher, row["reasoning_encrypted"]),
        method=row["method"],
        judge=row["judge"],
        prompt_fingerprint=row["prompt_fingerprint"],
        speakers=tuple((letter, member_id) for letter, member_id in row["speakers"] or ()),
        first_answer=_first_read(_decrypt(cipher, row["first_answer_encrypted"])),
    )


def _reading_read(written: str | None) -> reading.Reading | None:
    return None if written == UNREADABLE else reading.read(written)


def _decision(row: Mapping[str, Any]) -> Decision | None:
    if row["decided_by"] is None:
        return None
    return Decision(state=CaseState(row["state"]), moderator_id=row["decided_by"], at=row["decided_at"])


def _claim(row: Mapping[str, Any]) -> Claim | None:
    if row["claimed_by"] is None:
        return None
    return Claim(moderator_id=row["claimed_by"], at=row["claimed_at"])


def _written(context: tuple[ContextLine, ...]) -> str | None:
    return json.dumps([[line.author_id, line.text] for line in context]) if context else None


def _read(context: str | None) -> tuple[ContextLine, ...]:
    """The lines of context; empty if they can't be decrypted."""
    if context is None or context == UNREADABLE:
        return ()
    return tuple(ContextLine(author_id=author_id, text=text) for author_id, text in json.loads(context))


def _edited(edit: int | None, text: str | None) -> Edited | None:
    return None if edit is None or text is None else Edited(edit=edit, text=text)


def edit_values(evidence: Evidence, edited: Edited, cipher: Cipher) -> dict[str, Any]:
    """The columns to write when the message was edited again."""
    versions = [[each.edit, each.text] for each in evidence.with_edit(edited).versions]
    return {
        "edited": edited.edit,
        "edited_encrypted": cipher.encrypt(edited.text),
        "versions_encrypted": _encrypt(cipher, json.dumps(versions) if versions else None),
    }


def author_values(evidence: Evidence, copy: CopiedMessage, cipher: Cipher) -> dict[str, Any]:
    """The columns to write when the message turns out to be a copy of a member's."""
    written = files_written(replace(evidence, copy=copy))
    return {"author_id": copy.member_id, "files_encrypted": _encrypt(cipher, written)}


def _versions_read(written: str | None) -> tuple[Edited, ...]:
    if written is None or written == UNREADABLE:
        return ()
    return tuple(Edited(edit=edit, text=text) for edit, text in json.loads(written))


def _first_written(answer: FirstAnswer | None) -> str | None:
    return None if answer is None else json.dumps([answer.rule_ids, answer.score, answer.rationale])


def _first_read(written: str | None) -> FirstAnswer | None:
    if written is None or written == UNREADABLE:
        return None
    rule_ids, score, rationale = json.loads(written)
    return FirstAnswer(rule_ids=tuple(rule_ids), score=score, rationale=rationale)


def _encrypt(cipher: Cipher, text: str | None) -> bytes | None:
    return None if text is None else cipher.encrypt(text)


def _decrypt(cipher: Cipher, token: bytes | None) -> str | None:
    if token is None:
        return None
    if token in _GONE:
        return _GONE[token]
    text = cipher.decrypt(token)
    return UNREADABLE if text is None else text
