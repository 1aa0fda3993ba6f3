"""Runs of the cascade over drawn traffic: learning, working, a change for the worse, the alarm.

The reasoner's verdicts and thinking lengths are drawn from what gpt-oss-safeguard-20b really answered, the first look's
scores from two normal distributions that lie apart as far as an AUC says. Everything else is the bot's own code.
Nothing here is a figure about how well any model judges.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from bot.moderation.cascade.screened_set import (
    Course,
    Mode,
    ScreenedSet,
    after_learning,
    after_reasoning,
    after_skip,
)

RECALLS = (0.95, 0.99)
AUCS = (0.95, 0.98, 0.99, 0.995)
PREVALENCE = 0.03
POLICIES = 6
FALL = 0.09  #: of the recall, when the traffic changes
LONGEST = 60_000  #: messages of a run


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """What the reasoner answered about real messages: how long it thought."""

    clear: tuple[int, ...]  #: tokens, of clear verdicts
    violation: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What the model takes for a message, in any unit of time."""

    look: float = 60.0 / 1_097  #: seconds; a message with its marks, at the reading speed of docs/engine.md
    begin: float = 60.0 / 1_097  #: the same before a reasoning
    written: float = 1.0 / 329  #: for each token of it, at the writing speed of docs/engine.md

    def reasoning(self, tokens: int) -> float:
        """Of one policy's judgement with so much thinking."""
        return self.begin + self.written * tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a run assumes."""

    recall: float  #: what is promised
    auc: float  #: of the first look's scores
    prevalence: float = PREVALENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one run."""

    started: bool
    kept: bool = True  #: the true recall behind the threshold is at least what was promised; also where it never starts
    skipped: float = 0.0  #: share of clear messages
    saved: float = 0.0  #: share of the time for reasoning
    alarm: bool = False  #: switched off although nothing had changed
    detected_after: int | None = None  #: audited messages from the change to the alarm; None if there was none
    cost: float = 0.0  #: of six policies with the cascade against one without, per message


def read_replies(file: Path | None) -> Replies:
    """The thinking lengths, by verdict."""
    if file is None:  # quantiles of the 6,215 public replies
        return Replies(clear=(60, 90, 130, 170, 220, 280, 380, 560, 900), violation=(70, 100, 140, 190, 240, 320, 430))
    clear, violation = list[int](), list[int]()
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            for reply in json.loads(line)["replies"]:
                if reply.get("violation") is not None:
                    (violation if reply["violation"] else clear).append(int(reply["reasoning_tokens"]))
    return Replies(clear=tuple(clear), violation=tuple(violation))


def apart(auc: float) -> float:
    """How far violations lie above clear messages, in standard deviations, for a look of this quality."""
    return math.sqrt(2.0) * statistics.NormalDist().inv_cdf(auc)


def score_of(latent: float) -> float:
    """The look's score, between 0 and 1."""
    return 1.0 / (1.0 + math.exp(6.0 - 2.0 * latent))


class Traffic:
    """Messages with the first look's score and the reasoner's verdict."""

    def __init__(self, setting: Setting, seed: int) -> None:
        self._setting = setting
        self._random = np.random.default_rng(seed)
        self.apart = apart(setting.auc)
        self.drop = 0.0  #: how far violations have come nearer to clear messages

    def messages(self, count: int) -> Iterator[tuple[float, bool, float]]:
        """Score, verdict and a random number, message by message."""
        violations = self._random.random(count) < self._setting.prevalence
        latent = self._random.standard_normal(count) + violations * (self.apart - self.drop)
        scores = [score_of(each) for each in latent.tolist()]
        yield from zip(scores, violations.tolist(), self._random.random(count).tolist(), strict=True)

    def recall(self, threshold: float) -> float:
        """The true share of violations that score at or above a threshold."""
        latent = (6.0 + math.log(threshold / (1.0 - threshold))) / 2.0
        return 1.0 - statistics.NormalDist(self.apart - self.drop).cdf(latent)


