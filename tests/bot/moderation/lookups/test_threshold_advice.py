"""Advice on thresholds is a recount of the past, and says nothing before there is enough of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.lookups.numbers.decided_scores import ENOUGH, DecidedScore, judged_alike
from bot.moderation.lookups.numbers.policy_numbers import PolicyNumbersLookup
from bot.moderation.lookups.numbers.stats import AppealCounts, RuleStats
from bot.moderation.lookups.numbers.threshold_advice import AtThreshold, ThresholdAdvice, advise
from bot.moderation.trials.drift import JudgeMark
from guild_policies.scope import PolicySettings
from guild_policies.versions import PolicyVersion, StoredPolicy

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OFFERED = (0.5, 0.8, 0.9, 0.95, 0.99)
scores = st.one_of(st.floats(0.5, 1), st.sampled_from(OFFERED))


def decided(score: float, violation: bool = True, *, judge: str = "gguf:a", method: str = "reasoned") -> DecidedScore:
    """A decided case."""
    return DecidedScore(number=1, score=score, violation=violation, judge=judge, method=method)


@given(st.lists(st.builds(decided, scores, st.booleans()), max_size=150), st.sampled_from((0.3, *OFFERED)))
def test_equals_a_recount(cases: list[DecidedScore], present: float) -> None:
    """Card by card: who would have seen it at the present threshold, and who at another one?"""
    advice = advise(cases, present=present, offered=OFFERED)
    shown = [case for case in cases if not case.score < present]
    assert advice.decided == len(shown)
    assert advice.missing == max(0, 50 - len(shown))
    recount = []
    for threshold in OFFERED:
        spared = lost = 0
        for case in shown:
            if not case.score >= threshold:
                spared += 1
                lost += case.violation
        if threshold > present and spared:
            recount.append(AtThreshold(threshold=threshold, fewer=spared, violations=lost))
    assert advice.others == (tuple(recount) if len(shown) >= 50 else ())


@pytest.mark.parametrize(("count", "missing"), [(0, 50), (49, 1), (50, 0), (51, 0)])
def test_how_many_are_missing(count: int, missing: int) -> None:
    """Fifty decisions are enough."""
    advice = advise([decided(0.6)] * count, present=0.5, offered=OFFERED)
    assert (advice.missing, bool(advice.others)) == (missing, count >= ENOUGH)


def test_scores_of_other_judges_do_not_count() -> None:
    """The most frequent judge and way of judging counts, whatever the newest case is; a conversation is judged in the
    same way. Of two that are equally frequent the newer one counts."""
    first, together = decided(0.9), decided(0.7, method="conversation:reasoned")
    others = [decided(0.8, judge="gguf:b"), decided(0.8, method="probed"), decided(0.8, judge="lite:2", method="lite")]
    assert judged_alike([*others, first, together]) == (first, together)
    assert judged_alike(others) == (others[0],)
    assert judged_alike([]) == ()


class Kept:
    """What the stores know: the decided scores of every version, and which judge was last in use."""

    def __init__(self, *scores: DecidedScore, in_use: str | None = None) -> None:
        self._scores, self._in_use = scores, in_use

    async def of_version(
        self, guild_id: int, *, policy_id: int, version_id: int, limit: int = 1_000
    ) -> tuple[DecidedScore, ...]:
        """All scores."""
        return self._scores[:limit]

    async def mark(self, guild_id: int) -> JudgeMark | None:
        """The judge in use."""
        return None if self._in_use is None else JudgeMark(guild_id=guild_id, identity=self._in_use, at=NOW)

    async def rules(self, *_: object, **__: object) -> tuple[RuleStats, ...]:
        """No agreement is counted here."""
        return ()

    async def appeals(self, *_: object, **__: object) -> AppealCounts:
        """No appeals either."""
        return AppealCounts()

    async def times_to_close(self, *_: object, **__: object) -> tuple[timedelta, ...]:
        """Nor times."""
        return ()


async def advice_of(kept: Kept) -> ThresholdAdvice | None:
    """The advice about a policy in force."""
    policy = StoredPolicy(
        id=5,
        guild_id=1,
        name="Spoilers",
        settings=PolicySettings(),
        published=PolicyVersion(id=33, policy_id=5, number=1, text="x", fingerprint="f", author_id=9, created_at=NOW),
        draft=None,
        created_at=NOW,
    )
    numbers = PolicyNumbersLookup(stats=kept, scores=kept, judges=kept, now=lambda: NOW)
    return await numbers.advice(policy, offered=OFFERED)


@pytest.mark.parametrize(
    "odd",
    [decided(0.9, method="probed"), decided(0.9, method="cut"), decided(0.9, judge="lite:2", method="lite")],
    ids=["probed", "cut", "lite"],
)
@pytest.mark.parametrize("in_use", [None, "gguf:a", "gguf:a llama.cpp:b6000"])
async def test_one_odd_card_takes_no_advice_away(odd: DecidedScore, in_use: str | None) -> None:
    """Two hundred cards judged as usual count, whichever way the newest one was judged."""
    usual = [decided(0.6), decided(0.95)] * 100
    found = await advice_of(Kept(odd, *usual, in_use=in_use))
    assert found == await advice_of(Kept(*usual))
    assert found is not None
    assert (found.decided, found.missing, bool(found.others)) == (200, 0, True)


async def test_a_new_judge_begins_with_no_counts() -> None:
    """However much was decided under the former one: its scores are other scores."""
    former, now = [decided(0.6), decided(0.95)] * 100, [decided(0.7, judge="gguf:b")] * 3
    found = await advice_of(Kept(*now, *former, in_use="gguf:b"))
    assert found is not None
    assert (found.decided, found.others) == (3, ())
