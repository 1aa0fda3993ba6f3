"""Automatic actions after a violation: off for every rule until an administrator switches them on.

A rule's own ``Consequence`` line names the action (`delete` or `timeout`); a setting per policy and rule says whether
it is on and from which score, for messages posted from then on. A rule needs a dry run before it can be switched on,
and goes back to a dry run when a new version of the policy changes its line. Kicks and bans are never automatic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.languages.translation import _, marked
from bot.moderation.cases.action import ActionKind, PlannedAction
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.in_force import PolicyInForce
from bot.moderation.policies.outcomes import Refused, no_such
from bot.moderation.policies.reading import read_policy
from bot.moderation.servers.server import ServerStore
from classifier import Verdict
from guild_policies.policy import ConsequenceKind, Rule
from guild_policies.store.port import PolicyStore
from guild_policies.text.values import written_consequence
from guild_policies.timeline import in_milliseconds

#: The reason of an automatic action: kept in English, see `bot.languages.kept_sentences`.
AUTOMATIC_REASON = marked("{policy} v{version}, rule {rule_id}")
LOWEST_SCORE, USUAL_SCORE = 0.5, 0.95
_DEFAULT_TIMEOUT = timedelta(minutes=10)  #: used if the line just says ``timeout``


class ConsequenceMode(StrEnum):
    """Whether a rule's consequence is carried out. The values are stored."""

    OFF = "off"
    REHEARSE = "rehearse"  #: the card says what would have been done
    ON = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsequenceSetting:
    """The setting of a rule."""

    rule_id: str
    mode: ConsequenceMode
    from_score: float  #: a lower one only opens a case
    wished: str  #: the rule's line when this was set
    set_at: datetime | None = field(default=None, compare=False)  #: set by the store; None if not stored


class ConsequenceStore(Protocol):
    """The settings of all servers. Rules without one are off."""

    async def of(self, guild_id: int, policy_id: int) -> tuple[ConsequenceSetting, ...]:
        """The settings of a policy's rules, by rule id."""

    async def save(self, guild_id: int, policy_id: int, setting: ConsequenceSetting, *, actor_id: int) -> None:
        """Store it, with an audit entry of before and after in the same transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Automatic:
    """The automatic actions that apply to a policy now."""

    settings: tuple[ConsequenceSetting, ...] = ()
    staff_role_ids: frozenset[int] = frozenset()  #: immune, besides those with moderators' permissions


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConsequence:
    """A rule with the automatic action for its violation."""

    rule: Rule  #: as in the published version
    setting: ConsequenceSetting | None  #: None if never set: off
    line_changed: bool  #: the rule's line has changed since this was set: only dry runs until it is set again

    @property
    def acts(self) -> bool:
        """Does Bylaw act automatically now, if this rule is broken and the score is high enough?"""
        is_on = self.setting is not None and self.setting.mode is ConsequenceMode.ON
        return is_on and not self.line_changed and self.rule.consequence.kind is not ConsequenceKind.FLAG


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingRule:
    """A rule in force with an automatic action."""

    policy_name: str
    rule_id: str
    does: str  #: the action in its line, such as ``timeout 10m``


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsequenceSet:
    """The setting is stored, and applies from the next message on."""

    policy_name: str
    rule: Rule
    setting: ConsequenceSetting


NOTHING_AUTOMATIC = Automatic()


def immune(seen: MessageSeen, automatic: Automatic) -> bool:
    """Staff, bots, webhooks and the owner; and members that Discord didn't say enough about."""
    if seen.author_is_bot or seen.author_is_staff is not False or seen.author_is_owner is not False:
        return True
    return bool(seen.author_role_ids & automatic.staff_role_ids)


def planned(
    verdict: Verdict, seen: MessageSeen, in_force: PolicyInForce, automatic: Automatic
) -> tuple[PlannedAction, ...]:
    """The automatic actions for a violation: each kind once, with the longest timeout, and no dry run of an action that
    is taken.

    None during a strict start, or if the policy no longer applies to the author: they may have got an exempt role since
    it was judged. Messages by a webhook whose author isn't certain are deleted, and nobody is timed out for them.
    """
    if in_force.flags_only or immune(seen, automatic) or not in_force.covers(seen):
        return ()
    settings = {setting.rule_id: setting for setting in automatic.settings}
    found = [
        each
        for rule_id in verdict.rule_ids
        if (rule := in_force.policy.rule(rule_id)) and (setting := settings.get(rule_id))
        if setting.set_at is None or seen.moment >= in_milliseconds(setting.set_at)
        if (each := _of_rule(rule, setting, verdict.score, in_force)) is not None
    ]
    kinds = (ActionKind.DELETE, ActionKind.TIMEOUT) if seen.is_certain else (ActionKind.DELETE,)
    return tuple(best for kind in kinds if (best := _strongest(each for each in found if each.kind is kind)))


def wishes_action(rule: Rule) -> bool:
    """Does the rule's line ask for more than a card? If not, no setting makes it act."""
    return rule.consequence.kind is not ConsequenceKind.FLAG


def _of_rule(rule: Rule, setting: ConsequenceSetting, score: float, in_force: PolicyInForce) -> PlannedAction | None:
    wish = rule.consequence
    if setting.mode is ConsequenceMode.OFF or score < setting.from_score or not wishes_action(rule):
        return None
    is_timeout = wish.kind is ConsequenceKind.TIMEOUT
    return PlannedAction(
        kind=ActionKind.TIMEOUT if is_timeout else ActionKind.DELETE,
        length=(wish.length or _DEFAULT_TIMEOUT) if is_timeout else None,
        reason=AUTOMATIC_REASON.format(policy=in_force.name, version=in_force.version.number, rule_id=rule.id),
        rehearsal=setting.mode is not ConsequenceMode.ON or _line_changed(rule, setting),
    )