def run(setting: Setting, seed: int, replies: Replies, costs: Costs) -> Outcome:
    """Learn, work for a while, change the traffic, wait for the alarm."""
    traffic = Traffic(setting, seed)
    known = ScreenedSet(recall=setting.recall)
    known = learn(traffic, known)
    if known.mode is not Mode.ON or known.threshold is None:
        return Outcome(started=False)
    threshold, kept = known.threshold, traffic.recall(known.threshold) >= setting.recall
    worked = _work(known, traffic, replies, costs, 10_000)
    outcome = Outcome(started=True, kept=kept, skipped=worked.skipped, saved=worked.saved, cost=worked.cost)
    if worked.known.mode is not Mode.ON:
        return replace(outcome, alarm=True)
    traffic.drop = _drop_to(traffic, threshold, recall=setting.recall - FALL)
    audited = sum(period.audited for period in worked.known.periods)
    after = _work(worked.known, traffic, replies, costs, LONGEST).known
    detected = None if after.mode is Mode.ON else sum(period.audited for period in after.periods) - audited
    return replace(outcome, detected_after=detected)


def learn(traffic: Traffic, known: ScreenedSet) -> ScreenedSet:
    """What is known once it was decided, or after the longest run."""
    for score, violation, _ in traffic.messages(LONGEST):
        known = after_learning(known, score, violation=violation)
        if known.mode is not Mode.LEARNING:
            break
    return known


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worked:
    """What came of messages while the set was on."""

    known: ScreenedSet
    skipped: float  #: share of clear messages
    saved: float  #: share of the time for reasoning
    cost: float  #: of six policies with the cascade against one without


def _work(known: ScreenedSet, traffic: Traffic, replies: Replies, costs: Costs, count: int) -> _Worked:
    """This many messages, or until it switches itself off."""
    clear = skipped = judged = 0
    reasoned, one = 0.0, 0.0
    for place, (score, violation, chance) in enumerate(traffic.messages(count)):
        course = known.course(score, chance)
        lengths = replies.violation if violation else replies.clear
        reasoning = costs.reasoning(lengths[place % len(lengths)])
        one += reasoning
        reasoned += 0.0 if course is Course.SKIP else reasoning
        clear, judged = clear + (not violation), judged + 1
        if course is Course.SKIP:
            skipped += not violation
            known = after_skip(known, score)
        else:
            known = after_reasoning(known, score, course, violation=violation)
        if known.mode is not Mode.ON:
            break
    return _Worked(
        known=known,
        skipped=skipped / max(1, clear),
        saved=1.0 - reasoned / one,
        cost=(judged * costs.look + POLICIES * reasoned) / one,
    )


def _drop_to(traffic: Traffic, threshold: float, *, recall: float) -> float:
    """How far violations must come nearer to clear messages so that only this share is found."""
    latent = (6.0 + math.log(threshold / (1.0 - threshold))) / 2.0
    return traffic.apart - latent - statistics.NormalDist().inv_cdf(recall)


def summary(setting: Setting, outcomes: list[Outcome]) -> dict[str, object]:
    """One line of the table."""
    started = [each for each in outcomes if each.started]
    waited = sorted(each.detected_after for each in started if each.detected_after is not None)
    return {
        **asdict(setting),
        "runs": len(outcomes),
        "started": len(started),
        "promise_kept": round(sum(each.kept for each in outcomes) / max(1, len(outcomes)), 3),
        "false_alarms": round(sum(each.alarm for each in started) / max(1, len(started)), 3),
        "clean_skipped": round(statistics.fmean(each.skipped for each in started), 3) if started else None,
        "reasoning_saved": round(statistics.fmean(each.saved for each in started), 3) if started else None,
        "detected": round(len(waited) / max(1, sum(not each.alarm for each in started)), 3),
        "detect_after": waited[len(waited) // 2] if waited else None,
        "cost_six_policies_over_one": round(statistics.fmean(each.cost for each in started), 2) if started else None,
    }
