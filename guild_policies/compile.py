"""From a `Policy` to what a judge reads, the `PolicyText`.

Severity, consequence and what a rule looks at are for the bot, so the judge does not read them: changing them changes
no fingerprint, and older verdicts stay comparable.
"""

from __future__ import annotations

from classifier import PolicyText, RuleText
from guild_policies.policy import LooksAt, Policy, Rule
from guild_policies.text.parse import policy_of

#: The model's prompt needs a name for the policy.
_UNTITLED = "Server rules"


class NotJudgeable(ValueError):
    """No judge can work with this policy; the message says what it lacks, in one line."""


def compile_policy(policy: Policy, *, looks_at: LooksAt = LooksAt.MESSAGES) -> PolicyText:
    """What a judge reads when it looks at single messages (the default), at conversations, or at both.

    Rules that look only at something else are left out. Notes become guidance under the id of their rule.

    Raises:
        NotJudgeable: no rule is left, or a rule has no id or one that another rule has.
    """
    if any(not rule.id for rule in policy.rules):
        raise NotJudgeable("Every rule needs an id: write `### R1 Title`.")
    if len({rule.id for rule in policy.rules}) != len(policy.rules):
        raise NotJudgeable("Two rules have the same id: give each rule its own.")
    rules = tuple(rule for rule in policy.rules if _is_about(rule, looks_at))
    if not rules:
        raise NotJudgeable(_nothing_left(policy, looks_at))
    notes = tuple((f"About {rule.id}", rule.notes) for rule in rules if rule.notes)
    return PolicyText(
        title=policy.title or _UNTITLED,
        purpose=policy.purpose,
        definitions=policy.definitions,
        rules=tuple(map(_rule_text, rules)),
        guidance=notes + policy.guidance,
        when_unclear=policy.when_unclear,
    )


def left_out(policy: Policy, *, looks_at: LooksAt = LooksAt.MESSAGES) -> str:
    """A sentence that names the rules that `compile_policy` leaves out, as lint and the commands that judge say it.

    Empty where it leaves none out.
    """
    ids = [rule.id for rule in policy.rules if not _is_about(rule, looks_at)]
    if not ids:
        return ""
    if len(ids) == len(policy.rules):
        return _nothing_left(policy, looks_at)
    verb = "looks" if len(ids) == 1 else "look"
    return f"{', '.join(ids)} {verb} only at {_other(looks_at).value}."


def fingerprint(text: str) -> str:
    """The fingerprint of a policy text with all its rules, whatever they look at.

    Raises:
        NotJudgeable: see `compile_policy`.
    """
    return compile_policy(policy_of(text), looks_at=LooksAt.BOTH).fingerprint


def _nothing_left(policy: Policy, looks_at: LooksAt) -> str:
    if not policy.rules:
        return "The policy has no rule."
    return f"No rule of this policy looks at {looks_at.value}: it can only judge {_other(looks_at).value}."


def _other(looks_at: LooksAt) -> LooksAt:
    return LooksAt.CONVERSATIONS if looks_at is LooksAt.MESSAGES else LooksAt.MESSAGES


def _is_about(rule: Rule, looks_at: LooksAt) -> bool:
    return LooksAt.BOTH in (rule.looks_at, looks_at) or rule.looks_at is looks_at


def _rule_text(rule: Rule) -> RuleText:
    return RuleText(
        id=rule.id,
        title=rule.title,
        breaks_it=rule.breaks_it,
        does_not=rule.does_not,
        examples=rule.examples,
        patterns=rule.patterns,
    )
