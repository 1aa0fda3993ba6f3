"""The “try this” list. Ticks are based on the bot's audit log, so a tick means that it really happened."""

from __future__ import annotations

from dataclasses import dataclass

from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.lookups.audit_search import AuditQuery
from bot.sandbox.world.places import PEOPLE
from bot.simulation import story as scene
from bot.simulation.simulated_server import Simulation

SCAM = "Free Nitro for 3 months, claim your gift now: https://dlscord-gift.example/claim"

_SCAM_POLICY = "scams"  #: one of those that ``/setup`` publishes


@dataclass(frozen=True, slots=True, kw_only=True)
class ToTry:
    """One thing to try, and how to do it."""

    key: str
    title: str
    how: str
    person: str | None = None  #: person to be
    room: str | None = None  #: room to be in
    text: str = ""  #: text to post there
    opens: str = ""  #: a panel of the page
    does: str = ""  #: action of the page itself


TO_TRY = (
    ToTry(
        key="scam",
        title="Post a scam",
        how="Be Ana in #general and post the text below. A card comes up in #mod-desk.",
        person="ana",
        room="general",
        text=SCAM,
    ),
    ToTry(
        key="dismiss",
        title="Dismiss it",
        how="Be Omar in #mod-desk and press “Not a violation” on the card.",
        person=scene.MODERATOR,
        room=scene.REVIEW_CHANNEL,
    ),
    ToTry(
        key="rule",
        title="Write a rule",
        how="Change a policy, or write a new one. Try it on a few sentences, then publish it.",
        opens="policy",
    ),
    ToTry(
        key="act",
        title="Warn or time out a member",
        how="Nova’s card in #mod-desk is open. Be Omar, press “Act…” on it, and choose. Nova gets a direct message.",
        person=scene.MODERATOR,
        room=scene.REVIEW_CHANNEL,
    ),
    ToTry(
        key="appeal",
        title="Appeal as the member",
        how="Be Nova in their direct messages and press “Appeal” below the notice. The moderators get a card.",
        person="nova",
        room="dm-nova",
    ),
    ToTry(
        key="raid",
        title="Face a raid",
        how="Six members post the same scam within a minute. You go to #mod-desk as Omar, and see one card for all.",
        person=scene.MODERATOR,
        room=scene.REVIEW_CHANNEL,
        does="raid",
    ),
)


class TryList:
    """Tracks what was done since the server was ready."""

    def __init__(self) -> None:
        self._read_to = 0  #: the id of the newest entry that was read
        self.done: frozenset[str] = frozenset()

    async def begin(self, simulation: Simulation) -> None:
        """Reset the list; entries already in the log don't count."""
        self._read_to, self.done = 0, frozenset()
        newest = await simulation.bot.services.questions.trail.page(simulation.guild.id, AuditQuery())
        self._read_to = newest.found[0].id if newest.found else 0

    async def look(self, simulation: Simulation) -> frozenset[str]:
        """Read new entries of the log. Returns the keys of everything done so far."""
        more = True
        while more:
            page = await simulation.bot.services.questions.trail.page(
                simulation.guild.id, AuditQuery(), newer_than=self._read_to
            )
            for each in reversed(page.found):
                key = await _what(each.entry, simulation)
                self.done |= {key} if key else frozenset()
                self._read_to = each.id
            more = page.newer
        return self.done


async def _what(entry: AuditEntry, simulation: Simulation) -> str:
    """The key of the thing that an entry proves; empty for none."""
    match entry.action:
        case AuditAction.CASE_OPENED:
            return "scam" if await _is_own_scam(entry, simulation) else ""
        case AuditAction.CASE_DECIDED:
            return "dismiss" if entry.detail.startswith("not_a_violation") else ""
        case AuditAction.POLICY_PUBLISHED:
            return "rule"
        case AuditAction.ACTION_ASKED:
            return "act"
        case AuditAction.APPEAL_OPENED:
            return "appeal"
        case AuditAction.CARD_GROUPED:
            return "raid"
        case _:
            return ""


async def _is_own_scam(entry: AuditEntry, simulation: Simulation) -> bool:
    """Was the case opened for a scam posted by a person that the user can play?"""
    number = entry.subject.removeprefix("case:")
    case = await simulation.bot.services.review.find(entry.guild_id, int(number)) if number.isdecimal() else None
    people = {simulation.people[person.key].id for person in PEOPLE}
    return case is not None and case.judged.policy_name == _SCAM_POLICY and case.evidence.author_id in people
