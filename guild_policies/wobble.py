"""Whether verdicts depend on a policy's layout: the same policy in other layouts, and how many verdicts flip. Pure.

A verdict that changes when rules change places was luck. One that changes when an example is left out shows that the
rule's own words do not say what the team means. The unchanged policy, judged a second time, shows how many verdicts
flip anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, islice, zip_longest

from classifier import Content, Judgement, PolicyText, PromptVariant, RuleText, Undecided
from guild_policies.backtest import FEW
from guild_policies.scope import flags

_FRAME_TOKENS = 400  #: about, of our own words around a policy


class RewordingKind(StrEnum):
    """What a rewording changes."""

    NOTHING = "nothing"  #: the same question again
    RULES_REVERSED = "rules_reversed"
    RULES_ROTATED = "rules_rotated"  #: the first rule comes last
    KEYS_REVERSED = "keys_reversed"  #: what a rule allows comes before what breaks it
    EXAMPLES_REVERSED = "examples_reversed"
    EXAMPLE_LEFT_OUT = "example_left_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewording:
    """A policy in another layout."""

    kind: RewordingKind
    policy: PolicyText
    variant: PromptVariant | None = None
    rule_id: str | None = None  #: whose example was left out
    example: int | None = None  #: which one, from 1 within its rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewordings:
    """The layouts that are tried, the unchanged one first."""

    tried: tuple[Rewording, ...]
    left: int = 0  #: examples that are not left out, because that would be too many judgements


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The cost of a wobble test, known before it begins."""

    judgements: int
    tokens: int  #: about, that the model reads; a policy's own part counts once for each layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """How many verdicts changed in one layout."""

    rewording: Rewording
    judged: int  #: texts with a verdict in both layouts
    flipped: tuple[str | int, ...]  #: the ids of those whose verdict changed
    undecided: int

    @property
    def in_words(self) -> str:
        """One sentence."""
        flip = f"{len(self.flipped)} of {self.judged} changed"
        match self.rewording.kind:
            case RewordingKind.EXAMPLE_LEFT_OUT:
                rule, example = self.rewording.rule_id, self.rewording.example
                return f"{rule} depends on example {example}: without it, {flip}."
            case RewordingKind.NOTHING:
                return f"Asked again without any change: {flip}."
            case other:
                return f"{_LAYOUTS[other]}: {flip}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wobble:
    """What a wobble test found."""

    texts: int
    flips: tuple[Flips, ...]  #: in the order in which the layouts were tried, the unchanged one first
    left: int = 0

    @property
    def noise(self) -> int:
        """How many verdicts changed although the policy did not."""
        return max((len(each.flipped) for each in self.flips if _unchanged(each)), default=0)

    @property
    def notable(self) -> tuple[Flips, ...]:
        """Layouts that changed more verdicts than asking again did, the worst first."""
        changed = [each for each in self.flips if not _unchanged(each) and len(each.flipped) > self.noise]
        return tuple(sorted(changed, key=lambda each: -len(each.flipped)))

    def in_words(self, *, most: int | None = None) -> tuple[str, ...]:
        """The outcome as sentences, the worst first; at most `most` of them name a layout."""
        shown = self.notable[:most]
        said = [each.in_words for each in shown]
        if more := len(self.notable) - len(shown):
            said.append(f"{more} more {'layout changes' if more == 1 else 'layouts change'} verdicts.")
        tried = sum(not _unchanged(each) for each in self.flips)
        if not said:
            if not tried:
                return ("This policy has one rule and no examples: there is nothing to reword.",)
            said.append(f"Verdicts do not depend on the layout: {tried} {'layout' if tried == 1 else 'layouts'} tried.")
        if self.noise:
            said += [each.in_words for each in self.flips if _unchanged(each)]
        if self.left:
            said.append(f"{self.left} more {'example was' if self.left == 1 else 'examples were'} not left out.")
        if 0 < self.texts < FEW:
            said.append(f"{self.texts} {'text is' if self.texts == 1 else 'texts are'} too few to conclude from.")
        return tuple(said)


_LAYOUTS = {
    RewordingKind.RULES_REVERSED: "Rules in reverse order",
    RewordingKind.RULES_ROTATED: "First rule last",
    RewordingKind.KEYS_REVERSED: "What is allowed before what breaks a rule",
    RewordingKind.EXAMPLES_REVERSED: "Examples in reverse order",
}


def rewordings(policy: PolicyText, *, most: int) -> Rewordings:
    """The policy as it is, and in at most `most` other layouts. Examples are left out one by one, a rule at a time."""
    layouts = list(_layouts(policy))
    examples = list(_without_an_example(policy))
    chosen = list(islice(chain(layouts, examples), most))
    return Rewordings(
        tried=(Rewording(kind=RewordingKind.NOTHING, policy=policy), *chosen),
        left=len(examples) - max(0, len(chosen) - len(layouts)),
    )


