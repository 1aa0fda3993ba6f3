"""A policy as an admin wrote it: the parsed text, before it becomes what a judge reads (`compile`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from classifier import LabelledExample


class Severity(StrEnum):
    """How serious breaking a rule is; decides how prominent a card is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class LooksAt(StrEnum):
    """What a rule is about."""

    MESSAGES = "messages"
    CONVERSATIONS = "conversations"
    BOTH = "both"


class ConsequenceKind(StrEnum):
    """What may follow a violation. Kick and ban are missing on purpose: they are never automatic."""

    FLAG = "flag"
    DELETE = "delete"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What an admin wrote behind ``Consequence:``. Only a request: the server's settings decide whether it is carried
    out."""

    kind: ConsequenceKind = ConsequenceKind.FLAG
    length: timedelta | None = None  #: of a timeout


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a policy."""

    id: str
    title: str
    severity: Severity = Severity.MEDIUM
    looks_at: LooksAt = LooksAt.MESSAGES
    consequence: Consequence = field(default_factory=Consequence)
    breaks_it: str = ""
    does_not: str = ""
    patterns: tuple[str, ...] = ()
    examples: tuple[LabelledExample, ...] = ()
    notes: str = ""  #: other text under the rule's heading, kept as guidance


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A server's written rules."""

    title: str
    purpose: str = ""
    definitions: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    when_unclear: str = ""
    guidance: tuple[tuple[str, str], ...] = ()  #: unknown sections: (heading, text), in order

    @property
    def plain_words(self) -> str:
        """The words of a text without separate rules, which is one rule that is named like the policy; else empty."""
        only = self.rules[0] if len(self.rules) == 1 else None
        plain = only is not None and only.title == self.title and not only.breaks_it and not only.does_not
        return only.notes if plain and only is not None else ""

    def rule(self, rule_id: str) -> Rule | None:
        """The rule with this id, if the policy has it."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)
