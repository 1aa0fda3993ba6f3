"""How a case came up where no judge found a rule broken: its title, and what is kept of it in English."""

from __future__ import annotations

from bot.cogs.interactions.wording import name
from bot.languages.kept_sentences import retold
from bot.languages.translation import _, marked
from bot.moderation.cases.case import Case, CaseKind
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
_ABOUT_PICTURES = frozenset({CaseKind.PICTURE_BURST, CaseKind.SAME_PICTURE})


def found_how(case: Case) -> str:
    """The title; that of a case about the same picture names the other case."""
    number = same_as(case)
    if number is not None:
        return _("🖼️ Same picture as case {number}", number=number)
    return _(_TITLES.get(case.kind, _TITLES[CaseKind.UNDECIDED]))


def source_of(case: Case) -> str:
    """The policy and its version, or what a case without a policy comes from."""
    judged = case.judged
    return f"{name(judged.policy_name)} v{judged.version_number}" if judged.version_id else name(_(judged.policy_name))


def rationale_of(case: Case) -> str:
    """Why there is a case: a judge's own words, or a sentence of ours about pictures in the present language."""
    return retold(case.judged.rationale, PICTURE_WHYS) if case.kind in _ABOUT_PICTURES else case.judged.rationale
