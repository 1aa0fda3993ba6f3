"""What a judge reads of a policy: the rules in order, with a fingerprint that never changes.

This is the only form in which a policy enters the classifier. It knows nothing of servers, versions or
consequences: two servers with the same rules share one `PolicyText`, and so one cached prompt prefix.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledExample:
    """A sentence that its author labelled: does it break the rule or not?"""

    text: str
    violates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """One rule as a judge reads it."""

    id: str  #: ``R1``, ``R2``, ... unique in the policy
    title: str
    breaks_it: str = ""  #: what counts as a violation
    does_not: str = ""  #: what looks alike and is allowed
    examples: tuple[LabelledExample, ...] = ()
    patterns: tuple[str, ...] = ()  #: RE2 expressions; read by the lite judge, not by the model


@dataclass(frozen=True, kw_only=True)
class PolicyText:
    """A whole policy as a judge reads it.

    Raises:
        ValueError: no rule at all, or two rules with one id.
    """

    title: str
    purpose: str = ""
    definitions: tuple[str, ...] = ()
    rules: tuple[RuleText, ...]
    guidance: tuple[tuple[str, str], ...] = ()  #: further sections (heading, text), in order
    when_unclear: str = ""
    language: str = ""  #: in which the rationale is written, by its English name; empty for the policy's own

    def __post_init__(self) -> None:
        if not self.rules:
            raise ValueError("a policy needs at least one rule")
        if len(set(self.rule_ids)) != len(self.rules):
            raise ValueError("two rules of the policy have the same id")

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The rules' ids, in the policy's order."""
        return tuple(rule.id for rule in self.rules)

    @cached_property
    def fingerprint(self) -> str:
        """sha256, in hex, over everything that a judge reads; equal for equal texts on every machine."""
        read = asdict(self)
        if not self.language:
            del read["language"]  # so that policies without one keep their fingerprint
        canonical = json.dumps(read, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
