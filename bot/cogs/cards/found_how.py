"""Titles and rationales of cases in which the judge found no broken rule."""

from __future__ import annotations

from bot.cogs.interactions.wording import name, rule
from bot.languages.kept_sentences import retold
from bot.languages.translation import _, marked
from bot.moderation.cases.case import (
    RATIONALE_ERASED,
    RATIONALE_EXPIRED,
    RATIONALE_LOST,
    Case,
    CaseKind,
    RuleBroken,
)
from bot.moderation.cases.external_actions import AUTOMOD_TITLES, AUTOMOD_WHYS, NO_REASON
from bot.moderation.judging.decide import UNDECIDED_WHYS
from bot.moderation.members.report_rationale import retold_report
from bot.moderation.pictures.face_source import same_as
from bot.moderation.pictures.watch import PICTURE_WHYS

_TITLES = {
    CaseKind.UNDECIDED: marked("⚪ Could not judge"),
    CaseKind.REPORT: marked("🚩 Reported by members"),
    CaseKind.AUTOMOD: marked("🛡️ Caught by Discord's AutoMod"),
    CaseKind.MANUAL: marked("✋ Done by hand"),
    CaseKind.PICTURE_BURST: marked("🖼️ Pictures in many channels"),
    CaseKind.SAME_PICTURE: marked("🖼️ Same picture as a decided case"),
}
_GONE = (RATIONALE_EXPIRED, RATIONALE_LOST, RATIONALE_ERASED)
#: What is kept in English in the place of a judge's reason; where a judge found a violation, the reason is its own.
_OUR_WHYS: dict[CaseKind, tuple[str, ...]] = {
    CaseKind.UNDECIDED: UNDECIDED_WHYS,
    CaseKind.AUTOMOD: AUTOMOD_WHYS,
    CaseKind.MANUAL: (NO_REASON,),
    CaseKind.PICTURE_BURST: PICTURE_WHYS,
    CaseKind.SAME_PICTURE: PICTURE_WHYS,
}


def found_how(case: Case) -> str:
    """The title of a case; for the same picture, it names the other case."""
    number = same_as(case)
    if number is not None:
        return _("🖼️ Same picture as case {number}", number=number)
    return _(_TITLES.get(case.kind, _TITLES[CaseKind.UNDECIDED]))


def source_of(case: Case) -> str:
    """The policy and its version, or the source of a case without a policy."""
    judged = case.judged
    return f"{name(judged.policy_name)} v{judged.version_number}" if judged.version_id else name(_(judged.policy_name))


def rationale_of(case: Case) -> str:
    """The reason of a case: the judge's own words, or our sentences in the current language."""
    return told_why(case, case.judged.rationale)


def told_why(case: Case, kept: str) -> str:
    """Translate the stored reason of a case, or its neutral version, to the current language."""
    if kept not in _GONE and case.kind is CaseKind.REPORT:
        return retold_report(kept)
    return retold(kept, (*_OUR_WHYS.get(case.kind, ()), *_GONE))


def title_of(case: Case, broken: RuleBroken) -> str:
    """The title of a rule; AutoMod's kinds of rules have our names, in the current language."""
    return retold(broken.title, AUTOMOD_TITLES) if case.kind is CaseKind.AUTOMOD else broken.title


def rule_of(case: Case, broken: RuleBroken) -> str:
    """A rule of a case by its id and title."""
    return rule(broken.id, title_of(case, broken))
