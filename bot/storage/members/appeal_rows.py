"""Converts between appeals and rows: several texts of one kind are stored as one encrypted JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from bot.keys import UNREADABLE, Cipher
from bot.moderation.appeals.appeal import (
    Answer,
    Appeal,
    AppealKey,
    AppealState,
    Asked,
    Fresh,
    FreshAnswer,
    NewAppeal,
    Review,
)
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.case import CaseState, Decision
from bot.storage.cases.case_rows import storable


def row_of(new: NewAppeal, *, at: datetime, cipher: Cipher) -> dict[str, Any]:
    """The row of an appeal that was just submitted."""
    return {
        "guild_id": new.key.guild_id,
        "case_number": new.key.case_number,
        "attempt": new.key.attempt,
        "member_id": new.member_id,
        "state": AppealState.OPEN.value,
        "opened_at": at,
        "waiting_since": at,
        "answers_encrypted": answers_token(new.answers, cipher),
        "asked_encrypted": asked_token((), cipher),
        "against_state": new.against.state.value if new.against else None,
        "against_by": new.against.moderator_id if new.against else None,
        "against_at": new.against.at if new.against else None,
    }


def cleaned(new: NewAppeal) -> NewAppeal:
    """The appeal with its texts made storable."""
    answers = tuple(
        Answer(question=storable(each.question), text=None if each.text is None else storable(each.text))
        for each in new.answers
    )
    return replace(new, answers=answers)


def answered(appeal: Appeal, text: str, *, at: datetime) -> tuple[Asked, ...]:
    """The questions, with the newest one answered. A question that can't be decrypted can still be answered."""
    newest = appeal.asked[-1] if appeal.asked else Asked(by=0, at=at, question=UNREADABLE)
    return (*appeal.asked[:-1], replace(newest, answer=storable(text), answered_at=at))


def answers_token(answers: Sequence[Answer], cipher: Cipher) -> bytes:
    """Encrypt what the member wrote."""
    return cipher.encrypt(json.dumps([asdict(each) for each in answers]))


def asked_token(asked: Sequence[Asked], cipher: Cipher) -> bytes:
    """Encrypt what reviewers asked."""
    return cipher.encrypt(json.dumps([asdict(each) for each in asked], default=datetime.isoformat))


def fresh_token(fresh: Fresh, cipher: Cipher) -> bytes:
    """Encrypt the judge's answers today."""
    return cipher.encrypt(json.dumps(asdict(fresh)))


def without_texts(appeal: Appeal, at: datetime, cipher: Cipher) -> dict[str, Any]:
    """The columns to write when an appeal's texts are deleted: who asked, and when, stays."""
    return {
        "answers_encrypted": answers_token([replace(each, text=None) for each in appeal.answers], cipher),
        "asked_encrypted": asked_token([replace(each, question=None, answer=None) for each in appeal.asked], cipher),
        "fresh_encrypted": None,
        "reason_encrypted": None,
        "texts_purged_at": at,
    }


def appeal_of(row: Mapping[str, Any], cipher: Cipher) -> Appeal:
    """The appeal that a row holds. A text that can't be decrypted becomes `UNREADABLE`."""
    return Appeal(
        key=AppealKey(guild_id=row["guild_id"], case_number=row["case_number"], attempt=row["attempt"]),
        member_id=row["member_id"],
        state=AppealState(row["state"]),
        answers=_answers(row["answers_encrypted"], cipher),
        against=_against(row),
        asked=_asked(row["asked_encrypted"], cipher),
        fresh=_fresh(row["fresh_encrypted"], cipher),
        review=_review(row, cipher),
        opened_at=row["opened_at"],
        waiting_since=row["waiting_since"],
        reminded_at=row["reminded_at"],
        told=_notice(row["told"]),
        asking_reached=_notice(row["asking_reached"]),
        card_channel_id=row["card_channel_id"],
        card_message_id=row["card_message_id"],
    )


def _answers(token: bytes, cipher: Cipher) -> tuple[Answer, ...]:
    text = cipher.decrypt(token)
    if text is None:
        return (Answer(question="", text=UNREADABLE),)
    return tuple(Answer(**each) for each in json.loads(text))


def _asked(token: bytes, cipher: Cipher) -> tuple[Asked, ...]:
    """The questions. If the key is lost, so are the texts, and who asked and when."""
    text = cipher.decrypt(token)
    return () if text is None else tuple(_one_asked(each) for each in json.loads(text))


def _one_asked(values: dict[str, Any]) -> Asked:
    answered_at = values["answered_at"]
    return Asked(
        **{
            **values,
            "at": datetime.fromisoformat(values["at"]),
            "answered_at": None if answered_at is None else datetime.fromisoformat(answered_at),
        }
    )


def _fresh(token: bytes | None, cipher: Cipher) -> Fresh | None:
    if token is None:
        return None
    text = cipher.decrypt(token)
    if text is None:
        return Fresh(why_not=UNREADABLE)
    values = json.loads(text)
    answers = tuple(FreshAnswer(**{**each, "rule_ids": tuple(each["rule_ids"])}) for each in values["answers"])
    return Fresh(answers=answers, why_not=values["why_not"])


def _against(row: Mapping[str, Any]) -> Decision | None:
    if row["against_by"] is None:
        return None
    return Decision(state=CaseState(row["against_state"]), moderator_id=row["against_by"], at=row["against_at"])


def _review(row: Mapping[str, Any], cipher: Cipher) -> Review | None:
    if row["reviewer_id"] is None:
        return None
    token = row["reason_encrypted"]
    reason = None if token is None else cipher.decrypt(token) or UNREADABLE
    return Review(reviewer_id=row["reviewer_id"], at=row["reviewed_at"], reason=reason)


def _notice(value: str | None) -> NoticeState | None:
    return None if value is None else NoticeState(value)
