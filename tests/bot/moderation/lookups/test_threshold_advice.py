"""Advice on thresholds is a recount of the past, and says nothing before there is enough of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.lookups.decided_scores import ENOUGH, DecidedScore, judged_alike
from bot.moderation.lookups.threshold_advice import AtThreshold, advise

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
    """The newest case says which judge and way of judging it is about; a conversation is judged in the same way."""
    first, together = decided(0.9), decided(0.7, method="conversation:reasoned")
    others = [decided(0.8, judge="gguf:b"), decided(0.8, method="probed"), decided(0.8, judge="lite:2", method="lite")]
    assert judged_alike([first, *others, together]) == (first, together)
    assert judged_alike([]) == ()
