"""What a moderator is told who did something about a member, or tried to."""

from __future__ import annotations

from bot.cogs.cards.buttons import CaseButton, CaseClick, CaseVerb
from bot.cogs.interactions import action_words
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import at, state, who_decided
from bot.cogs.review.ground_form import NOT_NAMED
from bot.moderation.cases.action import Action, ActionKind, ActionState
from bot.moderation.review.actions import Acted, ActedBefore, CannotUndo
from bot.moderation.review.decisions import OWN_CASE, DecidedBefore, NeedsGround, OwnCase

NO_SUCH_ACTION = "There is no such action in this server."

_REPLACE = "To set a shorter timeout instead, press **Act…** again: the form asks whether to replace it."
_LOOK = "Look in Discord whether it was done."


def of(outcome: Acted | ActedBefore | DecidedBefore | OwnCase | NeedsGround) -> Reply:
    """The answer to a form that was sent off."""
    if isinstance(outcome, OwnCase):
        return Reply(text=OWN_CASE)
    if isinstance(outcome, NeedsGround):
        return Reply(text=NOT_NAMED)
    if isinstance(outcome, DecidedBefore):
        return _not_a_violation(outcome)
    if isinstance(outcome, ActedBefore):
        return Reply(text=_before(outcome.action))
    lines = [_result(outcome.action)]
    before = outcome.decided_before
    if before is not None:
        lines.append(f"-# <@{before.moderator_id}> had decided {at(before.at, 'R')}: {state(before.state)}.")
    return Reply(text="\n".join(lines))


def of_correcting(outcome: Acted | ActedBefore | CannotUndo | OwnCase | None) -> Reply:
    """The answer to somebody who undoes or changes an action. That decides nothing, and the answer says so."""
    if outcome is None:
        return Reply(text=NO_SUCH_ACTION)
    if isinstance(outcome, CannotUndo):
        return Reply(text=outcome.why)
    if not isinstance(outcome, Acted):
        return of(outcome)
    decided = f"-# The case is still decided as **{state(outcome.case.state)}**. **Reopen…** changes that."
    lines = [_result(outcome.action), *([decided] if outcome.case.decision is not None else [])]
    return Reply(text="\n".join(lines))


def _result(action: Action) -> str:
    member = f"<@{action.new.target_id}>"
    why = f" {action.why}" if action.why else ""
    if action.state is ActionState.DONE:
        return f"✅ Done: {action_words.done(action).replace('the member', member)}.{why}"
    if action.state is ActionState.ALREADY:
        replace = f" {_REPLACE}" if action.new.kind is ActionKind.TIMEOUT else ""
        return f"☑️ Nothing was changed.{why}{replace}"
    if action.state is ActionState.REFUSED:
        return f"❌ {action_words.noun(action)} was not done.{why}"
    return f"❓ {action_words.noun(action)} of {member}: {action.why or _LOOK}"


def _before(action: Action) -> str:
    """The same was done, or is being done, by somebody who was faster."""
    who = "Bylaw itself" if action.new.by is None else f"<@{action.new.by}>"
    what = action_words.done(action)
    under_way = "is at it" if action.state is ActionState.PENDING else "was first"
    other = " For another length, press **Change timeout…**." if action.new.kind is ActionKind.TIMEOUT else ""
    return f"{who} {under_way}: {what}, {at(action.asked_at, 'R')}. Nothing was done twice.{other}"


def _not_a_violation(outcome: DecidedBefore) -> Reply:
    case, decision = outcome.case, outcome.decision
    reopen = CaseButton(CaseClick(guild_id=case.guild_id, number=case.number, verb=CaseVerb.REOPEN))
    return Reply(
        text=f"{who_decided(decision)} {at(decision.at, 'R')}: **{state(decision.state)}**. Nothing was "
        "done. Reopen the case first if you see it differently.",
        buttons=(reopen,),
    )
