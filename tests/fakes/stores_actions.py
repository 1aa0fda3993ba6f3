"""In-memory stores of actions. See `tests.fakes.stores`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.moderation.cases.action import (
    LEFT_IN_FORCE,
    Action,
    ActionKind,
    ActionState,
    NewAction,
    NoSuchAction,
    planned_for,
)
from bot.moderation.cases.case import NewCase
from bot.moderation.policies.consequences import ConsequenceSetting
from bot.moderation.servers.options import Options, OptionsT
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.storage.audit import entries_of_review
from classifier.content import clean_text
from tests.fakes.stores_audit import MemoryAuditLog

_STANDING = (ActionState.PENDING, ActionState.DONE)


class MemoryActionStore:
    """`bot.moderation.cases.action.ActionStore` as a list."""

    def __init__(self, *, now: Callable[[], datetime], audit: MemoryAuditLog) -> None:
        self._now = now
        self._audit = audit
        self._actions: list[Action] = []

    async def add(self, new: NewAction) -> tuple[Action, bool]:
        """Store an action, unless an existing one blocks it."""
        standing = None if new.rehearsal else next((each for each in self._actions if _same(each, new)), None)
        if standing is not None and not self._makes_room(standing, new):
            return standing, False
        planned = None if new.rehearsal else next((each for each in self._actions if _is_planned(each, new)), None)
        action = self._written(new, ActionState.PENDING, planned)
        self._audit.add([entries_of_review.action_asked(action)])
        return action, True

    def _makes_room(self, standing: Action, new: NewAction) -> bool:
        is_next = new.undoes is None and new.changes is None and new.kind is ActionKind.TIMEOUT
        if not is_next or standing.state is not ActionState.DONE or not standing.is_over(self._now()):
            return False
        self._change(replace(standing, state=ActionState.ENDED), before=standing.state)
        return True

    def plan(self, new: NewCase, number: int) -> None:
        """Keep what follows from a case by itself: for the stores of cases, which do so in the same transaction."""
        evidence = new.evidence
        for planned in new.planned:
            action = planned_for(
                planned,
                guild_id=new.guild_id,
                case_number=number,
                member_id=evidence.author_id,
                message_id=evidence.message_id,
            )
            if not action.rehearsal and not any(_same(each, action) for each in self._actions):
                self._audit.add([entries_of_review.action_planned(self._written(action, ActionState.PLANNED, None))])

    def acted_on(self, guild_id: int, number: int) -> bool:
        """Does a case have an action? For the stores of cases."""
        return any((each.new.guild_id, each.new.case_number) == (guild_id, number) for each in self._actions)

    def _written(self, new: NewAction, state: ActionState, planned: Action | None) -> Action:
        at = self._now()
        action = Action(
            id=planned.id if planned else len(self._actions) + 1,
            new=replace(new, reason=clean_text(new.reason)),
            state=ActionState.REHEARSED if new.rehearsal else state,
            asked_at=at,
            settled_at=at if new.rehearsal else None,
        )
        self._actions[action.id - 1 : action.id] = [action]
        return action

    async def note_ends(self, action_id: int, *, until: datetime, earlier_until: datetime | None) -> None:
        """Keep what a pending timeout is about to do."""
        action = self._actions[action_id - 1]
        if action.state is ActionState.PENDING:
            self._actions[action_id - 1] = replace(action, until=until, earlier_until=earlier_until)

    async def settle(
        self,
        action_id: int,
        state: ActionState,
        why: str = "",
        *,
        until: datetime | None = None,
        earlier_until: datetime | None = None,
        left_to: int | None = None,
    ) -> Action:
        """Record the result of a pending action. Raises `NoSuchAction`."""
        if not 0 < action_id <= len(self._actions):
            raise NoSuchAction(f"there is no action {action_id}")
        action = self._actions[action_id - 1]
        if action.state not in (ActionState.PENDING, ActionState.PLANNED):
            return action
        changed_to = replace(action, state=state, why=why, settled_at=self._now())
        if state is not ActionState.UNCERTAIN:
            changed_to = replace(changed_to, until=until, earlier_until=earlier_until)
        settled = self._change(changed_to, before=action.state)
        if state in (ActionState.DONE, ActionState.ALREADY) and action.new.undoes is not None:
            undone = self._actions[action.new.undoes - 1]
            self._change(replace(undone, state=ActionState.UNDONE), before=undone.state)
        if state is ActionState.DONE and action.new.changes is not None:
            changed = self._actions[action.new.changes - 1]
            self._change(replace(changed, state=ActionState.CHANGED), before=changed.state)
        if left_to is not None:
            self._put_in_force(self._actions[left_to - 1])
        return settled

    def _put_in_force(self, left: Action) -> None:
        if left.state is ActionState.ALREADY and not any(_same(each, left.new) for each in self._actions):
            done = replace(left, state=ActionState.DONE, why=LEFT_IN_FORCE)
            self._change(done, before=left.state)

    async def get(self, guild_id: int, action_id: int) -> Action | None:
        """The action with this id, if it belongs to this server."""
        return next((each for each in self._actions if (each.id, each.new.guild_id) == (action_id, guild_id)), None)

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, tuple[Action, ...]]:
        """The actions of cases, oldest first."""
        found: dict[int, tuple[Action, ...]] = {}
        for action in self._actions:
            number = action.new.case_number
            if action.new.guild_id == guild_id and number in numbers:
                found[number] = (*found.get(number, ()), action)
        return found

    async def pending(self, *, before: datetime) -> tuple[Action, ...]:
        """Actions asked before this time and never settled."""
        return tuple(each for each in self._actions if each.state is ActionState.PENDING and each.asked_at < before)

    async def planned(self, *, before: datetime) -> tuple[Action, ...]:
        """Actions planned before this time and never begun."""
        return tuple(each for each in self._actions if each.state is ActionState.PLANNED and each.asked_at < before)

    async def sanctions_of(self, guild_id: int, member_id: int, kind: ActionKind) -> tuple[Action, ...]:
        """Actions of this kind, done or tried, against this member in all cases of a server."""
        wanted = (guild_id, member_id, kind)
        return tuple(each for each in self._actions if (each.new.guild_id, each.new.target_id, each.new.kind) == wanted)

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the reasons of actions asked before this time. Returns how many were purged."""
        old = [
            each
            for each in self._actions
            if each.new.guild_id == guild_id and each.asked_at < before and each.new.reason
        ]
        del old[limit:]
        for action in old:
            self._actions[action.id - 1] = replace(action, new=replace(action.new, reason=""))
        self._audit.add([entries_of_review.reason_purged(action, at=self._now()) for action in old])
        return len(old)

    def _change(self, action: Action, *, before: ActionState) -> Action:
        self._actions[action.id - 1] = action
        self._audit.add([entries_of_review.action_settled(action, before=before, at=self._now())])
        return action


