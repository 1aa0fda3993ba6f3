"""What admins and moderators are told about pinned examples."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply, listed
from bot.cogs.interactions.wording import how_many, name, score_text
from bot.cogs.policies.buttons import PolicyButton, PolicyClick, PolicyVerb, Strictness
from bot.moderation.judging.decide import why_undecided
from bot.moderation.policies.outcomes import PinsFail
from guild_policies.examples import Pin, PinOutcome, PinResult
from guild_policies.versions import StoredPolicy

TEXT_SHOWN = 120  #: UTF-16 units of an example or a rationale


def judging_pins(policy: StoredPolicy, count: int) -> Reply:
    """What is going on while the judge works."""
    return Reply(
        text=f"Judging {how_many(count, 'pinned example', 'pinned examples')} of **{name(policy.name)}** first…"
    )


def pins_fail(outcome: PinsFail, strict: Strictness) -> Reply:
    """Which examples do not hold under the draft, and the button to publish it anyway."""
    failing = outcome.report.failing
    head = (
        f"**Nothing was published.** {len(failing)} of "
        f"{how_many(len(outcome.report.results), 'pinned example', 'pinned examples')} of "
        f"**{name(outcome.policy.name)}** do not hold under the draft:"
    )
    foot = "Change the draft with /policy edit, remove an example with /policy pins, or publish it and say why."
    page = listed(head, [_failing(each) for each in failing], foot, f"{outcome.policy.name} pinned examples")
    click = PolicyClick(
        verb=PolicyVerb.OVERRULE, policy_id=outcome.policy.id, number=outcome.draft.revision, strict=strict
    )
    return Reply(text=page.text, files=page.files, buttons=(PolicyButton(click),))


def pinned(pin: Pin, policy_name: str) -> Reply:
    """An example was pinned."""
    return Reply(
        text=f"Pinned example {pin.id} to **{name(policy_name)}**: it must {must(pin)}. "
        "/policy publish judges it first."
    )


def unpinned(pin: Pin, policy_name: str) -> Reply:
    """An example was taken off."""
    return Reply(text=f"Example {pin.id} is not pinned to **{name(policy_name)}** any more: {_quoted(pin.text)}")


def list_of(pins: Sequence[Pin], policy: StoredPolicy) -> Reply:
    """All pinned examples of a policy."""
    if not pins:
        return Reply(text=f"**{name(policy.name)}** has no pinned examples. /policy pin adds one.")
    head = f"**{name(policy.name)}**, {how_many(len(pins), 'pinned example', 'pinned examples')}"
    lines = [f"- `{pin.id}` must {must(pin)}: {_quoted(pin.text)}{_HELD[pin.held]}" for pin in pins]
    foot = "-# /policy pins with its option remove takes one off."
    return listed(head, lines, foot, f"{policy.name} pinned examples")


def must(pin: Pin) -> str:
    """What is asked of the judge."""
    return "be clear" if pin.rule_id is None else f"break {on_one_line(pin.rule_id, 12)}"


_HELD = {True: "", None: "", False: " ⚠️ does not hold under the version in force"}


def _failing(result: PinResult) -> str:
    head = f"- `{result.pin.id}` must {must(result.pin)}: {_quoted(result.pin.text)}"
    if result.outcome is PinOutcome.UNDECIDED:
        why = why_undecided(result.reason) if result.reason else ""
        return f"{head}\n  ⚪ could not judge. {why}".rstrip()
    found = f"violation of {', '.join(result.rule_ids)}" if result.rule_ids else "clear"
    score = "" if result.score is None else f" {score_text(result.score)}."
    return f"{head}\n  it says: {found}.{score} {on_one_line(result.rationale, TEXT_SHOWN)}".rstrip()


def _quoted(text: str) -> str:
    return f"“{on_one_line(text, TEXT_SHOWN)}”"
