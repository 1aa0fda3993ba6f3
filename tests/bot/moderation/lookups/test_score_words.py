"""Words for scores: from fifty decisions on, never from the case itself, never from other judges or texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.moderation.cards.face import CardFace
from bot.moderation.cases.case import CardState, Case, CaseKind, CaseState, Evidence, Judged
from bot.moderation.lookups.numbers.decided_scores import DecidedScore
from bot.moderation.lookups.numbers.score_words import SECONDS, ScoreWords

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Kept:
    """Decided scores by policy version; counts how often it is asked."""

    def __init__(self, **decided: list[DecidedScore]) -> None:
        self.decided, self.asked = decided, 0

    async def of_version(
        self, guild_id: int, *, policy_id: int, version_id: int, limit: int = 1_000
    ) -> tuple[DecidedScore, ...]:
        """The scores of a version."""
        self.asked += 1
        return tuple(self.decided.get(f"v{version_id}", ())[:limit])


def agreed(count: int, *, first: int = 100, **changes: Any) -> list[DecidedScore]:
    """Cases of which moderators decided every second one below 0.9 and all above to be violations."""
    cases = []
    for number in range(first, first + count):
        score = 0.99 if number % 2 else 0.7
        usual = {"number": number, "score": score, "violation": score > 0.9 or number % 4 == 0}
        cases.append(DecidedScore(**{**usual, "judge": "gguf:1", "method": "reasoned", **changes}))
    return cases


def case_of(**changes: Any) -> Case:
    """An open case of version 33."""
    judged: dict[str, Any] = {
        "policy_id": 5, "policy_name": "Spoilers", "version_id": 33, "version_number": 3, "rules": (), "score": 0.99,
        "rationale": "x", "reasoning": None, "method": "reasoned", "judge": "gguf:1", "prompt_fingerprint": None,
    }  # fmt: skip
    evidence = Evidence(
        channel_id=20, message_id=300, author_id=7, edit=0, text="the butler did it", forwarded=False, posted_at=NOW
    )
    return Case(
        guild_id=1,
        number=12,
        kind=CaseKind.VIOLATION,
        state=CaseState.OPEN,
        evidence=evidence,
        judged=Judged(**(judged | changes)),
        decision=None,
        card_state=CardState.PENDING,
        card_channel_id=None,
        card_message_id=None,
        opened_at=NOW,
    )


async def likelihood(kept: Kept, *cases: Any) -> list[Any]:
    """What the cards of these cases say."""
    words = ScoreWords(kept, lambda: 0.0)
    return [face.likelihood for face in await words.put_on([CardFace(case=case) for case in cases])]


async def test_from_fifty_decisions_on() -> None:
    """High scores that moderators always confirmed are likelier than low ones that they halved."""
    high, low = case_of(), case_of(score=0.7)
    assert await likelihood(Kept(v33=agreed(49)), high, low) == [None, None]
    sure, unsure = await likelihood(Kept(v33=agreed(50)), high, low)
    assert sure.decisions == unsure.decisions == 50
    assert sure.probability > 0.9
    assert 0.4 < unsure.probability < 0.6


async def test_a_case_is_not_counted_for_itself() -> None:
    """Else its own decision would confirm it."""
    case = case_of()
    assert await likelihood(Kept(v33=agreed(50, first=case.number)), case) == [None]


async def test_only_what_was_judged_alike_counts() -> None:
    """Neither another model, nor another way of judging, nor another text; a conversation's way is the same."""
    other = [*agreed(60, judge="gguf:2"), *agreed(60, method="probed")]
    assert await likelihood(Kept(v33=other, v34=agreed(60)), case_of()) == [None]
    together = case_of(method="conversation:reasoned")
    (found,) = await likelihood(Kept(v33=[*other, *agreed(60)]), together)
    assert found.decisions == 60


async def test_odd_cards_take_no_words_away() -> None:
    """Newer decisions on cards that were judged otherwise change nothing for those judged as usual, and have no words
    themselves: their scores cannot be compared."""
    odd = [
        *agreed(1, first=901, method="probed"),
        *agreed(1, first=902, method="cut"),
        *agreed(1, first=903, judge="l"),
    ]
    kept = Kept(v33=[*odd, *agreed(60)])
    usual, probed = await likelihood(kept, case_of(), case_of(method="probed"))
    assert (usual.decisions, probed) == (60, None)


async def test_cases_without_a_verdict_have_no_words() -> None:
    """Nobody is asked for them."""
    kept = Kept(v33=agreed(60))
    undecided = replace(case_of(score=None), kind=CaseKind.UNDECIDED)
    report = replace(case_of(), kind=CaseKind.REPORT)
    assert await likelihood(kept, undecided, report) == [None, None]
    assert kept.asked == 0


async def test_a_raids_cards_share_a_question() -> None:
    """The counts are remembered for a minute."""
    kept, clock = Kept(v33=agreed(60)), [0.0]
    words = ScoreWords(kept, lambda: clock[0])
    for _ in range(3):
        await words.put_on([CardFace(case=case_of())] * 2)
    assert kept.asked == 1
    clock[0] = SECONDS + 1
    await words.put_on([CardFace(case=case_of())])
    assert kept.asked == 2
