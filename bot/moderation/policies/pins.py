"""Pinned examples: moderators state the right verdict on a sentence, and drafts are tested against them."""

from __future__ import annotations

from typing import Protocol

from bot.languages.translation import _
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.policies.outcomes import Blocked, Refused, no_such, refused
from bot.moderation.policies.reading import lint_policy, read_policy
from classifier import Content, Judge, Lane, Message
from classifier.judge_many import judge_many
from guild_policies.compile import NotJudgeable, compile_policy
from guild_policies.examples import MAX_PINS_PER_POLICY, BadPin, Pin, PinOutcome, PinReport, checked_pin, result_of
from guild_policies.store.port import PolicyStore
from guild_policies.text.parse import policy_of
from guild_policies.versions import StoredPolicy


class TooManyPins(Exception):
    """The policy has `MAX_PINS_PER_POLICY` pins already."""


class PinStore(Protocol):
    """Pins of all policies. Every method is one transaction; adding and removing write their audit entry in it."""

    async def add(self, *, guild_id: int, policy_id: int, text: str, rule_id: str | None, actor_id: int) -> Pin:
        """Store a pin. Raises `TooManyPins`."""

    async def remove(self, guild_id: int, policy_id: int, pin_id: int, *, actor_id: int) -> Pin | None:
        """Remove and return a pin. None if the policy has no such pin."""

    async def of(self, guild_id: int, policy_id: int) -> tuple[Pin, ...]:
        """The pins of a policy, oldest first. Pins whose text can't be decrypted with the current key are left out."""

    async def note(self, guild_id: int, held: dict[int, bool]) -> None:
        """Remember for each pin, by its id, whether it holds under the version in force now."""


class Pins:
    """Adds, removes, lists and runs pins."""

    def __init__(self, *, store: PinStore, policies: PolicyStore, judge: Judge, requests: JudgeRequests) -> None:
        self._store = store
        self._policies = policies
        self._judge = judge
        self._requests = requests

    async def add(self, guild_id: int, name: str, text: str, *, rule_id: str | None, actor_id: int) -> Pin | Refused:
        """Pin a sentence: it must break this rule or, if that is None, must be clear."""
        policy = await self._policies.find(guild_id, name)
        if policy is None:
            return no_such(name)
        if rule_id is not None:
            rules = _rule_ids(policy)
            wanted = next((each for each in rules if each.casefold() == rule_id.strip().casefold()), None)
            if wanted is None:
                return Refused(
                    why=_(
                        "“{policy}” has no rule {rule}. It has: {rules}.",
                        policy=policy.name,
                        rule=rule_id[:20],
                        rules=", ".join(rules),
                    )
                    if rules
                    else _("“{policy}” has no rules.", policy=policy.name)
                )
            rule_id = wanted
        try:
            return await self._store.add(
                guild_id=guild_id, policy_id=policy.id, text=checked_pin(text), rule_id=rule_id, actor_id=actor_id
            )
        except BadPin as bad:
            return refused(bad)
        except TooManyPins:
            return Refused(
                why=_("A policy has at most {most} pinned examples. Remove one first.", most=MAX_PINS_PER_POLICY)
            )

    async def remove(self, guild_id: int, name: str, pin_id: int, *, actor_id: int) -> Pin | Refused:
        """Remove a pin."""
        policy = await self._policies.find(guild_id, name)
        if policy is None:
            return no_such(name)
        pin = await self._store.remove(guild_id, policy.id, pin_id, actor_id=actor_id)
        return pin or Refused(why=_("“{policy}” has no pinned example {number}.", policy=policy.name, number=pin_id))

    async def of(self, guild_id: int, name: str) -> tuple[Pin, ...]:
        """The pins of a policy, oldest first; none if there is no such policy."""
        policy = await self._policies.find(guild_id, name)
        return () if policy is None else await self._store.of(guild_id, policy.id)

    async def run(self, guild_id: int, name: str) -> PinReport | Blocked | Refused:
        """Judge all pins under the draft, or under the version in force if there is no draft."""
        policy = await self._policies.find(guild_id, name)
        if policy is None:
            return no_such(name)
        source = policy.draft or policy.published
        if source is None:
            return Refused(why=_("“{policy}” has no text to try.", policy=policy.name))
        try:
            return await self.judge(policy, source.text, lane=Lane.INTERACTIVE)
        except NotJudgeable:
            return Blocked(findings=await lint_policy(source.text), text=source.text)

    async def judge(self, policy: StoredPolicy, text: str, *, lane: Lane) -> PinReport:
        """Judge all pins of a policy under a text of it.

        Raises:
            NotJudgeable: there are pins, and no judge can use the text.
        """
        pins = {pin.id: pin for pin in await self._store.of(policy.guild_id, policy.id)}
        if not pins:
            return PinReport(results=())
        compiled = compile_policy(await read_policy(text))
        requests = [
            (
                pin.id,
                self._requests.make(
                    compiled,
                    Content(target=Message(text=pin.text)),
                    effort=policy.settings.effort,
                    lane=lane,
                    server=policy.guild_id,
                ),
            )
            for pin in pins.values()
        ]
        results = {}
        async for pin_id, judgement in judge_many(self._judge, requests):
            results[pin_id] = result_of(pins[pin_id], judgement, threshold=policy.settings.threshold)
        return PinReport(results=tuple(results[pin_id] for pin_id in pins))

    async def note(self, guild_id: int, report: PinReport) -> None:
        """Remember which pins hold under the version in force; those without a verdict don't change."""
        held = {each.pin.id: each.outcome is PinOutcome.HOLDS for each in report.results if each.reason is None}
        if held:
            await self._store.note(guild_id, held)

    async def note_one(self, guild_id: int, pin_id: int, *, holds: bool) -> None:
        """The same for one pin."""
        await self._store.note(guild_id, {pin_id: holds})


def _rule_ids(policy: StoredPolicy) -> tuple[str, ...]:
    """The rules of the draft and of the version in force: a pin may be about a rule that is still being written."""
    texts = [source.text for source in (policy.draft, policy.published) if source is not None]
    return tuple(dict.fromkeys(rule.id for text in texts for rule in policy_of(text).rules if rule.id))