def _strongest(found: Iterable[PlannedAction]) -> PlannedAction | None:
    return max(found, key=lambda each: (not each.rehearsal, each.length or timedelta()), default=None)


def _line_changed(rule: Rule, setting: ConsequenceSetting) -> bool:
    return setting.wished != written_consequence(rule.consequence)


class Consequences:
    """Sets and looks up automatic actions."""

    def __init__(self, *, store: ConsequenceStore, policies: PolicyStore, servers: ServerStore) -> None:
        self._store = store
        self._policies = policies
        self._servers = servers

    async def automatic(self, guild_id: int, policy_id: int) -> Automatic:
        """What applies to a policy now."""
        settings = await self._servers.get(guild_id)
        staff = settings.reviewer_role_id if settings else None
        return Automatic(
            settings=await self._store.of(guild_id, policy_id),
            staff_role_ids=frozenset() if staff is None else frozenset({staff}),
        )

    async def of_policy(self, guild_id: int, name: str) -> tuple[RuleConsequence, ...] | Refused:
        """The rules of the published version, each with its setting."""
        found = await self._rules(guild_id, name)
        if isinstance(found, Refused):
            return found
        policy_id, _, rules = found
        return _with_settings(rules, await self._store.of(guild_id, policy_id))

    async def of_rule(self, guild_id: int, policy_id: int, rule_id: str) -> RuleConsequence | None:
        """A rule as it is in force now, with its setting; None if the policy or the rule isn't."""
        in_force = await self._in_force(guild_id)
        return next((each for _, each in in_force.get(policy_id, ()) if each.rule.id == rule_id), None)

    async def acting(self, guild_id: int) -> tuple[ActingRule, ...]:
        """The rules in force with an automatic action now. For others, Bylaw only reports."""
        return tuple(
            ActingRule(policy_name=name, rule_id=each.rule.id, does=written_consequence(each.rule.consequence))
            for rules in (await self._in_force(guild_id)).values()
            for name, each in rules
            if each.acts
        )

    async def set(
        self, guild_id: int, name: str, rule_id: str, *, mode: ConsequenceMode, from_score: float, actor_id: int
    ) -> ConsequenceSet | Refused:
        """Set whether a rule's consequence is automatic, and from which score."""
        found = await self._rules(guild_id, name)
        if isinstance(found, Refused):
            return found
        policy_id, name, rules = found
        rule = next((each for each in rules if each.id.casefold() == rule_id.strip().casefold()), None)
        if rule is None:
            return Refused(
                why=_(
                    "“{policy}” has no such rule. Its rules: {rules}.",
                    policy=name,
                    rules=", ".join(each.id for each in rules),
                )
            )
        before = next((each for each in await self._store.of(guild_id, policy_id) if each.rule_id == rule.id), None)
        why_not = _why_not(rule, before, mode, from_score)
        if why_not:
            return Refused(why=why_not)
        setting = ConsequenceSetting(
            rule_id=rule.id, mode=mode, from_score=from_score, wished=written_consequence(rule.consequence)
        )
        await self._store.save(guild_id, policy_id, setting, actor_id=actor_id)
        return ConsequenceSet(policy_name=name, rule=rule, setting=setting)

    async def _in_force(self, guild_id: int) -> dict[int, list[tuple[str, RuleConsequence]]]:
        """The rules of the policies in force with the policy's name, by policy."""
        found = {}
        for stored in await self._policies.published(guild_id):
            if stored.in_force is not None:
                rules = (await read_policy(stored.in_force.text)).rules
                settings = await self._store.of(guild_id, stored.id)
                found[stored.id] = [(stored.name, each) for each in _with_settings(rules, settings)]
        return found

    async def _rules(self, guild_id: int, name: str) -> tuple[int, str, tuple[Rule, ...]] | Refused:
        stored = await self._policies.find(guild_id, name)
        if stored is None:
            return no_such(name)
        if stored.published is None:
            return Refused(why=_("“{policy}” is not published, so it has no automatic actions.", policy=stored.name))
        return stored.id, stored.name, (await read_policy(stored.published.text)).rules


def _with_settings(rules: Sequence[Rule], settings: Sequence[ConsequenceSetting]) -> tuple[RuleConsequence, ...]:
    by_rule = {setting.rule_id: setting for setting in settings}
    return tuple(
        RuleConsequence(
            rule=rule,
            setting=(setting := by_rule.get(rule.id)),
            line_changed=setting is not None and _line_changed(rule, setting),
        )
        for rule in rules
    )


def _why_not(rule: Rule, before: ConsequenceSetting | None, mode: ConsequenceMode, from_score: float) -> str:
    """Why a setting is refused; empty if it isn't."""
    if mode is ConsequenceMode.OFF:
        return ""
    if rule.consequence.kind is ConsequenceKind.FLAG:
        return _(
            "Rule {rule} only flags. Give it a line such as “Consequence: delete” or “Consequence: timeout 10m” and "
            "publish the policy first.",
            rule=rule.id,
        )
    if not LOWEST_SCORE <= from_score <= 1:
        return _("The score is a number from {least} to 1, such as {usual}.", least=LOWEST_SCORE, usual=USUAL_SCORE)
    rehearsed = before is not None and before.mode is not ConsequenceMode.OFF and not _line_changed(rule, before)
    if mode is ConsequenceMode.ON and not rehearsed:
        return _(
            "Start with a dry run of rule {rule}: cards then say what Bylaw would have done. Turn it on after that.",
            rule=rule.id,
        )
    return ""
