"""Replies to a moderator who took action against a member, or tried to."""

from __future__ import annotations

from bot.cogs.cards.buttons import CaseButton, CaseClick, CaseVerb
from bot.cogs.interactions import action_words
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import at, state, who_decided
from bot.cogs.review.ground_form import NOT_NAMED
from bot.languages.kept_sentences import retold
from bot.languages.translation import _, length, marked
from bot.moderation.cases.action import Action, ActionKind, ActionState
from bot.moderation.review.actions import Acted, ActedBefore, CannotUndo
from bot.moderation.review.decisions import OWN_CASE, DecidedBefore, NeedsGround, OwnCase
from bot.moderation.review.whys import WHYS

#: English, translated when shown.
NO_SUCH_ACTION = marked("There is no such action in this server.")

_REPLACE = marked("To set a shorter timeout instead, press **Act…** again: the form asks whether to replace it.")
_LOOK = marked("Look in Discord whether it was done.")
#: What was done, to whom, for a list of sentences that begin with a symbol.
_DONE = {
    ActionKind.WARN: marked("✅ Done: {member} was warned."),
    ActionKind.DELETE: marked("✅ Done: the message was deleted."),
    ActionKind.TIMEOUT: marked("✅ Done: {member} was timed out."),
    ActionKind.KICK: marked("✅ Done: {member} was kicked."),
    ActionKind.BAN: marked("✅ Done: {member} was banned."),
    ActionKind.REMOVE_TIMEOUT: marked("✅ Done: the timeout of {member} was ended."),
    ActionKind.UNBAN: marked("✅ Done: {member} was unbanned."),
}


def of(outcome: Acted | ActedBefore | DecidedBefore | OwnCase | NeedsGround) -> Reply:
    """The reply to a submitted form."""
    if isinstance(outcome, OwnCase):
        return Reply(text=_(OWN_CASE))
    if isinstance(outcome, NeedsGround):
        return Reply(text=_(NOT_NAMED))
    if isinstance(outcome, DecidedBefore):
        return _not_a_violation(outcome)
    if isinstance(outcome, ActedBefore):
        return Reply(text=_before(outcome.action))
    lines = [_result(outcome.action)]
    before = outcome.decided_before
    if before is not None:
        lines.append(f"-# {who_decided(before)}")
    return Reply(text="\n".join(lines))


def of_correcting(outcome: Acted | ActedBefore | CannotUndo | OwnCase | None) -> Reply:
    """The reply to undoing or changing an action. Says that this decides nothing."""
    if outcome is None:
        return Reply(text=_(NO_SUCH_ACTION))
    if isinstance(outcome, CannotUndo):
        return Reply(text=retold(outcome.why, WHYS))
    if not isinstance(outcome, Acted):
        return of(outcome)
    lines = [_result(outcome.action)]
    if outcome.case.decision is not None:
        decided = _("The decision stays **{state}**. **Reopen…** changes that.", state=state(outcome.case.state))
        lines.append(f"-# {decided}")
    return Reply(text="\n".join(lines))


def _result(action: Action) -> str:
    member, said = f"<@{action.new.target_id}>", action_words.why(action)
    if action.state is ActionState.DONE:
        return f"{_done(action, member)} {said}".strip()
    if action.state is ActionState.ALREADY:
        replace = _(_REPLACE) if action.new.kind is ActionKind.TIMEOUT else ""
        return " ".join(filter(None, [_("☑️ Nothing was changed."), said, replace]))
    name = action_words.noun(action)
    if action.state is ActionState.REFUSED:
        return f"{_('❌ Not done: {action}.', action=name)} {said}".strip()
    unclear = _("❓ Nobody knows whether this was done: {action}, {member}.", action=name, member=member)
    return f"{unclear} {said or _(_LOOK)}"


def _done(action: Action, member: str) -> str:
    new = action.new
    if new.kind is ActionKind.TIMEOUT and new.length is not None:
        span = length(new.length)
        if new.changes is not None:
            return _("✅ Done: the timeout of {member} was changed to {length}.", member=member, length=span)
        return _("✅ Done: {member} was timed out for {length}.", member=member, length=span)
    if new.kind is ActionKind.REMOVE_TIMEOUT and action.until is not None:
        until = at(action.until)
        return _(
            "✅ Done: this timeout was ended; {member} stays timed out until {moment}.", member=member, moment=until
        )
    return _(_DONE[new.kind], member=member)


def _before(action: Action) -> str:
    """Says that somebody else was faster with the same action."""
    who = _("Bylaw itself") if action.new.by is None else f"<@{action.new.by}>"
    when = at(action.asked_at, "R")
    said = _(
        "{who} was first, {when}: {action}. Nothing was done twice.",
        who=who,
        when=when,
        action=action_words.done(action),
    )
    if action.state is ActionState.PENDING:
        said = _(
            "{who} is doing this, {when}: {action}. Nothing was done twice.",
            who=who,
            when=when,
            action=action_words.done(action),
        )
    if action.new.kind is ActionKind.TIMEOUT:
        said += " " + _("For another length, press **Change timeout…**.")
    return said


def _not_a_violation(outcome: DecidedBefore) -> Reply:
    case = outcome.case
    reopen = CaseButton(CaseClick(guild_id=case.guild_id, number=case.number, verb=CaseVerb.REOPEN))
    nothing = _("Nothing was done. If you disagree, reopen the case first.")
    return Reply(text=f"{who_decided(outcome.decision)} {nothing}", buttons=(reopen,))
