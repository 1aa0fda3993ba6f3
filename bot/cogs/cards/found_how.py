"""The titles of cards that are not about a rule that a judge found broken: how the case came up."""

from __future__ import annotations

from bot.languages.translation import _, marked
from bot.moderation.cases.case import Case, CaseKind
from bot.moderation.pictures.face_source import same_as

_TITLES = {
    CaseKind.UNDECIDED: marked("⚪ Could not judge"),
    CaseKind.REPORT: marked("🚩 Reported by members"),
    CaseKind.AUTOMOD: marked("🛡️ Caught by Discord's AutoMod"),
    CaseKind.MANUAL: marked("✋ Done by hand"),
    CaseKind.PICTURE_BURST: marked("🖼️ Pictures in many channels"),
    CaseKind.SAME_PICTURE: marked("🖼️ Same picture as a decided case"),
}


def found_how(case: Case) -> str:
    """The title; that of a case about the same picture names the other case."""
    number = same_as(case)
    if number is not None:
        return _("🖼️ Same picture as case {number}", number=number)
    return _(_TITLES.get(case.kind, _TITLES[CaseKind.UNDECIDED]))
