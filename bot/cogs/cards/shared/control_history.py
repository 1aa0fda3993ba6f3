"""Raid controls in the history of a case."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.cogs.interactions.wording import at
from bot.languages.translation import _, length, marked
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.raid_control import ControlKind, ControlState

_ASKED_DETAIL = re.compile(
    r"raid control [0-9]+: (?P<kind>[a-z_]+)(?: of (?P<seconds>[0-9]+) seconds in channel (?P<channel>[0-9]+))?"
    r" until (?P<until>\S+)"
)
_ASKED = {
    # Translators: what happened with a case, in a list; "by @ana" may follow.
    ControlKind.PAUSE_INVITES: marked("pause of invites asked for, until {moment}"),
    ControlKind.PAUSE_DMS: marked("pause of direct messages asked for, until {moment}"),
    ControlKind.SLOW_MODE: marked("slow mode of {length} asked for in {channel}, until {moment}"),
}
_SETTLED = {
    # Translators: what happened with a case, in a list; "by @ana" may follow.
    ControlState.IN_FORCE: marked("raid control in force"),
    ControlState.REFUSED: marked("raid control not set"),
    ControlState.UNCERTAIN: marked("raid control: it is not known yet whether it was set"),
    ControlState.ENDING: marked("end of a raid control asked for"),
    ControlState.ENDED: marked("raid control over"),
}
_BARE = {
    AuditAction.CONTROL_ASKED: marked("raid control asked for"),
    AuditAction.CONTROL_SETTLED: marked("raid control settled"),
}


def control_words(entry: AuditEntry) -> str:
    """The text of an entry about a raid control; empty for any other entry."""
    if entry.action not in _BARE:
        return ""
    asked = _ASKED_DETAIL.fullmatch(entry.detail)
    if asked is not None and asked["kind"] in set(ControlKind):
        return _(
            _ASKED[ControlKind(asked["kind"])],
            length=length(timedelta(seconds=int(asked["seconds"] or 0))),
            channel=f"<#{asked['channel']}>",
            moment=at(datetime.fromisoformat(asked["until"])),
        )
    to = entry.detail.rsplit(" ", 1)[-1]
    if to in set(_SETTLED):
        return _(_SETTLED[ControlState(to)])
    return _(_BARE[entry.action])
