"""Replies to admins and moderators about pinned examples."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply, listed
from bot.cogs.interactions.wording import name, score_text
from bot.cogs.policies.buttons import PolicyButton, PolicyClick, PolicyVerb, Strictness
from bot.languages.translation import _, ngettext, number
from bot.moderation.judging.decide import why_undecided
from bot.moderation.policies.outcomes import PinsFail
from guild_policies.examples import Pin, PinOutcome, PinResult
from guild_policies.versions import StoredPolicy

TEXT_SHOWN = 120  #: UTF-16 units of an example or a rationale


def judging_pins(policy: StoredPolicy, count: int) -> Reply:
    """Says that the judge is working on the pinned examples."""
    return Reply(
        text=ngettext(
            "Judging {n} pinned example of **{policy}** first…",
            "Judging {n} pinned examples of **{policy}** first…",
            count,
            policy=name(policy.name),
        )
    )


def pins_fail(outcome: PinsFail, strict: Strictness) -> Reply:
    """The examples that fail under the draft, and the button to publish it anyway."""
    failing = outcome.report.failing
    head = ngettext(
        "**Nothing was published.** {failing} of {n} pinned example of **{policy}** fails under the draft:",
        "**Nothing was published.** {failing} of {n} pinned examples of **{policy}** fail under the draft:",
        len(outcome.report.results),
        failing=number(len(failing)),
        policy=name(outcome.policy.name),
    )
    foot = _("Change the draft with /policy edit, remove an example with /policy pins, or publish it and say why.")
    page = listed(head, [_failing(each) for each in failing], foot, f"{outcome.policy.name} pinned examples")
    click = PolicyClick(
        verb=PolicyVerb.OVERRULE, policy_id=outcome.policy.id, number=outcome.draft.revision, strict=strict
    )
    return Reply(text=page.text, files=page.files, buttons=(PolicyButton(click),))


def pinned(pin: Pin, policy_name: str) -> Reply:
    """An example was pinned."""
    values = {"number": pin.id, "policy": name(policy_name)}
    if pin.rule_id is None:
        told = _(
            "Pinned example {number} to **{policy}**: it must be clear. /policy publish judges it first.", **values
        )
    else:
        told = _(
            "Pinned example {number} to **{policy}**: it must break {rule}. /policy publish judges it first.",
            rule=_rule(pin.rule_id),
            **values,
        )
    return Reply(text=told)


def unpinned(pin: Pin, policy_name: str) -> Reply:
    """An example was removed."""
    return Reply(
        text=_(
            "Example {number} is no longer pinned to **{policy}**: {text}",
            number=pin.id,
            policy=name(policy_name),
            text=_quoted(pin.text),
        )
    )


def list_of(pins: Sequence[Pin], policy: StoredPolicy) -> Reply:
    """All pinned examples of a policy."""
    if not pins:
        return Reply(text=_("**{policy}** has no pinned examples. /policy pin adds one.", policy=name(policy.name)))
    head = ngettext(
        "**{policy}**, {n} pinned example", "**{policy}**, {n} pinned examples", len(pins), policy=name(policy.name)
    )
    fails = _("⚠️ fails under the version in force")
    lines = [_must(pin) + (f" {fails}" if pin.held is False else "") for pin in pins]
    foot = _("-# /policy pins with its option remove takes one off.")
    return listed(head, lines, foot, f"{policy.name} pinned examples")


def _must(pin: Pin) -> str:
    """The expected verdict."""
    values = {"number": pin.id, "text": _quoted(pin.text)}
    if pin.rule_id is None:
        return _("- `{number}` must be clear: {text}", **values)
    return _("- `{number}` must break {rule}: {text}", rule=_rule(pin.rule_id), **values)


def _rule(rule_id: str) -> str:
    return on_one_line(rule_id, 12)


def _failing(result: PinResult) -> str:
    head = _must(result.pin)
    if result.outcome is PinOutcome.UNDECIDED:
        why = _(why_undecided(result.reason)) if result.reason else ""
        return f"{head}\n  {_('⚪ Could not judge')}. {why}".rstrip(". ")
    found = (
        _("The judge says: violation of {rules}.", rules=", ".join(result.rule_ids))
        if result.rule_ids
        else _("The judge says: clear.")
    )
    score = "" if result.score is None else f" {score_text(result.score)}."
    return f"{head}\n  {found}{score} {on_one_line(result.rationale, TEXT_SHOWN)}".rstrip()


def _quoted(text: str) -> str:
    return f"“{on_one_line(text, TEXT_SHOWN)}”"