def cost_of(tried: Rewordings, contents: Sequence[Content], *, tokens_in: Callable[[str], int]) -> Cost:
    """The cost of judging these contents in all layouts. The unchanged policy is judged twice.

    Args:
        tokens_in: about how many tokens the model reads for a text.
    """
    read = sum(tokens_in(message.words) for content in contents for message in content.messages)
    layouts = [tried.tried[0].policy, *(each.policy for each in tried.tried)]
    own = sum(_FRAME_TOKENS + tokens_in(_words_of(policy)) for policy in layouts)
    return Cost(judgements=len(layouts) * len(contents), tokens=own + len(layouts) * read)


def wobble_of(
    tried: Rewordings,
    before: Mapping[str | int, Judgement],
    after: Sequence[Mapping[str | int, Judgement]],
    *,
    threshold: float,
) -> Wobble:
    """Count what flipped. `before` holds the first answers about the policy as it is, `after` those in each layout;
    layouts without answers are left out."""
    return Wobble(
        texts=len(before),
        flips=tuple(
            _flips(rewording, before, answers, threshold)
            for rewording, answers in zip(tried.tried, after, strict=True)
            if answers
        ),
        left=tried.left,
    )


def as_json(found: Wobble) -> dict[str, object]:
    """What programs read. Keys only ever grow."""
    return {
        "texts": found.texts,
        "noise": found.noise,
        "not_left_out": found.left,
        "layouts": [
            {
                "change": each.rewording.kind.value,
                "rule": each.rewording.rule_id,
                "example": each.rewording.example,
                "judged": each.judged,
                "undecided": each.undecided,
                "flipped": list(each.flipped),
            }
            for each in found.flips
        ],
    }


def _layouts(policy: PolicyText) -> Iterator[Rewording]:
    rules = policy.rules
    if len(rules) > 1:
        yield Rewording(kind=RewordingKind.RULES_REVERSED, policy=replace(policy, rules=rules[::-1]))
    if len(rules) > 2:
        yield Rewording(kind=RewordingKind.RULES_ROTATED, policy=replace(policy, rules=(*rules[1:], rules[0])))
    if any(rule.breaks_it and rule.does_not for rule in rules):
        variant = PromptVariant(does_not_first=True)
        yield Rewording(kind=RewordingKind.KEYS_REVERSED, policy=policy, variant=variant)
    if any(len(rule.examples) > 1 for rule in rules):
        turned = tuple(replace(rule, examples=rule.examples[::-1]) for rule in rules)
        yield Rewording(kind=RewordingKind.EXAMPLES_REVERSED, policy=replace(policy, rules=turned))


def _without_an_example(policy: PolicyText) -> Iterator[Rewording]:
    """The first example of each rule, then the second of each, so that a limit hits all rules alike."""
    columns = zip_longest(*([(place, n) for n in range(len(rule.examples))] for place, rule in enumerate(policy.rules)))
    for place, number in (each for column in columns for each in column if each):
        rules = list(policy.rules)
        rules[place] = _without(rules[place], number)
        yield Rewording(
            kind=RewordingKind.EXAMPLE_LEFT_OUT,
            policy=replace(policy, rules=tuple(rules)),
            rule_id=rules[place].id,
            example=number + 1,
        )


def _without(rule: RuleText, number: int) -> RuleText:
    return replace(rule, examples=(*rule.examples[:number], *rule.examples[number + 1 :]))


def _words_of(policy: PolicyText) -> str:
    examples = (example.text for rule in policy.rules for example in rule.examples)
    rules = ((rule.title, rule.breaks_it, rule.does_not) for rule in policy.rules)
    texts = chain(policy.definitions, *policy.guidance, *rules, examples)
    return "\n".join((policy.title, policy.purpose, policy.when_unclear, *texts))


def _flips(
    rewording: Rewording, before: Mapping[str | int, Judgement], after: Mapping[str | int, Judgement], threshold: float
) -> Flips:
    both = [(key, before[key], answer) for key, answer in after.items() if key in before]
    judged = [pair for pair in both if not any(isinstance(answer, Undecided) for answer in pair[1:])]
    flipped = tuple(key for key, one, other in judged if flags(one, threshold) != flags(other, threshold))
    return Flips(rewording=rewording, judged=len(judged), flipped=flipped, undecided=len(both) - len(judged))


def _unchanged(flips: Flips) -> bool:
    return flips.rewording.kind is RewordingKind.NOTHING
