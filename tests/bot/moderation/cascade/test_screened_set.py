"""What messages change about a set of policies."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from bot.languages.language import Language
from bot.languages.translation import speaking
from bot.moderation.cascade.screened_set import (
    LEAST_CLEAR,
    MOST_SCORES,
    RECENT,
    Course,
    Mode,
    ScreenedSet,
    after_learning,
    after_reasoning,
    after_skip,
    share_below,
    shift,
    with_recall,
)
from bot.moderation.cascade.words import described, switched_off


def learned(recall: float = 0.90, violations: int = 29, clear: int = LEAST_CLEAR, score: float = 0.8) -> ScreenedSet:
    """A set after clear messages with low scores and violations with this one."""
    known = ScreenedSet(recall=recall)
    for _ in range(clear):
        known = after_learning(known, 0.01, violation=False)
    for _ in range(violations):
        known = after_learning(known, score, violation=True)
    return known


def test_it_begins_once_enough_is_known() -> None:
    """With one violation or one clear message less it still learns; then the lowest violation is the threshold."""
    assert learned(violations=28).mode is Mode.LEARNING
    assert learned(clear=LEAST_CLEAR - 1).mode is Mode.LEARNING
    known = learned()
    assert (known.mode, known.threshold) == (Mode.ON, 0.8)


def test_it_does_not_begin_where_it_would_save_nothing() -> None:
    """Violations score as low as everything else. That is decided once: later ones change nothing."""
    known = learned(score=0.009)
    assert known.mode is Mode.USELESS
    assert "cost more than it saves" in described(known)
    for _ in range(100):
        known = after_learning(known, 0.99, violation=True)
    assert known.mode is Mode.USELESS


def test_what_happens_to_a_message() -> None:
    """While learning everything is judged; then what scores low is skipped, but for a sample."""
    assert ScreenedSet(recall=0.9).course(0.0, 0.99) is Course.REASON
    known = learned()
    assert known.course(0.8, 0.0) is Course.REASON
    assert known.course(0.79, 0.99) is Course.SKIP
    assert known.course(0.79, 0.3) is Course.AUDIT
    assert known.course(0.01, 0.3) is Course.SKIP
    assert known.course(0.01, 0.01) is Course.AUDIT


def test_it_switches_itself_off_when_it_misses_too_much() -> None:
    """And stays off; nothing is skipped any longer."""
    known = learned()
    for _ in range(200):
        if known.mode is Mode.ON:
            known = after_reasoning(known, 0.01, Course.AUDIT, violation=True)
    assert known.mode is Mode.BROKEN
    assert known.course(0.0, 0.99) is Course.REASON
    assert after_learning(known, 0.9, violation=True).mode is Mode.BROKEN
    assert "missed more than 10% of violations, the most you allowed" in described(known)
    assert "misses more than 10% of violations" in switched_off(known, ["Spoilers", "Spam"])
    with speaking(Language.GERMAN):
        said = switched_off(known, ["Spoilers", "Spam"])
    assert said.startswith("Die erste Prüfung aller Richtlinien zusammen ist für Spoilers, Spam aus: Sie übersieht")
    assert "mehr als 10\xa0% der Verstöße" in said


def test_it_switches_itself_off_when_messages_change() -> None:
    """Clear messages score otherwise than while it was learned: the threshold may mean something else."""
    known = learned()
    for _ in range(RECENT):
        known = after_skip(known, 0.3)
    assert known.mode is Mode.SHIFTED
    assert "no longer like those" in described(known)
    assert "for Spoilers: messages are no longer like those it learned from. Every" in switched_off(known, ["Spoilers"])


def test_the_same_traffic_is_no_shift() -> None:
    """Chance alone does not switch it off, in 40 rounds of comparison."""
    chance = random.Random(5)
    known = ScreenedSet(recall=0.90)
    while known.mode is Mode.LEARNING:
        violation = chance.random() < 0.05
        score = min(0.999, max(0.001, chance.gauss(0.8 if violation else 0.1, 0.1)))
        known = after_learning(known, score, violation=violation)
    for _ in range(40 * RECENT):
        known = after_skip(known, min(0.999, max(0.001, chance.gauss(0.1, 0.1))))
    assert known.mode is Mode.ON
    assert known.skipped == known.looked == 40 * RECENT


def test_only_the_latest_violations_are_kept() -> None:
    """What is stored stays small."""
    known = ScreenedSet(recall=0.99)
    for number in range(MOST_SCORES + 5):
        known = after_learning(known, number / 10_000, violation=True)
    assert len(known.violation_scores) == MOST_SCORES
    assert known.violation_scores[0] == 5 / 10_000


@pytest.mark.parametrize("score", [0.0, 1.0, 0.5, 1e-300])
def test_every_score_has_a_place(score: float) -> None:
    """Also those at the ends."""
    assert sum(after_learning(ScreenedSet(recall=0.9), score, violation=False).learned) == 1


def test_how_much_would_be_settled() -> None:
    """Only what certainly lies below counts."""
    known = learned()
    assert share_below(known.learned, 0.8) == pytest.approx(LEAST_CLEAR / (LEAST_CLEAR + 29))
    assert shift((1, 1), (2, 2)) == 0.0
    assert shift((1, 0), (0, 1)) == 1.0
    assert shift((0, 0), (0, 1)) == 0.0


def test_moderators_read_what_is_missing() -> None:
    """How many violations, and what could be promised instead."""
    text = described(learned(recall=0.99, violations=41))
    assert text == ("Learning: it needs 299 judged violations for 99%, and has 41. At 90% it could start today.")
    assert described(learned(recall=0.99, violations=3)) == (
        "Learning: it needs 299 judged violations for 99%, and has 3."
    )
    assert "needs 500 clear messages" in described(learned(clear=7))


def test_moderators_read_how_it_is_going() -> None:
    """What was settled, what was promised, what the checks found."""
    known = learned()
    for _ in range(99):
        known = after_skip(known, 0.01)
    known = after_reasoning(known, 0.01, Course.AUDIT, violation=False)
    text = described(known)
    assert "settled 99% of 100 messages, 99 judgements saved." in text
    assert "594 judgements saved." in described(known, policies=6)
    assert "judged in full as a check: 1, violations among them: 0" in text


def test_only_what_is_true_is_offered() -> None:
    """A lower promise is named where it would be kept from the next message on: not with too few clear messages, nor
    where it would settle too little."""
    assert "could start today" not in described(learned(recall=0.99, violations=41, clear=LEAST_CLEAR - 1))
    assert "could start today" not in described(learned(recall=0.99, violations=41, score=0.009))
    offered = learned(recall=0.99, violations=41)
    assert "At 90% it could start today." in described(offered)
    assert after_learning(with_recall(offered, 0.90), 0.01, violation=False).mode is Mode.ON


def test_another_promise_keeps_what_was_never_decided_upon() -> None:
    """Otherwise it begins again; the same promise changes nothing."""
    learning, on = learned(recall=0.99, violations=41), learned()
    assert with_recall(learning, 0.95).violation_scores == learning.violation_scores
    assert with_recall(on, on.recall) is on
    assert with_recall(on, 0.99) == ScreenedSet(recall=0.99)


@pytest.mark.parametrize("apart", [1.0, 2.0, 3.0])
def test_the_promise_is_kept_however_good_the_look_is(apart: float) -> None:
    """Of 300 runs at most a twentieth, and what chance allows, goes on with a threshold that misses too much."""
    broken = 0
    for seed in range(300):
        chance, known = random.Random(seed), ScreenedSet(recall=0.90)
        for _ in range(4_000):
            if known.mode is not Mode.LEARNING:
                break
            violation = chance.random() < 0.3
            latent = chance.gauss(apart if violation else 0.0, 1.0)
            known = after_learning(known, 1 / (1 + math.exp(2 - 2 * latent)), violation=violation)
        if known.mode is Mode.ON and known.threshold is not None:
            edge = (2 + math.log(known.threshold / (1 - known.threshold))) / 2
            broken += statistics.NormalDist(apart).cdf(edge) > 0.10
    assert broken <= 24
