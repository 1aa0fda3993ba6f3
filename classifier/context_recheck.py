"""Context can never be the ground of a verdict: what blames the context alone is judged again without it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from classifier.judge import Judge, JudgeRequest
from classifier.verdict import Judgement, Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A judgement that rests on the content. Where the context was blamed at first, both answers are here."""

    judgement: Judgement  #: names messages of the content only
    blamed_context: Verdict | None = None  #: the first answer, which named messages of the context and no other


async def judge_content(judge: Judge, request: JudgeRequest) -> Looked:
    """Ask the judge; where it blames nothing but context, ask again about the content alone.

    The second request has the first one's deadline; a judge that has no answer then is `Undecided`, never guilty.
    """
    judgement = await judge.judge(request)
    if not isinstance(judgement, Verdict) or judgement.outcome is Outcome.CLEAR:
        return Looked(judgement=judgement)
    named = tuple(number for number in judgement.messages if request.content.is_judged(number))
    if named:
        return Looked(judgement=replace(judgement, messages=named))
    skipped = len(request.content.context)
    alone = await judge.judge(replace(request, content=replace(request.content, context=())))
    if isinstance(alone, Verdict):
        alone = replace(alone, messages=tuple(number + skipped for number in alone.messages))
    return Looked(judgement=alone, blamed_context=judgement)
