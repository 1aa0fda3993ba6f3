"""A judge that asks another judge according to a variant."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.evaluation.tuning.variant import RulesACall
from classifier import (
    Effort,
    Judge,
    Judgement,
    JudgeRequest,
    Outcome,
    PolicyFit,
    PolicyText,
    PromptVariant,
    Undecided,
    Verdict,
)


class AskedUnder:
    """Asks another judge in another wording, about all rules at once or each rule in a separate call."""

    def __init__(self, judge: Judge, prompt: PromptVariant | None, rules_a_call: RulesACall) -> None:
        self._judge = judge
        self._prompt = prompt
        self._one_by_one = rules_a_call is RulesACall.ONE

    @property
    def name(self) -> str:
        """The other judge's name."""
        return self._judge.name

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Ask the other judge. Rule by rule, all violations found are merged."""
        request = replace(request, variant=self._prompt)
        if not self._one_by_one or len(request.policy.rules) == 1:
            return await self._judge.judge(request)
        policies = [replace(request.policy, rules=(rule,)) for rule in request.policy.rules]
        asked = (self._judge.judge(replace(request, policy=policy)) for policy in policies)
        return _together(request.policy, await asyncio.gather(*asked))

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """Let the other judge prepare."""
        return await self._judge.prepare(policy, effort=effort)

    async def close(self) -> None:
        """Close the other judge."""
        await self._judge.close()


def _together(policy: PolicyText, answers: Sequence[Judgement]) -> Judgement:
    """Merge answers: the violation with the highest score, with the rules of all; without one, no verdict if a rule has
    none, otherwise clear."""
    verdicts = [answer for answer in answers if isinstance(answer, Verdict)]
    guilty = [verdict for verdict in verdicts if verdict.outcome is Outcome.VIOLATION]
    missing = next((answer for answer in answers if isinstance(answer, Undecided)), None)
    if missing is not None and not guilty:
        return missing
    surest = max(guilty or verdicts, key=lambda verdict: verdict.score)
    made = [verdict.provenance for verdict in verdicts]
    return replace(
        surest,
        rule_ids=tuple(rule_id for verdict in guilty for rule_id in verdict.rule_ids),
        messages=tuple(sorted({number for verdict in guilty for number in verdict.messages})),
        provenance=replace(
            surest.provenance,
            policy_fingerprint=policy.fingerprint,
            prompt_tokens=sum(each.prompt_tokens for each in made),
            reply_tokens=sum(each.reply_tokens for each in made),
            seconds_computed=sum(each.seconds_computed for each in made),
        ),
    )
