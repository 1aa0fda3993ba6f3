"""Compares a policy with a team's decisions: how often they agree, and where they do not. Pure; nothing is judged
here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from classifier import Judgement, Undecided, UndecidedReason
from guild_policies.scope import flags

#: With fewer decisions a share says nothing: one more decision would change it by 5 per cent or more.
FEW = 20

Id = TypeVar("Id", int, str, str | int)


class Agreement(StrEnum):
    """How a policy and a team agree about one message."""

    AGREES = "agrees"
    NEWLY_FLAGGED = "newly_flagged"  #: the team said that it was not a violation
    NO_LONGER_FLAGGED = "no_longer_flagged"  #: the team said that it was one
    UNDECIDED = "undecided"  #: the judge gave no verdict, or the text is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Generic[Id]):
    """One decision compared with one judgement."""

    id: Id  #: whatever the caller calls the message
    violation: bool  #: what the team decided
    agreement: Agreement
    rule_ids: tuple[str, ...] = ()
    score: float | None = None  #: P(violation) under the policy; None where undecided
    reason: UndecidedReason | None = None  #: also None if there was no text left to judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Generic[Id]):
    """A policy compared with a team's decisions. The worst disagreements come first: those with the surest
    judgements."""

    n: int
    agree: int
    newly_flagged: tuple[Compared[Id], ...]
    no_longer_flagged: tuple[Compared[Id], ...]
    undecided: tuple[Compared[Id], ...]

    @property
    def judged(self) -> int:
        """How many decisions could be compared with a verdict."""
        return self.n - len(self.undecided)


def compared(id: Id, *, violation: bool, judgement: Judgement | None, threshold: float) -> Compared[Id]:
    """Compare a decision with a judgement; None means that the text is gone."""
    if judgement is None or isinstance(judgement, Undecided):
        reason = None if judgement is None else judgement.reason
        return Compared(id=id, violation=violation, agreement=Agreement.UNDECIDED, reason=reason)
    flagged = flags(judgement, threshold)
    agreement = Agreement.AGREES
    if flagged != violation:
        agreement = Agreement.NEWLY_FLAGGED if flagged else Agreement.NO_LONGER_FLAGGED
    return Compared(id=id, violation=violation, agreement=agreement, rule_ids=judgement.rule_ids, score=judgement.score)


def summarise(results: Iterable[Compared[Id]]) -> Comparison[Id]:
    """Count, and put the worst disagreements first."""
    found: dict[Agreement, list[Compared[Id]]] = {each: [] for each in Agreement}
    for result in results:
        found[result.agreement].append(result)
    return Comparison(
        n=sum(map(len, found.values())),
        agree=len(found[Agreement.AGREES]),
        newly_flagged=tuple(sorted(found[Agreement.NEWLY_FLAGGED], key=_score, reverse=True)),
        no_longer_flagged=tuple(sorted(found[Agreement.NO_LONGER_FLAGGED], key=_score)),
        undecided=tuple(found[Agreement.UNDECIDED]),
    )


def in_words(comparison: Comparison[Id]) -> str:
    """The outcome in a sentence or two, honest about small numbers."""
    judged = comparison.judged
    if not judged:
        return "There is no decision to compare with."
    said = f"Agrees with your team on {comparison.agree} of {judged} decisions."
    if comparison.undecided:
        said += f" {len(comparison.undecided)} more could not be judged."
    if judged < FEW:
        said += f" {judged} {'decision is' if judged == 1 else 'decisions are'} too few to conclude from."
    return said


def _score(result: Compared[Id]) -> float:
    return result.score or 0.0
