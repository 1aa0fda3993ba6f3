"""Replays a case with the same prompt, and says what differs. Stores and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.keys import UNREADABLE
from bot.moderation.cases.case import Case, CaseKind
from bot.moderation.cases.reading import CONVERSATION, Reading, taken_apart
from bot.moderation.messages.content import content_of
from bot.moderation.messages.message_seen import Answered, MessageSeen
from bot.moderation.policies.judge_requests import JudgeRequests, judgeable
from classifier import Effort, Judge, Judgement, Lane, Undecided

NO_VERDICT = "It rests on no verdict of a judge, so there is nothing to judge again."
TEXTS_GONE = "Its texts are gone: their retention time is over, or they were erased. It cannot be judged again."
KEY_LOST = "Its texts cannot be read with the present key, so it cannot be judged again."
OF_CONVERSATION = "Its verdict is about a whole conversation, which is not kept. It cannot be judged again."
POLICY_GONE = "The version of the policy that it was judged under is gone. It cannot be judged again."


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotReplay:
    """The case can't be judged again; `why` is a sentence or two."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The verdicts then and now."""

    then: Case
    now: Judgement
    whole: bool  #: everything that the judge read then could be reconstructed

    @property
    def same_prompt(self) -> bool:
        """Was exactly the same prompt built? For a judge without prompts: was nothing missing?"""
        before = self.then.judged.prompt_fingerprint
        if isinstance(self.now, Undecided):
            return False
        after = self.now.provenance.prompt_fingerprint
        return before == after if before or after else self.whole

    @property
    def same_model(self) -> bool:
        """Did the same model file, or the same judge without one, answer?"""
        return not isinstance(self.now, Undecided) and _model(self.then.judged.judge) == _model(
            self.now.provenance.judge
        )

    @property
    def same_verdict(self) -> bool:
        """Were the same rules found broken?"""
        rules = tuple(rule.id for rule in self.then.judged.rules)
        return not isinstance(self.now, Undecided) and sorted(rules) == sorted(self.now.rule_ids)

    def as_json(self) -> dict[str, Any]:
        """The comparison as names and values. No text of a member is in it."""
        judged = self.then.judged
        return {
            "case": f"{self.then.guild_id}/{self.then.number}",
            "same_prompt": self.same_prompt,
            "same_model": self.same_model,
            "same_verdict": self.same_verdict,
            "then": {
                "outcome": "violation" if judged.rules else "undecided",
                "rules": [rule.id for rule in judged.rules],
                "score": judged.score,
                "method": judged.method,
                "judge": judged.judge,
                "prompt_sha256": judged.prompt_fingerprint,
                "policy": judged.policy_name,
                "version": judged.version_number,
                "at": self.then.opened_at.isoformat(timespec="seconds"),
            },
            "now": _said(self.now),
        }


def _said(now: Judgement) -> dict[str, Any]:
    if isinstance(now, Undecided):
        return {"outcome": "undecided", "rules": [], "reason": now.reason.value}
    return {
        "outcome": now.outcome.value,
        "rules": list(now.rule_ids),
        "score": now.score,
        "method": now.provenance.method.value,
        "judge": now.provenance.judge,
        "prompt_sha256": now.provenance.prompt_fingerprint,
    }


async def replay(
    case: Case, policy_text: str | None, *, judge: Judge, requests: JudgeRequests
) -> Replayed | CannotReplay:
    """Judge a case again, under the same policy version.

    Args:
        policy_text: that version; None if it was deleted.
    """
    seen = message_of(case)
    if isinstance(seen, CannotReplay):
        return seen
    policy = None if policy_text is None else await judgeable(policy_text)
    if policy is None:
        return CannotReplay(why=POLICY_GONE)
    reading = case.evidence.reading or Reading()
    request = requests.make_for_post(
        replace(policy, language=reading.language),
        content_of(seen),
        effort=Effort(reading.effort) if reading.effort else None,
        lane=Lane.BACKGROUND,
        server=case.guild_id,
    )
    now = await judge.judge(request)
    return Replayed(then=case, now=now, whole=case.evidence.reading is not None)


def message_of(case: Case) -> MessageSeen | CannotReplay:
    """The message of a case as the judge read it, as far as that is stored."""
    evidence, judged = case.evidence, case.judged
    if case.kind not in (CaseKind.VIOLATION, CaseKind.UNDECIDED):
        return CannotReplay(why=NO_VERDICT)
    if judged.method.startswith(f"{CONVERSATION}:"):
        return CannotReplay(why=OF_CONVERSATION)
    if evidence.text is None:
        return CannotReplay(why=TEXTS_GONE)
    if evidence.text == UNREADABLE:
        return CannotReplay(why=KEY_LOST)
    reading = evidence.reading or Reading()
    text, parts = taken_apart(evidence.text, reading) or (evidence.text, ())
    answers = reading.answers
    return MessageSeen(
        guild_id=case.guild_id,
        channel_id=evidence.channel_id,
        message_id=evidence.message_id,
        author_id=evidence.author_id,
        text=text,
        parts=parts,
        forwarded=evidence.forwarded,
        edit=evidence.edit,
        posted_at=evidence.posted_at,
        titles=reading.titles,
        answers=None if answers is None else Answered(message_id=0, author_id=answers[0], text=answers[1]),
        context=() if reading.alone else evidence.context,
    )


def _model(judge: str) -> str:
    """The part of a judge's name that says which file answered."""
    return judge.split(" ", 1)[0]
