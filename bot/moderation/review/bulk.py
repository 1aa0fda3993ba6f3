"""Bulk decisions: one choice for all cases on a shared card. Each case gets its own recorded decision and action."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.moderation.cards.posting import REFUSALS_AT_ONCE, CardPosting
from bot.moderation.cards.shared_card import CardGroupLines, GroupLine
from bot.moderation.cases.action import ActionKind, ActionState
from bot.moderation.cases.case import CardState, CaseReader, CaseState
from bot.moderation.cases.ground import Ground
from bot.moderation.review.actions import Act, Acted, ActedBefore
from bot.moderation.review.decisions import Decided, DecidedBefore, NeedsGround, OwnCase, Review

MOST_AT_ONCE = 200  #: cases per click: more would not finish before Discord's interaction expires
SHOWN_AT_ONCE = 10  #: cards per click


#: States of an action after which nothing is left to do for its member.
_SETTLES = {ActionState.DONE: "done", ActionState.ALREADY: "unneeded"}


class BulkChoice(StrEnum):
    """What can be chosen. The values are part of custom_ids."""

    DELETE = "delete"
    TIMEOUT = "timeout"
    NOT_A_VIOLATION = "not_a_violation"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkDone:
    """The results of a bulk decision, as numbers of cases."""

    done: int = 0
    decided_before: int = 0  #: decided or acted on by somebody before
    unneeded: int = 0  #: what they ask for was in force already, such as a longer timeout
    own: int = 0  #: about the moderator who chose: left to somebody else
    no_rule: int = 0  #: neither the judge nor the moderator named a rule: left open
    refused: int = 0
    why: str = ""  #: of the first refusal
    left: int = 0  #: open, and too many for one click
    stopped: bool = False  #: interrupted: the bot is stopping, and the rest was not touched


class Bulk:
    """Acts on all cases of a shared card, or shows them one by one."""

    def __init__(
        self, *, groups: CardGroupLines, cases: CaseReader, act: Act, review: Review, cards: CardPosting
    ) -> None:
        self._groups = groups
        self._cases = cases
        self._act = act
        self._review = review
        self._cards = cards

    async def lines(self, guild_id: int, group_id: int) -> tuple[GroupLine, ...]:
        """The cases as they are now; none if there is no such card in this server."""
        return await self._groups.lines(guild_id, group_id)

    async def choose(
        self,
        guild_id: int,
        group_id: int,
        choice: BulkChoice,
        *,
        moderator_id: int,
        reason: str = "",
        length: timedelta | None = None,
        ground: Ground | None = None,
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> BulkDone:
        """Decide on every open case of the card, and act. If a member has several cases, only one gets the timeout.
        Cases about the moderator are left to somebody else.

        Args:
            ground: what the moderator names as broken, for cases in which the judge named no rule.
            may_go_on: called before each case; once it returns False, the others don't change.

        Raises:
            ValueError: see `Act.act`.
        """
        lines = await self._groups.lines(guild_id, group_id)
        still_open = [line for line in lines if line.is_open]
        wanted = [line for line in still_open if line.author_id != moderator_id]
        came_of: Counter[str] = Counter()
        refusals: list[str] = []
        begun = 0
        timed_out: set[int] = set()
        for line in wanted[:MOST_AT_ONCE]:
            if not may_go_on():
                break
            begun += 1
            kind = _kind(choice, line, timed_out)
            if kind is None:
                state = CaseState.NOT_A_VIOLATION if choice is BulkChoice.NOT_A_VIOLATION else CaseState.VIOLATION
                outcome = await self._review.decide(
                    guild_id, line.number, state=state, moderator_id=moderator_id, ground=ground
                )
                came_of[_came_of_deciding(outcome)] += 1
                continue
            acted = await self._act.act(
                guild_id,
                line.number,
                kind=kind,
                moderator_id=moderator_id,
                reason=reason,
                length=length if kind is ActionKind.TIMEOUT else None,
                ground=ground,
            )
            came_of[_came_of(acted)] += 1
            if isinstance(acted, Acted) and acted.action.state in _SETTLES:
                timed_out.add(line.author_id)
            elif isinstance(acted, Acted):
                refusals.append(acted.action.why)
        return BulkDone(
            done=came_of["done"],
            decided_before=came_of["decided_before"] + len(lines) - len(still_open),
            unneeded=came_of["unneeded"],
            own=len(still_open) - len(wanted) + came_of["own"],
            no_rule=came_of["no_rule"],
            refused=came_of["refused"],
            why=refusals[0] if refusals else "",
            left=len(wanted) - begun,
            stopped=begun < min(len(wanted), MOST_AT_ONCE),
        )

    async def show_next(self, guild_id: int, group_id: int) -> tuple[int, int]:
        """Post a card for each of the oldest cases without their own: (how many got one, how many are left)."""
        lines = [
            line
            for line in await self._groups.lines(guild_id, group_id)
            if line.is_open and line.card_state in (CardState.GROUPED, CardState.HELD)
        ]
        shown, refused, last = 0, 0, None
        for line in lines:
            if shown == SHOWN_AT_ONCE or refused == REFUSALS_AT_ONCE:
                break
            case = await self._cases.get(guild_id, line.number)
            if case is not None and (await self._cards.show_alone(case)).card_state is CardState.POSTED:
                shown, refused, last = shown + 1, 0, case
            else:
                refused += 1
        if last is not None:
            await self._cards.refresh(last)
        return shown, len(lines) - shown


def _came_of(acted: Acted | ActedBefore | DecidedBefore | OwnCase | NeedsGround | None) -> str:
    """The count of `BulkDone` that a case belongs in."""
    if isinstance(acted, OwnCase | NeedsGround):
        return "own" if isinstance(acted, OwnCase) else "no_rule"
    if not isinstance(acted, Acted):
        return "decided_before"
    return _SETTLES.get(acted.action.state, "refused")


def _came_of_deciding(outcome: Decided | DecidedBefore | OwnCase | NeedsGround | None) -> str:
    """The same for a decision alone."""
    if isinstance(outcome, OwnCase | NeedsGround):
        return "own" if isinstance(outcome, OwnCase) else "no_rule"
    return "done" if isinstance(outcome, Decided) else "decided_before"


def _kind(choice: BulkChoice, line: GroupLine, timed_out: set[int]) -> ActionKind | None:
    """The action on this case; None for a decision alone."""
    if choice is BulkChoice.DELETE:
        return ActionKind.DELETE
    if choice is BulkChoice.TIMEOUT and line.author_id not in timed_out:
        return ActionKind.TIMEOUT
    return None