def _same(action: Action, new: NewAction) -> bool:
    """Does this action block the new one?"""
    if action.state not in _STANDING:
        return False
    old = action.new
    if new.undoes is not None:
        return old.undoes == new.undoes
    if new.changes is not None:
        return old.changes == new.changes
    return old.undoes is None and _like(old) == _like(new)


def _is_planned(action: Action, new: NewAction) -> bool:
    """Is this the planned action that is carried out now?"""
    old = action.new
    return action.state is ActionState.PLANNED and (*_like(old), old.by) == (*_like(new), new.by)


def _like(new: NewAction) -> tuple[object, ...]:
    return new.guild_id, new.case_number, new.kind, new.target_id, new.message_id


class MemoryConsequenceStore:
    """`bot.moderation.policies.consequences.ConsequenceStore` as a dictionary."""

    def __init__(self, *, now: Callable[[], datetime], audit: MemoryAuditLog) -> None:
        self._now = now
        self._audit = audit
        self._settings: dict[tuple[int, int, str], ConsequenceSetting] = {}

    async def of(self, guild_id: int, policy_id: int) -> tuple[ConsequenceSetting, ...]:
        """The settings of a policy's rules, by rule id."""
        found = (each for key, each in self._settings.items() if key[:2] == (guild_id, policy_id))
        return tuple(sorted(found, key=lambda each: each.rule_id))

    async def save(self, guild_id: int, policy_id: int, setting: ConsequenceSetting, *, actor_id: int) -> None:
        """Store it."""
        key = (guild_id, policy_id, setting.rule_id)
        entry = entries_of_review.consequence_set(
            guild_id, policy_id, setting, before=self._settings.get(key), actor_id=actor_id, at=self._now()
        )
        self._settings[key] = replace(setting, set_at=self._now())
        self._audit.add([entry])


class MemoryOptionStore:
    """`bot.moderation.servers.options.OptionStore` as a dictionary."""

    def __init__(self, *, now: Callable[[], datetime], audit: MemoryAuditLog) -> None:
        self._now = now
        self._audit = audit
        self._options: dict[tuple[int, type[Options]], Options] = {}

    async def get(self, guild_id: int, kind: type[OptionsT]) -> OptionsT:
        """What is set; the defaults if nothing is."""
        found = self._options.get((guild_id, kind))
        return found if isinstance(found, kind) else kind()

    async def save(self, guild_id: int, options: Options, *, actor_id: int) -> None:
        """Store it."""
        kind = type(options)
        before = self._options.get((guild_id, kind)) or kind()
        self._options[guild_id, kind] = options
        self._audit.add(
            [entries_of_review.options_saved(guild_id, options, before=before, actor_id=actor_id, at=self._now())]
        )
