"""Why there is a case of a report: that a member reported it, and what the judge says now.

It is stored in English and translated for the reader, see `bot.languages.kept_sentences`. The judge's own
words in it stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.languages.language import Language
from bot.languages.translation import _, marked, number, spoken
from bot.moderation.judging.check import Checked
from bot.moderation.judging.decide import UNDECIDED_WHYS, why_undecided
from classifier import Outcome, Undecided

_REPORTED = marked("Reported by a member.")
_BREAKS = marked("v{version}: breaks {rules} (score {score}).")
_CLEAR = marked("v{version}: clear (score {score}).")

_ANSWER = re.compile(
    r"(?<= )v(?P<version>[0-9]+): (?:"
    r"(?:breaks (?P<rules>[^().:]+)|clear) \(score (?P<score>[0-9]+\.[0-9]+)\)\."
    rf"|(?P<why>{'|'.join(map(re.escape, UNDECIDED_WHYS))}))"
)


def report_rationale(answers: Sequence[Checked]) -> str:
    """What is kept with the case, in English."""
    return " ".join([_REPORTED, *map(_said, answers)])


def _said(checked: Checked) -> str:
    """The judge's present answer as a sentence."""
    policy, judgement = checked.policy, checked.judgement
    version = policy.version.number
    if isinstance(judgement, Undecided):
        return f"{policy.name} v{version}: {why_undecided(judgement.reason)}"
    found = _BREAKS if judgement.outcome is Outcome.VIOLATION else _CLEAR
    rules, score = ", ".join(judgement.rule_ids), f"{judgement.score:.2f}"
    said = found.format(version=version, rules=rules, score=score)
    return f"{policy.name} {said} {judgement.rationale}".rstrip()


def retold_report(kept: str) -> str:
    """Translate it to the current language."""
    if spoken() is Language.ENGLISH or not kept.startswith(_REPORTED):
        return kept
    return _(_REPORTED) + _ANSWER.sub(_retold_answer, kept.removeprefix(_REPORTED))


def _retold_answer(answer: re.Match[str]) -> str:
    version, why = answer["version"], answer["why"]
    if why:
        return f"v{version}: {_(why)}"
    score = number(float(answer["score"]))
    if answer["rules"] is None:
        return _(_CLEAR, version=version, score=score)
    return _(_BREAKS, version=version, rules=answer["rules"], score=score)
