"""The titles of cards that are not about a rule that a judge found broken: how the case came up."""

from __future__ import annotations

from bot.moderation.cases.case import Case, CaseKind
from bot.moderation.pictures.face_source import same_as

_TITLES = {
    CaseKind.UNDECIDED: "⚪ Could not judge",
    CaseKind.REPORT: "🚩 Reported by members",
    CaseKind.AUTOMOD: "🛡️ Caught by Discord's AutoMod",
    CaseKind.MANUAL: "✋ Done by hand",
    CaseKind.PICTURE_BURST: "🖼️ Pictures in many channels",
    CaseKind.SAME_PICTURE: "🖼️ Same picture as a decided case",
}


def found_how(case: Case) -> str:
    """The title; that of a case about the same picture names the other case."""
    number = same_as(case)
    if number is not None:
        return f"🖼️ Same picture as case {number}"
    return _TITLES.get(case.kind, _TITLES[CaseKind.UNDECIDED])
