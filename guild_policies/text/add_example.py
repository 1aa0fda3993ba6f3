"""Adds one labelled example to a rule, and leaves the rest of the text as its author wrote it."""

from __future__ import annotations

from dataclasses import replace

from classifier import LabelledExample
from guild_policies.policy import Policy
from guild_policies.text import grammar
from guild_policies.text.lines import Line, Role, read_lines
from guild_policies.text.parse import policy_of


def with_example(text: str, rule_id: str, example: LabelledExample) -> str | None:
    """The text with one more line and everything else as it was.

    None where the policy has no such rule, the rule has such an example already, or no line would say just this: then
    its author has to write it.
    """
    lines = read_lines(grammar.clean(text))
    rule = next((line.rule for line in lines if line.role is Role.RULE and line.rule_id == rule_id), None)
    if rule is None or any(each.text == example.text for each in policy_of(text).rules[rule].examples):
        return None
    label = "violates" if example.violates else "allowed"
    added = [f'- {label}: "{example.text}"']
    own = [place for place, line in enumerate(lines) if line.rule == rule and line.raw.strip()]
    behind = _last_example(lines, own)
    if behind is None:
        behind, added = own[-1], [f"{grammar.Key.EXAMPLES}:", *added]
    raw = [line.raw for line in lines]
    new = "\n".join([*raw[: behind + 1], *added, *raw[behind + 1 :]])
    return new if policy_of(new) == _wanted(policy_of(text), rule_id, example) else None


def _last_example(lines: tuple[Line, ...], own: list[int]) -> int | None:
    """Where the last example of a rule ends."""
    last = None
    for place in own:
        role = lines[place].role
        if role is Role.EXAMPLE or (role is Role.MORE and last == place - 1):
            last = place
    return last


def _wanted(policy: Policy, rule_id: str, example: LabelledExample) -> Policy:
    rules = (replace(rule, examples=(*rule.examples, example)) if rule.id == rule_id else rule for rule in policy.rules)
    return replace(policy, rules=tuple(rules))
