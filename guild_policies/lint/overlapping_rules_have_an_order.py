"""If one message can break two rules, the policy says which of them counts.

Whether two rules overlap, only their author knows. Three plain signs are looked for: the same example, the same
pattern, or mostly the same words behind ``Breaks it``. There is an order where one of the two names the other (*Does
not: what R2 is about*), or where the policy speaks of both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from guild_policies.findings import Finding
from guild_policies.policy import Policy, Rule
from guild_policies.text.parse import Parsed

_MOST_RULES = 60  #: are compared; each with each
_FEWEST_WORDS = 4
_MOSTLY = 0.6
_WORD = re.compile(r"\w{3,}")
_LITTLE = frozenset({
    "the", "and", "for", "that", "this", "with", "from", "are", "was", "not", "but", "any", "all", "who", "what",
    "when", "where", "which", "their", "there", "them", "they", "his", "her", "its", "into", "onto", "out", "than",
    "then", "also", "other", "others", "another", "such", "one", "some",
})  # fmt: skip


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find pairs of rules that seem to overlap, once for each second rule."""
    rules = list(zip(parsed.places, parsed.policy.rules, strict=True))[:_MOST_RULES]
    words = {id(rule): _words(rule) for _, rule in rules}
    told: set[int] = set()
    for (_, first), (place, second) in combinations(rules, 2):
        if place.number in told or not first.id or not second.id or first.id == second.id:
            continue
        shared = _shared(first, second, words[id(first)], words[id(second)])
        if shared and not _has_order(parsed.policy, first, second):
            told.add(place.number)
            yield Finding(
                code="overlapping_rules_have_an_order",
                line=place.number,
                column=place.column,
                message=f"{second.id} and {first.id} have {shared}, and nothing says which of them counts.",
                hint=f"Write under {second.id} `Does not: what {first.id} is about`, or say under"
                " `## When it is unclear` which comes first.",
            )


def _shared(first: Rule, second: Rule, words: frozenset[str], other_words: frozenset[str]) -> str:
    if _violating(first) & _violating(second):
        return "the same example"
    if set(first.patterns) & set(second.patterns):
        return "the same pattern"
    fewer = min(len(words), len(other_words))
    if fewer >= _FEWEST_WORDS and len(words & other_words) >= _MOSTLY * fewer:
        return "mostly the same words"
    return ""


def _violating(rule: Rule) -> set[str]:
    return {" ".join(example.text.casefold().split()) for example in rule.examples if example.violates}


def _words(rule: Rule) -> frozenset[str]:
    return frozenset(_WORD.findall(rule.breaks_it.casefold())) - _LITTLE


def _has_order(policy: Policy, first: Rule, second: Rule) -> bool:
    if _names(f"{first.breaks_it} {first.does_not} {first.notes}", second.id):
        return True
    if _names(f"{second.breaks_it} {second.does_not} {second.notes}", first.id):
        return True
    common = " ".join((policy.purpose, policy.when_unclear, *(text for _, text in policy.guidance)))
    return _names(common, first.id) and _names(common, second.id)


def _names(text: str, rule_id: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(rule_id)}(?!\w)", text, re.IGNORECASE) is not None
