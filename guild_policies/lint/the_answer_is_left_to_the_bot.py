"""A policy says what is judged, never in what form to answer: the form is fixed, and a second one breaks the model.

The model answers in a form that the bot prescribes. *Reply with JSON only* or *no reasoning* in a policy contradicts
it; then answers cannot be read, or are given without the thinking that makes them good.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.parse import Parsed
from guild_policies.text.prose import prose_of

_VERB = r"(?:answer|reply|respond|output|return|classify|say)"
_FORM = r"(?:json|xml|yaml|yes or no|yes/no|true or false|0 or 1|1 or 0|one word|a single (?:word|number)|a number)"
_DEMAND = re.compile(
    rf"\b{_VERB}\b[^.,;:\n]{{0,20}}?\b"
    rf"(?:only (?:with|in|as|yes|no|true|false|the)\b|(?:with|as|in|using)\s+{_FORM}\b|{_FORM}\b)"
    r"|\b(?:json|xml|yes/no) only\b|\bonly (?:json|xml)\b"
    r"|\b(?:no|without|skip(?: the)?|don't (?:give|show|write)|do not (?:give|show|write)) (?:any |your )?"
    r"(?:reasoning|rationale|explanations?|chain of thought)\b"
    r"|\bdo(?: not|n't) (?:explain|reason|think)\b|\bthink step by step\b"
    r"|\bantworte nur\b|\bnur (?:json|ja oder nein)\b"
    r"|\bréponds? (?:seulement|uniquement)\b|\bresponde (?:solo|sólo|só)\b",
    re.IGNORECASE,
)


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find the first demand in each line of prose."""
    for line, text in prose_of(parsed):
        match = _DEMAND.search(text)
        if match is not None:
            yield Finding(
                code="the_answer_is_left_to_the_bot",
                line=line.number,
                column=match.start() + 1,
                message=f'"{match[0]}" tells the model in what form to answer.',
                hint="Leave it out: the bot sets the form of answers, and another one makes them unreadable.",
            )
