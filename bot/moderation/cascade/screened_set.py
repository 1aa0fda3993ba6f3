"""The state of one set of policies that are looked at together, and how a message changes it. Pure.

A set begins by learning: every message gets both looks, and what the reasoner flags says where violations score. Once
there are enough of them, the threshold is set, and messages below it are skipped except for a sample. The threshold is
set only once: trying again until one fits would break the promise. If the sample shows that the promise is broken, or
if scores drift from those it learned from, the set is switched off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.moderation.cascade.audit import Period, chance_of_audit, count_audited, count_found, is_broken
from bot.moderation.cascade.promise import threshold_for

BINS = 24  #: of scores, by their log-odds from -12 to 12
RECENT = 500  #: messages that are compared with those of the learning phase
MOST_SHIFT = 0.2  #: share of them that may be in other bins; chance alone moves less than a tenth
LEAST_CLEAR = 500  #: clear messages to learn from: with fewer the bins say nothing
LEAST_SKIPPED = 0.2  #: of the messages while learning; a threshold that would settle fewer saves less than it costs
MOST_SCORES = 3_000  #: violations' scores that are kept; the latest


class Mode(StrEnum):
    """What the look at a set is used for."""

    LEARNING = "learning"  #: nothing yet
    ON = "on"  #: clear messages are skipped
    BROKEN = "broken"  #: nothing now: it missed more than promised
    SHIFTED = "shifted"  #: nothing now: scores drifted
    USELESS = "useless"  #: nothing: it would settle too few messages
    NO_ROOM = "no_room"  #: nothing: the judge's memory can't hold the policies together; shown, never stored


LOOKS = (Mode.LEARNING, Mode.ON)  #: modes in which a look is made at all


class Course(StrEnum):
    """What happens to a message after the look."""

    REASON = "reason"  #: it is judged under each policy
    SKIP = "skip"  #: it is taken as clear
    AUDIT = "audit"  #: it would be skipped, but is judged in full to check


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenedSet:
    """The state of a set of policies."""

    recall: float  #: what was promised
    mode: Mode = Mode.LEARNING
    threshold: float | None = None  #: None while learning
    violation_scores: tuple[float, ...] = ()  #: of what the reasoner flagged while learning
    learned: tuple[int, ...] = (0,) * BINS  #: messages by score while learning
    recent: tuple[int, ...] = (0,) * BINS  #: the same since, up to `RECENT` of them
    periods: tuple[Period, ...] = ()  #: of the audit
    looked: int = 0  #: messages that were looked at while on
    skipped: int = 0  #: of which this many were taken as clear

    def course(self, score: float, chance: float) -> Course:
        """What happens to a message with this score. `chance` is a random number between 0 and 1."""
        if self.mode is not Mode.ON or self.threshold is None or score >= self.threshold:
            return Course.REASON
        return Course.AUDIT if chance < chance_of_audit(score, self.threshold) else Course.SKIP


def after_learning(known: ScreenedSet, score: float, *, violation: bool) -> ScreenedSet:
    """The state after a message got the look and the full judgement. Switches on as soon as there is enough data for
    the promise."""
    scores = (*known.violation_scores, score)[-MOST_SCORES:] if violation else known.violation_scores
    known = replace(known, violation_scores=scores, learned=_counted(known.learned, score))
    if known.mode is not Mode.LEARNING or sum(known.learned) - len(scores) < LEAST_CLEAR:
        return known
    threshold = threshold_for(scores, known.recall)
    if threshold is None:
        return known
    mode = Mode.ON if share_below(known.learned, threshold) >= LEAST_SKIPPED else Mode.USELESS
    return replace(known, mode=mode, threshold=threshold)


def with_recall(known: ScreenedSet, recall: float) -> ScreenedSet:
    """The same set for another promise. Keeps what was learned if no threshold was set yet."""
    if known.recall == recall:
        return known
    undecided = known.mode in (Mode.LEARNING, Mode.NO_ROOM)
    return replace(known, recall=recall) if undecided else ScreenedSet(recall=recall)


def without_room(known: ScreenedSet) -> ScreenedSet:
    """The state to show while the judge's memory can't hold the policies together. The stored state doesn't change."""
    return replace(known, mode=Mode.NO_ROOM) if known.mode in LOOKS else known


def after_skip(known: ScreenedSet, score: float) -> ScreenedSet:
    """A message was taken as clear."""
    return _noticed(replace(known, looked=known.looked + 1, skipped=known.skipped + 1), score)


def after_reasoning(known: ScreenedSet, score: float, course: Course, *, violation: bool) -> ScreenedSet:
    """A message was judged under each policy, while the set is on."""
    if course is Course.AUDIT and known.threshold is not None:
        chance = chance_of_audit(score, known.threshold)
        periods = count_audited(known.periods, chance=chance, missed=violation)
    else:
        periods = count_found(known.periods) if violation else known.periods
    known = replace(known, periods=periods, looked=known.looked + 1)
    if course is Course.AUDIT and violation and is_broken(periods, known.recall):  # nothing else can break it
        return replace(known, mode=Mode.BROKEN)
    return _noticed(known, score)


def share_below(bins: Sequence[int], threshold: float) -> float:
    """The share of messages that certainly score below a threshold. Doesn't count those in the threshold's own bin."""
    return sum(bins[: _bin_of(threshold)]) / max(1, sum(bins))


def shift(learned: Sequence[int], recent: Sequence[int]) -> float:
    """How much the distribution of scores changed: the share of messages in other bins (total variation distance)."""
    all_learned, all_recent = sum(learned), sum(recent)
    if not all_learned or not all_recent:
        return 0.0
    return sum(abs(a / all_learned - b / all_recent) for a, b in zip(learned, recent, strict=True)) / 2.0


def _noticed(known: ScreenedSet, score: float) -> ScreenedSet:
    recent = _counted(known.recent, score)
    if sum(recent) < RECENT:
        return replace(known, recent=recent)
    mode = Mode.SHIFTED if shift(known.learned, recent) > MOST_SHIFT else known.mode
    return replace(known, mode=mode, recent=(0,) * BINS)


def _counted(bins: Sequence[int], score: float) -> tuple[int, ...]:
    place = _bin_of(score)
    return (*bins[:place], bins[place] + 1, *bins[place + 1 :])


def _bin_of(score: float) -> int:
    bounded = min(max(score, 1e-9), 1.0 - 1e-9)
    return min(BINS - 1, max(0, int(math.log(bounded / (1.0 - bounded)) + BINS / 2)))
